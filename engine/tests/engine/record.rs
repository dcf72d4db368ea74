//! What is recorded is played again, and what is not a function of its input is found and named.

mod orders;
mod planted;
mod play;
mod shadow;

use std::sync::Arc;

use engine::content::{Content, RevisionMark, Source};
use engine::port::{Inbound, RunId};
use engine::prelude::*;
use engine::record::{
    Checkpoint, ChunkWriter, Difference, Frame, LaneItem, RECORD_TICKS_MAX, RecordFault,
    RecordedContent, RecordingHeader, Replay, Shadow, TickEffects, TickRecord, frames, record_lane,
};
use engine::{Engine, Save, TickInput};
use prometheus::IntCounter;

use crate::kit::{arrival, game, input, leave, line, values};
use planted::Chapel;
use play::{Recorded, Script};

const TICKS: u64 = 400;

fn header() -> RecordingHeader {
    RecordingHeader {
        program: "test".to_owned(),
        run: RunId(7),
        seed: 11,
        last_tick: 0,
        last_now: None,
        recovered: Some((RunId(6), 5)),
        bridge: true,
        quarantined: Vec::new(),
        plugins: Vec::new(),
        revision: RevisionMark::default(),
        settings: "{}".to_owned(),
    }
}

/// What the gateway says in tick `n`: people come, act, are cut and go.
fn script(n: u64) -> Vec<Inbound> {
    let mut said = Vec::new();
    match n {
        1 => said.extend([arrival(1, "ann"), arrival(2, "bob")]),
        200 => said.push(leave(2)),
        210 => said.push(arrival(3, "bob")),
        _ => {}
    }
    if n > 3 && n.is_multiple_of(3) {
        said.push(line(1, Some(n), "earn"));
    }
    if n == 41 || n == 129 {
        said.push(line(1, Some(n + 1), "later"));
    }
    if n > 3 && n.is_multiple_of(7) {
        said.push(line(1, Some(n + 1), "there is a light"));
    }
    said
}

/// Plays the script and records it.
fn record(plugin: impl Plugin) -> Vec<u8> {
    PLAY.record(plugin).bytes
}

/// Storage is away for a while, and ticks are late by a little, and sometimes by much. The world is
/// copied while nobody is there, while somebody's line waits, while storage is away, just after
/// somebody went, and much later.
const PLAY: Script = Script {
    ticks: TICKS,
    heard: script,
    orders: |_| Vec::new(),
    at: |n| n * 50 + n / 100 * 330,
    away: 100..150,
    copied: &[1, 42, 130, 200, 202, 390],
};

/// No tick of these brings another content.
fn none(digest: &str) -> Result<(Arc<[Source]>, Arc<Content>), String> {
    Err(format!("nobody published {digest}"))
}

/// Plays a recording again, through tick `last`.
fn replay(bytes: &[u8], plugin: impl Plugin, last: u64) -> (u64, Option<Difference>) {
    let mut frames = frames(bytes).unwrap();
    let Some(Ok(Frame::Header(header))) = frames.next() else {
        panic!("no header")
    };
    let Some(Ok(Frame::Checkpoint(checkpoint))) = frames.next() else {
        panic!("no checkpoint")
    };
    let mut replay = Replay::begin(&header, checkpoint, plugin).unwrap();
    for frame in frames {
        if let Frame::Ticks(ticks) = frame.unwrap() {
            let difference = replay.play(ticks, last, &mut none).unwrap();
            if difference.is_some() {
                return (replay.played(), difference);
            }
        }
    }
    (replay.played(), None)
}

/// Plays what follows a checkpoint.
fn replay_from(
    bytes: &[u8],
    checkpoint: &Checkpoint,
    plugin: impl Plugin,
) -> (u64, Option<Difference>) {
    let mut replay = Replay::begin(&header(), checkpoint.clone(), plugin).unwrap();
    for frame in frames(bytes).unwrap() {
        if let Frame::Ticks(ticks) = frame.unwrap() {
            let difference = replay.play(ticks, TICKS, &mut none).unwrap();
            if difference.is_some() {
                return (replay.played(), difference);
            }
        }
    }
    (replay.played(), None)
}

fn difference(plugin: impl Plugin + Copy) -> Difference {
    let (_, difference) = replay(&record(plugin), plugin, TICKS);
    difference.expect("a difference")
}

#[test]
fn recording_replays_equal() {
    let bytes = record(game);
    assert_eq!(replay(&bytes, game, TICKS), (TICKS, None));
    assert_eq!(replay(&bytes, game, 123), (123, None));
}

