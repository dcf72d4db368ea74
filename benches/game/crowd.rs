//! Everybody in the town, and what they do.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hint::black_box;
use std::time::Duration;

use engine::port::{
    Correlation, Inbound, Line, Outbound, Owner, Row, SaveBatch, SessionId, StableId, StoreAsk,
    StoreReply, WorldTime,
};
use engine::runner::{INBOUND_PER_TICK_MAX, REPLIES_PER_TICK_MAX, stopwatch};
use engine::stage::STAGE_START;
use engine::{Engine, Phase, Save, Setup, TickInput};
use systems::lucidity::MYTHOS_MINUTE;

use crate::arrival::arrival;
use crate::processor::processor_time;
use crate::recording::Recording;

/// Ticks until a batch is durable: the journal's fsync takes less than one.
const DURABLE_AFTER: u64 = 1;

/// What was asked and said.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) commands: u64,
    pub(crate) refused: u64,
    pub(crate) notes: u64,
}

/// One tick's time.
pub(crate) struct Spent {
    /// Nanoseconds of this thread's processor time: what the tick costs, whoever else is at work.
    pub(crate) nanos: u64,
    /// Nanoseconds by the clock on the wall.
    pub(crate) wall: u64,
    /// The flux was evaluated in it.
    pub(crate) flux: bool,
    /// Nothing is left to save but what is in its batch.
    pub(crate) clean: bool,
}

/// The engine with the whole game, and everybody in it.
pub(crate) struct Crowd {
    engine: Engine,
    now: WorldTime,
    tick: u64,
    batches: Vec<u64>,
    waiting: VecDeque<Inbound>,
    stored: VecDeque<StoreReply>,
    rooms: HashMap<StableId, usize>,
    /// The newest rows of everybody, where they are kept.
    saved: Option<HashMap<StableId, BTreeMap<String, Row>>>,
    players: usize,
    counts: Counts,
    recording: Option<Recording>,
}

impl Crowd {
    pub(crate) fn new(players: usize, rooms: usize) -> Self {
        Self::with(players, rooms, false)
    }

    /// The same, with every tick recorded from the first on.
    pub(crate) fn recorded(players: usize, rooms: usize) -> Self {
        Self::with(players, rooms, true)
    }

    /// Bytes of the recording, and nanoseconds that it took of the ticks.
    pub(crate) fn recorded_so_far(&self) -> (usize, u64) {
        let recording = self.recording.as_ref();
        recording.map_or((0, 0), |one| (one.bytes.len(), one.copying))
    }

    /// Nanoseconds of a copy of the world, as a checkpoint takes it.
    pub(crate) fn checkpoint(&mut self, whole: bool) -> u64 {
        let began = processor_time();
        let copy = match whole {
            true => self.engine.checkpoint(),
            false => self.engine.unsaved(),
        };
        let took = processor_time() - began;
        let recording = self.recording.as_mut().expect("every tick is recorded");
        recording.shadow.complete(&copy).expect("a checkpoint");
        took
    }

    /// Nanoseconds of copying one kind of state ahead of a checkpoint; `None`: nothing was left.
    pub(crate) fn copy_ahead(&mut self) -> Option<u64> {
        let began = processor_time();
        let copied = self.engine.copy_ahead();
        copied.then(|| processor_time() - began)
    }

    pub(crate) fn recording(self) -> Recording {
        self.recording.expect("every tick was recorded")
    }

    fn with(players: usize, rooms: usize, recorded: bool) -> Self {
        let game = systems::game(super::town::world(rooms), systems::Settings::default());
        let setup = Setup {
            stopwatch: Some(processor_time),
            ..Setup::default()
        };
        let recording = recorded.then(|| Recording::of(&setup));
        let engine = Engine::build(setup, game).expect("the game fits together");
        let mut crowd = Self {
            engine,
            now: STAGE_START,
            tick: 0,
            batches: Vec::new(),
            waiting: VecDeque::new(),
            stored: VecDeque::new(),
            rooms: HashMap::new(),
            saved: None,
            players,
            counts: Counts::default(),
            recording,
        };
        let per_room = players.div_ceil(rooms).max(1);
        // Room by room, so that nobody is told of more than a hundred others at a time.
        for from in (0..players).step_by(per_room) {
            let here = from..(from + per_room).min(players);
            let arrivals = here.map(|player| {
                let arrival = arrival(player as u64);
                crowd.rooms.insert(arrival.character, player / per_room);
                Inbound::Arrive(arrival)
            });
            let arrivals = arrivals.collect();
            crowd.tick(Duration::from_millis(50), arrivals);
        }
        crowd.tick(Duration::from_millis(50), Vec::new());
        assert_eq!(crowd.online(), players);
        crowd
    }

    /// Keeps what is saved from now on, to load it when somebody comes again.
    pub(crate) fn keep_saved(&mut self) {
        self.saved = Some(HashMap::new());
    }

    pub(crate) fn online(&mut self) -> usize {
        self.engine.players_online()
    }

