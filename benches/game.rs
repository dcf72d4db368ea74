//! What the whole game costs: 10,000 players in 1,000 rooms, each with a command every five seconds.
//!
//! `Engine::tick` is called as the runner calls it, with everything a tick is made of: lines in,
//! notes out, a save whenever the last one is durable. Ticks with an evaluation of the flux (one in
//! 125) are listed apart, so that no percentile hides them. The same crowd in silence, less the
//! same world with nobody in it, is what an idle player costs: the mean over whole periods of the
//! flux, which is most of it.
//!
//! Apart from that, what comes all at once: `everybody_leaves` and `everybody_signs_in` (the worst
//! tick of 10,000 whose links are lost, who quit, who sign in again) and `typo` (what a word costs
//! that is no command), and `recorder` (what recording costs). `cargo bench --bench game -- typo`
//! measures one of them, named `play`, `waves`, `typo` or `recorder`; without a name all are.
//!
//! What is held against the limits is processor time, so that the verdict is the same on a machine
//! that others use, too; the time by the clock is printed beside it.

#![expect(
    clippy::expect_used,
    reason = "a bench that can't be set up has failed"
)]

#[path = "game/arrival.rs"]
mod arrival;
#[path = "game/crowd.rs"]
mod crowd;
#[path = "game/processor.rs"]
mod processor;
#[path = "game/recording.rs"]
mod recording;
#[path = "game/town.rs"]
mod town;
#[path = "game/typo.rs"]
mod typo;
#[path = "game/waves.rs"]
mod waves;

use std::io::Write as _;
use std::time::Duration;

use crowd::Crowd;
use engine::Phase;

const ROOMS: usize = 1_000;
const PLAYERS: usize = 10_000;
/// World time from one tick to the next: 20 Hz.
const STEP: Duration = Duration::from_millis(50);
/// Ticks between two commands of a player: five seconds.
const PAUSE: usize = 100;
/// Ticks before anything is counted: everybody has spoken a few times.
const WARM_UP: usize = 500;
/// Ten minutes of play, with 96 evaluations of the flux.
const TICKS: usize = 12_000;
/// Ticks from one evaluation of the flux to the next.
const FLUX_PERIOD: usize = 125;
/// Periods of the flux over which silence is measured.
const SILENT_PERIODS: usize = 16;
/// What a tick may take, in nanoseconds.
const LIMIT: u64 = 10_000_000;
/// What an idle player may cost a tick, in nanoseconds.
const IDLE_LIMIT: f64 = 100.0;

/// As the server has it.
#[global_allocator]
static MEMORY: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Nanoseconds of ticks, sorted.
struct Ticks(Vec<u64>);

impl Ticks {
    fn of(mut nanos: Vec<u64>) -> Self {
        nanos.sort_unstable();
        Self(nanos)
    }

    fn at(&self, share: f64) -> u64 {
        let last = self.0.len().saturating_sub(1);
        let index = (share * last as f64).ceil() as usize;
        self.0.get(index).copied().unwrap_or_default()
    }

    fn line(&self, name: &str) -> String {
        let ms = |share| self.at(share) as f64 / 1e6;
        format!(
            "{name:<16} {:>6} ticks   p50 {:>7.3} ms   p99 {:>7.3} ms   p99.9 {:>7.3} ms   worst {:>7.3} ms",
            self.0.len(),
            ms(0.5),
            ms(0.99),
            ms(0.999),
            ms(1.0),
        )
    }
}

/// Time of each plugin, summed over ticks of one kind.
#[derive(Default, Clone)]
struct Shares {
    by_phase: Vec<[u64; 4]>,
    ticks: u64,
}

impl Shares {
    fn add(&mut self, crowd: &Crowd) {
        self.ticks += 1;
        for (plugin, phase, nanos) in crowd.spent() {
            if self.by_phase.len() <= plugin {
                self.by_phase.resize(plugin + 1, [0; 4]);
            }
            self.by_phase[plugin][phase_column(phase)] += nanos;
        }
    }

    /// Microseconds a tick.
    fn mean(&self, plugin: usize, column: usize) -> f64 {
        let nanos = self.by_phase.get(plugin).map_or(0, |phases| phases[column]);
        nanos as f64 / self.ticks.max(1) as f64 / 1e3
    }
}

const COLUMNS: [&str; 4] = ["ingest", "simulate", "settle", "emit"];

const fn phase_column(phase: Phase) -> usize {
    match phase {
        Phase::Ingest => 0,
        Phase::Simulate => 1,
        Phase::Settle => 2,
        Phase::Emit => 3,
    }
}

