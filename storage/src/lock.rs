//! File locks: one server per data folder, and one per database file.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::{StorageFault, private};

/// Holds a file as long as it lives, whatever kills the process. Everyone who writes to what it
/// stands for keeps it alive.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock of `folder`.
    pub(crate) fn of_folder(folder: &Path) -> Result<Self, StorageFault> {
        Self::take(&folder.join("lock"), |pid| StorageFault::Locked {
            folder: folder.to_owned(),
            pid,
        })
    }

    /// Takes the lock at `path` and writes our process id into it; `taken` says whose it is else.
    pub(crate) fn take(
        path: &Path,
        taken: impl FnOnce(Option<u32>) -> StorageFault,
    ) -> Result<Self, StorageFault> {
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .mode(private::FILE)
            .open(path)
            .map_err(StorageFault::io("open", path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // The id is only there to help; a lock without one is as good.
                let _ = file.read_to_string(&mut text);
                return Err(taken(text.trim().parse().ok()));
            }
            Err(TryLockError::Error(source)) => {
                return Err(StorageFault::io("lock", path)(source));
            }
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(StorageFault::io("write", path))?;
        Ok(Self {
            file,
            path: path.to_owned(),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Which file it holds, whatever its path names by now.
    pub(crate) fn id(&self) -> std::io::Result<FileId> {
        Ok(FileId::from(&self.file.metadata()?))
    }
}

/// Which file it is, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileId {
    device: u64,
    inode: u64,
    /// A file system gives the number of a deleted file to the next one, also within a moment. Where
    /// it does not know when a file was made, the number has to do.
    born: Option<SystemTime>,
}

impl From<&Metadata> for FileId {
    fn from(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            born: metadata.created().ok(),
        }
    }
}

/// Everything that one server has for itself.
#[derive(Debug)]
pub(crate) struct Locks {
    pub(crate) folder: Lock,
    /// With a database of its own file.
    pub(crate) database: Option<Lock>,
}
