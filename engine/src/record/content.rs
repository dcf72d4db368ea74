//! The world's texts as they were when a run began, kept beside its recording by their digest.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use super::RecordFault;
use super::file::{pack, unpack};

/// Paths and texts, in the order of paths.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedContent {
    /// Each path with its text.
    pub files: Vec<(String, String)>,
}

impl RecordedContent {
    /// The name of exactly this content: 32 hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hash = Xxh3::new();
        for (path, text) in &self.files {
            for part in [path, text] {
                hash.update(&(part.len() as u64).to_le_bytes());
                hash.update(part.as_bytes());
            }
        }
        format!("{:032x}", hash.digest128())
    }

    /// As bytes for a file.
    ///
    /// # Errors
    /// When it is too long.
    pub fn encode(&self) -> Result<Vec<u8>, RecordFault> {
        pack(self)
    }

    /// From the bytes of a file.
    ///
    /// # Errors
    /// When they are none of a content.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordFault> {
        unpack(bytes)
    }
}