fn table(names: &[&str], title: &str, shares: &Shares) -> String {
    let mut text = format!("\n{title}, microseconds a tick\n{:<14}", "plugin");
    for column in COLUMNS {
        text.push_str(&format!("{column:>10}"));
    }
    for (plugin, name) in names.iter().enumerate() {
        text.push_str(&format!("\n{name:<14}"));
        for column in 0..COLUMNS.len() {
            text.push_str(&format!("{:>10.1}", shares.mean(plugin, column)));
        }
    }
    text
}

/// The mean of silent ticks over whole periods of the flux.
fn silent_tick(players: usize) -> f64 {
    let mut crowd = Crowd::new(players, ROOMS);
    for _ in 0..WARM_UP {
        crowd.tick(STEP, Vec::new());
    }
    let ticks = FLUX_PERIOD * SILENT_PERIODS;
    let spent = (0..ticks).map(|_| crowd.timed(STEP, Vec::new()).nanos);
    spent.sum::<u64>() as f64 / ticks as f64
}

fn main() {
    let named: Vec<String> = std::env::args().skip(1).collect();
    let named: Vec<&String> = named.iter().filter(|one| !one.starts_with('-')).collect();
    let parts: [(&str, fn()); 4] = [
        ("recorder", recording::measure),
        ("typo", typo::measure),
        ("waves", waves::measure),
        ("play", play),
    ];
    let mut found = false;
    for (name, measure) in parts {
        if named.is_empty() || named.iter().any(|one| *one == name) {
            found = true;
            measure();
        }
    }
    assert!(found, "recorder, typo, waves or play");
}

fn play() {
    let mut out = std::io::stdout();
    let mut crowd = Crowd::new(PLAYERS, ROOMS);
    let names = crowd.plugins();
    for tick in 0..WARM_UP {
        let lines = crowd.lines(tick, PAUSE);
        crowd.tick(STEP, lines);
    }
    let (mut plain, mut flux) = (Vec::new(), Vec::new());
    let (mut plain_wall, mut flux_wall) = (Vec::new(), Vec::new());
    let (mut plain_shares, mut flux_shares) = (Shares::default(), Shares::default());
    crowd.forget_counts();
    for tick in WARM_UP..WARM_UP + TICKS {
        let lines = crowd.lines(tick, PAUSE);
        let spent = crowd.timed(STEP, lines);
        let (nanos, wall, shares) = if spent.flux {
            (&mut flux, &mut flux_wall, &mut flux_shares)
        } else {
            (&mut plain, &mut plain_wall, &mut plain_shares)
        };
        nanos.push(spent.nanos);
        wall.push(spent.wall);
        shares.add(&crowd);
    }
    let counts = crowd.counts();
    assert_eq!(
        counts.commands,
        (TICKS * PLAYERS / PAUSE) as u64,
        "every command has its one answer"
    );
    // A crowd that is refused everything costs little and says nothing. Some minds are lost on the
    // way, and answer no more.
    assert!(
        counts.refused * 4 < counts.commands,
        "{} of {} commands were refused",
        counts.refused,
        counts.commands
    );
    assert!(
        flux.len() >= TICKS / FLUX_PERIOD,
        "{} evaluations of the flux in {TICKS} ticks",
        flux.len()
    );
    let (plain, flux) = (Ticks::of(plain), Ticks::of(flux));
    let idle = (silent_tick(PLAYERS) - silent_tick(0)) / PLAYERS as f64;
    let _ = writeln!(
        out,
        "whole game, {PLAYERS} players in {ROOMS} rooms, {} commands ({} refused), {} notes\n{}\n{}\n{}\n{}\n\
         an idle player: {idle:.1} ns a tick{}{}",
        counts.commands,
        counts.refused,
        counts.notes,
        plain.line("without flux"),
        flux.line("with flux"),
        Ticks::of(plain_wall).line("by the clock"),
        Ticks::of(flux_wall).line("with flux"),
        table(&names, "without flux", &plain_shares),
        table(&names, "with flux", &flux_shares),
    );
    assert!(
        plain.at(0.999) < LIMIT,
        "the p99.9 of ticks without flux is not under 10 ms"
    );
    assert!(
        flux.at(1.0) < LIMIT,
        "the worst tick with flux is not under 10 ms"
    );
    assert!(
        idle < IDLE_LIMIT,
        "an idle player costs {idle:.1} ns a tick"
    );
}
