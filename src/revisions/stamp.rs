//! What whoever edits an exported folder knows of: a file beside the world's own that nobody reads as a
//! part of it. A folder without one is a draft of what runs.

use std::path::Path;

use serde::{Deserialize, Serialize};

const FILE: &str = ".revision";

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DraftStamp {
    /// Of which world.
    pub(super) world: String,
    /// What ran when it was exported, published or compared last.
    pub(super) number: u64,
}

impl DraftStamp {
    /// That of a folder, if it has one that can be read.
    pub(super) fn of(folder: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(folder.join(FILE)).ok()?;
        serde_json::from_str(&text).ok()
    }

    pub(super) fn put(&self, folder: &Path) -> std::io::Result<()> {
        let text = serde_json::to_string(self).map_err(std::io::Error::other)?;
        std::fs::write(folder.join(FILE), text)
    }

    /// Whoever edits a folder that has one knows that revision from now on.
    pub(super) fn renew(folder: &Path, number: u64) {
        if let Some(stamp) = Self::of(folder)
            && let Err(fault) = (Self { number, ..stamp }).put(folder)
        {
            let folder = folder.display();
            tracing::warn!(%folder, %fault, "revision of a draft can't be noted");
        }
    }
}
