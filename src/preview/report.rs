//! What came of a preview, for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use engine::port::{SessionId, Tick};
use engine::record::StateFault;

use super::side::Side;

/// So many differences of a room are shown; all are counted.
const SHOWN_MAX: usize = 3;

/// The first thing that somebody was told otherwise.
#[derive(Debug)]
pub(super) struct FirstDifference {
    pub(super) tick: Tick,
    pub(super) who: String,
    /// Where they were; empty: nobody knows.
    pub(super) room: String,
    /// Who tells it.
    pub(super) plugin: String,
    pub(super) event: String,
    /// `None`: nothing.
    pub(super) was: Option<String>,
    pub(super) is: Option<String>,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct PreviewReport {
    pub(super) ticks: u64,
    /// Stretches that are missing from the recording.
    pub(super) gaps: u64,
    /// Ticks that did not come out as they were recorded, though nothing was changed.
    pub(super) astray: u64,
    pub(super) players: BTreeSet<SessionId>,
    parted: u64,
    /// By room.
    differences: BTreeMap<String, Vec<FirstDifference>>,
    /// By event: how often it was told, and is.
    events: BTreeMap<String, (u64, u64)>,
    /// By its words: how often something went wrong, and does.
    faults: BTreeMap<String, (u64, u64)>,
    /// By plugin: how many values of which component are others at the end.
    values: BTreeMap<String, BTreeMap<String, usize>>,
    longest: (usize, usize),
    costs: (Vec<Duration>, Vec<Duration>),
}

impl PreviewReport {
    pub(super) fn differ(&mut self, difference: FirstDifference) {
        self.parted += 1;
        let room = self.differences.entry(difference.room.clone());
        room.or_default().push(difference);
    }

    /// Takes in what a stretch came to.
    pub(super) fn end(&mut self, mut was: Side, mut is: Side) -> Result<(), StateFault> {
        let then = was.replay.engine().checkpoint().encode()?;
        let now = is.replay.engine().checkpoint().encode()?;
        for (component, count) in then.differences(&now) {
            let owner = was.replay.holder_of(&component).to_owned();
            *self
                .values
                .entry(owner)
                .or_default()
                .entry(component)
                .or_default() += count;
        }
        for (event, count) in was.events {
            self.events.entry(event).or_default().0 += count;
        }
        for (event, count) in is.events {
            self.events.entry(event).or_default().1 += count;
        }
        for (words, count) in was.faults {
            self.faults.entry(words).or_default().0 += count;
        }
        for (words, count) in is.faults {
            self.faults.entry(words).or_default().1 += count;
        }
        self.longest.0 = self.longest.0.max(was.longest);
        self.longest.1 = self.longest.1.max(is.longest);
        self.costs.0.append(&mut was.costs);
        self.costs.1.append(&mut is.costs);
        Ok(())
    }

    pub(super) fn text(mut self) -> String {
        let mut out = String::new();
        // Writing to a string never fails.
        let _ = self.write(&mut out);
        out.truncate(out.trim_end().len());
        out
    }

    fn write(&mut self, out: &mut String) -> std::fmt::Result {
        let Self { ticks, parted, .. } = *self;
        let players = self.players.len();
        writeln!(
            out,
            "{ticks} recorded ticks with {players} players: {parted} of them are told something else"
        )?;
        if self.gaps > 0 {
            writeln!(out, "{} stretches between are not recorded", self.gaps)?;
        }
        if self.astray > 0 {
            let astray = self.astray;
            writeln!(
                out,
                "{astray} ticks don't come out as they were recorded: what follows is less sure"
            )?;
        }
        self.write_differences(out)?;
        self.write_counts(out)?;
        let (was, is) = (&mut self.costs.0, &mut self.costs.1);
        let of = |costs: &mut Vec<Duration>, share| at(costs, share).as_secs_f64() * 1e3;
        writeln!(
            out,
            "a tick takes {:.2} ms, not {:.2} ms (p50), and {:.2} ms, not {:.2} ms (p99)",
            of(is, 50),
            of(was, 50),
            of(is, 99),
            of(was, 99)
        )
    }

    fn write_differences(&self, out: &mut String) -> std::fmt::Result {
        for (room, all) in &self.differences {
            let place = if room.is_empty() { "nowhere" } else { room };
            writeln!(out, "{place}: {} first told something else here", all.len())?;
            for one in all.iter().take(SHOWN_MAX) {
                let FirstDifference {
                    tick,
                    who,
                    plugin,
                    event,
                    ..
                } = one;
                let words = |words: &Option<String>| match words {
                    None => "nothing".to_owned(),
                    Some(words) => format!("\"{words}\""),
                };
                let (was, is) = (words(&one.was), words(&one.is));
                writeln!(
                    out,
                    "  {who}, tick {tick}, {event} of {plugin}: {is}, not {was}"
                )?;
            }
            if all.len() > SHOWN_MAX {
                writeln!(out, "  and {} more", all.len() - SHOWN_MAX)?;
            }
        }
        Ok(())
    }

    fn write_counts(&self, out: &mut String) -> std::fmt::Result {
        for (event, (was, is)) in self.events.iter().filter(|(_, (was, is))| was != is) {
            writeln!(out, "event {event}: told {is} times, not {was}")?;
        }
        for (plugin, components) in &self.values {
            let each = components
                .iter()
                .map(|(name, count)| format!("{name} {count}"));
            let each: Vec<String> = each.collect();
            writeln!(
                out,
                "state of {plugin}: {} (values that are others at the end)",
                each.join(", ")
            )?;
        }
        for (words, (was, is)) in self.faults.iter().filter(|(_, (was, is))| was < is) {
            writeln!(out, "goes wrong {is} times, not {was}: {words}")?;
        }
        let (was, is) = self.longest;
        if is > was {
            writeln!(out, "the longest text has {is} bytes, not {was}")?;
        }
        Ok(())
    }
}

/// The cost that so many of a hundred ticks are not above.
fn at(costs: &mut [Duration], percent: usize) -> Duration {
    costs.sort_unstable();
    let at = (costs.len() * percent / 100).min(costs.len().saturating_sub(1));
    costs.get(at).copied().unwrap_or_default()
}
