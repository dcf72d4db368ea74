//! What the players of a run share. The driver is one thread: its bookkeeping needs no locks, and
//! one number says whether it kept up.

use std::cell::{RefCell, RefMut};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::book::Book;
use crate::dice::Dice;
use crate::effects::Effects;
use crate::measure::Timings;
use crate::scenario::{Role, Scenario};
use crate::wire::Dial;

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Everybody plays.
    Play,
    /// Nobody begins anything; answers still come.
    Hush,
    /// Everybody pings, so that whatever was sent before has come.
    Ping,
    /// Everybody leaves.
    End,
}

/// One run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) scenario: Scenario,
    pub(crate) roles: Vec<Arc<Role>>,
    pub(crate) dial: Dial,
    /// What marks the lines of this run.
    pub(crate) tag: String,
    pub(crate) began: Instant,
    pub(crate) phase: watch::Receiver<Phase>,
    state: RefCell<State>,
}

/// What is counted and known.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) timings: Timings,
    pub(crate) book: Book,
    pub(crate) count: Count,
    pub(crate) effects: Effects,
    /// Refusals and losses by their code.
    pub(crate) errors: BTreeMap<String, u64>,
    /// Names of the bots that are in the world.
    pub(crate) names: BTreeMap<usize, Rc<str>>,
    /// Commands that wait for their answer.
    pub(crate) outstanding: usize,
    /// Bots that have answered the last ping.
    pub(crate) ponged: usize,
    /// When the last bot got in for the first time, since the run began.
    pub(crate) last_in: Duration,
    /// Cut connections are planned until then.
    pub(crate) outage_until: Option<Instant>,
}

/// What happened how often.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) commands: u64,
    pub(crate) answers: u64,
    pub(crate) refused: u64,
    pub(crate) unanswered: u64,
    pub(crate) frames: u64,
    pub(crate) bytes: u64,
    pub(crate) sign_ins: u64,
    pub(crate) sign_ins_failed: u64,
    pub(crate) disconnects: u64,
    pub(crate) resumed: u64,
    /// Frames whose number does not follow the one before.
    pub(crate) gaps: u64,
}

impl Run {
    pub(crate) fn new(
        scenario: &Scenario,
        dial: Dial,
        began: Instant,
        phase: watch::Receiver<Phase>,
    ) -> Rc<Self> {
        // Two drivers on one server must not take each other's lines for their own; only the bots'
        // dice are bound to the seed.
        let now = std::time::SystemTime::now();
        let now = now
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        let mut dice = Dice::new(now.as_nanos() as u64, u64::from(std::process::id()));
        Rc::new(Self {
            scenario: scenario.clone(),
            roles: scenario.roles.iter().cloned().map(Arc::new).collect(),
            dial,
            tag: format!("k{:08x}", dice.next() as u32),
            began,
            phase,
            state: RefCell::new(State {
                timings: Timings::new(began, scenario.measured()),
                book: Book::with(scenario.presences().len()),
                count: Count::default(),
                effects: Effects::default(),
                errors: BTreeMap::new(),
                names: BTreeMap::new(),
                outstanding: 0,
                ponged: 0,
                last_in: Duration::ZERO,
                outage_until: None,
            }),
        })
    }

    /// Never held across a wait.
    pub(crate) fn state(&self) -> RefMut<'_, State> {
        self.state.borrow_mut()
    }

    pub(crate) fn micros(&self, at: Instant) -> u64 {
        at.saturating_duration_since(self.began).as_micros() as u64
    }

    pub(crate) fn is_outage(&self) -> bool {
        self.state()
            .outage_until
            .is_some_and(|until| Instant::now() < until)
    }
}

impl State {
    pub(crate) fn error(&mut self, code: &str) {
        *self.errors.entry(code.to_owned()).or_default() += 1;
    }

    /// Connections may be cut for so long without anybody being blamed.
    pub(crate) fn plan_outage(&mut self, length: Duration) {
        let until = Instant::now() + length;
        self.outage_until = self.outage_until.max(Some(until));
    }
}
