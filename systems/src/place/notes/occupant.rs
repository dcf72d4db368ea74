//! Somebody in a list of people.

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::body::Posture;

/// Somebody in a room as clients see them.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Occupant {
    /// Who.
    pub id: StableId,
    /// Their name.
    pub name: String,
    /// Their connection is away.
    pub linkdead: bool,
    /// How they hold themselves.
    pub position: Posture,
    /// How they stand there, in words that follow their name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pose: Option<String>,
}

impl Occupant {
    /// As text: a pose in its own words, else whoever does not stand is said to sit or lie.
    pub(super) fn words(&self) -> String {
        match (&self.pose, self.position) {
            (Some(pose), _) => format!("{} ({pose})", self.name),
            (None, Posture::Standing) => self.name.clone(),
            (None, posture) => format!("{} ({})", self.name, posture.word()),
        }
    }
}
