//! What the world's thread pays for a message: the same play with a bus, less that without one.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Duration;

use engine::port::{
    Awake, BridgeIn, Correlation, Inbound, Line, Owner, Parcels, Row, SessionId, StableId,
    StoreAsk, StoreReply, WorldTime,
};
use engine::stage::STAGE_START;
use engine::{Engine, Save, Setup, TickInput};
use systems::Settings;
use systems::bus::BusSettings;
use systems::chat::{Channel, ChatLimits};
use systems::command::CommandLimits;

use crate::arrival::arrival;
use crate::processor::processor_time;
use crate::{judge, median, town};

const PLAYERS: u64 = 200;
/// One room each: a line has no hearer but its speaker, and what is left is the bus.
const ROOMS: usize = 200;
const TICKS: usize = 2_000;
const STEP: Duration = Duration::from_millis(50);
/// What must arrive, and waits.
const WAITING: usize = 2_000;
/// What a message may cost, in nanoseconds.
const GOAL: f64 = 2_000.0;

/// The game, with everybody in it, driven as the runner drives it.
struct World {
    engine: Engine,
    now: WorldTime,
    stored: Vec<StoreReply>,
    bridged: Vec<BridgeIn>,
    durable: u64,
    rooms: HashMap<StableId, u64>,
    /// Where the runner puts what goes to the bus.
    lane: Option<tokio::sync::mpsc::Sender<Parcels>>,
}

impl World {
    fn new(lane: Option<tokio::sync::mpsc::Sender<Parcels>>) -> Self {
        let chat = [Channel::Say, Channel::Local, Channel::Whisper]
            .into_iter()
            .fold(ChatLimits::default(), |limits, channel| {
                limits.with(channel, 0)
            });
        let settings = Settings {
            chat,
            commands: CommandLimits {
                commands_per_second: 0,
                ..CommandLimits::default()
            },
            bus: lane.is_some().then(|| BusSettings {
                node: "north".into(),
                world: "kadath".into(),
                origin: "north.1".into(),
                outbox_max: 100_000,
                forget_after: Duration::from_secs(86_400),
            }),
            ..Settings::default()
        };
        let setup = Setup {
            bridge: lane.is_some(),
            ..Setup::default()
        };
        let game = systems::game(town::world(ROOMS), settings);
        let mut world = Self {
            engine: Engine::build(setup, game).expect("the game fits together"),
            now: STAGE_START,
            stored: Vec::new(),
            bridged: Vec::new(),
            durable: 0,
            rooms: HashMap::new(),
            lane,
        };
        let arrivals = (0..PLAYERS).map(|player| {
            let arrival = arrival(player);
            world.rooms.insert(arrival.character, player);
            Inbound::Arrive(arrival)
        });
        let arrivals = arrivals.collect();
        for heard in [arrivals, Vec::new(), Vec::new()] {
            world.tick(heard);
        }
        assert_eq!(world.engine.players_online() as u64, PLAYERS);
        world
    }

