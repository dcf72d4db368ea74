//! What recording costs: on the world's thread, on disk, and how fast it is played again.
//!
//! Of each tick the copies for the recorder are timed apart from the rest of it, in the same run.

use std::io::Write as _;
use std::time::Instant;

use engine::record::{
    Checkpoint, ChunkWriter, Frame, LaneItem, RecordIntake, RecordLane, RecordingHeader, Replay,
    Shadow, TickEffects, TickRecord, frames, record_lane,
};
use engine::{Setup, TickInput, TickOutput};
use prometheus::IntCounter;

use crate::crowd::Crowd;
use crate::processor::processor_time;
use crate::{PAUSE, STEP};

const PLAYERS: usize = 500;
const ROOMS: usize = 50;
/// Five minutes of play, and as many of silence.
const TICKS: usize = 6_000;
/// Ticks of a chunk: a second.
const CHUNK: u64 = 20;
/// Checkpoints of a full world, and ticks between them: room histories fill meanwhile.
const CHECKPOINTS: usize = 8;
const CHECKPOINT_TICKS: usize = 500;
/// What copying may take of a tick's time.
const SHARE_MAX: f64 = 0.02;
/// What an idle player's minute may take on disk.
const IDLE_BYTES_MAX: f64 = 40.0;
/// How much faster than recorded it is played again.
const TIMES_MIN: f64 = 20.0;

/// What the world's thread does for the recorder, and what the recorder makes of it.
pub(crate) struct Recording {
    header: RecordingHeader,
    lane: RecordLane,
    intake: RecordIntake,
    chunk: ChunkWriter,
    pub(crate) shadow: Shadow,
    pub(crate) bytes: Vec<u8>,
    /// Nanoseconds of copying.
    pub(crate) copying: u64,
    copied: Option<TickInput>,
}

impl Recording {
    pub(crate) fn of(setup: &Setup) -> Self {
        let header = RecordingHeader {
            program: String::new(),
            run: setup.run,
            seed: setup.seed.0,
            last_tick: setup.last_tick,
            last_now: setup.last_now,
            recovered: setup.recovered,
            bridge: setup.bridge,
            quarantined: Vec::new(),
            plugins: Vec::new(),
            revision: engine::content::RevisionMark::default(),
            settings: String::new(),
        };
        let bytes = header.begin(&Checkpoint::default()).expect("a header");
        let dropped = IntCounter::new("dropped", "ticks").expect("a counter");
        let (lane, intake) = record_lane(dropped);
        Self {
            header,
            lane,
            intake,
            chunk: ChunkWriter::default(),
            shadow: Shadow::default(),
            bytes,
            copying: 0,
            copied: None,
        }
    }

    /// Before the tick.
    pub(crate) fn before(&mut self, input: &TickInput) {
        let began = processor_time();
        self.copied = Some(input.clone());
        self.copying += processor_time() - began;
    }

    /// After the tick: what the world's thread does, and, not counted, what the recorder's does.
    pub(crate) fn after(&mut self, tick: u64, output: &TickOutput) {
        let began = processor_time();
        let said = output.emission.said.clone();
        let effects = TickEffects::of(said, output);
        if let Some(input) = self.copied.take() {
            self.lane.offer(TickRecord {
                tick,
                input,
                effects,
            });
        }
        self.copying += processor_time() - began;
        while let LaneItem::Tick(record) = self.intake.take() {
            self.chunk.push(*record, &mut self.shadow);
        }
        if tick.is_multiple_of(CHUNK) {
            let chunk = self.chunk.take().expect("ticks are encoded");
            self.bytes.extend(chunk.unwrap_or_default());
        }
    }
}

