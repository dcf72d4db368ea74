//! The world's texts as each revision has them, kept beside recordings by their digest.

use serde::{Deserialize, Serialize};

use super::RecordFault;
use super::file::{pack, unpack};
use crate::content::{Source, digest};

/// Paths and texts, in the order of paths.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedContent {
    /// Each path with its text.
    pub files: Vec<(String, String)>,
}

impl RecordedContent {
    /// These texts.
    #[must_use]
    pub fn of(sources: &[Source]) -> Self {
        let files = sources.iter();
        let files = files.map(|one| (one.path.clone(), one.text.clone()));
        Self {
            files: files.collect(),
        }
    }

    /// The texts, to be read again.
    #[must_use]
    pub fn sources(self) -> Vec<Source> {
        let files = self.files.into_iter();
        files.map(|(path, text)| Source { path, text }).collect()
    }

    /// The name of exactly this content; see [`digest`](crate::content::digest).
    #[must_use]
    pub fn digest(&self) -> String {
        digest(&self.clone().sources())
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
