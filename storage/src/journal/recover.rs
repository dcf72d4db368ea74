//! Reads the journal at start, after a clean stop or a crash, and repairs its torn end.

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::path::{Path, PathBuf};

use engine::port::{RunId, Tick, WorldTime};

use super::record::{self, Damage, Record};
use super::segment::{self, Closed, HEADER_BYTES, SegmentHeader};
use super::{Identity, disk::Disk, disk::RealDisk};
use crate::batch::EncodedBatch;
use crate::{StorageFault, private};

/// What a journal folder holds.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Whose it is; nobody's if the folder is empty.
    pub(crate) identity: Option<Identity>,
    /// The segments, oldest first.
    pub(crate) segments: Vec<Closed>,
    /// The number for the next segment file.
    pub(crate) next_number: u64,
    /// The sequence the oldest segment begins with.
    pub(crate) first_sequence: u64,
    /// The last batch; one less than `first_sequence` if there is none.
    pub(crate) last_sequence: u64,
    /// The last run that wrote here.
    pub(crate) trace: Option<JournalTrace>,
    /// The segment being read may begin by repeating `last_sequence`.
    repeating: bool,
}

/// How far a run came, as its records tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JournalTrace {
    pub(crate) run: RunId,
    /// Exactly its effects up to this tick survived.
    pub(crate) survived: Tick,
    /// The highest tick it is known to have executed.
    pub(crate) seen: Tick,
    /// World time of its last batch, or the wall clock when it began.
    pub(crate) now: WorldTime,
    /// It ended with a last batch.
    pub(crate) clean: bool,
}

/// Whether a journal was ever begun in the data folder `data`.
#[must_use]
pub fn has_journal(data: &Path) -> bool {
    list(&data.join("journal")).is_ok_and(|files| !files.is_empty())
}

/// Reads and checks every record in `folder`, and cuts a torn end off the last segment.
pub(crate) fn recover(folder: &Path) -> Result<Found, StorageFault> {
    private::make_folder(folder).map_err(StorageFault::io("create", folder))?;
    let mut files = list(folder)?;
    drop_unborn(folder, &mut files)?;

    let mut found = Found {
        next_number: files.last().map_or(1, |(number, _)| number + 1),
        first_sequence: 1,
        ..Found::default()
    };
    for (index, (_, path)) in files.iter().enumerate() {
        let bytes = read_file(path)?;
        let last_file = index + 1 == files.len();
        let header = match SegmentHeader::decode(&bytes) {
            Ok(header) => header,
            // Given up before its header was whole; the batch went to the file after it, which
            // shows by going on without a gap.
            Err(_) if !last_file && first_whole(&bytes).is_none() => {
                found.segments.push(Closed {
                    path: path.clone(),
                    bytes: bytes.len() as u64,
                    last_sequence: found.last_sequence,
                });
                continue;
            }
            Err(reason) => {
                return Err(StorageFault::BadSegment {
                    file: path.clone(),
                    reason,
                });
            }
        };
        found.enter(header, path)?;
        let end = scan(&bytes, path, |record, offset| {
            found.take(record, path, offset)
        })?;
        if let Some((offset, damage)) = end {
            if last_file {
                cut(path, &bytes, offset, damage)?;
            } else {
                // What follows decides: if the next file goes on without a gap, this was the
                // batch that was written again there.
                tracing::warn!(file = %path.display(), offset, reason = damage.0, "abandoned end of a journal segment ignored");
                let next = files[index + 1..]
                    .iter()
                    .find_map(|(_, path)| first_sequence(path));
                if !next.is_some_and(|first| found.goes_on_with(first)) {
                    return Err(bad_record(path, offset, damage));
                }
            }
        }
        found.segments.push(Closed {
            path: path.clone(),
            bytes: bytes.len() as u64,
            last_sequence: found.last_sequence,
        });
    }
    Ok(found)
}

impl Found {
    /// A segment begins: it must be ours and go on where the one before ended.
    fn enter(&mut self, header: SegmentHeader, path: &Path) -> Result<(), StorageFault> {
        match self.identity {
            None => {
                self.identity = Some(header.identity);
                self.first_sequence = header.first_sequence;
                self.last_sequence = header.first_sequence.saturating_sub(1);
            }
            Some(identity) if identity != header.identity => {
                return Err(StorageFault::ForeignSegment {
                    file: path.to_owned(),
                    world: header.identity.world,
                });
            }
            Some(_) if !self.goes_on_with(header.first_sequence) => {
                return Err(StorageFault::Gap {
                    file: path.to_owned(),
                    expected: self.last_sequence + 1,
                    found: header.first_sequence,
                });
            }
            Some(_) => self.repeating = header.first_sequence == self.last_sequence,
        }
        Ok(())
    }

    /// A segment follows on, or repeats the one batch of an abandoned segment before it whose
    /// sync had failed although the bytes were there.
    const fn goes_on_with(&self, first: u64) -> bool {
        first == self.last_sequence + 1 || first == self.last_sequence
    }

