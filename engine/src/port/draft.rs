//! What players want of the world's draft, and what becomes of it.

use serde::{Deserialize, Serialize};

use super::StableId;

/// What somebody in the world asks of those who keep its draft. Answered with `Inbound::Draft`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftWish {
    /// The character who is told.
    pub by: StableId,
    /// Their name.
    pub name: String,
    /// What.
    pub act: DraftAct,
}

/// What can be done with a draft and its revisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftAct {
    /// Which revision runs, and whether the draft is another.
    Status,
    /// How the draft differs from what runs.
    Diff,
    /// The draft becomes a revision, and runs.
    Publish {
        /// What it is about; may be empty.
        message: String,
    },
    /// Every revision.
    History,
    /// An earlier revision runs again.
    Revert {
        /// Which.
        number: u64,
    },
    /// Who changed a room, and when.
    Blame {
        /// Its id.
        room: String,
    },
}
