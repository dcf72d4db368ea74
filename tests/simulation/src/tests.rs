//! Nights that are played every day.

mod planted;

use std::time::Duration;

use crate::night::play;
use crate::plan::Plan;
use crate::sweep::Nights;

/// How long a night is in the box.
const NIGHT: Duration = Duration::from_secs(60);

/// The same where many are played every day.
const SHORT: Duration = Duration::from_secs(30);

fn is_full() -> bool {
    said("KADATH_PROOF").is_some_and(|proof| proof == "full")
}

/// A word out of the environment.
fn said(key: &str) -> Option<String> {
    std::env::var(key).ok()
}

#[test]
fn nights_in_the_box_break_no_law() {
    let (seeds, length) = match (said("KADATH_SEEDS"), is_full()) {
        (Some(words), _) => {
            let (from, to) = words.split_once("..").unwrap();
            (from.parse().unwrap()..to.parse().unwrap(), NIGHT)
        }
        (None, true) => (0..2_000, NIGHT),
        (None, false) => (0..50, SHORT),
    };
    let nights = Nights {
        seeds,
        length,
        threads: 1,
        plan: String::new(),
    };
    let sweep = nights.play();
    println!("{sweep}");
    if let Some((seed, words)) = sweep.broken_night() {
        panic!("{}", crate::explain(seed, &words).unwrap());
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