    pub(crate) fn plugins(&self) -> Vec<&'static str> {
        self.engine.plugins()
    }

    /// Time of each plugin in the last tick.
    pub(crate) fn spent(&self) -> impl Iterator<Item = (usize, Phase, u64)> + '_ {
        self.engine.spent().iter()
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    pub(crate) fn forget_counts(&mut self) {
        self.counts = Counts::default();
    }

    /// The lines of those whose turn it is in this tick.
    pub(crate) fn lines(&self, tick: usize, pause: usize) -> Vec<Inbound> {
        let turn = tick % pause;
        let round = tick / pause;
        (turn..self.players)
            .step_by(pause)
            .map(|player| Inbound::Line {
                session: SessionId(player as u64),
                id: Some(round as u64 + 1),
                line: line(player, round),
                correlation: Correlation(player as u64),
            })
            .collect()
    }

    pub(crate) fn tick(&mut self, span: Duration, heard: Vec<Inbound>) {
        self.timed(span, heard);
    }

    /// A tick as the runner makes it, and the time of `Engine::tick` alone.
    pub(crate) fn timed(&mut self, span: Duration, heard: Vec<Inbound>) -> Spent {
        let before = self.now.since(STAGE_START).as_nanos() / MYTHOS_MINUTE.as_nanos();
        self.now = self.now.plus(span);
        let after = self.now.since(STAGE_START).as_nanos() / MYTHOS_MINUTE.as_nanos();
        self.tick += 1;
        self.waiting.extend(heard);
        let heard = self.waiting.len().min(INBOUND_PER_TICK_MAX);
        let stored = self.stored.len().min(REPLIES_PER_TICK_MAX);
        let mut input = TickInput {
            now: self.now,
            heard: self.waiting.drain(..heard).collect(),
            stored: self.stored.drain(..stored).collect(),
            ..TickInput::default()
        };
        let durable = self.batches.iter().rev();
        let durable = durable.copied().find(|at| at + DURABLE_AFTER <= self.tick);
        input.storage.durable_tick = durable.unwrap_or_default();
        self.batches.retain(|at| Some(*at) >= durable);
        let (began, began_wall) = (processor_time(), stopwatch());
        if let Some(recording) = &mut self.recording {
            recording.before(&input);
        }
        let output = self.engine.tick(input);
        let (nanos, wall) = (processor_time() - began, stopwatch() - began_wall);
        if let Some(recording) = &mut self.recording {
            recording.after(self.engine.last_tick(), &output);
        }
        if let Save::Batch(batch) = &output.save {
            self.batches.push(batch.tick);
            if let Some(saved) = &mut self.saved {
                keep(saved, batch);
            }
        }
        for said in &output.emission.said {
            match said {
                Outbound::Outcome { outcome, .. } => {
                    self.counts.commands += 1;
                    self.counts.refused += u64::from(outcome.result.is_err());
                }
                Outbound::Note { .. } => self.counts.notes += 1,
                _ => {}
            }
        }
        for ask in &output.asks {
            let StoreAsk::Load { character, session } = ask else {
                continue;
            };
            let saved = self.saved.as_ref().and_then(|saved| saved.get(character));
            self.stored.push_back(StoreReply::Loaded {
                character: *character,
                session: *session,
                rows: match saved {
                    Some(saved) => saved.values().cloned().collect(),
                    None => rows(*character, self.rooms[character]),
                },
            });
        }
        let clean = !matches!(output.save, Save::Busy);
        black_box(output);
        Spent {
            nanos,
            wall,
            flux: before != after,
            clean,
        }
    }
}

/// Takes the rows of a batch.
fn keep(saved: &mut HashMap<StableId, BTreeMap<String, Row>>, batch: &SaveBatch) {
    for column in &batch.columns {
        column.visit(&mut |row| {
            let row = Row {
                id: row.id,
                component: column.component().to_owned(),
                version: column.version(),
                owner: row.owner,
                body: serde_json::to_string(row.body).expect("a saved value is JSON"),
            };
            let rows = saved.entry(row.id).or_default();
            rows.insert(row.component.clone(), row);
        });
    }
}

/// Four lines in ten are talk, three are steps, the rest is looking about.
fn line(player: usize, round: usize) -> Line {
    let text = match player.wrapping_mul(7).wrapping_add(round) % 10 {
        0..=2 => format!("say is anybody there? I am number {player} and this is my {round}th try"),
        3 => format!("nod Player{}", player / 10 * 10 + (player + 1) % 10),
        4 => "east".to_owned(),
        5 => "west".to_owned(),
        6 => "look".to_owned(),
        7 => "status".to_owned(),
        8 => "time".to_owned(),
        _ => format!(
            "whisper Player{} psst",
            player / 10 * 10 + (player + 1) % 10
        ),
    };
    Line::new(&text).expect("a line")
}

/// What was saved of a player: minds from 1 to 100, and what the flux owes them spread as evenly,
/// as among people who came at different times.
fn rows(id: StableId, room: usize) -> Vec<Row> {
    let (chance, _) = id.uuid().as_u64_pair();
    let row = |component: &str, body: String| Row {
        id,
        component: component.to_owned(),
        version: 1,
        owner: Owner::Character(id),
        body,
    };
    vec![
        row("whereabouts", format!(r#"{{"room":"room_{room}"}}"#)),
        row("lucidity", format!(r#"{{"points":{}}}"#, chance % 100 + 1)),
        row(
            "lucidity_drift",
            format!(
                r#"{{"residual":{},"minutes":0,"room":null}}"#,
                chance / 100 % 1_000_000_000
            ),
        ),
    ]
}
