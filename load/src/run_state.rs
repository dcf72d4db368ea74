//! What the players of a run share. The driver is one thread: its bookkeeping needs no locks, and
//! one number says whether it kept up.

use std::cell::{Cell, RefCell, RefMut};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::deliveries::DeliveryLedger;
use crate::dice::BotDice;
use crate::effects::Effects;
use crate::measure::Timings;
use crate::scenario::{BotRole, Scenario};
use crate::wire::Dial;

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RunPhase {
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
    pub(crate) roles: Vec<Arc<BotRole>>,
    pub(crate) dial: Dial,
    /// What marks the lines of this run.
    pub(crate) tag: String,
    pub(crate) began: Instant,
    pub(crate) phase: watch::Receiver<RunPhase>,
    /// How often the bench has killed the server: what a connection of an earlier count loses is
    /// not the server's fault.
    kills: Cell<u32>,
    /// The bench has the server down.
    is_down: Cell<bool>,
    state: RefCell<RunState>,
}

/// How a bot stands with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BotStatus {
    /// Its time has not come.
    Away,
    /// Due since then, and never in so far.
    Coming(Instant),
    /// In the world.
    In,
    /// It was in and is on its way back.
    Back {
        /// Its loss is counted already.
        counted: bool,
    },
    /// It has left, or was given up and counted.
    Gone,
}

/// What is counted and known.
#[derive(Debug)]
pub(crate) struct RunState {
    pub(crate) timings: Timings,
    pub(crate) deliveries: DeliveryLedger,
    pub(crate) count: Count,
    pub(crate) effects: Effects,
    /// Refusals and losses by their code.
    pub(crate) errors: BTreeMap<String, u64>,
    /// Names of the bots that are in the world, by their number.
    names: Vec<Option<Rc<str>>>,
    /// How many of them there are.
    pub(crate) online: usize,
    standings: Vec<BotStatus>,
    /// Bots that are due and not in.
    pub(crate) missing: usize,
    /// Answers that are not known to be durable.
    pub(crate) unsaved: usize,
    /// The server has said of something that it is durable.
    pub(crate) saves: bool,
    /// When everybody fell silent.
    pub(crate) hushed: Option<Instant>,
    /// Commands that wait for their answer.
    pub(crate) outstanding: usize,
    /// Bots that have answered the last ping.
    pub(crate) ponged: usize,
    /// When the last bot got in for the first time, since the run began.
    pub(crate) last_in: Duration,
}

/// What happened how often.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) commands: u64,
    pub(crate) answers: u64,
    pub(crate) refused: u64,
    pub(crate) unanswered: u64,
    /// Words whose answer went with a server that the bench killed.
    pub(crate) forgotten: u64,
    /// Answered, and never told durable.
    pub(crate) undurable: u64,
    /// Steps that were due when everybody fell silent and had not been done.
    pub(crate) overdue: u64,
    pub(crate) frames: u64,
    pub(crate) bytes: u64,
    /// Answers to floods, and their bytes: nobody asked for them one by one.
    pub(crate) flood_frames: u64,
    pub(crate) flood_bytes: u64,
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
        phase: watch::Receiver<RunPhase>,
    ) -> Rc<Self> {
        // Two drivers on one server must not take each other's lines for their own; only the bots'
        // dice are bound to the seed.
        let now = std::time::SystemTime::now();
        let now = now
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        let mut dice = BotDice::new(now.as_nanos() as u64, u64::from(std::process::id()));
        let bots = scenario.presences().len();
        Rc::new(Self {
            scenario: scenario.clone(),
            roles: scenario.roles.iter().cloned().map(Arc::new).collect(),
            dial,
            tag: format!("k{:08x}", dice.next() as u32),
            began,
            phase,
            kills: Cell::new(0),
            is_down: Cell::new(false),
            state: RefCell::new(RunState {
                timings: Timings::new(began, scenario.measured(), scenario.named_stages()),
                deliveries: DeliveryLedger::with(bots),
                count: Count::default(),
                effects: Effects::default(),
                errors: BTreeMap::new(),
                names: vec![None; bots],
                online: 0,
                standings: vec![BotStatus::Away; bots],
                missing: 0,
                unsaved: 0,
                saves: false,
                hushed: None,
                outstanding: 0,
                ponged: 0,
                last_in: Duration::ZERO,
            }),
        })
    }

    /// Never held across a wait.
    pub(crate) fn state(&self) -> RefMut<'_, RunState> {
        self.state.borrow_mut()
    }

    pub(crate) fn micros(&self, at: Instant) -> u64 {
        at.saturating_duration_since(self.began).as_micros() as u64
    }

    /// How often the server was killed so far; told anew before and after each kill.
    pub(crate) fn kills(&self) -> u32 {
        self.kills.get()
    }

    /// The bench kills the server now, or has just killed it.
    pub(crate) fn is_killed(&self) {
        self.kills.set(self.kills.get() + 1);
        self.is_down.set(true);
    }

    /// The server listens again.
    pub(crate) fn is_up(&self) {
        self.is_down.set(false);
    }

    /// Whether what was begun at a count of [`kills`](Self::kills) may fail without blame.
    pub(crate) fn excuses(&self, since: u32) -> bool {
        self.is_down.get() || self.kills.get() != since
    }
}

impl RunState {
    pub(crate) fn error(&mut self, code: &str) {
        *self.errors.entry(code.to_owned()).or_default() += 1;
    }

    pub(crate) fn standing(&self, bot: usize) -> BotStatus {
        self.standings[bot]
    }

    pub(crate) fn stands(&mut self, bot: usize, standing: BotStatus) {
        let is_missing = |one| matches!(one, BotStatus::Coming(_) | BotStatus::Back { .. });
        let before = std::mem::replace(&mut self.standings[bot], standing);
        self.missing -= usize::from(is_missing(before));
        self.missing += usize::from(is_missing(standing));
    }

    /// A bot is in the world under this name, or in it no more.
    pub(crate) fn is_called(&mut self, bot: usize, name: Option<Rc<str>>) {
        self.online += usize::from(name.is_some());
        let before = std::mem::replace(&mut self.names[bot], name);
        self.online -= usize::from(before.is_some());
    }

    /// The first bot from `wanted` on, in a circle, that is in the world and not `own`.
    pub(crate) fn fellow(&self, wanted: usize, own: usize) -> Option<(usize, Rc<str>)> {
        let all = (wanted..self.names.len()).chain(0..wanted);
        all.filter(|bot| *bot != own)
            .find_map(|bot| Some((bot, Rc::clone(self.names[bot].as_ref()?))))
    }
}
