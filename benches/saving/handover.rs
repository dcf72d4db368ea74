//! What the world's thread pays to hand over what has changed.

use std::time::{Duration, Instant};

use engine::port::{LaneLimits, Registry, StableId, StorageState, WorldTime, lanes};
use engine::prelude::*;
use engine::stage::STAGE_START;
use engine::{Engine, Save, Setup, TickInput};
use serde::{Deserialize, Serialize};

use crate::{judge, quantile};

const ENTITIES: usize = 5_000;
/// Each entity has two components.
const ROWS: usize = 2 * ENTITIES;
const ROUNDS: usize = 200;
const GOAL: Duration = Duration::from_millis(1);

/// Flat.
#[derive(Component, Clone, Serialize, Deserialize)]
struct Purse {
    coins: i64,
}

/// With a heap of its own.
#[derive(Component, Clone, Serialize, Deserialize)]
struct Whereabouts {
    room: String,
}

fn plugin(reg: &mut Registrar<'_>) {
    reg.persist::<Purse>("purse")
        .persist::<Whereabouts>("whereabouts");
}

struct World {
    engine: Engine,
    now: WorldTime,
    durable: u64,
}

impl World {
    fn new() -> Self {
        let mut engine = Engine::build(Setup::default(), plugin).expect("the plugins fit");
        for n in 0..ENTITIES {
            engine.world().spawn((
                StableId::named(&format!("player {n}")),
                Purse { coins: 0 },
                Whereabouts {
                    room: format!("arkham_northside_room_{n:04}"),
                },
            ));
        }
        Self {
            engine,
            now: STAGE_START,
            durable: 0,
        }
    }

    fn change_everything(&mut self) {
        let world = self.engine.world();
        for mut purse in world.query::<&mut Purse>().iter_mut(world) {
            purse.coins += 1;
        }
        for mut place in world.query::<&mut Whereabouts>().iter_mut(world) {
            place.set_changed();
        }
    }

    fn tick(&mut self) -> Save {
        self.now = self.now.plus(Duration::from_millis(50));
        let input = TickInput {
            now: self.now,
            storage: StorageState {
                durable_tick: self.durable,
                ..StorageState::default()
            },
            ..TickInput::default()
        };
        self.engine.tick(input).save
    }
}

/// A tick in which 10,000 rows are handed over against one in which the lane is busy.
pub(crate) fn run() -> bool {
    let mut world = World::new();
    let lanes = lanes(LaneLimits::default(), &Registry::new()).expect("lanes");
    let (mut full, mut busy) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        world.change_everything();
        let began = Instant::now();
        let Save::Batch(batch) = world.tick() else {
            panic!("nothing was handed over");
        };
        let (tick, rows) = (batch.tick, batch.rows());
        lanes
            .engine
            .saves
            .try_send(*batch)
            .expect("the lane is free");
        full.push(began.elapsed());
        assert_eq!(rows, ROWS);
        drop(lanes.storage.saves.try_recv());

        world.change_everything();
        let began = Instant::now();
        assert!(matches!(world.tick(), Save::Busy));
        busy.push(began.elapsed());
        world.durable = tick;
        if round == 0 {
            // The first round grows what is kept.
            full.clear();
            busy.clear();
        }
    }
    world.change_everything();
    let counted = allocation_counter::measure(|| drop(world.tick()));
    let (median, p99) = (quantile(&mut full, 0.5), quantile(&mut full, 0.99));
    let calm = quantile(&mut busy, 0.5);
    println!(
        "hand-over of {ROWS} rows: {median:?} (p99 {p99:?}), the same tick with a busy lane {calm:?}; {} allocations, {} KiB",
        counted.count_total,
        counted.bytes_total / 1_024
    );
    judge("hand-over at most 1 ms", median <= GOAL)
}
