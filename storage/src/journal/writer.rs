//! Writing segments: append, sync, rotate, abandon, delete.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::port::{RunId, Tick, WorldTime};

use super::disk::{Disk, DiskFile};
use super::record::{Record, frame};
use super::segment::{self, Closed, SegmentHeader};
use super::{Found, Identity};

/// Where a run begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    pub(crate) identity: Identity,
    pub(crate) run: RunId,
    pub(crate) first_tick: Tick,
    pub(crate) at: WorldTime,
    /// The sequence that the run's first batch gets.
    pub(crate) next_sequence: u64,
}

/// The path of the segment that is open, for the check whether it is still there. One that
/// was followed by another is no longer in here before it is deleted.
#[derive(Debug, Default)]
pub(crate) struct OpenSegment(Mutex<Option<PathBuf>>);

impl OpenSegment {
    pub(crate) fn get(&self) -> Option<PathBuf> {
        self.lock().clone()
    }

    fn set(&self, path: Option<PathBuf>) {
        *self.lock() = path;
    }

    fn lock(&self) -> MutexGuard<'_, Option<PathBuf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one writer of a journal folder.
#[derive(Debug)]
pub(crate) struct Writer {
    disk: Box<dyn Disk>,
    folder: PathBuf,
    start: Start,
    rotate_at: u64,
    bytes_max: u64,
    open: Option<OpenFile>,
    segment: Arc<OpenSegment>,
    closed: VecDeque<Closed>,
    next_number: u64,
    /// The last batch that landed, and its tick.
    landed: u64,
    reached: Tick,
}

#[derive(Debug)]
struct OpenFile {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    bytes: u64,
    /// Up to here every record has landed.
    good: u64,
}

impl Writer {
    /// Goes on behind what was found, in a segment of its own.
    pub(crate) fn new(
        disk: Box<dyn Disk>,
        folder: &Path,
        found: &Found,
        start: Start,
        rotate_at: u64,
        bytes_max: u64,
    ) -> Self {
        Self {
            disk,
            folder: folder.to_owned(),
            start,
            rotate_at,
            bytes_max,
            open: None,
            segment: Arc::default(),
            closed: found.segments.iter().cloned().collect(),
            next_number: found.next_number.max(1),
            landed: start.next_sequence - 1,
            reached: start.first_tick.saturating_sub(1),
        }
    }

    /// The segment that is open, for others to look at.
    pub(crate) fn segment(&self) -> Arc<OpenSegment> {
        Arc::clone(&self.segment)
    }

    /// The last batch that landed.
    pub(crate) const fn landed(&self) -> u64 {
        self.landed
    }

    /// What all segments take on disk.
    pub(crate) fn bytes(&self) -> u64 {
        let closed: u64 = self.closed.iter().map(|closed| closed.bytes).sum();
        closed + self.open.as_ref().map_or(0, |open| open.bytes)
    }

    /// Appends one framed record, unsynced; `applied` is what the database has synced.
    ///
    /// After an error the caller abandons the segment before it tries again.
    pub(crate) fn append(&mut self, framed: &[u8], applied: u64) -> io::Result<()> {
        // First, because the disk may be full of what the database has by now.
        self.trim(applied);
        self.make_room(framed.len() as u64, applied)?;
        let open = self.opened()?;
        open.file.append(framed)?;
        open.bytes += framed.len() as u64;
        Ok(())
    }

