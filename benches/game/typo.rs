//! What a word costs that is no command: a typo must not be dearer than what was meant.

use std::io::Write as _;
use std::time::Duration;

use engine::port::{Correlation, Inbound, Line, SessionId};

use crate::crowd::Crowd;

const PLAYERS: usize = 1_000;
const ROOMS: usize = 100;
/// Within what one may type in a second.
const STEP: Duration = Duration::from_millis(100);
/// Ticks with the word in them, and as many without.
const ROUNDS: u64 = 20;
/// What a line may cost, in nanoseconds: from the lane to the answer and its record.
const LIMIT: f64 = 20_000.0;

/// A slip in a verb, in a gesture, a word that is like none, one that is like many, a long one; and
/// what a good one costs, to compare with. The words and gestures are those of the shipped world.
const WORDS: [&str; 7] = [
    "wisper",
    "curtsyy",
    "xyzzyplugh",
    "sta",
    "strangers",
    "antidisestablishmentarianism",
    "whoami",
];

/// Prints what each word costs.
///
/// # Panics
/// When one costs more than [`LIMIT`].
pub(crate) fn measure() {
    let mut crowd = Crowd::new(PLAYERS, ROOMS);
    let mut out = std::io::stdout();
    let mut id = 0;
    let mut worst: f64 = 0.0;
    for word in WORDS {
        let line = Line::new(word).expect("a line");
        let (mut with, mut without) = (0, 0);
        for _ in 0..ROUNDS {
            id += 1;
            let lines = (0..PLAYERS as u64).map(|player| Inbound::Line {
                session: SessionId(player),
                id: Some(id),
                line: line.clone(),
                correlation: Correlation(player),
            });
            let lines = lines.collect();
            crowd.forget_counts();
            with += crowd.timed(STEP, lines).nanos;
            let counts = crowd.counts();
            assert_eq!(counts.commands, PLAYERS as u64, "each has its answer");
            assert_eq!(
                counts.refused == counts.commands,
                word != "whoami",
                "{word} is a command, or is none"
            );
            without += crowd.timed(STEP, Vec::new()).nanos;
        }
        let each = (with.saturating_sub(without)) as f64 / (ROUNDS * PLAYERS as u64) as f64;
        let _ = writeln!(out, "typo: {word:<30} {:>6.2} us a line", each / 1e3);
        worst = worst.max(each);
    }
    assert!(worst <= LIMIT, "a typo costs more than 20 us");
}
