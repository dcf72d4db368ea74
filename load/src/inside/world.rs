//! The engine and the game in the driver's own process. Time is the world's: a tick is as long as
//! it says, however long it takes, so that 100,000 players need no fast machine.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::content::Source;
use engine::port::{
    AccountId, Arrival, Correlation, Inbound, Line, Outbound, Role as Rights, SessionId, StableId,
    StoreAsk, StoreReply, WorldTime,
};
use engine::runner::stopwatch;
use engine::{Engine, Save, Setup, TickInput};
use hdrhistogram::Histogram;
use systems::chat::Channel;

use super::InsideGame;
use crate::bot::{Act, Around, Bot, BotExit, Sense};
use crate::fault::LoadFault;
use crate::metrics::{QUANTILES, RunMetrics};
use crate::progress::Progress;
use crate::report::Report;
use crate::scenario::{Arrivals, BotAction, Scenario, SignInKind, WorldPlan};
use crate::world_map::WorldMap;

/// A tick that takes longer is told as this long.
const TICK_MAX_NANOS: u64 = 60_000_000_000;
/// Ticks a second, as a server has by default.
const RATE_HZ: u64 = 20;
const TICK: Duration = Duration::from_millis(1_000 / RATE_HZ);
const BEGIN: WorldTime = WorldTime(1_700_000_000_000_000);

const WHAT: &str = "playing in the process";

struct InsidePlayer {
    bot: Bot,
    leaves: Option<Duration>,
    due: Duration,
    waits: bool,
    room: String,
    ways: Vec<BotExit>,
    inside: bool,
}

struct InsideWorld {
    engine: Engine,
    now: WorldTime,
    durable: u64,
    stored: Vec<StoreReply>,
    players: Vec<InsidePlayer>,
    tag: String,
    lines: u64,
    answers: u64,
    refused: u64,
    notes: u64,
    heard: u64,
    times: Histogram<u64>,
    plugins: HashMap<usize, u64>,
}

pub(super) fn play(
    scenario: &Scenario,
    game: &InsideGame,
    report: &mut Report,
    quiet: bool,
) -> Result<(), LoadFault> {
    let progress = Progress::begin(&scenario.name, scenario.length(), quiet);
    progress.say("building the world");
    let sources = sources(&scenario.world)?;
    let mut settings = systems::Settings::default();
    settings.commands.commands_per_second = 0;
    for channel in Channel::ALL {
        settings.chat = settings.chat.with(channel, 0);
    }
    let setup = Setup {
        stopwatch: Some(stopwatch),
        ..Setup::default()
    };
    let engine = game.build(&sources, settings, setup);
    let engine = engine.map_err(|why| LoadFault::setup(WHAT, why))?;
    let mut world = InsideWorld::new(engine, scenario)?;
    let presences = scenario.presences();
    let measured = scenario.measured();
    let ticks = scenario.length().as_millis() as u64 / TICK.as_millis() as u64;
    let mut coming = 0;
    let began = Instant::now();
    for tick in 0..ticks {
        let at = TICK * tick as u32;
        let mut heard = Vec::new();
        while coming < presences.len() && presences[coming].0 <= at {
            heard.push(Inbound::Arrive(arrival(coming)));
            coming += 1;
        }
        let counts = measured.iter().any(|(from, to)| (*from..*to).contains(&at));
        world.act(at, &mut heard);
        world.tick(heard, at, counts);
        if tick % RATE_HZ == 0 {
            progress.at(
                tick / RATE_HZ,
                world.players.iter().filter(|one| one.inside).count(),
            );
        }
    }
    progress.end();
    report.hints = ignored(scenario);
    let (metrics, plugins) = world.metrics(began.elapsed());
    report.add_inside(metrics, plugins);
    Ok(())
}

