//! The recorder: writes what the world's thread hands over into a bounded ring of files.
//!
//! It owns the folder `recordings` of the data folder. It has a thread of its own, which nobody
//! waits for while the world lives: where it can't keep up or can't write, ticks are dropped and
//! counted, and the recording has a gap.

mod ring;
mod verifier;

use std::io;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use engine::Setup;
use engine::port::{Registry, Tasks};
use engine::record::{
    Checkpoint, ChunkWriter, Frame, LaneItem, RecordFault, RecordIntake, RecordLane,
    RecordedContent, RecordingHeader, Shadow, TickRecord, WorldCopy, record_lane,
};
use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts};

use crate::build::VERSION;
use crate::config::RecorderConfig;
use ring::RecordingRing;
pub(crate) use ring::{content_file, recordings};
use verifier::Verifier;

/// How long ticks are gathered before they are written: what a killed process may not have told.
const CHUNK_TIME: Duration = Duration::from_secs(1);
/// How many things are gathered at most; at 256 bytes each, 4 MiB.
const CHUNK_WEIGHT_MAX: usize = 16_384;
/// How often the lane is looked at. Nobody is woken for a tick: that would cost the world's thread
/// more than all the rest.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// After the recorder could not keep up, and after it could not write, for so long nothing is tried.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
const RETRY_EVERY: Duration = Duration::from_secs(60);

/// What is known of a run before its world is built.
pub(crate) struct Beginning {
    header: RecordingHeader,
    checkpoint: Checkpoint,
}

/// The recorder of a running world.
pub(crate) struct Recorder {
    thread: JoinHandle<()>,
}

/// The metrics; also where nothing is recorded.
#[derive(Clone)]
pub(crate) struct RecorderMetrics {
    bytes: IntGauge,
    dropped: IntCounter,
    verified: IntCounterVec,
}

