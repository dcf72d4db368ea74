//! Dead letters: messages that could not be understood or handed on, kept as files for people.
//!
//! One JSON file a letter, named by time and chance, so that no letter overwrites another. The
//! folder is bounded in count and age. Nothing here is on anybody's path: letters go through a
//! bounded lane to one task that writes them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const REPLAYED: &str = "replayed";

/// A message nobody could use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Its name, which is also its file's.
    pub id: String,
    /// When it died, RFC 3339.
    pub at: String,
    /// The subject it came by.
    pub subject: String,
    /// Its class, or `unknown`.
    pub class: String,
    /// What was wrong.
    pub error: String,
    /// How often it was tried.
    pub attempts: u32,
    /// The headers it came with.
    pub headers: BTreeMap<String, String>,
    /// The message, where it is text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// The message in hexadecimal digits, where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload_hex: Option<String>,
}

impl DeadLetter {
    /// A letter that dies now.
    #[must_use]
    pub fn new(subject: &str, class: &str, error: String, attempts: u32, payload: &[u8]) -> Self {
        let now = OffsetDateTime::now_utc();
        let (text, hex) = match std::str::from_utf8(payload) {
            Ok(text) => (Some(text.to_owned()), None),
            Err(_) => (None, Some(to_hex(payload))),
        };
        let id = format!(
            "{:04}{:02}{:02}T{:02}{:02}{:02}-{:06}-{:08x}",
            now.year(),
            u8::from(now.month()),
            now.day(),
            now.hour(),
            now.minute(),
            now.second(),
            now.microsecond(),
            rand::random::<u32>()
        );
        Self {
            id,
            at: now.format(&Rfc3339).unwrap_or_default(),
            subject: subject.to_owned(),
            class: class.to_owned(),
            error,
            attempts,
            headers: BTreeMap::new(),
            payload: text,
            payload_hex: hex,
        }
    }

    /// The message as it came.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        match (&self.payload, &self.payload_hex) {
            (Some(text), _) => text.clone().into_bytes(),
            (None, Some(hex)) => from_hex(hex),
            (None, None) => Vec::new(),
        }
    }
}

/// The folder of dead letters.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    folder: PathBuf,
    /// How many are kept; the oldest go first.
    most: usize,
    /// How long they are kept.
    longest: Duration,
}

/// Something about the folder went wrong.
#[derive(Debug, thiserror::Error)]
pub enum DeadLetterFault {
    /// There is no such letter.
    #[error("there is no dead letter `{0}`")]
    Unknown(String),
    /// A letter has been replayed before; once is enough.
    #[error("the dead letter `{0}` has been replayed already")]
    Replayed(String),
    /// The disk says no.
    #[error("{path}: {fault}")]
    Disk {
        /// Which file.
        path: PathBuf,
        /// What it says.
        #[source]
        fault: io::Error,
    },
    /// A file that is no letter.
    #[error("{path} is no dead letter: {reason}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl DeadLetters {
    /// The letters below the data folder, at most `most` of them and none older than `longest`.
    #[must_use]
    pub fn below(data: &Path, most: usize, longest: Duration) -> Self {
        Self {
            folder: data.join("dead-letters"),
            most,
            longest,
        }
    }

