//! What it costs to let every mind ebb: the seed's finding was 17.4 s for three players.
//!
//! One evaluation of the passive flux over 100,000 players in 1,000 rooms is held against a plain
//! loop over vectors of `f32` that does the same arithmetic on the same population, in turns in
//! one run; the limit is 2.5 times the loop. The evaluation is the lucidity plugin's time in
//! `Simulate`, as the engine meters it; what follows in the same tick (settling what was given,
//! telling it) is printed apart, so that nothing hides.

#![expect(
    clippy::expect_used,
    reason = "a bench that can't be set up has failed"
)]

#[path = "game/arrival.rs"]
mod arrival;
#[path = "engine/store.rs"]
mod store;

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use engine::content::{Content, Source};
use engine::port::{Inbound, Owner, Row, StableId, WorldTime};
use engine::{Engine, Phase, Setup, runner::stopwatch, stage::STAGE_START};
use std::sync::Arc;
use systems::Settings;
use systems::lucidity::{Drift, Lucidity, MYTHOS_MINUTE};

use arrival::arrival;
use store::Store;

const ROOMS: usize = 1_000;
const PLAYERS: usize = 100_000;
/// Pairs of evaluation and loop for the ratio.
const ROUNDS: usize = 60;
/// How much slower than the loop the evaluation may be.
const LIMIT: f64 = 2.5;

/// As the server has it.
#[global_allocator]
static MEMORY: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The domain's environments: name, flux by day, flux by night.
const ENVIRONMENTS: [(&str, f32, f32); 8] = [
    ("outdoors", 0.0, 0.0),
    ("sanctuary", 0.6, 0.3),
    ("street_paved", 0.2, 0.0),
    ("camp", 0.2, 0.2),
    ("graveyard", -0.4, -0.8),
    ("eldritch", -1.2, -1.5),
    ("storm", -0.3, -0.3),
    ("forsaken", -0.5, -0.2),
];

fn environment(room: usize) -> (&'static str, f32, f32) {
    ENVIRONMENTS[room % ENVIRONMENTS.len()]
}

/// Points from 1 to 100, all tiers but the last, spread over everybody.
fn first_points(player: usize) -> i16 {
    i16::try_from(player.wrapping_mul(2_654_435_761) % 100 + 1).unwrap_or(100)
}

fn world(rooms: usize) -> Arc<Content> {
    let (mut environments, mut rules) = (String::new(), String::new());
    for (key, day, night) in ENVIRONMENTS {
        let _ = writeln!(environments, "[environments.{key}]\nsummary = \"\"");
        let _ = writeln!(rules, "[environments.{key}]\nday = {day}\nnight = {night}");
    }
    let mut row = String::from("id = \"row\"\nname = \"Row\"\n");
    for room in 0..rooms {
        let key = environment(room).0;
        let _ = write!(
            row,
            "[[rooms]]\nid = \"room_{room}\"\nname = \"Cell\"\ndescription = \"A cell like all others.\"\nenvironment = \"{key}\"\n[rooms.exits]\n"
        );
        if room + 1 < rooms {
            let _ = writeln!(row, "east = \"room_{}\"", room + 1);
        }
        if room > 0 {
            let _ = writeln!(row, "west = \"room_{}\"", room - 1);
        }
    }
    let head = "name = \"Rows\"\nmotd = \"\"\ndefault_room = \"room_0\"\n";
    let zone = "id = \"rows\"\nplane = \"earth\"\nname = \"Rows\"\n";
    let files = [
        ("world.toml", head.to_owned()),
        ("environments.toml", environments),
        ("rules/lucidity.toml", rules),
        ("zones/rows/zone.toml", zone.to_owned()),
        ("zones/rows/row.toml", row),
    ];
    let sources = files.map(|(path, text)| Source {
        path: path.to_owned(),
        text,
    });
    systems::load(&sources).expect("the generated world is sound")
}

/// The engine with the whole game, and everybody in it.
struct Crowd {
    engine: Engine,
    now: WorldTime,
    lucidity: usize,
    store: Store,
    players: usize,
    rooms: usize,
}

impl Crowd {
    fn new(players: usize, rooms: usize) -> Self {
        let game = systems::game(world(rooms), Settings::default());
        let setup = Setup {
            stopwatch: Some(stopwatch),
            ..Setup::default()
        };
        let engine = Engine::build(setup, game).expect("the plugins fit together");
        let names = engine.plugins();
        let lucidity = names.iter().position(|name| *name == "lucidity");
        let mut crowd = Self {
            lucidity: lucidity.expect("the lucidity plugin"),
            engine,
            now: STAGE_START,
            store: Store::default(),
            players,
            rooms,
        };
        crowd.fill();
        crowd
    }

