//! A disk that fills up, fails, and forgets what was not synced.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::journal::{Disk, DiskFile, RealDisk};

/// A folder whose files are as durable as they were made. Clones are one disk.
#[derive(Clone, Debug)]
pub struct SimulatedDisk(Arc<Mutex<DiskState>>);

#[derive(Debug)]
struct DiskState {
    dice: StdRng,
    /// How many more bytes fit.
    room: u64,
    /// Every so many-th operation fails; 0: none.
    one_in: u32,
    /// The process that wrote is dead: nothing it does has any effect.
    dead: bool,
    /// So many more operations, and it is dead.
    dies_after: Option<u32>,
    /// How much of each file is durable.
    synced: BTreeMap<PathBuf, u64>,
    /// Files whose names are not durable yet.
    unnamed: BTreeSet<PathBuf>,
    failures: u64,
}

impl SimulatedDisk {
    /// A disk without faults, whose chance grows from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(DiskState {
            dice: StdRng::seed_from_u64(seed),
            room: u64::MAX,
            one_in: 0,
            dead: false,
            dies_after: None,
            synced: BTreeMap::new(),
            unnamed: BTreeSet::new(),
            failures: 0,
        })))
    }

    /// So many more bytes fit.
    pub fn set_room(&self, room: u64) {
        self.lock().room = room;
    }

    /// One in so many operations fails from now on; 0: none.
    pub fn fail_one_in(&self, one_in: u32) {
        self.lock().one_in = one_in;
    }

    /// The process dies in the middle of the operation after so many more.
    pub fn die_after(&self, operations: u32) {
        self.lock().dies_after = Some(operations);
    }

    /// Whether the process that wrote has died.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.lock().dead
    }

    /// How many operations have failed.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.lock().failures
    }

    /// The process is dead. What it wrote stays, as far as the system had it.
    pub fn kill(&self) {
        self.lock().dead = true;
    }

    /// The power is gone: of what was not synced, anything may be left.
    ///
    /// # Errors
    /// When the folder below can't be changed.
    pub fn lose_power(&self) -> io::Result<()> {
        let mut state = self.lock();
        state.dead = true;
        for path in std::mem::take(&mut state.unnamed) {
            if state.dice.random_bool(0.5) && path.exists() {
                state.synced.remove(&path);
                fs::remove_file(&path)?;
            }
        }
        let files: Vec<(PathBuf, u64)> = state
            .synced
            .iter()
            .map(|(p, at)| (p.clone(), *at))
            .collect();
        for (path, synced) in files {
            let Ok(found) = fs::metadata(&path) else {
                continue;
            };
            let kept = state.dice.random_range(synced..=found.len().max(synced));
            fs::OpenOptions::new()
                .write(true)
                .open(&path)?
                .set_len(kept)?;
            state.synced.insert(path, kept);
        }
        Ok(())
    }

    /// Another process has the disk.
    pub fn revive(&self) {
        let mut state = self.lock();
        (state.dead, state.dies_after) = (false, None);
    }

    fn lock(&self) -> MutexGuard<'_, DiskState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DiskState {
    /// Counts an operation, which may be the last, or fail.
    fn operate(&mut self) -> io::Result<()> {
        if let Some(left) = &mut self.dies_after {
            match left.checked_sub(1) {
                Some(fewer) => *left = fewer,
                None => self.dead = true,
            }
        }
        if self.dead {
            return Err(io::Error::other("the process is dead"));
        }
        if self.one_in > 0 && self.dice.random_ratio(1, self.one_in) {
            self.failures += 1;
            return Err(io::Error::other("the disk fails"));
        }
        Ok(())
    }
}

impl Disk for SimulatedDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.lock();
        state.operate()?;
        let file = RealDisk.create(path)?;
        state.synced.insert(path.to_owned(), 0);
        state.unnamed.insert(path.to_owned());
        Ok(Box::new(SimulatedFile {
            file,
            path: path.to_owned(),
            length: 0,
            disk: self.clone(),
        }))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.operate()?;
        let freed = fs::metadata(path)?.len();
        RealDisk.remove(path)?;
        state.room = state.room.saturating_add(freed);
        state.synced.remove(path);
        state.unnamed.remove(path);
        Ok(())
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.operate()?;
        state.unnamed.clear();
        Ok(())
    }
}

#[derive(Debug)]
struct SimulatedFile {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    length: u64,
    disk: SimulatedDisk,
}

impl DiskFile for SimulatedFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.lock();
        let fate = state.operate();
        let whole = bytes.len() as u64;
        let fits = match &fate {
            Ok(()) => state.room.min(whole),
            // Of the last write of a process any part may be there.
            Err(_) if state.dies_after == Some(0) && whole > 0 => {
                state.dies_after = None;
                state.dice.random_range(0..whole)
            }
            Err(_) => 0,
        };
        if state.room != u64::MAX {
            state.room -= fits.min(state.room);
        }
        let part = usize::try_from(fits).unwrap_or(0);
        self.length += fits;
        self.file.append(&bytes[..part])?;
        fate?;
        match fits < whole {
            true => {
                state.failures += 1;
                Err(io::ErrorKind::StorageFull.into())
            }
            false => Ok(()),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.lock();
        state.operate()?;
        state.synced.insert(self.path.clone(), self.length);
        Ok(())
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        let mut state = self.disk.lock();
        state.operate()?;
        self.file.cut(length)?;
        if state.room != u64::MAX {
            state.room += self.length - length;
        }
        self.length = length;
        let synced = state.synced.entry(self.path.clone()).or_default();
        *synced = (*synced).min(length);
        Ok(())
    }
}
