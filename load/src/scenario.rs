//! What is to be played, by whom, and what must hold.

mod parse;
mod reader;
mod roles;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::dice::Think;
use crate::fault::LoadFault;
use crate::objective::Objective;

/// In a world that nobody described.
const BOTS_PER_ROOM: usize = 10;

/// A whole scenario, checked.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name, for reports.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// What all chance of the bots grows from.
    pub seed: u64,
    /// Whether bots wait for answers.
    pub arrivals: Arrivals,
    /// How bots get in.
    pub sign_in: SignInKind,
    /// The server that the bench starts when no target is named.
    pub server: ServerPlan,
    /// The world of that server.
    pub world: WorldPlan,
    /// Who plays, with their weights.
    pub roles: Vec<BotRole>,
    /// How many play, when.
    pub stages: Vec<LoadStage>,
    /// What is broken, when.
    pub chaos: Vec<Chaos>,
    /// What must hold.
    pub objectives: Vec<Objective>,
    /// How long answers may take after the last stage.
    pub settle: Duration,
}

/// Whether what a bot does next depends on the server's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrivals {
    /// Each bot has a schedule and keeps it: a slow server does not make it quieter, and latency
    /// counts from when a step was due.
    Open,
    /// Each bot waits for its answer, then thinks.
    Closed,
}

/// How bots get in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInKind {
    /// As guests, without a password.
    Guests,
    /// With accounts that are made before the clock starts.
    Accounts,
}

/// The bench's own server.
#[derive(Clone, Debug)]
pub struct ServerPlan {
    /// Its database.
    pub database: Database,
    /// Whether it has a broker.
    pub broker: bool,
    /// Settings by their key, `limits.commands_per_second`, in the server's own words.
    pub config: Vec<(String, String)>,
}

/// A database that the bench can start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file.
    Sqlite,
    /// A PostgreSQL server of the bench's own.
    Postgres,
}

/// Where the bots play.
#[derive(Clone, Debug, PartialEq)]
pub enum WorldPlan {
    /// The world that the server has anyway.
    Servers,
    /// A folder of world files.
    Folder(PathBuf),
    /// Rooms made for the run.
    Made {
        /// How many.
        rooms: usize,
        /// How they hang together.
        layout: Layout,
        /// How much lucidity an hour of Mythos time there takes or gives, per Mythos minute.
        flux: f64,
    },
}

/// How made rooms hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Nine ways on from each room, one back: everywhere is near.
    Tree,
    /// A ring: east goes on, west goes back.
    Ring,
}

/// One kind of player.
#[derive(Clone, Debug)]
pub struct BotRole {
    /// Its name.
    pub name: String,
    /// How many of all bots, against the other roles.
    pub weight: f64,
    /// The first step.
    pub start: usize,
    /// What it does.
    pub steps: Vec<RoleStep>,
}

/// One state of a role: something done, then thinking, then another state.
#[derive(Clone, Debug)]
pub struct RoleStep {
    /// Its name.
    pub name: String,
    /// What is done.
    pub deed: BotAction,
    /// Time until the next step.
    pub think: Think,
    /// What may come next, with weights.
    pub next: Vec<(usize, f64)>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum BotAction {
    /// Goes to the bot's own room, move by move.
    Home,
    /// Walks through some exit.
    ExpectedWalk,
    /// Walks this way.
    Go(String),
    /// Says this many words to a channel.
    Say(ChatChannel, usize),
    /// Types this line.
    Line(String),
    /// Does nothing.
    Idle,
    /// Cuts the connection and comes back.
    Reconnect,
    /// Does not read for so long.
    SlowReading(Duration),
    /// Types this many lines at once.
    Flood(usize),
}

/// Where words go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChatChannel {
    /// Everybody in the room.
    Say,
    /// Everybody in the room, as a deed.
    Emote,
    /// Everybody in the sub-zone.
    Local,
    /// Everybody but the speaker.
    Global,
    /// One other.
    Whisper,
}

/// A stretch of time and how many bots there are at its end.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadStage {
    /// Its name, for metrics of its own.
    pub name: Option<String>,
    /// How long.
    pub length: Duration,
    /// How many at the end.
    pub bots: usize,
    /// They come or go at its beginning and not evenly over it.
    pub at_once: bool,
    /// Its latencies count for the objectives.
    pub measure: bool,
}

