//! What was measured of a plugin comes with a tick, and is recorded.

use engine::prelude::*;
use engine::record::{Checkpoint, Replay, frames};
use engine::{FAULTS_MAX, PluginOrder, QUARANTINE};
use serde::{Deserialize, Serialize};

use super::play::{Recorded, Script};
use super::{Frame, header, none, replay, replay_from};
use crate::kit::{arrival, game, named};

/// How many ticks its plugin saw.
#[derive(Component, Serialize, Deserialize, Clone, Default)]
struct Seen(u64);

fn slowed(reg: &mut Registrar<'_>) {
    reg.add(game).add(named("slow", |reg| {
        reg.persist::<Seen>("seen").character::<Seen>().system(
            Phase::Simulate,
            |mut seen: Query<&mut Seen>| {
                for mut seen in &mut seen {
                    seen.0 += 1;
                }
            },
        );
    }));
}

/// A tick a second: held up in five ticks, left out for a minute, back.
const STALLS: Script = Script {
    ticks: 150,
    heard: |n| match n {
        1 => vec![arrival(1, "ann")],
        _ => Vec::new(),
    },
    orders: |n| match n {
        10..15 => vec![PluginOrder::HeldUp {
            plugin: "slow".to_owned(),
        }],
        _ => Vec::new(),
    },
    at: |n| n * 1_000,
    away: 0..0,
    copied: &[12, 40, 73, 100],
};

#[test]
fn measured_quarantine_replays_equal_from_each_checkpoint() {
    let Recorded {
        bytes,
        checkpoints,
        left_out,
        ..
    } = STALLS.record(slowed);
    let first = 9 + FAULTS_MAX as u64;
    let back = first + QUARANTINE.as_secs();
    assert_eq!(left_out, (first..back).collect::<Vec<u64>>());

    assert_eq!(replay(&bytes, slowed, STALLS.ticks), (STALLS.ticks, None));
    assert_eq!(checkpoints.len(), STALLS.copied.len());
    for checkpoint in &checkpoints {
        let at = checkpoint.tick;
        let replayed = replay_from(&bytes, checkpoint, slowed);
        assert_eq!(replayed, (STALLS.ticks - at, None), "from tick {at}");
        let mut replay = Replay::begin(&header(), Checkpoint::default(), slowed).unwrap();
        for frame in frames(&bytes).unwrap() {
            if let Frame::Ticks(ticks) = frame.unwrap() {
                replay.play(ticks, at, &mut none).unwrap();
            }
        }
        assert_eq!(replay.compare(checkpoint).unwrap(), None, "at tick {at}");
    }
}

#[test]
fn order_about_no_plugin_changes_nothing() {
    let unknown = Script {
        orders: |n| match n {
            10..20 => vec![PluginOrder::HeldUp {
                plugin: "nobody".to_owned(),
            }],
            _ => Vec::new(),
        },
        ..STALLS
    };
    let Recorded {
        bytes, left_out, ..
    } = unknown.record(slowed);
    assert_eq!(left_out, [] as [u64; 0]);
    assert_eq!(replay(&bytes, slowed, STALLS.ticks), (STALLS.ticks, None));
}
