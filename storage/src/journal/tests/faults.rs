//! The journal's thread while the disk fails.

use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use engine::port::{EnginePorts, LaneLimits, Registry, SaveBatch, Tick, WorldTime, lanes};
use tempfile::TempDir;

use super::faulty::FaultyDisk;
use super::*;
use crate::config::{FsyncPolicy, JournalConfig};
use crate::journal::{JournalHandle, WriterThread};
use crate::pending::PendingChanges;

const PATIENCE: Duration = Duration::from_secs(30);

struct RunningWriter {
    ports: EnginePorts,
    shared: Arc<JournalHandle>,
    pending: Arc<PendingChanges>,
    thread: JoinHandle<bool>,
    tick: Tick,
}

impl RunningWriter {
    fn start(folder: &Path, disk: &FaultyDisk, config: JournalConfig) -> Self {
        let mut writer = writer(
            folder,
            Box::new(disk.clone()),
            config.rotate_at(),
            config.max_bytes,
        );
        writer.start().unwrap();
        let lanes = lanes(LaneLimits::default(), &Registry::new()).unwrap();
        let shared = JournalHandle::new(0);
        let pending = PendingChanges::new(100);
        let writer_thread = WriterThread {
            writer,
            run: RunId(9),
            saves: lanes.storage.saves,
            gauge: lanes.storage.gauge,
            pending: Arc::clone(&pending),
            shared: Arc::clone(&shared),
            config,
            left_out: prometheus::IntCounter::new("left_out", "values left out").unwrap(),
            durable_at_commit: false,
        };
        Self {
            ports: lanes.engine,
            shared,
            pending,
            thread: thread::spawn(move || writer_thread.run()),
            tick: 0,
        }
    }

    fn send(&mut self) -> Tick {
        self.tick += 1;
        let batch = SaveBatch {
            tick: self.tick,
            now: WorldTime(self.tick),
            ..SaveBatch::default()
        };
        self.ports.saves.send_timeout(batch, PATIENCE).unwrap();
        self.tick
    }

    fn save(&mut self) {
        let tick = self.send();
        wait("a durable tick", || self.durable() >= tick);
    }

    /// The first tick that did not become durable.
    fn send_until_refused(&mut self) -> Tick {
        loop {
            let tick = self.send();
            wait("durable or refused", || {
                self.durable() >= tick || !self.accepting()
            });
            if self.durable() < tick {
                return tick;
            }
        }
    }

    fn durable(&self) -> Tick {
        self.ports.gauge.durable_tick()
    }

    fn accepting(&self) -> bool {
        self.ports.gauge.state().accepting
    }

    /// The lanes close; answers whether everything landed.
    fn end(self) -> bool {
        drop(self.ports);
        self.thread.join().unwrap()
    }
}

fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::yield_now();
    }
}

fn ticks(folder: &Path) -> Vec<Tick> {
    let batches = read(folder).unwrap().1;
    batches.iter().map(|batch| batch.tick).collect()
}

#[test]
fn failed_sync_is_never_retried_on_same_file() {
    let folder = TempDir::new().unwrap();
    let disk = FaultyDisk::healthy(1);
    let mut running = RunningWriter::start(folder.path(), &disk, JournalConfig::default());
    running.save();
    disk.fail_next_syncs(3);
    running.save();
    running.save();
    assert_eq!(disk.failures(), 3);
    assert!(running.accepting(), "it has recovered by itself");
    assert!(running.end());
    assert_eq!(disk.trusted(), 0);
    assert_eq!(ticks(folder.path()), [1, 2, 3]);
    assert!(files(folder.path()).len() > 1, "a new segment was begun");
}

#[test]
fn full_disk_refuses_until_space_returns() {
    let folder = TempDir::new().unwrap();
    let disk = FaultyDisk::healthy(2);
    let mut running = RunningWriter::start(folder.path(), &disk, JournalConfig::default());
    running.save();
    disk.set_room(10);
    let tick = running.send();
    wait("a refusal", || !running.accepting());
    assert!(running.durable() < tick, "nothing is promised meanwhile");
    assert!(running.shared.trouble().is_some());
    disk.set_room(u64::MAX);
    wait("space to be noticed", || running.durable() >= tick);
    wait("welcome", || running.accepting());
    assert_eq!(running.shared.trouble(), None);
    running.save();
    assert!(running.end());
    assert_eq!(ticks(folder.path()), [1, 2, 3]);
    assert_eq!(disk.trusted(), 0);
}

