//! The file behind a `sqlite:` URL: made for its owner alone, under one name, with one server.
//!
//! SQLite's own locks last for a statement; that a server has the file for as long as it runs is
//! said by a lock of ours, beside the file wherever that really lies, so that no link and no other
//! data folder leads around it.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::target::Target;
use crate::config::DatabaseConfig;
use crate::lock::Lock;
use crate::{StorageFault, private};

/// A database file, by the one path that no link is in.
#[derive(Clone, Debug)]
pub(crate) struct DatabaseFile(PathBuf);

impl DatabaseFile {
    /// Finds the file of `url` or makes it; none for PostgreSQL.
    pub(crate) fn of(config: &DatabaseConfig, url: &str) -> Result<Option<Self>, StorageFault> {
        let Target::Sqlite(options) = Target::parse(config, url)?.1 else {
            return Ok(None);
        };
        let path = options.get_filename();
        // Not opened when it is there: to close it again would take SQLite's locks from whoever
        // has it open in this process.
        if !path.exists() {
            OpenOptions::new()
                .create(true)
                .append(true)
                .mode(private::FILE)
                .open(path)
                .map_err(StorageFault::io("create the database", path))?;
        }
        let file = fs::canonicalize(path).map_err(StorageFault::io("find", path))?;
        let metadata = fs::metadata(&file).map_err(StorageFault::io("look at", &file))?;
        if !metadata.is_file() {
            return Err(StorageFault::Refused {
                target: file.display().to_string(),
                reason: "it is not a file".to_owned(),
            });
        }
        // What SQLite keeps beside the file is named after it: by two names it is two databases.
        if metadata.nlink() > 1 {
            return Err(StorageFault::SeveralNames {
                file,
                names: metadata.nlink(),
            });
        }
        Ok(Some(Self(file)))
    }

    /// The file of `url`, where there is none or nothing in it.
    pub(crate) fn missing(
        config: &DatabaseConfig,
        url: &str,
    ) -> Result<Option<PathBuf>, StorageFault> {
        let Target::Sqlite(options) = Target::parse(config, url)?.1 else {
            return Ok(None);
        };
        let path = options.get_filename();
        let there = fs::metadata(path).is_ok_and(|file| file.len() > 0);
        Ok((!there).then(|| path.to_owned()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Takes the file for one server.
    pub(crate) fn lock(&self) -> Result<Lock, StorageFault> {
        let mut lock = self.0.clone().into_os_string();
        lock.push(".lock");
        Lock::take(Path::new(&lock), |pid| StorageFault::DatabaseLocked {
            file: self.0.clone(),
            pid,
        })
    }
}
