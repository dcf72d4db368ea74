//! Faults that were put in on purpose: what is not a function of its input is found and named.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::{TICKS, difference, record_with_checkpoints, replay, replay_from};
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

fn forgetful(reg: &mut Registrar<'_>) {
    reg.add(game).add(named("counter", |reg| {
        reg.persist::<Looked>("looked")
            .character::<Looked>()
            .system(Phase::Simulate, count);
    }));
}

#[test]
fn planted_lasting_local_is_named() {
    let (bytes, checkpoints) = record_with_checkpoints(forgetful);
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
    let (bytes, checkpoints) = record_with_checkpoints(careless);
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