/// What of a scenario needs sockets, and is left out here.
fn ignored(scenario: &Scenario) -> Vec<String> {
    let steps = || scenario.roles.iter().flat_map(|role| &role.steps);
    let deeds: [(&str, fn(&BotAction) -> bool); 3] = [
        ("reconnect", |deed| *deed == BotAction::Reconnect),
        ("slow", |deed| matches!(deed, BotAction::SlowReading(_))),
        ("flood", |deed| matches!(deed, BotAction::Flood(_))),
    ];
    let keys = [
        (
            "[server]",
            !scenario.server.config.is_empty() || scenario.server.broker,
        ),
        ("[[chaos]]", !scenario.chaos.is_empty()),
        ("sign_in", scenario.sign_in == SignInKind::Accounts),
        ("arrivals", scenario.arrivals == Arrivals::Closed),
    ];
    let mut left_out: Vec<String> = keys
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(key, _)| key.to_owned())
        .collect();
    for (word, is) in deeds {
        if steps().any(|step| is(&step.deed)) {
            left_out.push(format!("do = \"{word}\""));
        }
    }
    if left_out.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "without sockets these mean nothing and were left out: {}",
        left_out.join(", ")
    )]
}

impl InsideWorld {
    fn new(engine: Engine, scenario: &Scenario) -> Result<Self, LoadFault> {
        let roles: Vec<Arc<_>> = scenario.roles.iter().cloned().map(Arc::new).collect();
        let players = scenario.presences().into_iter().enumerate();
        let players = players
            .map(|(index, (_, leaves))| InsidePlayer {
                bot: Bot::new(scenario, &roles, index),
                leaves,
                due: Duration::MAX,
                waits: false,
                room: String::new(),
                ways: Vec::new(),
                inside: false,
            })
            .collect();
        let times = Histogram::new_with_bounds(1, TICK_MAX_NANOS, 4)
            .map_err(|why| LoadFault::setup(WHAT, why))?;
        Ok(Self {
            engine,
            now: BEGIN,
            durable: 0,
            stored: Vec::new(),
            players,
            tag: "kinside".to_owned(),
            lines: 0,
            answers: 0,
            refused: 0,
            notes: 0,
            heard: 0,
            times,
            plugins: HashMap::new(),
        })
    }

    /// Everybody who is due acts.
    fn act(&mut self, at: Duration, heard: &mut Vec<Inbound>) {
        for index in 0..self.players.len() {
            if !self.players[index].inside {
                continue;
            }
            let session = SessionId(index as u64);
            if self.players[index]
                .leaves
                .is_some_and(|leaves| leaves <= at)
            {
                self.players[index].inside = false;
                let why = engine::port::Leaving::Quit;
                heard.push(Inbound::Leave { session, why });
                continue;
            }
            while self.players[index].due <= at && !self.players[index].waits {
                let all = self.players.len();
                // Nobody whispers to who has not come yet, or to oneself.
                let fellow = self.players[index].bot.wants_company(all);
                let fellow = fellow.filter(|one| *one != index && self.players[*one].inside);
                let fellow = fellow.map(|one| (one, name(one)));
                let player = &mut self.players[index];
                let around = Around {
                    room: &player.room,
                    ways: &player.ways,
                    fellow: fellow.as_ref().map(|(one, name)| (*one, name.as_str())),
                    micros: player.due.as_micros() as u64,
                    tag: &self.tag,
                };
                let (act, think) = player.bot.act(around);
                player.due += think;
                let Act::Type(line, sense) = act else {
                    continue;
                };
                // The way on is known when the answer is here.
                player.waits = matches!(sense, Sense::Move(_));
                if let Ok(line) = Line::new(&line) {
                    self.lines += 1;
                    heard.push(Inbound::Line {
                        session,
                        id: None,
                        line,
                        correlation: Correlation(index as u64),
                    });
                }
            }
        }
    }

    fn tick(&mut self, heard: Vec<Inbound>, at: Duration, counts: bool) {
        self.now = self.now.plus(TICK);
        let mut input = TickInput {
            now: self.now,
            heard,
            stored: std::mem::take(&mut self.stored),
            ..TickInput::default()
        };
        input.storage.durable_tick = self.durable;
        let began = stopwatch();
        let output = self.engine.tick(input);
        if counts {
            self.times.saturating_record(stopwatch() - began);
            for (plugin, _, nanos) in self.engine.spent().iter() {
                *self.plugins.entry(plugin).or_default() += nanos;
            }
        }
        if let Save::Batch(batch) = &output.save {
            self.durable = batch.tick;
        }
        for ask in output.asks {
            let StoreAsk::Load { character, session } = ask else {
                continue;
            };
            self.stored.push(StoreReply::Loaded {
                character,
                session,
                rows: Vec::new(),
            });
        }
        for said in &output.emission.said {
            self.hear(said, at);
        }
    }

