//! Everybody at once: a network that falls apart and comes back, the end of an event.
//!
//! 10,000 players have played for a while. All their links are lost, so that they are dismissed in
//! one tick when their time of grace is over; they sign in again with what was saved of them, as
//! fast as the lanes let them; all of them type `quit`. Each is followed until nobody of them is
//! left in memory, and the worst single tick on the way is held against [`LIMIT`]: the least of
//! [`ROUNDS`] rounds, since whoever else is at work on the machine only makes it longer.

use std::io::Write as _;

use engine::port::{Correlation, Inbound, Line, SessionId};

use crate::arrival::arrival;
use crate::crowd::Crowd;
use crate::{COLUMNS, PAUSE, PLAYERS, ROOMS, STEP, Shares};

/// What a tick may take, in nanoseconds.
const LIMIT: u64 = 25_000_000;
const ROUNDS: usize = 3;
/// Ticks in which everybody gives a few commands, so that there is something to save.
const PLAY: usize = 3 * PAUSE;
/// Ticks after the last departure, in which it is saved, and who left is unloaded.
const AFTER: usize = 20;
/// A minute: longer than the time of grace, and than 10,000 arrivals need.
const TICKS_MAX: usize = 1_200;
/// The plugins named beside a worst tick.
const NAMED: usize = 6;

/// The worst tick of a wave.
struct Worst {
    name: &'static str,
    nanos: u64,
    /// Counted from the first tick of the wave.
    tick: usize,
    ticks: usize,
    shares: Shares,
}

impl Worst {
    /// Sends `heard` and follows the world until so many are online, and [`AFTER`] ticks more.
    fn of(name: &'static str, crowd: &mut Crowd, heard: Vec<Inbound>, until: usize) -> Self {
        let mut worst = Self {
            name,
            nanos: 0,
            tick: 0,
            ticks: 0,
            shares: Shares::default(),
        };
        let mut heard = Some(heard);
        let mut left = AFTER;
        while left > 0 {
            assert!(worst.ticks < TICKS_MAX, "{name}: not over after a minute");
            let spent = crowd.timed(STEP, heard.take().unwrap_or_default());
            if spent.nanos > worst.nanos {
                (worst.nanos, worst.tick) = (spent.nanos, worst.ticks);
                worst.shares = Shares::default();
                worst.shares.add(crowd);
            }
            worst.ticks += 1;
            if crowd.online() == until {
                left -= 1;
            }
        }
        worst
    }

    /// The tick, and which plugins took most of it; the rest is the engine's.
    fn line(&self, names: &[&str]) -> String {
        let columns = || 0..COLUMNS.len();
        let whole = |plugin| {
            columns()
                .map(|column| self.shares.mean(plugin, column))
                .sum()
        };
        let mut shares: Vec<(f64, &str)> = names
            .iter()
            .enumerate()
            .map(|(plugin, name)| (whole(plugin), *name))
            .collect();
        let plugins: f64 = shares.iter().map(|(micros, _)| micros).sum();
        let engine = self.nanos as f64 / 1e3 - plugins;
        shares.push((engine, "(engine)"));
        shares.sort_by(|one, other| other.0.total_cmp(&one.0));
        let shares = shares.iter().take(NAMED);
        let shares: Vec<String> = shares
            .map(|(micros, name)| format!("{name} {:.2}", micros / 1e3))
            .collect();
        format!(
            "{:<20} worst tick {:>7.3} ms, the {}th of {} ({})",
            self.name,
            self.nanos as f64 / 1e6,
            self.tick + 1,
            self.ticks,
            shares.join(", "),
        )
    }
}

fn each(inbound: impl Fn(u64) -> Inbound) -> Vec<Inbound> {
    (0..PLAYERS as u64).map(inbound).collect()
}

fn round(crowd: &mut Crowd) -> [Worst; 3] {
    let lost = each(|player| Inbound::Lost {
        session: SessionId(player),
    });
    let come = each(|player| Inbound::Arrive(arrival(player)));
    let quit = Line::new("quit").expect("a line");
    let quit = each(|player| Inbound::Line {
        session: SessionId(player),
        id: None,
        line: quit.clone(),
        correlation: Correlation(player),
    });
    [
        Worst::of("everybody_leaves", crowd, lost, 0),
        Worst::of("everybody_signs_in", crowd, come, PLAYERS),
        Worst::of("everybody_quits", crowd, quit, 0),
    ]
}

/// Prints the worst tick of each wave.
///
/// # Panics
/// When one is longer than [`LIMIT`].
pub(crate) fn measure() {
    let mut crowd = Crowd::new(PLAYERS, ROOMS);
    let names = crowd.plugins();
    crowd.keep_saved();
    let mut waves: Option<[Worst; 3]> = None;
    for turn in 0..ROUNDS {
        if turn > 0 {
            let come = each(|player| Inbound::Arrive(arrival(player)));
            Worst::of("everybody_signs_in", &mut crowd, come, PLAYERS);
        }
        for tick in turn * PLAY..(turn + 1) * PLAY {
            let lines = crowd.lines(tick, PAUSE);
            crowd.tick(STEP, lines);
        }
        let round = round(&mut crowd);
        waves = Some(match waves.take() {
            None => round,
            Some(best) => {
                let mut best = best.into_iter();
                round.map(|one| match best.next() {
                    Some(best) if best.nanos <= one.nanos => best,
                    _ => one,
                })
            }
        });
    }
    let mut out = std::io::stdout();
    for wave in waves.iter().flatten() {
        let _ = writeln!(out, "{}", wave.line(&names));
    }
    for wave in waves.iter().flatten() {
        assert!(
            wave.nanos <= LIMIT,
            "{}: a tick of more than 25 ms",
            wave.name
        );
    }
}
