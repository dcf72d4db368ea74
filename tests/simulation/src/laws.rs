//! What must hold in the box, each as a sentence, and the court that hears of breaches.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Lines of the trace that are kept: the last second of a crowd.
const TRACE_MAX: usize = 2_000;

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Law {
    DurableOnce,
    ThingsConserved,
    OneSession,
    LoserOverwritesNothing,
    GaplessStream,
    ReplayEqual,
    WatermarksCome,
    ResendsAnswered,
    MutedUnheard,
    BannedOut,
    RuleKeepersStay,
    MemoryBounded,
    RestInTheEnd,
    StartsAgain,
    NoFault,
}

impl Law {
    /// The law as a sentence.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::DurableOnce => "every durable answer has its effect exactly once",
            Self::ThingsConserved => "things are conserved, and whole",
            Self::OneSession => "a character is held by one session and one node",
            Self::LoserOverwritesNothing => "a lease's loser overwrites nothing",
            Self::GaplessStream => "streams have no gap and no double",
            Self::ReplayEqual => "what replays equals",
            Self::WatermarksCome => "watermarks always come",
            Self::ResendsAnswered => "what is sent again is answered with what came of it",
            Self::MutedUnheard => "who is muted is not heard",
            Self::BannedOut => "who is banned does nothing",
            Self::RuleKeepersStay => "who broke no rule is not closed",
            Self::MemoryBounded => "memory stays in its bounds",
            Self::RestInTheEnd => "all comes to rest when the faults end",
            Self::StartsAgain => "a process that died starts again",
            Self::NoFault => "no plugin and no engine has a fault",
        }
    }
}

/// A law that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    pub(crate) law: Law,
    pub(crate) tick: u64,
    pub(crate) at: Duration,
    pub(crate) how: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "broken: \"{}\", in tick {}, {:.3} s after the beginning\n  {}",
            self.law.sentence(),
            self.tick,
            self.at.as_secs_f64(),
            self.how
        )
    }
}

/// What clients were promised.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// Marks by name: made for good, and refused.
    pub(crate) marks: BTreeMap<String, (BTreeSet<u64>, BTreeSet<u64>)>,
    /// Coins that exist for good.
    pub(crate) coins: BTreeSet<u64>,
    /// Who is banned for good, on which node since which tick.
    pub(crate) banned: BTreeMap<String, (usize, u64)>,
    /// How often coins came to each minus how often they went from them, for good. Nobody: the
    /// ground.
    pub(crate) flows: BTreeMap<u64, BTreeMap<String, i64>>,
    /// Coins of which somebody does not know yet whether they moved, by who asked and under which
    /// id.
    pub(crate) open_moves: BTreeMap<(String, u64), u64>,
}

/// Hears of breaches, keeps the trace and what was promised. Clones are one court.
#[derive(Clone, Debug)]
pub(crate) struct Court(Arc<Mutex<Records>>);

#[derive(Debug)]
struct Records {
    began: Instant,
    tick: u64,
    breach: Option<Breach>,
    trace: VecDeque<(Duration, String)>,
    digest: u64,
    events: u64,
    claims: Claims,
    /// Everything is printed as it happens.
    aloud: bool,
}

impl Court {
    /// A court that begins now.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Records {
            began: Instant::now(),
            tick: 0,
            breach: None,
            trace: VecDeque::new(),
            digest: 0,
            events: 0,
            claims: Claims::default(),
            aloud: std::env::var_os("KADATH_TRACE").is_some(),
        })))
    }

    /// The first breach counts.
    pub(crate) fn broken(&self, law: Law, how: impl Into<String>) {
        let mut records = self.lock();
        if records.breach.is_some() {
            return;
        }
        records.breach = Some(Breach {
            law,
            tick: records.tick,
            at: records.began.elapsed(),
            how: how.into(),
        });
    }

    /// Notes what happened: the same seed has the same notes.
    pub(crate) fn note(&self, what: impl Into<String>) {
        let (what, mut records) = (what.into(), self.lock());
        let at = records.began.elapsed();
        let seed = records.digest ^ u64::try_from(at.as_nanos()).unwrap_or(u64::MAX);
        records.digest = xxh3_64_with_seed(what.as_bytes(), seed);
        records.events += 1;
        if records.aloud {
            println!("{:9.3} {what}", at.as_secs_f64());
        }
        if records.trace.len() == TRACE_MAX {
            records.trace.pop_front();
        }
        records.trace.push_back((at, what));
    }

    pub(crate) fn in_tick(&self, tick: u64) {
        self.lock().tick = tick;
    }

    pub(crate) fn breach(&self) -> Option<Breach> {
        self.lock().breach.clone()
    }

    /// A hash of everything that was noted, and how much that was.
    pub(crate) fn digest(&self) -> (u64, u64) {
        let records = self.lock();
        (records.digest, records.events)
    }

    /// What was noted in the last second.
    pub(crate) fn last_second(&self) -> Vec<String> {
        let records = self.lock();
        let since = records
            .began
            .elapsed()
            .saturating_sub(Duration::from_secs(1));
        let last = records.trace.iter().filter(|(at, _)| *at >= since);
        last.map(|(at, what)| format!("{:9.3} {what}", at.as_secs_f64()))
            .collect()
    }

    /// Changes or reads what was promised.
    pub(crate) fn claims<T>(&self, look: impl FnOnce(&mut Claims) -> T) -> T {
        look(&mut self.lock().claims)
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