    /// One tick and the hand-over, in nanoseconds of processor time, and the messages in it.
    fn tick(&mut self, heard: Vec<Inbound>) -> (u64, usize) {
        self.now = self.now.plus(STEP);
        let mut input = TickInput {
            now: self.now,
            heard,
            stored: std::mem::take(&mut self.stored),
            bridged: std::mem::take(&mut self.bridged),
            ..TickInput::default()
        };
        input.storage.durable_tick = self.durable;
        let began = processor_time();
        let mut output = self.engine.tick(input);
        let parcels = std::mem::take(&mut output.parcels);
        let messages = parcels.sent.len();
        if let Some(lane) = &self.lane {
            lane.try_send(parcels).expect("the lane has room");
        }
        let spent = processor_time() - began;
        if let Save::Batch(batch) = &output.save {
            self.durable = batch.tick;
        }
        for ask in &output.asks {
            let StoreAsk::Load { character, session } = ask else {
                continue;
            };
            let room = self.rooms[character];
            self.stored.push(StoreReply::Loaded {
                character: *character,
                session: *session,
                rows: vec![Row {
                    id: *character,
                    component: "whereabouts".to_owned(),
                    version: 1,
                    owner: Owner::Character(*character),
                    body: format!(r#"{{"room":"room_{room}"}}"#),
                }],
            });
        }
        black_box(output);
        (spent, messages)
    }
}

/// Both figures.
pub(crate) fn run() -> bool {
    let (lane, mut taken) = tokio::sync::mpsc::channel(64);
    let (mut with, mut without) = (World::new(Some(lane)), World::new(None));
    let mut drain = || while taken.try_recv().is_ok() {};
    drain();

    let mut costs = Vec::new();
    let (mut messages, mut ids) = (0, 0);
    for n in 0..TICKS {
        ids += 1;
        let lines: Vec<Inbound> = (0..PLAYERS)
            .map(|player| line(player, ids, play(n as u64 + player)))
            .collect();
        // Whoever is first finds colder caches.
        let (a, b, sent) = if n % 2 == 0 {
            let (a, sent) = with.tick(lines.clone());
            (a, without.tick(lines).0, sent)
        } else {
            let b = without.tick(lines.clone()).0;
            let (a, sent) = with.tick(lines);
            (a, b, sent)
        };
        drain();
        if n >= TICKS / 10 && sent > 0 {
            costs.push((a as f64 - b as f64) / sent as f64);
            messages += sent;
        }
    }
    let each = median(costs);
    println!(
        "hand-over of lines and events: {each:.0} ns a message, {messages} messages in {} ticks, {PLAYERS} players",
        TICKS * 9 / 10
    );
    let lines = judge("at most 2 µs a message on the world's thread", each <= GOAL);
    lines & offers(&mut with, &mut drain, ids)
}

/// What it costs to offer what must arrive, beside thousands that wait.
fn offers(world: &mut World, drain: &mut impl FnMut(), mut ids: u64) -> bool {
    let bob = Awake {
        id: StableId::named("Bob"),
        name: "Bob".into(),
        place: "The Docks".into(),
        admin: false,
    };
    world.bridged.push(BridgeIn::Awake {
        node: "south".into(),
        players: vec![bob],
    });
    world.bridged.push(BridgeIn::Link { up: false });
    world.tick(Vec::new());
    for _ in 0..WAITING / PLAYERS as usize {
        ids += 1;
        let lines = (0..PLAYERS).map(|player| line(player, ids, "whisper bob psst"));
        world.tick(lines.collect());
        drain();
    }
    let mut idle = Vec::new();
    for _ in 0..100 {
        idle.push(world.tick(Vec::new()).0 as f64);
        drain();
    }
    let idle = median(idle);
    let (mut costs, mut offered) = (Vec::new(), 0);
    world.bridged.push(BridgeIn::Link { up: true });
    for _ in 0..20 * 60 {
        let (spent, sent) = world.tick(Vec::new());
        drain();
        if sent > 100 {
            costs.push((spent as f64 - idle) / sent as f64);
            offered += sent;
        }
    }
    let each = median(costs);
    println!(
        "offers of what must arrive: {each:.0} ns a message, {offered} offers of {WAITING} that wait; a tick that offers nothing beside them takes {:.1} µs",
        idle / 1e3
    );
    judge("at most 2 µs an offer on the world's thread", each <= GOAL)
}

const fn play(n: u64) -> &'static str {
    match n % 4 {
        0 => "say is anybody there?",
        1 => "east",
        2 => "local can anybody hear me?",
        _ => "west",
    }
}

fn line(player: u64, id: u64, text: &str) -> Inbound {
    Inbound::Line {
        session: SessionId(player),
        id: Some(id),
        line: Line::new(text).expect("a line"),
        correlation: Correlation(player),
    }
}
