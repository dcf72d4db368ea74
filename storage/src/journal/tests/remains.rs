//! What is left of a segment that could neither be begun nor removed.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Disk, RealDisk, Record, Writer, batch, files, frame, recover, writer};
use crate::journal::disk::DiskFile;

/// The real disk, but while it is stubborn no name becomes durable and none goes.
#[derive(Clone, Debug, Default)]
struct StubbornDisk(Arc<AtomicBool>);

impl StubbornDisk {
    fn refuse(&self) -> io::Result<()> {
        match self.0.load(Ordering::Acquire) {
            true => Err(io::Error::other("the folder is stubborn")),
            false => Ok(()),
        }
    }
}

impl Disk for StubbornDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        RealDisk.create(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.refuse()?;
        RealDisk.remove(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.refuse()?;
        RealDisk.sync_folder(folder)
    }
}

fn land(writer: &mut Writer) {
    let next = batch(writer.landed() + 1);
    let framed = frame(&Record::Batch(next.clone())).unwrap();
    writer.append(&framed, 0).unwrap();
    writer.sync().unwrap();
    writer.settle();
    writer.land(next.sequence, next.tick);
}

#[test]
fn remains_of_unbegun_segment_go_in_turn() {
    let folder = tempfile::tempdir().unwrap();
    let disk = StubbornDisk::default();
    let mut writer = writer(folder.path(), Box::new(disk.clone()), 1_000_000, 0);
    writer.start().unwrap();
    land(&mut writer);
    writer.abandon();
    disk.0.store(true, Ordering::Release);
    let framed = frame(&Record::Batch(batch(2))).unwrap();
    assert!(writer.append(&framed, 0).is_err());
    disk.0.store(false, Ordering::Release);
    for _ in 0..2 {
        land(&mut writer);
    }
    writer.abandon();
    land(&mut writer);
    writer.trim(3);
    assert_eq!(files(folder.path()).len(), 1);
    assert_eq!(recover(folder.path()).unwrap().last_sequence, 4);
}