/// Something that is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chaos {
    /// When, since the first stage began.
    pub at: Duration,
    /// What.
    pub deed: ChaosKind,
    /// How long.
    pub length: Duration,
}

/// What can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChaosKind {
    /// The database stands still.
    FreezeDatabase,
    /// The database is killed, and started again after the time.
    KillDatabase,
    /// The broker is killed, and started again after the time.
    DropBroker,
    /// `kill -9`, and a new start after the time.
    KillServer,
    /// The server stands still.
    FreezeServer,
}

/// The part of a server that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChaosTarget {
    Database,
    Broker,
    Server,
}

impl ChaosKind {
    pub(crate) const WORDS: [(&'static str, Self); 5] = [
        ("freeze database", Self::FreezeDatabase),
        ("kill database", Self::KillDatabase),
        ("drop broker", Self::DropBroker),
        ("kill server", Self::KillServer),
        ("freeze server", Self::FreezeServer),
    ];

    pub(crate) fn subject(self) -> ChaosTarget {
        match self {
            Self::FreezeDatabase | Self::KillDatabase => ChaosTarget::Database,
            Self::DropBroker => ChaosTarget::Broker,
            Self::KillServer | Self::FreezeServer => ChaosTarget::Server,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(_, kind)| *kind == self);
        found.map_or("", |(word, _)| word)
    }
}

impl Scenario {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// When it can't be read, or with every mistake as `file:line: message`.
    pub fn load(path: &Path) -> Result<Self, LoadFault> {
        let text = std::fs::read_to_string(path).map_err(LoadFault::file(path))?;
        Self::parse(path, &text)
    }

    /// Checks a text; `path` is for the messages.
    ///
    /// # Errors
    /// With every mistake as `file:line: message`.
    pub fn parse(path: &Path, text: &str) -> Result<Self, LoadFault> {
        parse::scenario(path, text)
    }

    /// How long all stages take.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.stages.iter().map(|stage| stage.length).sum()
    }

    /// The most bots there are at a time.
    #[must_use]
    pub fn bots_max(&self) -> usize {
        self.stages
            .iter()
            .map(|stage| stage.bots)
            .max()
            .unwrap_or(0)
    }

    /// When each bot comes and, if before the end, goes, since the first stage began. The last to
    /// come are the first to go.
    pub(crate) fn presences(&self) -> Vec<(Duration, Option<Duration>)> {
        let mut all: Vec<(Duration, Option<Duration>)> = Vec::new();
        let mut inside: Vec<usize> = Vec::new();
        let mut began = Duration::ZERO;
        for stage in &self.stages {
            let change = stage.bots.abs_diff(inside.len());
            let grows = stage.bots > inside.len();
            for index in 0..change {
                let at = if stage.at_once {
                    began
                } else {
                    began + stage.length.mul_f64(index as f64 / change as f64)
                };
                if grows {
                    inside.push(all.len());
                    all.push((at, None));
                } else if let Some(bot) = inside.pop() {
                    all[bot].1 = Some(at);
                }
            }
            began += stage.length;
        }
        all
    }

    /// The stages that have metrics of their own: name, from, to, since the first stage began.
    pub(crate) fn named_stages(&self) -> Vec<(String, Duration, Duration)> {
        let mut began = Duration::ZERO;
        let mut named = Vec::new();
        for stage in &self.stages {
            let end = began + stage.length;
            if let Some(name) = &stage.name {
                named.push((name.clone(), began, end));
            }
            began = end;
        }
        named
    }

    /// Without a world of its own and a `world` folder to serve, the bots get a made one.
    pub(crate) fn settle_world(&mut self) {
        let is_given = self
            .server
            .config
            .iter()
            .any(|(key, _)| key == "server.world");
        if self.world == WorldPlan::Servers && !is_given && !Path::new("world").is_dir() {
            self.world = WorldPlan::Made {
                rooms: self.bots_max().div_ceil(BOTS_PER_ROOM).max(2),
                layout: Layout::Tree,
                flux: 0.0,
            };
        }
    }

    /// The stretches whose latencies count, since the first stage began.
    pub(crate) fn measured(&self) -> Vec<(Duration, Duration)> {
        let mut began = Duration::ZERO;
        let mut stretches = Vec::new();
        for stage in &self.stages {
            if stage.measure {
                stretches.push((began, began + stage.length));
            }
            began += stage.length;
        }
        stretches
    }
}
