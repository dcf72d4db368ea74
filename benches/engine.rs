//! What the engine's inner loops cost: saving what changed, settling messages, answering commands,
//! rolling dice, hashing the world.
//!
//! Each is timed in turns with a plain loop that does the same work on vectors and maps, in the same
//! run, so that a busy or another machine slows both. The ratio of the medians is held against
//! `benches/baselines.toml`; more than [`MARGIN`] beyond it fails. `KADATH_BASELINES=write` writes
//! the file anew.

#![expect(
    clippy::expect_used,
    reason = "a bench that can't be set up has failed"
)]

#[path = "game/arrival.rs"]
mod arrival;
#[path = "engine/crew.rs"]
mod crew;
#[path = "engine/plain.rs"]
mod plain;
#[path = "engine/store.rs"]
mod store;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use engine::port::{StableId, Tick};
use engine::runner::stopwatch;
use engine::{Dice, Seed};

use crew::{Crew, PLAYERS, Work};

/// Pairs of timings for a ratio.
const ROUNDS: usize = 60;
/// A ratio may be so many times its baseline.
const MARGIN: f64 = 1.5;
/// Rolls of one timing.
const ROLLS: u32 = 10_000;

/// One inner loop beside its plain loop.
struct Pair {
    name: &'static str,
    engine: Box<dyn FnMut()>,
    plain: Box<dyn FnMut()>,
}

fn pairs() -> Vec<Pair> {
    vec![
        rolls(),
        tick("collect", Work::Touch, plain::collect()),
        tick("settle", Work::Bump, plain::settle()),
        tick("orders", Work::Command, plain::orders()),
        digest(),
    ]
}

fn rolls() -> Pair {
    let who = StableId::named("somebody");
    let (mut tick, mut plain_tick): (Tick, u64) = (0, 0);
    Pair {
        name: "dice",
        engine: Box::new(move || {
            tick += 1;
            let dice = Dice::of(Seed(7), tick);
            for n in 0..ROLLS {
                black_box(dice.roll(who, "bench", n));
            }
        }),
        plain: Box::new(move || {
            plain_tick += 1;
            for n in 0..ROLLS {
                black_box(plain::roll(plain_tick, who.uuid(), "bench", n));
            }
        }),
    }
}

/// A whole tick in which everybody does one thing.
fn tick(name: &'static str, work: Work, plain: Box<dyn FnMut()>) -> Pair {
    let mut crew = Crew::new(work);
    Pair {
        name,
        engine: Box::new(move || crew.tick()),
        plain,
    }
}

fn digest() -> Pair {
    let mut crew = Crew::new(Work::Nothing);
    Pair {
        name: "digest",
        engine: Box::new(move || {
            black_box(crew.digest());
        }),
        plain: plain::digest(),
    }
}

fn median(mut nanos: Vec<u64>) -> f64 {
    nanos.sort_unstable();
    nanos[nanos.len() / 2] as f64
}

fn time(work: &mut dyn FnMut()) -> u64 {
    let began = stopwatch();
    work();
    stopwatch() - began
}

/// What the engine's loop takes against the plain one, timed in turns.
fn ratio(pair: &mut Pair) -> f64 {
    for _ in 0..5 {
        time(&mut pair.engine);
        time(&mut pair.plain);
    }
    let (mut ours, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(time(&mut pair.engine));
        plain.push(time(&mut pair.plain));
    }
    median(ours) / median(plain).max(1.0)
}

fn inner_loops(criterion: &mut Criterion) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/baselines.toml");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let baselines: BTreeMap<String, f64> = toml::from_str(&text).expect("baselines.toml");
    let mut found = BTreeMap::new();
    let mut out = std::io::stdout();
    let mut pairs = pairs();
    for pair in &mut pairs {
        let ratio = ratio(pair);
        let baseline = baselines.get(pair.name);
        let told = baseline.map_or("no baseline".to_owned(), |one| format!("baseline {one:.2}"));
        let name = pair.name;
        let _ = writeln!(out, "{name}: {ratio:.2} times the plain loop ({told})");
        found.insert(name.to_owned(), (ratio * 100.0).round() / 100.0);
    }
    if std::env::var("KADATH_BASELINES").as_deref() == Ok("write") {
        let head = "# What an inner loop of the engine takes against the plain loop beside it: benches/engine.rs.\n\
                    # Written by `KADATH_BASELINES=write cargo bench --bench engine`.\n";
        let rows = toml::to_string(&found).expect("numbers");
        std::fs::write(&path, format!("{head}{rows}")).expect("baselines.toml can be written");
    } else {
        for (name, ratio) in &found {
            let most = baselines.get(name).map_or(f64::MAX, |one| one * MARGIN);
            assert!(
                *ratio <= most,
                "{name}: {ratio:.2} times the plain loop, at most {most:.2}"
            );
        }
    }
    let mut group = criterion.benchmark_group(format!("inner loops, {PLAYERS} players"));
    group.sample_size(20);
    group.warm_up_time(Duration::from_millis(200));
    group.measurement_time(Duration::from_millis(500));
    for pair in &mut pairs {
        group.bench_function(pair.name, |bencher| bencher.iter(|| (pair.engine)()));
        group.bench_function(format!("{}, plain", pair.name), |bencher| {
            bencher.iter(|| (pair.plain)());
        });
    }
    group.finish();
}

criterion_group!(benches, inner_loops);
criterion_main!(benches);