    /// Keeps a letter, and makes room for it. It is on the disk when this returns.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn keep(&self, letter: &DeadLetter) -> Result<(), DeadLetterFault> {
        make_folder(&self.folder)?;
        let path = self.path(&letter.id);
        let text =
            serde_json::to_vec_pretty(letter).map_err(|fault| DeadLetterFault::Unreadable {
                path: path.clone(),
                reason: fault.to_string(),
            })?;
        // A half-written letter must not look like one.
        let draft = path.with_extension("draft");
        let written = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)
            .and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_all()));
        written.map_err(|fault| disk(&draft, fault))?;
        fs::rename(&draft, &path).map_err(|fault| disk(&path, fault))?;
        self.tidy()
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.ids().map_or(0, |ids| ids.len())
    }

    /// The names of all, oldest first.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn ids(&self) -> Result<Vec<String>, DeadLetterFault> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(fault) => return Err(disk(&self.folder, fault)),
        };
        let mut ids: Vec<String> = entries
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                name.strip_suffix(".json").map(str::to_owned)
            })
            .collect();
        // Names begin with the time.
        ids.sort_unstable();
        Ok(ids)
    }

    /// Reads one.
    ///
    /// # Errors
    /// When there is none of that name, or it can't be read.
    pub fn read(&self, id: &str) -> Result<DeadLetter, DeadLetterFault> {
        let path = self.path(known(id)?);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
                return Err(if self.replayed(id).exists() {
                    DeadLetterFault::Replayed(id.to_owned())
                } else {
                    DeadLetterFault::Unknown(id.to_owned())
                });
            }
            Err(fault) => return Err(disk(&path, fault)),
        };
        serde_json::from_slice(&text).map_err(|fault| DeadLetterFault::Unreadable {
            path,
            reason: fault.to_string(),
        })
    }

    /// Puts a letter aside that has been replayed, so that it is not replayed again.
    ///
    /// # Errors
    /// When there is none of that name, or the disk says no.
    pub fn mark_replayed(&self, id: &str) -> Result<(), DeadLetterFault> {
        let (from, to) = (self.path(known(id)?), self.replayed(id));
        make_folder(&self.folder.join(REPLAYED))?;
        fs::rename(&from, &to).map_err(|fault| disk(&from, fault))
    }

    /// Deletes those older than `age`; answers how many.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn purge(&self, age: Duration) -> Result<usize, DeadLetterFault> {
        let mut gone = 0;
        for folder in [self.folder.clone(), self.folder.join(REPLAYED)] {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(fault) if fault.kind() == io::ErrorKind::NotFound => continue,
                Err(fault) => return Err(disk(&folder, fault)),
            };
            for entry in entries.flatten() {
                let path = entry.path();
                if path.is_file() && age_of(&path) >= age {
                    fs::remove_file(&path).map_err(|fault| disk(&path, fault))?;
                    gone += 1;
                }
            }
        }
        Ok(gone)
    }

    /// Deletes what is too old or too much.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn tidy(&self) -> Result<(), DeadLetterFault> {
        let ids = self.ids()?;
        for id in ids.iter().take(ids.len().saturating_sub(self.most)) {
            let path = self.path(id);
            fs::remove_file(&path).map_err(|fault| disk(&path, fault))?;
        }
        self.purge(self.longest).map(|_| ())
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }

    fn replayed(&self, id: &str) -> PathBuf {
        self.folder.join(REPLAYED).join(format!("{id}.json"))
    }
}

/// Makes a folder for its owner alone: letters hold what players said.
fn make_folder(folder: &Path) -> Result<(), DeadLetterFault> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|fault| disk(folder, fault))
}

/// A name that can't lead out of the folder.
fn known(id: &str) -> Result<&str, DeadLetterFault> {
    if !id.is_empty()
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        Ok(id)
    } else {
        Err(DeadLetterFault::Unknown(id.to_owned()))
    }
}

fn age_of(path: &Path) -> Duration {
    let written = fs::metadata(path).and_then(|metadata| metadata.modified());
    SystemTime::now()
        .duration_since(written.unwrap_or(UNIX_EPOCH))
        .unwrap_or_default()
}

fn disk(path: &Path, fault: io::Error) -> DeadLetterFault {
    DeadLetterFault::Disk {
        path: path.to_owned(),
        fault,
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .chars()
        .filter_map(|digit| {
            digit
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect();
    digits
        .chunks_exact(2)
        .map(|pair| pair[0] * 16 + pair[1])
        .collect()
}

#[cfg(test)]
mod tests;
