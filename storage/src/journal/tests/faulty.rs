//! A disk that fails on purpose, and notices when it is trusted afterwards.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::journal::disk::DiskFile;
use crate::journal::{Disk, RealDisk};

/// The real disk, with a plan for what goes wrong.
#[derive(Clone, Debug)]
pub(super) struct FaultyDisk(Arc<Mutex<Plan>>);

#[derive(Debug)]
struct Plan {
    /// Every so many-th operation fails; 0: none.
    one_in: u32,
    /// How many more bytes fit.
    room: u64,
    fail_syncs: u32,
    failures: u32,
    /// Files that were used after they had failed.
    trusted: u32,
    dice: StdRng,
}

impl FaultyDisk {
    pub(super) fn healthy(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Plan {
            one_in: 0,
            room: u64::MAX,
            fail_syncs: 0,
            failures: 0,
            trusted: 0,
            dice: StdRng::seed_from_u64(seed),
        })))
    }

    pub(super) fn fail_one_in(&self, one_in: u32) {
        self.0.lock().unwrap().one_in = one_in;
    }

    pub(super) fn set_room(&self, room: u64) {
        self.0.lock().unwrap().room = room;
    }

    pub(super) fn fail_next_syncs(&self, count: u32) {
        self.0.lock().unwrap().fail_syncs = count;
    }

    pub(super) fn failures(&self) -> u32 {
        self.0.lock().unwrap().failures
    }

    pub(super) fn trusted(&self) -> u32 {
        self.0.lock().unwrap().trusted
    }

    fn give_back(&self, bytes: u64) {
        let mut plan = self.0.lock().unwrap();
        plan.room = plan.room.saturating_add(bytes);
    }

    fn chance(&self) -> bool {
        let mut plan = self.0.lock().unwrap();
        let one_in = plan.one_in;
        let fails = one_in > 0 && plan.dice.random_ratio(1, one_in);
        plan.failures += u32::from(fails);
        fails
    }
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        if self.chance() {
            return Err(io::Error::other("no new file"));
        }
        Ok(Box::new(FaultyFile {
            file: RealDisk.create(path)?,
            bytes: 0,
            disk: self.clone(),
            broken: false,
        }))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        if self.chance() {
            return Err(io::Error::other("not removed"));
        }
        let bytes = std::fs::metadata(path)?.len();
        RealDisk.remove(path)?;
        self.give_back(bytes);
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        if self.chance() {
            return Err(io::Error::other("folder not synced"));
        }
        RealDisk.sync_folder(folder)
    }
}

#[derive(Debug)]
struct FaultyFile {
    file: Box<dyn DiskFile>,
    bytes: u64,
    disk: FaultyDisk,
    broken: bool,
}

impl FaultyFile {
    fn notice_trust(&self) {
        self.disk.0.lock().unwrap().trusted += u32::from(self.broken);
    }
}

impl DiskFile for FaultyFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.notice_trust();
        let fits = {
            let mut plan = self.disk.0.lock().unwrap();
            let fits = plan.room.min(bytes.len() as u64);
            plan.room -= fits;
            self.bytes += fits;
            usize::try_from(fits).unwrap()
        };
        if fits < bytes.len() {
            self.broken = true;
            self.file.append(&bytes[..fits])?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        if self.disk.chance() {
            self.broken = true;
            let part = self
                .disk
                .0
                .lock()
                .unwrap()
                .dice
                .random_range(0..bytes.len());
            self.file.append(&bytes[..part])?;
            return Err(io::Error::other("write failed"));
        }
        self.file.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.notice_trust();
        let told = {
            let mut plan = self.disk.0.lock().unwrap();
            let told = plan.fail_syncs > 0;
            plan.fail_syncs -= u32::from(told);
            plan.failures += u32::from(told);
            told
        };
        if told || self.disk.chance() {
            self.broken = true;
            return Err(io::Error::other("sync failed"));
        }
        self.file.sync()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        if self.disk.chance() {
            return Err(io::Error::other("cut failed"));
        }
        self.file.cut(length)?;
        self.disk.give_back(self.bytes - length);
        self.bytes = length;
        Ok(())
    }
}
