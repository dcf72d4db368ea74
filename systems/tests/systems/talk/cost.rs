//! What talk costs.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a figure is measured from outside of the world, and told"
)]

use std::time::Duration;

use engine::runner::stopwatch;
use engine::stage::{STAGE_START, SavedRows};

use super::{has_muted, stage, unlimited};

/// The most a line may cost. Code that nobody optimised is several times slower, and machines
/// differ: there only what waits, or grows with people and mutes, is found.
const LINE_MAX: Duration = Duration::from_millis(if cfg!(debug_assertions) { 5 } else { 1 });

/// How often the system took the processor from this thread.
fn times_taken_off() -> u64 {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("nonvoluntary_ctxt_switches:"));
    line.and_then(|number| number.trim().parse().ok())
        .unwrap_or_default()
}

/// The audit's finding 5: 10,000 lines into a room of 50 who each have muted 20, while nothing is
/// saved. No system can do I/O; what is shown here is that none of it waits for the lane either,
/// and what a line costs.
#[test]
fn line_to_muted_crowd_costs_under_a_millisecond() {
    const PEOPLE: usize = 50;
    const MUTED: usize = 20;
    let lines = if std::env::var("KADATH_PROOF").is_ok_and(|size| size == "full") {
        10_000
    } else {
        1_000
    };
    let name = |n: usize| format!("Soul{}", n % PEOPLE);
    let mut saved = SavedRows::new();
    for n in 0..PEOPLE {
        let people = (1..=MUTED).map(|step| name(n + step));
        has_muted(&mut saved, &name(n), people, None);
    }
    let mut stage = stage(unlimited(), saved, STAGE_START);
    for n in 0..PEOPLE {
        stage.enter(&name(n));
    }
    stage.pass(Duration::from_secs(1));
    for n in 0..PEOPLE {
        stage.ears(&name(n));
    }
    stage.hold_saves(true);
    // A machine with other work may hold up a whole round, but hardly six.
    let mut best = Duration::MAX;
    for _ in 0..6 {
        let mut spans = Vec::with_capacity(lines);
        for n in 0..lines {
            stage.says(&name(n), "say the stars are right");
            let (taken, began) = (times_taken_off(), stopwatch());
            stage.tick();
            let span = Duration::from_nanos(stopwatch() - began);
            // What other processes did on this processor meanwhile is not what the line cost.
            if times_taken_off() == taken {
                spans.push(span);
            }
        }
        assert!(
            spans.len() > lines / 2,
            "the machine is too busy to measure"
        );
        for n in 0..PEOPLE {
            let heard = stage.ears(&name(n)).events("chat_message");
            let muted: Vec<String> = (1..=MUTED).map(|step| name(n + step)).collect();
            let by_muted = heard
                .iter()
                .filter_map(|line| line["player_name"].as_str())
                .filter(|by| muted.iter().any(|one| one == by));
            assert_eq!(by_muted.count(), 0, "{} hears nobody they muted", name(n));
            assert_eq!(heard.len(), lines * (PEOPLE - MUTED) / PEOPLE);
        }
        spans.sort_unstable();
        let (p50, p99) = (spans[spans.len() / 2], spans[spans.len() * 99 / 100]);
        best = best.min(p99);
        println!("{} lines: p50 {p50:?}, p99 {p99:?}", spans.len());
        if best < LINE_MAX {
            break;
        }
    }
    assert!(best < LINE_MAX, "p99 of a line: {best:?}");
    assert!(stage.faults().is_empty(), "{:?}", stage.faults());
}