    fn hear(&mut self, said: &Outbound, at: Duration) {
        match said {
            Outbound::Admitted { session, .. } => {
                if let Some(player) = self.players.get_mut(session.0 as usize) {
                    (player.inside, player.due) = (true, at);
                }
            }
            Outbound::Outcome { session, outcome } => {
                self.answers += 1;
                self.refused += u64::from(outcome.result.is_err());
                if let Some(player) = self.players.get_mut(session.0 as usize) {
                    player.waits = false;
                    player.due = player.due.max(at);
                }
            }
            Outbound::Note { to, note } => {
                self.notes += 1;
                let is_place = matches!(note.event_type(), "room_update" | "game_state");
                for session in to.sessions() {
                    self.heard += 1;
                    if is_place && let Some(player) = self.players.get_mut(session.0 as usize) {
                        player.sees(note.data());
                    }
                }
            }
            _ => {}
        }
    }

    fn metrics(mut self, took: Duration) -> (RunMetrics, Vec<(String, f64)>) {
        let mut metrics = RunMetrics::default();
        let seconds = |nanos: u64| nanos as f64 / 1e9;
        for (which, at) in QUANTILES {
            let value = self.times.value_at_quantile(at);
            metrics.set(format!("tick_{which}"), seconds(value));
        }
        metrics.set("tick_max", seconds(self.times.max()));
        metrics.set("tick_mean", self.times.mean() / 1e9);
        metrics.set("ticks", self.times.len() as f64);
        metrics.set("bots", self.engine.players_online() as f64);
        metrics.set("commands", self.lines as f64);
        metrics.set("frames", self.heard as f64);
        metrics.set_per(
            "commands_per_second",
            self.answers as f64,
            took.as_secs_f64(),
        );
        metrics.set_per("frames_per_second", self.heard as f64, took.as_secs_f64());
        metrics.set_per("frames_per_command", self.heard as f64, self.lines as f64);
        metrics.set_per("errors", self.refused as f64, self.lines as f64);
        let names = self.engine.plugins();
        let ticks = self.times.len().max(1) as f64;
        let mut plugins: Vec<(String, f64)> = self
            .plugins
            .into_iter()
            .map(|(plugin, nanos)| (names[plugin].to_owned(), seconds(nanos) / ticks))
            .collect();
        plugins.sort_by(|a, b| b.1.total_cmp(&a.1));
        for (plugin, time) in &plugins {
            metrics.set(format!("plugin:{plugin}"), *time);
        }
        (metrics, plugins)
    }
}

impl InsidePlayer {
    fn sees(&mut self, data: &dyn erased_serde::Serialize) {
        let Ok(data) = serde_json::to_value(data) else {
            return;
        };
        let room = &data["room"];
        let (Some(id), Some(exits)) = (room["id"].as_str(), room["exits"].as_object()) else {
            return;
        };
        id.clone_into(&mut self.room);
        self.ways.clear();
        for (word, exit) in exits {
            self.ways.push(BotExit {
                word: word.clone(),
                to: exit["to"].as_str().unwrap_or_default().to_owned(),
            });
        }
    }
}

fn name(index: usize) -> String {
    let mut name = String::from("Bot");
    let mut rest = index;
    for _ in 0..5 {
        name.push(char::from(b'a' + (rest % 26) as u8));
        rest /= 26;
    }
    name
}

fn arrival(index: usize) -> Arrival {
    let name = name(index);
    let character = StableId::named(&name);
    Arrival {
        session: SessionId(index as u64),
        correlation: Correlation(index as u64),
        account: AccountId(character.uuid()),
        character,
        name,
        profession: None,
        role: Rights::Player,
        guest: true,
        created_at: BEGIN,
        seed: None,
    }
}

fn sources(plan: &WorldPlan) -> Result<Vec<Source>, LoadFault> {
    let Some(map) = WorldMap::of(plan) else {
        let why = "the scenario needs a world of its own: world.rooms";
        return Err(LoadFault::setup(WHAT, why));
    };
    let files = map.files().into_iter();
    Ok(files.map(|(path, text)| Source { path, text }).collect())
}