    /// Room by room, so that nobody is told of more than a hundred others at a time.
    fn fill(&mut self) {
        let per_room = self.players.div_ceil(self.rooms);
        for room in 0..self.rooms {
            let here = room * per_room..((room + 1) * per_room).min(self.players);
            let arrivals = here.map(|player| Inbound::Arrive(arrival(player as u64)));
            self.tick(Duration::ZERO, arrivals.collect());
        }
        self.tick(Duration::ZERO, Vec::new());
        assert_eq!(self.engine.players_online(), self.players);
    }

    fn tick(&mut self, span: Duration, heard: Vec<Inbound>) {
        self.now = self.now.plus(span);
        let output = self.engine.tick(self.store.input(self.now, heard));
        let per_room = self.players.div_ceil(self.rooms);
        self.store.serve(&output, |character, session| {
            let player = usize::try_from(session.0).expect("a small number");
            rows(character, player, player / per_room)
        });
        black_box(output);
    }

    /// One tick in which one evaluation is due.
    fn minute(&mut self) -> Minute {
        let began = stopwatch();
        self.tick(MYTHOS_MINUTE, Vec::new());
        let mut minute = Minute {
            tick: stopwatch() - began,
            ..Minute::default()
        };
        for (plugin, phase, nanos) in self.engine.spent().iter() {
            match phase {
                _ if plugin != self.lucidity => {}
                Phase::Simulate => minute.evaluation = nanos,
                Phase::Settle => minute.settle = nanos,
                Phase::Emit => minute.emit = nanos,
                Phase::Ingest => {}
            }
        }
        minute
    }

    /// What everybody has and is owed together.
    fn sum(&mut self) -> f64 {
        let world = self.engine.world();
        let mut minds = world.query::<(&Lucidity, &Drift)>();
        let minds = minds.iter(world);
        minds
            .map(|(mind, drift)| f64::from(mind.points()) + drift.residual())
            .sum()
    }
}

/// Nanoseconds of one tick with an evaluation.
#[derive(Default)]
struct Minute {
    evaluation: u64,
    settle: u64,
    emit: u64,
    tick: u64,
}