/// A disk full of our own segments recovers once the database has them.
#[test]
fn disk_full_of_segments_recovers_once_applied() {
    let folder = TempDir::new().unwrap();
    let disk = FaultyDisk::healthy(6);
    let config = JournalConfig {
        segment_bytes: 4_096,
        ..JournalConfig::default()
    };
    disk.set_room(20_000);
    let mut running = RunningWriter::start(folder.path(), &disk, config);
    let stuck = running.send_until_refused();
    assert!(files(folder.path()).len() > 3, "several segments fill it");
    assert!(!running.accepting());
    running.shared.set_applied(stuck - 1);
    wait("room", || running.durable() >= stuck);
    wait("welcome", || running.accepting());
    running.save();
    assert!(running.end());
    assert!(*ticks_above(folder.path(), stuck - 1).last().unwrap() > stuck);
    assert_eq!(disk.trusted(), 0);
}

#[test]
fn last_batch_ends_wait_for_interval() {
    let folder = TempDir::new().unwrap();
    let disk = FaultyDisk::healthy(7);
    let config = JournalConfig {
        fsync: FsyncPolicy::Interval,
        fsync_interval_ms: 600_000,
        ..JournalConfig::default()
    };
    let mut running = RunningWriter::start(folder.path(), &disk, config);
    running.send();
    wait("the batch to be taken", || running.ports.saves.is_empty());
    running.send();
    assert!(running.end(), "a stop waits for no interval");
    assert_eq!(ticks(folder.path()), [1, 2]);
}

#[test]
fn journal_at_limit_waits_for_database() {
    let folder = TempDir::new().unwrap();
    let disk = FaultyDisk::healthy(3);
    let config = JournalConfig {
        max_bytes: 16_384,
        ..JournalConfig::default()
    };
    let mut running = RunningWriter::start(folder.path(), &disk, config);
    let stuck = running.send_until_refused();
    let landed = stuck - 1;
    assert!(landed > 100, "only {landed} small batches fit in 16 KiB");
    // Small batches, but segments: the database frees whole files.
    running.shared.set_applied(landed);
    wait("room", || running.durable() >= stuck);
    assert!(running.accepting());
    running.save();
    assert!(running.end());
    assert!(*ticks_above(folder.path(), landed).last().unwrap() > stuck);
}

fn ticks_above(folder: &Path, applied: u64) -> Vec<Tick> {
    let found = recover(folder).unwrap();
    assert!(
        found.first_sequence <= applied + 1,
        "nothing unapplied was deleted"
    );
    let batches = found
        .segments
        .iter()
        .flat_map(|closed| batches_from(closed, applied + 1).unwrap());
    batches.map(|batch| batch.tick).collect()
}

#[test]
fn halt_ends_thread_on_hung_disk() {
    let folder = TempDir::new().unwrap();
    let disk = FaultyDisk::healthy(4);
    let mut running = RunningWriter::start(folder.path(), &disk, JournalConfig::default());
    running.save();
    disk.set_room(0);
    running.send();
    wait("a refusal", || !running.accepting());
    running.shared.halt();
    assert!(
        !running.end(),
        "the last batch did not land, and it says so"
    );
    assert_eq!(ticks(folder.path()), [1]);
}

#[test]
fn interval_promises_nothing_before_sync() {
    let folder = TempDir::new().unwrap();
    let disk = FaultyDisk::healthy(5);
    let config = JournalConfig {
        fsync: FsyncPolicy::Interval,
        fsync_interval_ms: 20,
        ..JournalConfig::default()
    };
    let mut running = RunningWriter::start(folder.path(), &disk, config);
    let began = Instant::now();
    for _ in 0..5 {
        running.save();
    }
    assert!(
        began.elapsed() >= Duration::from_millis(70),
        "{:?}",
        began.elapsed()
    );
    assert!(running.end());
    assert_eq!(ticks(folder.path()), [1, 2, 3, 4, 5]);
}

/// Whatever fails, and whenever: what was durable is read back.
#[test]
fn durable_batches_survive_any_fault() {
    for seed in 0..60 {
        let folder = TempDir::new().unwrap();
        let disk = FaultyDisk::healthy(seed);
        let config = JournalConfig {
            segment_bytes: 4_096,
            ..JournalConfig::default()
        };
        let mut running = RunningWriter::start(folder.path(), &disk, config);
        disk.fail_one_in(8);
        for _ in 0..6 {
            let tick = running.send();
            wait("a durable tick", || {
                // Each nudge ends a pause, as freed space would.
                running.shared.set_applied(0);
                running.durable() >= tick
            });
        }
        running.send();
        // Some die in the middle of the last batch, some after it.
        if seed % 2 == 0 {
            running.shared.halt();
        } else {
            disk.fail_one_in(0);
        }
        let durable = running.durable();
        let pending = running.pending.rows();
        running.end();
        let ticks = ticks(folder.path());
        assert!(
            ticks.len() as u64 >= durable,
            "seed {seed}: {ticks:?}, {durable} durable"
        );
        assert!(
            ticks.iter().copied().eq(1..=ticks.len() as u64),
            "seed {seed}: {ticks:?}"
        );
        assert_eq!(disk.trusted(), 0, "seed {seed}");
        assert_eq!(pending, 0, "these batches hold no rows");
    }
}