    fn take(&mut self, record: Record, path: &Path, offset: u64) -> Result<(), StorageFault> {
        match record {
            Record::Started {
                run,
                first_tick,
                at,
                reached,
            } => {
                let same = self.trace.filter(|trace| trace.run == run);
                self.trace = Some(same.unwrap_or(JournalTrace {
                    run,
                    survived: reached,
                    seen: first_tick.max(reached),
                    now: at,
                    clean: false,
                }));
            }
            Record::Beat { run, tick } => {
                if let Some(trace) = self.trace.as_mut().filter(|trace| trace.run == run) {
                    trace.seen = trace.seen.max(tick);
                }
            }
            // Read as a batch of today.
            Record::Unowned(_) => {}
            Record::Batch(batch) if self.repeating && batch.sequence == self.last_sequence => {
                self.repeating = false;
            }
            Record::Batch(batch) => {
                self.repeating = false;
                if batch.sequence != self.last_sequence + 1 {
                    return Err(StorageFault::BadRecord {
                        file: path.to_owned(),
                        offset,
                        reason: "its sequence does not follow the one before",
                    });
                }
                self.last_sequence = batch.sequence;
                let seen = self.trace.map_or(0, |trace| trace.seen);
                self.trace = Some(JournalTrace {
                    run: batch.run,
                    survived: batch.tick,
                    seen: seen.max(batch.tick),
                    now: batch.now,
                    clean: batch.last,
                });
            }
        }
        Ok(())
    }
}

/// The batches of one segment from sequence `from` on.
///
/// The folder was checked by [`recover`] before, so what this meets is whole.
pub(crate) fn batches_from(closed: &Closed, from: u64) -> Result<Vec<EncodedBatch>, StorageFault> {
    let mut batches = Vec::new();
    if closed.last_sequence >= from {
        let bytes = read_file(&closed.path)?;
        scan(&bytes, &closed.path, |record, _| {
            if let Record::Batch(batch) = record
                && batch.sequence >= from
            {
                batches.push(batch);
            }
            Ok(())
        })?;
    }
    Ok(batches)
}

/// Shows each record; answers where and why it ended early, if it did.
fn scan(
    bytes: &[u8],
    path: &Path,
    mut see: impl FnMut(Record, u64) -> Result<(), StorageFault>,
) -> Result<Option<(u64, Damage)>, StorageFault> {
    let mut at = HEADER_BYTES;
    while at < bytes.len() {
        match record::read(&bytes[at..]) {
            Ok((record, taken)) => {
                see(record, at as u64)?;
                at += taken;
            }
            Err(damage) => {
                // A torn end has nothing whole behind it. If something is, records were lost in
                // the middle, and nobody may pretend otherwise.
                if first_whole(bytes.get(at + 1..).unwrap_or_default()).is_some() {
                    return Err(bad_record(path, at as u64, damage));
                }
                return Ok(Some((at as u64, damage)));
            }
        }
    }
    Ok(None)
}

/// Where the first whole record begins, wherever that is.
fn first_whole(bytes: &[u8]) -> Option<usize> {
    (0..bytes.len()).find(|at| record::probe(&bytes[*at..]).is_whole)
}

/// Cuts the torn end off the last segment, for good.
fn cut(path: &Path, bytes: &[u8], offset: u64, damage: Damage) -> Result<(), StorageFault> {
    let file = OpenOptions::new()
        .write(true)
        .open(path)
        .map_err(StorageFault::io("open", path))?;
    file.set_len(offset)
        .and_then(|()| file.sync_all())
        .map_err(StorageFault::io("cut the torn end of", path))?;
    tracing::warn!(
        file = %path.display(),
        offset,
        bytes = bytes.len() as u64 - offset,
        reason = damage.0,
        "torn end of the journal cut off"
    );
    Ok(())
}

/// Removes a last segment that was never finished: its header is not whole and no record is in it.
fn drop_unborn(folder: &Path, files: &mut Vec<(u64, PathBuf)>) -> Result<(), StorageFault> {
    while let Some((_, path)) = files.last() {
        let bytes = read_file(path)?;
        let torn = match SegmentHeader::decode(&bytes) {
            Ok(_) | Err(segment::NEWER) => false,
            // The header is synced before the first record is written.
            Err(_) => bytes.len() <= HEADER_BYTES || bytes.iter().all(|byte| *byte == 0),
        };
        if !torn {
            return Ok(());
        }
        RealDisk
            .remove(path)
            .and_then(|()| RealDisk.sync_folder(folder))
            .map_err(StorageFault::io("remove the unfinished segment", path))?;
        tracing::warn!(file = %path.display(), "unfinished journal segment removed");
        files.pop();
    }
    Ok(())
}

fn first_sequence(path: &Path) -> Option<u64> {
    let mut bytes = [0; HEADER_BYTES];
    File::open(path).ok()?.read_exact(&mut bytes).ok()?;
    Some(SegmentHeader::decode(&bytes).ok()?.first_sequence)
}

fn list(folder: &Path) -> Result<Vec<(u64, PathBuf)>, StorageFault> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(StorageFault::io("read", folder))? {
        let path = entry.map_err(StorageFault::io("read", folder))?.path();
        if let Some(number) = segment::number(&path) {
            files.push((number, path));
        }
    }
    files.sort();
    Ok(files)
}

fn read_file(path: &Path) -> Result<Vec<u8>, StorageFault> {
    fs::read(path).map_err(StorageFault::io("read", path))
}

fn bad_record(path: &Path, offset: u64, damage: Damage) -> StorageFault {
    StorageFault::BadRecord {
        file: path.to_owned(),
        offset,
        reason: damage.0,
    }
}
