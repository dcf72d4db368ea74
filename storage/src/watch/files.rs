//! Which open files still are what their paths name, by device and inode.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::journal::OpenSegment;
use crate::lock::{FileId, Locks};
use crate::store::DatabaseFile;

/// What is open, and how it is called.
#[derive(Debug, Default)]
pub(crate) struct Files {
    known: Vec<KnownFile>,
    segment: Arc<OpenSegment>,
    /// The segment that was open at the last look.
    last_segment: Option<KnownFile>,
    /// The segment whose loss was told.
    lost_segment: Option<PathBuf>,
    /// What SQLite keeps beside its file, as long as somebody has that open.
    beside: Vec<Beside>,
}

#[derive(Clone, Debug)]
struct KnownFile {
    path: PathBuf,
    id: FileId,
    of_database: bool,
}

#[derive(Debug)]
struct Beside {
    path: PathBuf,
    id: Option<FileId>,
    /// Seen before under that name, and at the last look no more.
    missing: Option<FileId>,
}

/// A file that is no longer what its path names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LostFile {
    pub(crate) path: PathBuf,
    pub(crate) of_database: bool,
}

impl Files {
    /// Everything that a server has open, from now on.
    pub(crate) fn of(
        data: &Path,
        journal: &Path,
        locks: &Locks,
        database: Option<&DatabaseFile>,
        segment: Arc<OpenSegment>,
    ) -> io::Result<Self> {
        let mut files = Self {
            segment,
            ..Self::default()
        };
        files.add(data, false)?;
        files.add(journal, false)?;
        files.add_open(locks.folder.path(), locks.folder.id()?, false);
        if let (Some(file), Some(lock)) = (database, &locks.database) {
            files.add(file.path(), true)?;
            files.add_open(lock.path(), lock.id()?, true);
            files.add_beside(file.path());
        }
        Ok(files)
    }

    /// Watches a file or folder that is called `path` now.
    fn add(&mut self, path: &Path, of_database: bool) -> io::Result<()> {
        let id = FileId::from(&fs::metadata(path)?);
        self.add_open(path, id, of_database);
        Ok(())
    }

    /// Watches an open file that should be called `path`.
    fn add_open(&mut self, path: &Path, id: FileId, of_database: bool) {
        self.known.push(KnownFile {
            path: path.to_owned(),
            id,
            of_database,
        });
    }

    /// Watches what SQLite keeps beside `database`.
    fn add_beside(&mut self, database: &Path) {
        for suffix in ["-wal", "-shm"] {
            let mut path = database.as_os_str().to_owned();
            path.push(suffix);
            self.beside.push(Beside {
                path: path.into(),
                id: None,
                missing: None,
            });
        }
    }

    /// Checks every path; returns what is gone since the last check.
    pub(crate) fn look(&mut self) -> Vec<LostFile> {
        let lost = self.known.extract_if(.., |known| known.is_gone());
        let mut gone: Vec<LostFile> = lost.map(KnownFile::gone).collect();
        gone.extend(self.look_at_segment());
        gone.extend(
            self.beside
                .extract_if(.., |file| file.is_taken_away())
                .map(|file| LostFile {
                    path: file.path,
                    of_database: true,
                }),
        );
        gone
    }

    fn look_at_segment(&mut self) -> Option<LostFile> {
        let path = self.segment.get()?;
        let Ok(found) = identify(&path) else {
            return None;
        };
        // It may have been followed by another one meanwhile, and deleted.
        if self.segment.get().as_ref() != Some(&path) {
            return None;
        }
        let last = self.last_segment.take().filter(|last| last.path == path);
        let id = last.as_ref().map_or(found, |last| Some(last.id));
        // Of one that is gone it is remembered which it was.
        self.last_segment = id.map(|id| KnownFile {
            path: path.clone(),
            id,
            of_database: false,
        });
        let is_news = self.lost_segment.as_ref() != Some(&path);
        if (id.is_some() && found == id) || !is_news {
            return None;
        }
        self.lost_segment = Some(path.clone());
        Some(LostFile {
            path,
            of_database: false,
        })
    }
}

impl KnownFile {
    fn is_gone(&self) -> bool {
        identify(&self.path).is_ok_and(|found| found != Some(self.id))
    }

    fn gone(self) -> LostFile {
        LostFile {
            path: self.path,
            of_database: self.of_database,
        }
    }
}

impl Beside {
    /// SQLite deletes these files itself when its last connection closes, and makes new ones. Only
    /// one that is still open here was taken away. Believed at the second look: SQLite closes one
    /// of them a moment after it deleted it.
    fn is_taken_away(&mut self) -> bool {
        if self.missing.take().is_some_and(is_open_here) {
            return true;
        }
        if let Ok(found) = identify(&self.path)
            && found != self.id
        {
            self.missing = self.id;
            self.id = found;
        }
        false
    }
}

/// Which file the path names, if any. Other errors than its absence say nothing about it.
fn identify(path: &Path) -> io::Result<Option<FileId>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(FileId::from(&metadata))),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound
                    | io::ErrorKind::NotADirectory
                    | io::ErrorKind::StaleNetworkFileHandle
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether this process has the file open. Asked only when one is missing.
fn is_open_here(id: FileId) -> bool {
    let Ok(open) = fs::read_dir("/proc/self/fd") else {
        return false;
    };
    open.flatten()
        .filter_map(|entry| fs::metadata(entry.path()).ok())
        .any(|metadata| FileId::from(&metadata) == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_made_anew_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("archive.db-wal");
        let mut last = None;
        for _ in 0..100 {
            fs::write(&path, "").unwrap();
            let id = identify(&path).unwrap();
            assert_ne!(id, last);
            last = id;
            fs::remove_file(&path).unwrap();
        }
    }
}