pub(crate) fn measure() {
    let mut out = std::io::stdout();
    let mut crowd = Crowd::recorded(PLAYERS, ROOMS);
    let played = |crowd: &mut Crowd, busy: bool| {
        let before = crowd.recorded_so_far();
        let mut whole = 0;
        for tick in 0..TICKS {
            let lines = match busy {
                true => crowd.lines(tick, PAUSE),
                false => Vec::new(),
            };
            whole += crowd.timed(STEP, lines).nanos;
        }
        let after = crowd.recorded_so_far();
        let share = (after.1 - before.1) as f64 / whole as f64;
        (share, (after.0 - before.0) as f64)
    };
    let (busy, busy_bytes) = played(&mut crowd, true);
    let (idle, idle_bytes) = played(&mut crowd, false);
    let minutes = TICKS as f64 * STEP.as_secs_f64() / 60.0;
    let per_player = |bytes: f64| bytes / PLAYERS as f64 / minutes;

    let recording = crowd.recording();
    let game = systems::game(crate::town::world(ROOMS), systems::Settings::default());
    let began = Instant::now();
    let checkpoint = Checkpoint::default();
    let mut replay = Replay::begin(&recording.header, checkpoint, game).expect("the game");
    for frame in frames(&recording.bytes).expect("a recording") {
        if let Frame::Ticks(ticks) = frame.expect("a frame") {
            let difference = replay
                .play(ticks, u64::MAX, &mut |_| Err(String::new()))
                .expect("ticks");
            assert_eq!(difference, None);
        }
    }
    let times = replay.span().as_secs_f64() / began.elapsed().as_secs_f64();
    let _ = writeln!(
        out,
        "recorder, {PLAYERS} players: {:.2} % of a tick's time in play, {:.2} % in silence\n\
         on disk, a player's minute: {:.0} bytes in play, {:.1} in silence\n\
         {} ticks played again, equal, {times:.1} times as fast as recorded",
        busy * 100.0,
        idle * 100.0,
        per_player(busy_bytes),
        per_player(idle_bytes),
        replay.played(),
    );
    assert!(busy <= SHARE_MAX, "copying takes {busy:.3} of a tick");
    assert!(per_player(idle_bytes) <= IDLE_BYTES_MAX, "too much on disk");
    assert!(times >= TIMES_MIN, "replay is slow");
    checkpoints();
}

/// The worst tick of a full world with a checkpoint after it, and what the recorder keeps for it.
fn checkpoints() {
    let mut out = std::io::stdout();
    let mut crowd = Crowd::recorded(crate::PLAYERS, crate::ROOMS);
    let (mut worst, mut worst_copy, mut worst_whole, mut worst_ahead) = (0, 0, 0, 0);
    let mut tick = 0;
    let mut checkpoints = 0;
    while checkpoints < CHECKPOINTS {
        let spent = crowd.timed(STEP, crowd.lines(tick, PAUSE));
        tick += 1;
        if tick < (checkpoints + 1) * CHECKPOINT_TICKS {
            continue;
        }
        // As the runner does: one kind of state in each tick ahead, then what is left.
        if let Some(ahead) = crowd.copy_ahead() {
            worst_ahead = worst_ahead.max(ahead);
            worst = worst.max(spent.nanos + ahead);
            continue;
        }
        if !spent.clean {
            continue;
        }
        checkpoints += 1;
        let copy = crowd.checkpoint(false);
        worst_copy = worst_copy.max(copy);
        worst = worst.max(spent.nanos + copy);
        worst_whole = worst_whole.max(crowd.checkpoint(true));
    }
    let (rows, bytes) = crowd.recording().shadow.size();
    let ms = |nanos: u64| nanos as f64 / 1e6;
    let _ = writeln!(
        out,
        "checkpoint, {} players: the worst tick {:.2} ms; the copy {:.2}, a kind ahead of it {:.2}; a whole copy {:.2} ms\n\
         known of a player from rows: {} rows, {} bytes",
        crate::PLAYERS,
        ms(worst),
        ms(worst_copy),
        ms(worst_ahead),
        ms(worst_whole),
        rows / crate::PLAYERS,
        bytes / crate::PLAYERS,
    );
    assert!(
        worst <= crate::LIMIT,
        "a tick with a checkpoint is too long"
    );
}
