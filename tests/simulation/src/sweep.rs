//! Many nights, one after another or beside each other, and what they came to.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::laws::Breach;
use crate::night::{Outcome, play};
use crate::plan::Plan;
use crate::shrink;

/// Which nights are played.
#[derive(Clone, Debug)]
pub struct Nights {
    /// A night each.
    pub seeds: Range<u64>,
    /// How long one is in the box.
    pub length: Duration,
    /// So many are played at once.
    pub threads: usize,
    /// What of the night of a breach is played again; empty: all of it.
    pub plan: String,
}

/// What nights came to.
#[derive(Debug, Default)]
pub struct Sweep {
    seeds: u64,
    simulated: Duration,
    took: Duration,
    runs: u64,
    faults: BTreeMap<String, u64>,
    /// Of everything that happened in them, whoever played which first.
    digest: u64,
    broken: Option<(Plan, Breach)>,
}

impl Nights {
    fn plan(&self, seed: u64) -> Plan {
        match self.plan.is_empty() {
            true => Plan::of(seed, self.length),
            false => Plan::told(seed, &self.plan),
        }
    }

    /// Plays them, until one breaks a law.
    #[must_use]
    pub fn play(&self) -> Sweep {
        let began = Instant::now();
        let shared = Mutex::new((self.seeds.clone(), Sweep::default()));
        let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
        let next = || {
            let mut shared = lock();
            let goes_on = shared.1.broken.is_none();
            goes_on.then(|| shared.0.next()).flatten()
        };
        let work = || {
            while let Some(seed) = next() {
                let plan = self.plan(seed);
                let outcome = play(&plan);
                lock().1.add(plan, outcome);
            }
        };
        thread::scope(|scope| {
            for _ in 1..self.threads {
                scope.spawn(work);
            }
            work();
        });
        let (_, mut sweep) = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        sweep.took = began.elapsed();
        sweep
    }
}

impl Sweep {
    fn add(&mut self, plan: Plan, outcome: Outcome) {
        self.seeds += 1;
        self.simulated += outcome.simulated;
        self.runs += outcome.runs;
        let (digest, events) = outcome.digest;
        self.digest ^= digest.wrapping_add(events);
        for fault in &outcome.faults {
            *self.faults.entry(format!("{fault:?}")).or_default() += 1;
        }
        if let (Some(breach), None) = (outcome.breach, &self.broken) {
            self.broken = Some((plan, breach));
        }
    }

    /// The law that was broken, how, and the command that plays that night again.
    #[must_use]
    pub fn broken(&self) -> Option<String> {
        let (plan, breach) = self.broken.as_ref()?;
        Some(format!("{plan}{breach}\n\n{}\n", again(plan)))
    }

    /// The seed and the plan of the night that broke a law.
    #[must_use]
    pub fn broken_night(&self) -> Option<(u64, String)> {
        let (plan, _) = self.broken.as_ref()?;
        Some((plan.seed, plan.words()))
    }
}

impl fmt::Display for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let took = self.took.as_secs_f64().max(0.001);
        let simulated = self.simulated.as_secs_f64();
        writeln!(f, "seeds             {}", self.seeds)?;
        writeln!(f, "simulated hours   {:.2}", simulated / 3_600.0)?;
        writeln!(f, "processes         {}", self.runs)?;
        writeln!(
            f,
            "seeds an hour     {:.0}",
            self.seeds as f64 / took * 3_600.0
        )?;
        writeln!(f, "times real time   {:.0}", simulated / took)?;
        writeln!(f, "digest            {:016x}", self.digest)?;
        for (fault, count) in &self.faults {
            writeln!(f, "  {fault:<16}{count:>8}")?;
        }
        Ok(())
    }
}

fn again(plan: &Plan) -> String {
    format!(
        "play it again:\n  kadath simulate --seed {} --plan \"{}\" --explain",
        plan.seed,
        plan.words()
    )
}

/// What somebody needs who is to mend what a night broke: the smallest night that still breaks the
/// same law, its last second, the sentence and the tick. `None`: it breaks none.
#[must_use]
pub fn explain(seed: u64, words: &str) -> Option<String> {
    let plan = Plan::told(seed, words);
    report(&plan, play(&plan))
}

pub(crate) fn report(plan: &Plan, outcome: Outcome) -> Option<String> {
    outcome.breach.as_ref()?;
    let (small, came) = shrink::shrunk(plan, outcome);
    let breach = came.breach.as_ref()?;
    let mut words = String::new();
    for line in &came.last_second {
        let _ = writeln!(words, "{line}");
    }
    let _ = writeln!(words, "{small}{breach}\n\n{}", again(&small));
    Some(words)
}
