//! A world in a box: engine, journal, applier, loader and gateway as they are, on one thread and
//! virtual time, with a disk, a database, links and a clock that go wrong by lot. See
//! [docs/architecture.md](../../../docs/architecture.md#a-world-in-a-box).
//!
//! A seed is a night. One that breaks a law is shrunk, and printed with the command that plays it
//! again:
//!
//! ```sh
//! KADATH_SEED=7 KADATH_PLAN="night=60000 clients=2 millis=9000 faults=1,3" \
//!   cargo test --workspace --test simulation -- seed_plays_again --nocapture
//! ```
//!
//! `KADATH_TRACE=1` prints everything that happens in it. `KADATH_SEEDS=1000..3000` plays other seeds, `KADATH_PROOF=full` more of them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends by panicking, and a proof shows its figures"
)]

mod book;
mod client;
mod game;
mod gate;
mod laws;
mod night;
mod notes;
mod place;
mod plan;
mod planted;
mod process;
mod shrink;
mod truth;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::time::{Duration, Instant};

use engine::port::Planted;

use night::{Outcome, play};
use plan::Plan;

/// How long a night is in the box.
const NIGHT: Duration = Duration::from_secs(60);

/// The same where many are played every day.
const SHORT: Duration = Duration::from_secs(30);

fn is_full() -> bool {
    std::env::var("KADATH_PROOF").is_ok_and(|proof| proof == "full")
}

/// A number out of the environment.
fn said(key: &str) -> Option<String> {
    std::env::var(key).ok()
}

/// What somebody needs who is to mend it.
fn report(plan: &Plan, outcome: Outcome, planted: Option<Planted>) -> String {
    let (small, came) = shrink::shrunk(plan, outcome);
    let mut words = String::new();
    let Some(breach) = &came.breach else {
        return words;
    };
    for line in &came.last_second {
        let _ = writeln!(words, "{line}");
    }
    let _ = write!(words, "{small}{breach}\n\nplay it again:\n  ");
    if let Some(planted) = planted {
        let _ = write!(words, "KADATH_PLANTED={planted:?} ");
    }
    let _ = write!(
        words,
        "KADATH_SEED={} KADATH_PLAN=\"{}\" cargo test --workspace --test simulation -- \
         seed_plays_again --nocapture",
        plan.seed,
        small.words()
    );
    words
}

/// Plays these seeds; panics with the first that breaks a law.
fn play_all(seeds: Range<u64>, length: Duration) {
    let began = Instant::now();
    let count = seeds.end - seeds.start;
    let (mut simulated, mut runs) = (Duration::ZERO, 0);
    let mut faults: BTreeMap<String, u64> = BTreeMap::new();
    for seed in seeds {
        let plan = Plan::of(seed, length);
        let outcome = play(&plan);
        simulated += outcome.simulated;
        runs += outcome.runs;
        for fault in &outcome.faults {
            *faults.entry(format!("{fault:?}")).or_default() += 1;
        }
        assert!(outcome.breach.is_none(), "{}", report(&plan, outcome, None));
    }
    let took = began.elapsed();
    println!(
        "{count} seeds, {:.2} simulated hours, {runs} processes, {:.1} seeds/s, {:.0} times real time, faults {faults:?}",
        simulated.as_secs_f64() / 3_600.0,
        count as f64 / took.as_secs_f64(),
        simulated.as_secs_f64() / took.as_secs_f64()
    );
}

#[test]
fn nights_in_the_box_break_no_law() {
    let seeds = said("KADATH_SEEDS").map(|words| {
        let (from, to) = words.split_once("..").unwrap();
        from.parse().unwrap()..to.parse().unwrap()
    });
    match (seeds, is_full()) {
        (Some(seeds), _) => play_all(seeds, NIGHT),
        (None, true) => play_all(0..2_000, NIGHT),
        (None, false) => play_all(0..50, SHORT),
    }
}

#[test]
fn same_seed_leaves_same_trace() {
    for seed in [3, 5, 15] {
        let plan = Plan::of(seed, SHORT);
        let (first, second) = (play(&plan), play(&plan));
        assert_eq!(first.digest, second.digest, "seed {seed}");
        assert!(first.digest.1 > 300, "{:?} of seed {seed}", first.digest);
    }
}

/// Plays the one seed of `KADATH_SEED`, as a breach is printed; none is played without.
#[test]
fn seed_plays_again() {
    let Some(seed) = said("KADATH_SEED") else {
        return;
    };
    let plan = Plan::told(
        seed.parse().unwrap(),
        &said("KADATH_PLAN").unwrap_or_default(),
    );
    let planted = said("KADATH_PLANTED").map(|name| planted::named(&name));
    engine::port::plant(planted);
    let outcome = play(&plan);
    println!("{plan}{:?}", outcome.digest);
    assert!(
        outcome.breach.is_none(),
        "{}",
        report(&plan, outcome, planted)
    );
}
