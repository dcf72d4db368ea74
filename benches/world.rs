//! What the world costs while nobody does anything.
//!
//! `idle`: one tick of the whole game over 10,000 rooms without a player. Before it is timed, a
//! thousand such ticks are run under a counting allocator: in the steady state they allocate
//! nothing.

#![expect(
    clippy::expect_used,
    reason = "a bench that can't be set up has failed"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;

use criterion::{Criterion, criterion_group, criterion_main};
use engine::content::Source;
use engine::port::WorldTime;
use engine::stage::STAGE_START;
use engine::{Engine, Setup, TickInput};

const SUB_ZONES: usize = 100;
const ROOMS: usize = 100;

/// A world of `SUB_ZONES` × `ROOMS` rooms in rows, each row's first room joined to the next row's.
fn sources() -> Vec<Source> {
    let shipped = |path: &str, text: &str| Source {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let mut sources = vec![
        shipped(
            "world.toml",
            "name = \"Rows\"\nmotd = \"\"\ndefault_room = \"room_0_0\"\n",
        ),
        shipped(
            "environments.toml",
            include_str!("../world/environments.toml"),
        ),
        shipped("rules/lucidity.toml", RULES),
        shipped(
            "zones/rows/zone.toml",
            "id = \"rows\"\nplane = \"earth\"\nname = \"Rows\"\nenvironment = \"outdoors\"\n",
        ),
    ];
    for row in 0..SUB_ZONES {
        let mut text = format!("id = \"row{row}\"\nname = \"Row {row}\"\n");
        for room in 0..ROOMS {
            let _ = write!(
                text,
                "[[rooms]]\nid = \"room_{row}_{room}\"\nname = \"Cell\"\ndescription = \"A cell like all others.\"\n[rooms.exits]\n"
            );
            if room + 1 < ROOMS {
                let _ = writeln!(text, "east = \"room_{row}_{}\"", room + 1);
            }
            if room > 0 {
                let _ = writeln!(text, "west = \"room_{row}_{}\"", room - 1);
            }
            if room == 0 && row + 1 < SUB_ZONES {
                let _ = writeln!(text, "south = \"room_{}_0\"", row + 1);
            }
            if room == 0 && row > 0 {
                let _ = writeln!(text, "north = \"room_{}_0\"", row - 1);
            }
        }
        sources.push(Source {
            path: format!("zones/rows/row{row}.toml"),
            text,
        });
    }
    sources
}

const RULES: &str = include_str!("rows-lucidity.toml");

struct Idle {
    engine: Engine,
    now: WorldTime,
}

impl Idle {
    fn new() -> Self {
        let world = systems::load(&sources()).expect("the generated world is sound");
        let atlas = world
            .get::<systems::world::Atlas>()
            .expect("every world has one");
        assert_eq!(atlas.rooms().len(), SUB_ZONES * ROOMS);
        let setup = Setup {
            stopwatch: Some(engine::runner::stopwatch),
            ..Setup::default()
        };
        let engine = Engine::build(setup, systems::game(world, systems::Settings::default()));
        Self {
            engine: engine.expect("the game fits together"),
            now: STAGE_START,
        }
    }

    fn tick(&mut self) {
        self.now = WorldTime(self.now.0 + 50_000);
        let input = TickInput {
            now: self.now,
            ..TickInput::default()
        };
        black_box(self.engine.tick(input));
    }
}

fn idle(criterion: &mut Criterion) {
    let mut world = Idle::new();
    // Past a Mythos hour, so that everything that grows once has grown.
    for _ in 0..10_000 {
        world.tick();
    }
    let counted = allocation_counter::measure(|| {
        for _ in 0..1_000 {
            world.tick();
        }
    });
    let mut out = std::io::stdout();
    let _ = writeln!(
        out,
        "idle: {} heap allocations in 1,000 ticks",
        counted.count_total
    );
    assert_eq!(counted.count_total, 0, "an idle tick allocates");
    criterion.bench_function("idle tick, 10,000 rooms, no player", |bencher| {
        bencher.iter(|| world.tick())
    });
}

criterion_group!(benches, idle);
criterion_main!(benches);
