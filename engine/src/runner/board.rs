//! How each plugin does, for whoever asks from outside of the world, and the way in which plugins are
//! turned off and on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_channel::Sender;

use super::TickPace;
use crate::meter::Spent;
use crate::{Engine, PluginOrder};

/// Classes of time per tick, each a quarter wider than the one before: from 1 µs to some 20 s.
const CLASSES: usize = 76;
const STEP: f64 = 1.25;

/// The plugins of a running world. Cheap to clone; its memory is fixed.
#[derive(Clone, Debug)]
pub struct PluginBoard {
    plugins: Arc<[PluginCells]>,
    orders: Sender<PluginOrder>,
}

#[derive(Debug)]
struct PluginCells {
    name: &'static str,
    /// Ticks by the time that the plugin took in them.
    ticks: [AtomicU64; CLASSES],
    faults: AtomicU64,
    out: AtomicBool,
}

/// How a plugin did since the start.
#[derive(Clone, Debug, PartialEq)]
pub struct PluginFigures {
    /// Its name.
    pub name: &'static str,
    /// Half of the ticks took it no longer.
    pub p50: Duration,
    /// 99 of 100 ticks took it no longer.
    pub p99: Duration,
    /// Faults that were contained.
    pub faults: u64,
    /// It is left out.
    pub is_out: bool,
}

impl PluginBoard {
    pub(super) fn new(names: &[&'static str], orders: Sender<PluginOrder>) -> Self {
        let plugins = names.iter().map(|name| PluginCells {
            name,
            ticks: std::array::from_fn(|_| AtomicU64::new(0)),
            faults: AtomicU64::new(0),
            out: AtomicBool::new(false),
        });
        Self {
            plugins: plugins.collect(),
            orders,
        }
    }

    /// Every plugin, in their order.
    #[must_use]
    pub fn figures(&self) -> Vec<PluginFigures> {
        self.plugins.iter().map(PluginCells::figures).collect()
    }

    /// Has the world leave a plugin out from its next tick on, or take it back.
    ///
    /// # Errors
    /// When there is no such plugin, or too many orders wait for the next tick.
    pub fn turn(&self, name: &str, on: bool) -> Result<(), BoardFault> {
        if !self.plugins.iter().any(|one| one.name == name) {
            let all = self.plugins.iter().map(|one| one.name).collect();
            let name = name.to_owned();
            return Err(BoardFault::Unknown { name, all });
        }
        let plugin = name.to_owned();
        let order = match on {
            true => PluginOrder::On { plugin },
            false => PluginOrder::Off { plugin },
        };
        self.orders.try_send(order).map_err(|_| BoardFault::Busy)
    }

    /// Takes in whose time a tick was; answers who took the most of it, and its nanoseconds.
    pub(super) fn observe(&self, spent: &Spent) -> Option<(usize, u64)> {
        for (cells, nanos) in self.plugins.iter().zip(spent.each()) {
            cells.ticks[class(nanos)].fetch_add(1, Ordering::Relaxed);
        }
        spent.slowest()
    }

    pub(super) fn fault(&self, plugin: &str) {
        if let Some(cells) = self.plugins.iter().find(|one| one.name == plugin) {
            cells.faults.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn show(&self, engine: &Engine) {
        for (cells, out) in self.plugins.iter().zip(engine.quarantined()) {
            cells.out.store(out, Ordering::Relaxed);
        }
    }
}

impl<W> TickPace<W> {
    /// Whose time the tick was, and who had more of it than there is. A thread that was held up by
    /// others has spent no time of a processor: what nobody of ours did is nobody's fault.
    pub(super) fn measure(&mut self, worked: Duration) {
        let spent = self.board.observe(self.engine.spent());
        let Some(most) = self.plugin_time else {
            return;
        };
        let Some((index, nanos)) = spent.filter(|(_, nanos)| u128::from(*nanos) > most.as_nanos())
        else {
            return;
        };
        if thread_time().saturating_sub(worked) > most {
            self.measured.push(PluginOrder::OverTime {
                plugin: self.engine.plugins()[index].to_owned(),
                micros: nanos / 1_000,
            });
        }
    }
}

/// A plugin can't be turned off or on.
#[derive(Debug, thiserror::Error)]
pub enum BoardFault {
    /// There is none of that name.
    #[error("there is no plugin `{name}`; there are: {}", all.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// Those that there are.
        all: Vec<&'static str>,
    },
    /// The next tick has enough of them.
    #[error("the world is busy with other orders; try again")]
    Busy,
}

impl PluginCells {
    fn figures(&self) -> PluginFigures {
        let ticks = self.ticks.each_ref().map(|one| one.load(Ordering::Relaxed));
        PluginFigures {
            name: self.name,
            p50: share(&ticks, 50),
            p99: share(&ticks, 99),
            faults: self.faults.load(Ordering::Relaxed),
            is_out: self.out.load(Ordering::Relaxed),
        }
    }
}

/// The class of a time: the last whose lower end it has reached.
fn class(nanos: u64) -> usize {
    let micros = nanos as f64 / 1_000.0;
    if micros < 1.0 {
        return 0;
    }
    ((micros.ln() / STEP.ln()) as usize + 1).min(CLASSES - 1)
}

/// The upper end of the class in which this share of all ticks, in percent, is reached.
fn share(ticks: &[u64; CLASSES], percent: u64) -> Duration {
    let all: u64 = ticks.iter().sum();
    let mut so_far = 0;
    for (class, count) in ticks.iter().enumerate() {
        so_far += count;
        if all > 0 && so_far * 100 >= all * percent {
            let end = STEP.powi(i32::try_from(class).unwrap_or(i32::MAX));
            return Duration::from_secs_f64(end / 1e6);
        }
    }
    Duration::ZERO
}

/// Time of a processor that this thread has had.
pub(super) fn thread_time() -> Duration {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(spent.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(spent.tv_nsec).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_lie_within_a_quarter_of_times() {
        let mut ticks = [0; CLASSES];
        for micros in 1..=1_000_u64 {
            ticks[class(micros * 1_000)] += 1;
        }
        for (percent, exact) in [(50, 500.0), (99, 990.0)] {
            let found = share(&ticks, percent).as_secs_f64() * 1e6;
            assert!(
                (exact..=exact * STEP).contains(&found),
                "{percent}: {found}"
            );
        }
        assert_eq!(share(&[0; CLASSES], 50), Duration::ZERO);
        assert_eq!(class(u64::MAX), CLASSES - 1);
    }
}
