//! One server per data folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::StorageFault;

/// Holds `--data/lock` as long as it lives, whatever kills the process. Everyone who writes to
/// the folder keeps it alive.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "held, not read")] File);

impl Lock {
    /// Takes the lock of `folder` and writes our process id into it.
    pub(crate) fn take(folder: &Path) -> Result<Self, StorageFault> {
        let path = folder.join("lock");
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(StorageFault::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // The id is only there to help; a lock without one is as good.
                let _ = file.read_to_string(&mut text);
                return Err(StorageFault::Locked {
                    folder: folder.to_owned(),
                    pid: text.trim().parse().ok(),
                });
            }
            Err(TryLockError::Error(source)) => {
                return Err(StorageFault::io("lock", &path)(source));
            }
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(StorageFault::io("write", &path))?;
        Ok(Self(file))
    }
}
