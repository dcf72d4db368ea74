//! The journal against torn writes, rot, full disks and syncs that fail.

mod faults;
mod faulty;
mod remains;
mod rot;

use std::fs;
use std::path::{Path, PathBuf};

use engine::port::{Owner, Row, RunId, StableId, WorldTime};
use uuid::Uuid;

use super::record::{Record, frame};
use super::{Disk, Found, Identity, RealDisk, Start, Writer, batches_from, recover};
use crate::StorageFault;
use crate::batch::EncodedBatch;

pub(crate) const IDENTITY: Identity = Identity {
    world: Uuid::from_u128(1),
    journal: Uuid::from_u128(2),
};

pub(crate) fn batch(sequence: u64) -> EncodedBatch {
    EncodedBatch {
        sequence,
        tick: sequence * 10,
        now: WorldTime(sequence),
        run: RunId(9),
        transfers: Vec::new(),
        upserts: vec![Row {
            id: StableId::named("ann"),
            component: "purse".to_owned(),
            version: 1,
            owner: Owner::Character(StableId::named("ann")),
            body: sequence.to_string(),
        }],
        tombstones: Vec::new(),
        facts: Vec::new(),
        commands: Vec::new(),
        last: false,
    }
}

/// A writer that goes on behind what is in `folder`.
pub(crate) fn writer(folder: &Path, disk: Box<dyn Disk>, rotate_at: u64, bytes_max: u64) -> Writer {
    let found = recover(folder).unwrap();
    let start = Start {
        identity: IDENTITY,
        run: RunId(9),
        first_tick: 1,
        at: WorldTime(0),
        next_sequence: found.last_sequence + 1,
    };
    Writer::new(disk, folder, &found, start, rotate_at, bytes_max)
}

/// Writes batches as a healthy run would.
pub(crate) fn write(folder: &Path, count: u64, rotate_at: u64) {
    let mut writer = writer(folder, Box::new(RealDisk), rotate_at, 0);
    writer.start().unwrap();
    for _ in 0..count {
        let next = batch(writer.landed() + 1);
        let framed = frame(&Record::Batch(next.clone())).unwrap();
        writer.append(&framed, 0).unwrap();
        writer.sync().unwrap();
        writer.settle();
        writer.land(next.sequence, next.tick);
    }
}

/// Everything the journal gives back.
pub(crate) fn read(folder: &Path) -> Result<(Found, Vec<EncodedBatch>), StorageFault> {
    let found = recover(folder)?;
    let mut batches = Vec::new();
    for segment in &found.segments {
        let next = batches.len() as u64 + 1;
        batches.extend(batches_from(segment, next)?);
    }
    Ok((found, batches))
}

/// Whether `batches` are the first so many, each as it was written.
pub(crate) fn is_prefix(batches: &[EncodedBatch]) -> bool {
    (1..).zip(batches).all(|(n, got)| *got == batch(n))
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}