    /// Makes what was appended durable.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        match &mut self.open {
            Some(open) => open.file.sync(),
            None => Ok(()),
        }
    }

    /// A batch was appended and, where the policy says so, synced.
    pub(crate) fn land(&mut self, sequence: u64, tick: Tick) {
        self.landed = sequence;
        self.reached = tick;
    }

    /// What was appended counts from now on.
    pub(crate) fn settle(&mut self) {
        if let Some(open) = &mut self.open {
            open.good = open.bytes;
        }
    }

    /// Gives up the open segment after a failure: nothing more is written to it. What was
    /// appended since it last settled is cut off if the disk lets us; if not, recovery copes.
    pub(crate) fn abandon(&mut self) {
        if let Some(mut open) = self.open.take() {
            if let Err(error) = open.file.cut(open.good) {
                tracing::warn!(file = %open.path.display(), %error, "abandoned journal segment could not be cut");
            } else {
                open.bytes = open.good;
            }
            self.close(open);
        }
    }

    /// Begins the run on disk.
    pub(crate) fn start(&mut self) -> io::Result<()> {
        self.opened().map(|_| ())
    }

    /// Makes sure that there is a segment, its header and `Started` synced.
    fn opened(&mut self) -> io::Result<&mut OpenFile> {
        if self
            .open
            .as_ref()
            .is_some_and(|open| open.bytes >= self.rotate_at)
        {
            self.rotate();
        }
        if self.open.is_none() {
            let open = self.create()?;
            self.segment.set(Some(open.path.clone()));
            self.open = Some(open);
        }
        self.open
            .as_mut()
            .ok_or_else(|| io::Error::other("no journal segment is open"))
    }

    /// Deletes segments that hold nothing the database lacks. One segment always stays: the open
    /// one or, where a failure left none open, the newest.
    pub(crate) fn trim(&mut self, applied: u64) {
        let kept = usize::from(self.open.is_none());
        while self.closed.len() > kept {
            let Some(oldest) = self.closed.front() else {
                break;
            };
            if oldest.last_sequence > applied {
                break;
            }
            match self.disk.remove(&oldest.path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    tracing::warn!(file = %oldest.path.display(), %error, "applied journal segment could not be deleted");
                    break;
                }
            }
            self.closed.pop_front();
        }
    }

    fn rotate(&mut self) {
        if let Some(open) = self.open.take() {
            self.close(open);
        }
    }

    fn close(&mut self, open: OpenFile) {
        self.segment.set(None);
        self.closed.push_back(Closed {
            path: open.path,
            bytes: open.bytes,
            last_sequence: self.landed,
        });
    }

    /// Refuses to outgrow the limit.
    fn make_room(&mut self, more: u64, applied: u64) -> io::Result<()> {
        if self.bytes_max == 0 || self.bytes() + more <= self.bytes_max {
            return Ok(());
        }
        if self.bytes() + more > self.bytes_max && self.landed <= applied {
            // Everything is applied: a fresh segment lets the open one go, too.
            self.rotate();
            self.opened()?;
            self.trim(applied);
            // A single batch above the limit is written all the same, or nothing ever would be.
            return Ok(());
        }
        if self.bytes() + more > self.bytes_max {
            return Err(io::Error::new(
                io::ErrorKind::StorageFull,
                "journal.max_bytes is reached",
            ));
        }
        Ok(())
    }

    fn create(&mut self) -> io::Result<OpenFile> {
        let path = segment::path(&self.folder, self.next_number);
        // Not reused even if this attempt fails: its remains may be undeletable.
        self.next_number += 1;
        let file = self.disk.create(&path)?;
        let mut open = OpenFile {
            file,
            path,
            bytes: 0,
            good: 0,
        };
        if let Err(error) = self.begin(&mut open) {
            // What can't be removed now is deleted in its turn: were it left behind, those after it
            // would be missing once they are deleted.
            if self.disk.remove(&open.path).is_err() {
                self.close(open);
            }
            return Err(error);
        }
        Ok(open)
    }

    /// The header is synced before the first record, and both before the segment is used,
    /// whatever the policy: older segments are deleted on the strength of this one.
    fn begin(&self, open: &mut OpenFile) -> io::Result<()> {
        let header = SegmentHeader {
            identity: self.start.identity,
            first_sequence: self.landed + 1,
        }
        .encode();
        let started = frame(&Record::Started {
            run: self.start.run,
            first_tick: self.start.first_tick,
            at: self.start.at,
            reached: self.reached,
        })
        .map_err(io::Error::other)?;
        open.file.append(&header)?;
        open.file.sync()?;
        open.file.append(&started)?;
        open.file.sync()?;
        self.disk.sync_folder(&self.folder)?;
        open.bytes = (header.len() + started.len()) as u64;
        open.good = open.bytes;
        Ok(())
    }
}
