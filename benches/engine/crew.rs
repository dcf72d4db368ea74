//! A thousand characters and a plugin that makes all of them do one thing a tick.

use std::hint::black_box;
use std::time::Duration;

use engine::port::{Correlation, Inbound, Line, SessionId, WorldTime};
use engine::prelude::*;
use engine::stage::STAGE_START;
use engine::{Answer, Engine, Heard, Orders, Setup};
use serde::{Deserialize, Serialize};

use crate::arrival::arrival;
use crate::store::Store;

pub(crate) const PLAYERS: usize = 1_000;
const TICK: Duration = Duration::from_millis(50);

/// What everybody does in a tick.
#[derive(Resource, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Nothing,
    /// A durable component is written, and so collected.
    Touch,
    /// A message to its owner, who writes it.
    Bump,
    /// A command, answered at once.
    Command,
}

/// What is written: about as large as a character's whereabouts.
#[derive(Component, Serialize, Deserialize, Clone, Default)]
struct Purse {
    coins: u64,
    place: String,
}

/// What is written and not saved.
#[derive(Component, Default)]
struct Pulse(u64);

#[derive(Message)]
struct Bump {
    who: Entity,
    by: u64,
}

fn plugin(work: Work) -> impl Fn(&mut Registrar<'_>) {
    move |reg: &mut Registrar<'_>| {
        reg.persist::<Purse>("purse")
            .character::<Purse>()
            .scratch::<Pulse>()
            .character::<Pulse>()
            .message::<Bump>()
            .resource(work)
            .system(Phase::Simulate, ask)
            .system(Phase::Settle, (touch, settle, answer).chain());
    }
}

fn touch(work: Res<Work>, mut purses: Query<&mut Purse>) {
    if *work == Work::Touch {
        for mut purse in &mut purses {
            purse.coins += 1;
        }
    }
}

fn ask(work: Res<Work>, all: Query<Entity, With<Pulse>>, mut bumps: MessageWriter<Bump>) {
    if *work == Work::Bump {
        for who in &all {
            bumps.write(Bump { who, by: 1 });
        }
    }
}

fn settle(mut bumps: MessageReader<Bump>, mut pulses: Query<&mut Pulse>) {
    for Bump { who, by } in bumps.read() {
        if let Ok(mut pulse) = pulses.get_mut(*who) {
            pulse.0 += by;
        }
    }
}

fn answer(
    mut heard: MessageReader<Heard>,
    mut orders: ResMut<Orders>,
    mut answers: MessageWriter<Answer>,
) {
    for Heard { order, .. } in heard.read() {
        orders.start(*order);
        answers.write(Answer::done(*order));
    }
}

/// The engine with that plugin, and everybody in it.
pub(crate) struct Crew {
    engine: Engine,
    now: WorldTime,
    store: Store,
    lines: u64,
    commands: bool,
}

impl Crew {
    pub(crate) fn new(work: Work) -> Self {
        let engine = Engine::build(Setup::default(), plugin(work));
        let mut crew = Self {
            engine: engine.expect("the plugin is sound"),
            now: STAGE_START,
            store: Store::default(),
            lines: 0,
            commands: false,
        };
        let arrivals = (0..PLAYERS).map(|player| Inbound::Arrive(arrival(player as u64)));
        crew.run(arrivals.collect());
        crew.run(Vec::new());
        assert_eq!(crew.engine.players_online(), PLAYERS);
        crew.commands = work == Work::Command;
        crew
    }

    pub(crate) fn tick(&mut self) {
        let mut heard = Vec::new();
        if self.commands {
            self.lines += 1;
            let line = Line::new("look at the sky").expect("a line");
            heard.extend((0..PLAYERS as u64).map(|session| Inbound::Line {
                session: SessionId(session),
                id: Some(self.lines),
                line: line.clone(),
                correlation: Correlation(session),
            }));
        }
        self.run(heard);
    }

    pub(crate) fn digest(&mut self) -> u64 {
        self.engine.digest()
    }

    fn run(&mut self, heard: Vec<Inbound>) {
        self.now = self.now.plus(TICK);
        let output = self.engine.tick(self.store.input(self.now, heard));
        self.store.serve(&output, |_, _| Vec::new());
        black_box(output);
    }
}
