//! A segment's name and header.

use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::Identity;

const MAGIC: [u8; 8] = *b"KADATHJL";
/// 2: batches tell whose their rows are. What an older server must not take for damage is a new
/// version; every older one is read for ever.
const VERSION: u32 = 2;

/// Magic 8, version 4, world 16, journal 16, first sequence 8, checksum 4.
pub(crate) const HEADER_BYTES: usize = 56;

/// Why a header with a good checksum is refused.
pub(crate) const NEWER: &str = "it was written by a newer version of this program";

/// What a segment says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) identity: Identity,
    /// The sequence of the first batch in it, once there is one.
    pub(crate) first_sequence: u64,
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(self.identity.world.as_bytes());
        bytes.extend_from_slice(self.identity.journal.as_bytes());
        bytes.extend_from_slice(&self.first_sequence.to_le_bytes());
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads a header, or says why it is none.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, &'static str> {
        let Some(bytes) = bytes.get(..HEADER_BYTES) else {
            return Err("its header is cut short");
        };
        if bytes[..8] != MAGIC {
            return Err("its header is not a journal's");
        }
        if crc32fast::hash(&bytes[..52]).to_le_bytes() != bytes[52..] {
            return Err("its header is damaged");
        }
        let mut version = [0; 4];
        version.copy_from_slice(&bytes[8..12]);
        if !(1..=VERSION).contains(&u32::from_le_bytes(version)) {
            return Err(NEWER);
        }
        let id = |at: usize| Uuid::from_slice(&bytes[at..at + 16]).unwrap_or_default();
        let mut first = [0; 8];
        first.copy_from_slice(&bytes[44..52]);
        Ok(Self {
            identity: Identity {
                world: id(12),
                journal: id(28),
            },
            first_sequence: u64::from_le_bytes(first),
        })
    }
}

/// A segment that is no longer written.
#[derive(Clone, Debug)]
pub(crate) struct Closed {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    /// The last batch in it that counts; once the database has that one, the file may go.
    pub(crate) last_sequence: u64,
}

/// The file of segment `number` in `folder`.
pub(crate) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:016}.kjl"))
}

/// The number in a segment's file name, if it is one.
pub(crate) fn number(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?.strip_suffix(".kjl")?;
    (name.len() == 16).then(|| name.parse().ok())?
}
