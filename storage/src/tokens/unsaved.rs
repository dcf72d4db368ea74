//! Sign-outs that the database has not taken yet: in memory, and in a file that outlives a crash.
//!
//! A line each, the id of a token or of a whole sign-in and until when it is kept in seconds, appended and synced; a line
//! that was torn is passed over. The file goes once the database has all of it.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

/// The sign-outs, and their file.
#[derive(Debug)]
pub(super) struct UnsavedTokens {
    waiting: Mutex<HashMap<Uuid, u64>>,
    path: PathBuf,
    /// Whether there is a file. Held while it is written, never by a task of the runtime.
    file: Mutex<bool>,
}

impl UnsavedTokens {
    /// Reads what a run before has left.
    pub(super) fn open(data: &Path) -> Self {
        let path = data.join("signed-out");
        let text = fs::read_to_string(&path).unwrap_or_default();
        let line = |line: &str| {
            let (id, until) = line.split_once(' ')?;
            Some((id.parse().ok()?, until.parse().ok()?))
        };
        Self {
            waiting: Mutex::new(text.lines().filter_map(line).collect()),
            file: Mutex::new(path.exists()),
            path,
        }
    }

    pub(super) fn add(&self, id: Uuid, until: u64) {
        self.waiting().insert(id, until);
    }

    pub(super) fn saved(&self, id: Uuid) {
        self.waiting().remove(&id);
    }

    pub(super) fn all(&self) -> Vec<(Uuid, u64)> {
        let waiting = self.waiting();
        waiting.iter().map(|(id, until)| (*id, *until)).collect()
    }

    /// Writes some down, whatever becomes of the database. Blocks for a sync.
    pub(super) fn write_down(&self, all: &[(Uuid, u64)]) -> io::Result<()> {
        let mut there = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        *there = true;
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&self.path)?;
        let lines = all.iter().map(|(id, until)| format!("{id} {until}\n"));
        file.write_all(lines.collect::<String>().as_bytes())?;
        file.sync_all()
    }

    /// Removes the file if nothing waits any more; while it is written, the next time. A line that
    /// comes behind its own saving is saved once more by the next start.
    pub(super) fn clear(&self) {
        let Ok(mut there) = self.file.try_lock() else {
            return;
        };
        if !*there || !self.waiting().is_empty() {
            return;
        }
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "file of saved sign-outs could not be removed");
            }
            _ => *there = false,
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Uuid, u64>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
