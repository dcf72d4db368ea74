//! Faults that were put in on purpose: what is not a function of its input is found and named.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::play::Recorded;
use super::{PLAY, TICKS, difference, record, replay, replay_from};
use crate::kit::{Words, game, named};

/// Counts in a place that no checkpoint knows.
fn count(mut seen: Local<u64>, mut looked: Query<&mut Looked>, mut heard: MessageReader<Heard>) {
    for _ in heard.read() {
        *seen += 1;
        for mut looked in &mut looked {
            looked.0 = *seen;
        }
    }
}

pub(super) fn forgetful(reg: &mut Registrar<'_>) {
    reg.add(game).add(named("counter", |reg| {
        reg.persist::<Looked>("looked")
            .character::<Looked>()
            .system(Phase::Simulate, count);
    }));
}

#[test]
fn planted_lasting_local_is_named() {
    let Recorded {
        bytes, checkpoints, ..
    } = PLAY.record(forgetful);
    // From the start nothing is wrong: every run begins with nothing seen.
    assert_eq!(replay(&bytes, forgetful, TICKS), (TICKS, None));
    let last = checkpoints.last().unwrap();
    let (_, found) = replay_from(&bytes, last, forgetful);
    let found = found.expect("a difference");
    assert_eq!(
        (found.plugin.as_str(), found.component.as_str()),
        ("counter", "looked")
    );
    assert!(found.tick > last.tick, "{found}");
    let (was, is): (u64, u64) = (found.was.parse().unwrap(), found.is.parse().unwrap());
    assert!(was > is, "{found}");
}

#[test]
fn state_declared_as_scratch_that_lasts_is_found() {
    let Recorded {
        bytes, checkpoints, ..
    } = PLAY.record(careless);
    let (_, found) = replay_from(&bytes, &checkpoints[1], careless);
    assert_eq!(found.expect("a difference").tick, 100);
}

/// A lamp a name, in a map whose order is another in each world.
#[derive(Resource, Default)]
struct Lamps(HashMap<String, u64>);

fn swing(mut lamps: ResMut<Lamps>, clock: Res<Clock>, mut outbox: ResMut<Outbox>) {
    if clock.tick == 90 {
        for lamp in 0..40 {
            lamps.0.insert(format!("lamp {lamp}"), lamp);
        }
    }
    if clock.tick == 100 {
        let seen: Vec<&str> = lamps.0.keys().map(String::as_str).collect();
        outbox.tell_one(engine::port::SessionId(1), Words(seen.join(", ")));
    }
}

fn careless(reg: &mut Registrar<'_>) {
    reg.add(game).add(named("lamps", |reg| {
        reg.resource(Lamps::default())
            .scratch::<Lamps>()
            .emits::<Lamps>()
            .system(Phase::Emit, swing);
    }));
}

#[test]
fn heard_hash_map_order_is_named() {
    let found = difference(careless);
    assert_eq!((found.tick, found.component.as_str()), (100, "words"));
    // `game` is the plugin that declares the event.
    assert_eq!(
        (found.plugin.as_str(), found.entity.as_str()),
        ("game", "session 1")
    );
    assert!(found.is.contains("lamp 7"), "{found}");
    assert_ne!(found.was, found.is);
}

/// When somebody looked.
#[derive(Component, Serialize, Deserialize, Clone, Default)]
struct Looked(u64);

static CLOCK: AtomicU64 = AtomicU64::new(0);

fn look(
    clock: Res<Clock>,
    mut looked: Query<(&StableId, &mut Looked)>,
    ann: Query<&StableId, With<Online>>,
) {
    if clock.tick < 160 {
        return;
    }
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    // So that two looks are never the same, however coarse the clock.
    let now = since.unwrap().as_nanos() as u64 + CLOCK.fetch_add(1, Ordering::Relaxed);
    for (id, mut looked) in &mut looked {
        if ann.iter().any(|one| one == id) && *id == StableId::named("ann") {
            looked.0 = now;
        }
    }
}

fn impatient(reg: &mut Registrar<'_>) {
    reg.add(game).add(named("watch", |reg| {
        reg.persist::<Looked>("looked")
            .character::<Looked>()
            .system(Phase::Simulate, look);
    }));
}

#[test]
fn planted_clock_is_named() {
    let found = difference(impatient);
    assert_eq!(
        (found.tick, found.plugin.as_str(), found.component.as_str()),
        (160, "watch", "looked")
    );
    assert_eq!(found.entity, StableId::named("ann").to_string());
    let then: u64 = found.was.parse().unwrap();
    let now: u64 = found.is.parse().unwrap();
    assert!(then < now, "{found}");
}

/// One of many, that burns down by chance of its own.
#[derive(Component, Serialize, Deserialize, Clone)]
struct Wax(u64);

/// Which candle drips in this world alone.
pub(super) struct Chapel {
    pub(super) dripping: Option<u64>,
}

impl Plugin for Chapel {
    fn build(&self, reg: &mut Registrar<'_>) {
        let dripping = self.dripping;
        reg.persist::<Wax>("wax")
            .startup(|world| {
                for candle in 0..500 {
                    world.spawn((StableId::named(&format!("candle {candle}")), Wax(1_000)));
                }
            })
            .system(
                Phase::Simulate,
                move |clock: Res<Clock>, mut candles: Query<(&StableId, &mut Wax)>| {
                    for (id, mut wax) in &mut candles {
                        let drips = dripping.is_some_and(|candle| {
                            *id == StableId::named(&format!("candle {candle}"))
                        });
                        wax.0 -= 1 + u64::from(drips && clock.tick == 77);
                    }
                },
            );
    }

    fn name(&self) -> &'static str {
        "chapel"
    }
}

#[test]
fn differing_row_among_many_is_named() {
    let bytes = record(Chapel { dripping: None });
    let (played, found) = replay(
        &bytes,
        Chapel {
            dripping: Some(123),
        },
        TICKS,
    );
    let found = found.expect("a difference");
    assert_eq!((found.tick, played), (77, 77));
    assert_eq!(
        (found.plugin.as_str(), found.component.as_str()),
        ("chapel", "wax")
    );
    assert_eq!(found.entity, StableId::named("candle 123").to_string());
    assert!(found.was.starts_with('#'), "{found}");
    assert_eq!(found.is, (1_000 - 78).to_string());
}