#[test]
fn recording_replays_equal_from_each_checkpoint() {
    let Recorded {
        bytes, checkpoints, ..
    } = PLAY.record(game);
    assert_eq!(checkpoints.len(), PLAY.copied.len());
    for checkpoint in &checkpoints {
        let at = checkpoint.tick;
        let replayed = replay_from(&bytes, checkpoint, game);
        assert_eq!(replayed, (TICKS - at, None), "from tick {at}");
        // The world that is played from the start comes to the same state.
        let mut replay = Replay::begin(&header(), Checkpoint::default(), game).unwrap();
        for frame in frames(&bytes).unwrap() {
            if let Frame::Ticks(ticks) = frame.unwrap() {
                replay.play(ticks, at, &mut none).unwrap();
            }
        }
        assert_eq!(replay.compare(checkpoint).unwrap(), None, "at tick {at}");
    }
}

#[test]
fn quiet_tick_takes_few_bytes() {
    let quiet = |_: &mut Registrar<'_>| {};
    let mut engine = Engine::build(header().setup(Checkpoint::default()), quiet).unwrap();
    let mut chunk = ChunkWriter::default();
    for tick in 1..=1_200 {
        let input = input(tick * 50, 0);
        let output = engine.tick(input.clone());
        let effects = TickEffects::of(Vec::new(), &output);
        let record = TickRecord {
            tick,
            input,
            effects,
        };
        chunk.push(record, &mut Shadow::default());
    }
    let bytes = chunk.take().unwrap().unwrap().len();
    assert!(bytes < 400, "{bytes} bytes for a minute of nothing");
}

#[test]
fn damaged_recording_is_refused_torn_tail_is_not() {
    let bytes = record(game);
    let read = |bytes: &[u8]| frames(bytes).map(Iterator::collect::<Result<Vec<Frame>, _>>);
    let whole = read(&bytes).unwrap().unwrap().len();
    assert_eq!(whole, 2 + TICKS as usize / 20 + 1);
    let torn = read(&bytes[..bytes.len() - 12]).unwrap().unwrap().len();
    assert_eq!(torn, whole - 2);
    let mut damaged = bytes.clone();
    let at = bytes.len() / 2;
    damaged[at] ^= 1;
    assert!(read(&damaged).unwrap().is_err());
    assert_eq!(read(b"KADREC\0\x7f").err(), Some(RecordFault::Foreign));
}

#[test]
fn full_lane_drops_and_counts() {
    let dropped = IntCounter::new("dropped", "ticks").unwrap();
    let (lane, intake) = record_lane(dropped.clone());
    let record = |tick| TickRecord {
        tick,
        input: TickInput::default(),
        effects: TickEffects::default(),
    };
    for tick in 1..=RECORD_TICKS_MAX as u64 {
        lane.offer(record(tick));
    }
    assert!(lane.is_whole());
    lane.offer(record(0));
    assert_eq!((lane.is_whole(), dropped.get()), (false, 1));
    // What came before the gap is still there, and nothing after it.
    let mut last = 0;
    while let LaneItem::Tick(record) = intake.take() {
        last = record.tick;
    }
    assert_eq!(last, RECORD_TICKS_MAX as u64);
    assert!(intake.is_torn());
    drop(lane);
    assert!(matches!(intake.take(), LaneItem::Over));
}

#[test]
fn content_digest_depends_on_files_and_text() {
    let content = |text: &str| RecordedContent {
        files: vec![("a".to_owned(), text.to_owned())],
    };
    let one = content("text");
    assert_eq!(
        RecordedContent::decode(&one.encode().unwrap()).unwrap(),
        one
    );
    assert_eq!(one.digest(), content("text").digest());
    assert_ne!(one.digest(), content("texts").digest());
    let split = RecordedContent {
        files: vec![("at".to_owned(), "ext".to_owned())],
    };
    assert_ne!(one.digest(), split.digest());
}

#[test]
fn batch_is_shared_with_storage() {
    let mut engine = Engine::build(
        header().setup(Checkpoint::default()),
        Chapel { dripping: None },
    )
    .unwrap();
    let output = engine.tick(input(50, 0));
    let effects = TickEffects::of(Vec::new(), &output);
    let Save::Batch(batch) = output.save else {
        panic!("no batch")
    };
    let copy = effects.batch.expect("a batch");
    assert_eq!(values(&batch), values(&copy));
    assert!(Arc::ptr_eq(&batch.columns[0], &copy.columns[0]));
}