fn rows(id: StableId, player: usize, room: usize) -> Vec<Row> {
    let row = |component: &str, body: String| Row {
        id,
        component: component.to_owned(),
        version: 1,
        owner: Owner::Character(id),
        body,
    };
    vec![
        row("whereabouts", format!(r#"{{"room":"room_{room}"}}"#)),
        row(
            "lucidity",
            format!(r#"{{"points":{}}}"#, first_points(player)),
        ),
    ]
}

/// The same arithmetic as plainly as it can be written: a vector per number.
struct Plain {
    rooms: Vec<[f32; 2]>,
    company: Vec<(f32, f32)>,
    room: Vec<u32>,
    known: Vec<u32>,
    minutes: Vec<f32>,
    points: Vec<f32>,
    residual: Vec<f32>,
    minute: u64,
}

impl Plain {
    fn new(players: usize, rooms: usize) -> Self {
        let per_room = players.div_ceil(rooms);
        let room = |player| u32::try_from(player / per_room).expect("a small number");
        Self {
            rooms: (0..rooms)
                .map(|room| [environment(room).2, environment(room).1])
                .collect(),
            company: vec![(0.0, 0.0); rooms],
            room: (0..players).map(room).collect(),
            known: vec![u32::MAX; players],
            minutes: vec![0.0; players],
            points: (0..players).map(|one| first_points(one).into()).collect(),
            residual: vec![0.0; players],
            minute: 0,
        }
    }

    fn evaluate(&mut self) {
        self.minute += 1;
        let hour = self.minute / 60 % 24;
        let day = usize::from((6..18).contains(&hour));
        self.company.fill((0.0, 0.0));
        for player in 0..self.room.len() {
            let here = &mut self.company[self.room[player] as usize];
            let points = self.points[player];
            here.0 += f32::from(u8::from(points >= 40.0));
            here.1 += f32::from(u8::from(points < 20.0));
        }
        for player in 0..self.room.len() {
            let (room, points) = (self.room[player], self.points[player]);
            let here = self.company[room as usize];
            let steady = here.0 - f32::from(u8::from(points >= 40.0));
            let unhinged = here.1 - f32::from(u8::from(points < 20.0));
            let mut company = (0.1 * steady).min(0.3);
            if unhinged > 0.0 {
                company -= 0.2;
            }
            if self.known[player] == room {
                self.minutes[player] += 1.0;
            } else {
                self.known[player] = room;
                self.minutes[player] = 1.0;
            }
            let mut total = self.rooms[room as usize][day] + company;
            if total < 0.0 {
                let steps = ((self.minutes[player] - 1.0) / 10.0).trunc();
                total *= (1.0 - 0.25 * steps).max(0.5);
            }
            let sum = self.residual[player] + total;
            let mut delta = 0.0;
            if sum >= 1.0 - 1e-6 {
                delta = (sum + 1e-6).floor();
            } else if sum <= 1e-6 - 1.0 {
                delta = (sum - 1e-6).ceil();
            }
            self.residual[player] = sum - delta;
            self.points[player] = (points + delta).clamp(-100.0, 100.0);
        }
    }

    fn sum(&self) -> f64 {
        let each = self.points.iter().zip(&self.residual);
        each.map(|(points, residual)| f64::from(points + residual))
            .sum()
    }
}

fn median(nanos: &mut [u64]) -> f64 {
    nanos.sort_unstable();
    nanos[nanos.len() / 2] as f64
}

fn flux(criterion: &mut Criterion) {
    let mut crowd = Crowd::new(PLAYERS, ROOMS);
    let mut plain = Plain::new(PLAYERS, ROOMS);
    let (mut evaluations, mut loops) = (Vec::new(), Vec::new());
    let (mut settles, mut emits, mut ticks) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let minute = crowd.minute();
        evaluations.push(minute.evaluation);
        settles.push(minute.settle);
        emits.push(minute.emit);
        ticks.push(minute.tick);
        let began = stopwatch();
        plain.evaluate();
        loops.push(stopwatch() - began);
    }
    // The same work, or the comparison says nothing: together within a hundredth of a point each.
    let apart = (crowd.sum() - plain.sum()).abs() / PLAYERS as f64;
    assert!(
        apart < 0.01,
        "the loop does other arithmetic: {apart} apart"
    );

    let (evaluation, plainly) = (median(&mut evaluations), median(&mut loops));
    let ms = |nanos: f64| nanos / 1e6;
    let mut out = std::io::stdout();
    let _ = writeln!(
        out,
        "flux, {PLAYERS} players in {ROOMS} rooms, medians of {ROUNDS}: evaluation {:.3} ms, plain f32 loop {:.3} ms, ratio {:.2} (limit {LIMIT})\n\
         the rest of such a tick: settle {:.3} ms, emit {:.3} ms, whole tick with saving {:.3} ms",
        ms(evaluation),
        ms(plainly),
        evaluation / plainly,
        ms(median(&mut settles)),
        ms(median(&mut emits)),
        ms(median(&mut ticks)),
    );
    assert!(
        evaluation <= LIMIT * plainly,
        "the evaluation takes more than {LIMIT} times the plain loop"
    );
    let mut group = criterion.benchmark_group("flux, 100,000 players in 1,000 rooms");
    group.sample_size(20);
    group.warm_up_time(Duration::from_millis(500));
    group.measurement_time(Duration::from_millis(200));
    group.bench_function("evaluation", |bencher| {
        bencher.iter_custom(|rounds| {
            let nanos = (0..rounds).map(|_| crowd.minute().evaluation).sum();
            Duration::from_nanos(nanos)
        });
    });
    group.bench_function("plain f32 loop", |bencher| {
        bencher.iter(|| plain.evaluate())
    });
    group.finish();
}

fn the_seeds_own_case(criterion: &mut Criterion) {
    let mut crowd = Crowd::new(3, 1);
    let mut group = criterion.benchmark_group("flux, 3 players in one room");
    group.bench_function("evaluation", |bencher| {
        bencher.iter_custom(|rounds| {
            let nanos = (0..rounds).map(|_| crowd.minute().evaluation).sum();
            Duration::from_nanos(nanos)
        });
    });
    group.bench_function("whole tick with saving", |bencher| {
        bencher.iter_custom(|rounds| {
            let nanos = (0..rounds).map(|_| crowd.minute().tick).sum();
            Duration::from_nanos(nanos)
        });
    });
    group.finish();
}

criterion_group!(benches, flux, the_seeds_own_case);
criterion_main!(benches);