/// Recording can't begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecorderFault {
    /// The disk does not take it.
    #[error("the recordings can't be written: {0}")]
    Disk(#[from] io::Error),
    /// It can't be encoded.
    #[error("the recording can't be encoded: {0}")]
    Encoding(#[from] RecordFault),
    /// What decides outcomes can't be written down.
    #[error("the settings can't be encoded: {0}")]
    Settings(#[from] serde_json::Error),
}

impl RecorderMetrics {
    pub(crate) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let bytes = IntGauge::new("kadath_recorder_bytes", "bytes of recordings on disk")?;
        let dropped = IntCounter::new(
            "kadath_recorder_dropped_total",
            "ticks that were not recorded",
        )?;
        let verified = IntCounterVec::new(
            Opts::new(
                "kadath_recorder_verified_total",
                "recordings that were played again",
            ),
            &["result"],
        )?;
        registry.register(Box::new(bytes.clone()))?;
        registry.register(Box::new(dropped.clone()))?;
        registry.register(Box::new(verified.clone()))?;
        // Told from the start, so that an alarm has something to look at.
        for result in ["good", "differs", "failed"] {
            verified.with_label_values(&[result]);
        }
        Ok(Self {
            bytes,
            dropped,
            verified,
        })
    }
}

impl Beginning {
    pub(crate) fn of(setup: &Setup, ruling: &systems::Settings) -> Result<Self, RecorderFault> {
        Ok(Self {
            header: RecordingHeader {
                program: VERSION.to_owned(),
                run: setup.run,
                seed: setup.seed.0,
                last_tick: setup.last_tick,
                last_now: setup.last_now,
                recovered: setup.recovered,
                bridge: setup.bridge,
                quarantined: setup.quarantined.clone(),
                plugins: Vec::new(),
                revision: setup.revision.clone(),
                settings: serde_json::to_string(ruling)?,
            },
            checkpoint: Checkpoint {
                tick: setup.last_tick,
                rows: setup.rows.clone(),
                state: None,
            },
        })
    }
}

impl Recorder {
    /// Begins a recording on a thread named `kadath-recorder`.
    pub(crate) fn start(
        folder: &Path,
        config: RecorderConfig,
        beginning: Beginning,
        plugins: &[&str],
        content: &RecordedContent,
        metrics: RecorderMetrics,
        tasks: &Tasks,
    ) -> Result<(Option<Self>, Option<RecordLane>), RecorderFault> {
        let Beginning {
            mut header,
            checkpoint,
        } = beginning;
        header.plugins = plugins.iter().map(|&name| name.to_owned()).collect();
        let mut ring = RecordingRing::open(folder, config, metrics.bytes)?;
        ring.keep_content(content)?;
        let begun = ring.begin(&header, &checkpoint);
        let shadow = Shadow::of(&checkpoint.rows);
        let (lane, intake) = record_lane(metrics.dropped);
        let counted = tasks.count("kadath-recorder");
        if let Err(fault) = &begun {
            intake.tear();
            tracing::error!(%fault, "recording begins later: it can't be written");
        }
        let every = Duration::from_secs(config.checkpoint_seconds.max(1));
        let program = match config.verify {
            true => std::env::current_exe().ok(),
            false => None,
        };
        let writing = Writing {
            verifier: Verifier::new(program, metrics.verified),
            ring,
            header,
            intake,
            chunk: ChunkWriter::default(),
            shadow,
            whole: begun.is_ok(),
            written: Instant::now(),
            next: Instant::now() + if begun.is_ok() { every } else { RETRY_EVERY },
            every,
        };
        let thread = std::thread::Builder::new()
            .name("kadath-recorder".into())
            .spawn(move || {
                let _counted = counted;
                writing.run();
            })?;
        Ok((Some(Self { thread }), Some(lane)))
    }

    /// Waits until everything is written that the world has handed over, at most for `patience`.
    pub(crate) async fn finish(self, patience: Duration) {
        let ended = tokio::task::spawn_blocking(move || self.thread.join().is_ok());
        match tokio::time::timeout(patience, ended).await {
            Ok(Ok(true)) => {}
            Ok(_) => tracing::error!("recorder ended badly"),
            Err(_) => tracing::warn!("recorder does not end; the recording lacks its end"),
        }
    }
}

/// The thread's own.
struct Writing {
    verifier: Verifier,
    ring: RecordingRing,
    header: RecordingHeader,
    intake: RecordIntake,
    chunk: ChunkWriter,
    shadow: Shadow,
    /// What comes is written; not after a gap, until the next checkpoint.
    whole: bool,
    written: Instant,
    /// When the next checkpoint is asked for.
    next: Instant,
    every: Duration,
}

impl Writing {
    fn run(mut self) {
        loop {
            let taken = self.intake.take();
            let over = matches!(taken, LaneItem::Over);
            let idle = over || matches!(taken, LaneItem::Nothing);
            let done = match taken {
                LaneItem::Tick(record) => self.tick(*record),
                LaneItem::Checkpoint(copy) => self.begin(&copy),
                LaneItem::Nothing => self.flush(false),
                LaneItem::Over => self.end(false),
            };
            let torn = idle && self.whole && self.intake.is_torn();
            let done = done.and_then(|()| if torn { self.end(true) } else { Ok(()) });
            if let Err(fault) = done {
                self.intake.tear();
                self.stop(RETRY_EVERY);
                tracing::error!(%fault, "recording has a gap: it can't be written");
            } else if torn {
                self.stop(LOOK_AGAIN);
                tracing::warn!("recording has a gap: the recorder could not keep up");
            }
            if over {
                self.verifier.end();
                return;
            }
            self.verifier.look();
            if Instant::now() >= self.next {
                self.next = Instant::now() + self.every;
                self.intake.want_checkpoint();
            }
            if idle {
                std::thread::park_timeout(LOOK_EVERY);
            }
        }
    }

    fn tick(&mut self, record: TickRecord) -> Result<(), RecorderFault> {
        if !self.whole {
            self.shadow.follow(&record);
            return self.flush(false);
        }
        if let Some(next) = &record.input.revision {
            // Before the tick that needs it.
            let content = RecordedContent::of(&next.sources);
            self.ring.keep_used_content(&content, &next.mark.digest)?;
        }
        self.chunk.push(record, &mut self.shadow);
        self.flush(false)
    }

    /// Writes what was gathered, if it is time.
    fn flush(&mut self, now: bool) -> Result<(), RecorderFault> {
        let due = self.written.elapsed() >= CHUNK_TIME;
        if now || due || self.chunk.weight() >= CHUNK_WEIGHT_MAX {
            self.written = Instant::now();
            if let Some(bytes) = self.chunk.take()? {
                self.ring.append(&bytes)?;
            }
        }
        Ok(())
    }

    /// Goes on in a new file, from which the world can be played.
    fn begin(&mut self, copy: &WorldCopy) -> Result<(), RecorderFault> {
        self.flush(true)?;
        let state = self.shadow.complete(copy).map_err(RecordFault::from)?;
        let checkpoint = Checkpoint {
            tick: state.tick(),
            rows: Vec::new(),
            state: Some(state),
        };
        if !self.whole && !copy.sources.is_empty() {
            // It may have come with a tick that was missed.
            let content = RecordedContent::of(&copy.sources);
            self.ring.keep_content(&content)?;
        }
        if let Some(state) = &checkpoint.state {
            self.header.revision = state.revision().clone();
        }
        let before = self.ring.path().to_owned();
        self.ring.begin(&self.header, &checkpoint)?;
        self.whole = true;
        self.verifier.begin(&before);
        Ok(())
    }

    /// The last of a file that no other goes on from.
    fn end(&mut self, gap: bool) -> Result<(), RecorderFault> {
        if !self.whole {
            return Ok(());
        }
        self.flush(true)?;
        self.ring.append(&Frame::mark(gap)?)?;
        Ok(())
    }

    /// Wants nothing but a checkpoint, and that after a while.
    fn stop(&mut self, pause: Duration) {
        self.whole = false;
        self.chunk = ChunkWriter::default();
        self.next = Instant::now() + pause;
    }
}

/// The folder of recordings in a data folder.
pub(crate) fn folder(data: &Path) -> PathBuf {
    data.join("recordings")
}
