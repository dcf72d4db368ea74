//! What the proofs share: a tape to write on, plugins by name, and a very small game.

use std::sync::{Arc, Mutex, PoisonError};

use engine::port::{
    AccountId, Arrival, Correlation, Inbound, Leaving, Line, Owner, Row, SaveBatch, SessionId,
    StoreAsk, StoreReply, WorldTime,
};
use engine::prelude::*;
use engine::stage::STAGE_START;
use engine::{Engine, Orders, Save, Setup, TickInput, TickOutput};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Written by systems, read by the test.
#[derive(Clone, Debug)]
pub(crate) struct Tape<T>(Arc<Mutex<Vec<T>>>);

impl<T> Default for Tape<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone> Tape<T> {
    pub(crate) fn write(&self, one: T) {
        self.lock().push(one);
    }

    pub(crate) fn read(&self) -> Vec<T> {
        self.lock().clone()
    }

    /// What was written since the last take.
    pub(crate) fn take(&self) -> Vec<T> {
        std::mem::take(&mut *self.lock())
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A plugin by name.
pub(crate) fn named<F: Fn(&mut Registrar<'_>)>(name: &'static str, build: F) -> impl Plugin {
    Named(name, build)
}

struct Named<F>(&'static str, F);

impl<F: Fn(&mut Registrar<'_>)> Plugin for Named<F> {
    fn build(&self, reg: &mut Registrar<'_>) {
        (self.1)(reg);
    }

    fn name(&self) -> &'static str {
        self.0
    }
}

/// An engine without a stage, for what only its raw output shows.
pub(crate) fn bare(plugin: impl Plugin) -> Engine {
    Engine::build(
        Setup {
            last_now: Some(STAGE_START),
            ..Setup::default()
        },
        plugin,
    )
    .unwrap()
}

/// An input `ms` milliseconds after the beginning of time, with everything saved up to `durable`.
pub(crate) fn input(ms: u64, durable: u64) -> TickInput {
    let mut input = TickInput {
        now: WorldTime(STAGE_START.0 + ms * 1_000),
        ..TickInput::default()
    };
    input.storage.durable_tick = durable;
    input
}

/// An engine whose every output the test sees: 20 Hz, storage that knows nobody.
pub(crate) struct Backstage {
    pub(crate) engine: Engine,
    /// Batches do not become durable.
    pub(crate) hold: bool,
    /// Storage answers in the next tick.
    pub(crate) answer: bool,
    ms: u64,
    under_way: u64,
    durable: u64,
    replies: Vec<StoreReply>,
}

impl Backstage {
    pub(crate) fn new(plugin: impl Plugin) -> Self {
        Self {
            engine: bare(plugin),
            hold: false,
            answer: true,
            ms: 0,
            under_way: 0,
            durable: 0,
            replies: Vec::new(),
        }
    }

    /// One tick in which the gateway says `heard`.
    pub(crate) fn tick(&mut self, heard: Vec<Inbound>) -> TickOutput {
        self.tick_with(heard, Vec::new())
    }

    /// One tick in which the gateway says `heard`, and storage `told` unasked.
    pub(crate) fn tick_with(&mut self, heard: Vec<Inbound>, told: Vec<StoreReply>) -> TickOutput {
        self.ms += 50;
        if !self.hold {
            self.durable = self.under_way;
        }
        let mut input = input(self.ms, self.durable);
        input.heard = heard;
        input.stored = told;
        input.stored.append(&mut self.replies);
        let output = self.engine.tick(input);
        for ask in &output.asks {
            let StoreAsk::Load { character, session } = ask else {
                continue;
            };
            if !self.answer {
                continue;
            }
            self.replies.push(StoreReply::Loaded {
                character: *character,
                session: *session,
                rows: Vec::new(),
            });
        }
        if let Save::Batch(batch) = &output.save {
            self.under_way = batch.tick;
        }
        output
    }
}

/// The batch of a tick that must have one.
pub(crate) fn batch(output: TickOutput) -> SaveBatch {
    match output.save {
        Save::Batch(batch) => *batch,
        other => panic!("no batch but {other:?}"),
    }
}

/// Every value of a batch as `(id, component, JSON)`, sorted.
pub(crate) fn values(batch: &SaveBatch) -> Vec<(StableId, &'static str, String)> {
    let mut values = Vec::new();
    for column in &batch.columns {
        column.visit(&mut |row| {
            let body = serde_json::to_string(row.body).unwrap();
            values.push((row.id, column.component(), body));
        });
    }
    values.sort();
    values
}

pub(crate) fn arrival(session: u64, name: &str) -> Inbound {
    let id = StableId::named(name);
    Inbound::Arrive(Arrival {
        session: SessionId(session),
        correlation: Correlation(session),
        account: AccountId(id.uuid()),
        character: id,
        name: name.to_owned(),
        profession: None,
        seed: None,
        role: Role::Player,
        guest: false,
        created_at: STAGE_START,
    })
}

pub(crate) fn line(session: u64, id: Option<u64>, text: &str) -> Inbound {
    Inbound::Line {
        session: SessionId(session),
        id,
        line: Line::new(text).unwrap(),
        correlation: Correlation(session),
    }
}

pub(crate) fn leave(session: u64) -> Inbound {
    Inbound::Leave {
        session: SessionId(session),
        why: Leaving::Quit,
    }
}

pub(crate) fn row(id: StableId, component: &str, version: u32, owner: Owner, body: &str) -> Row {
    Row {
        id,
        component: component.to_owned(),
        version,
        owner,
        body: body.to_owned(),
    }
}

/// The game's one durable value.
#[derive(Component, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Coins(pub(crate) i64);

/// A note of plain words.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Words(pub(crate) String);

impl Note for Words {
    fn event_type(&self) -> &'static str {
        "words"
    }

    fn data(&self) -> &dyn erased_serde::Serialize {
        self
    }

    fn prose(&self) -> Option<Prose> {
        Some(Prose::of(Ink::Speech, self.0.clone()))
    }
}

impl Published for Words {
    const TYPES: &'static [&'static str] = &["words"];

    fn examples() -> Vec<Self> {
        vec![Self("so it is".to_owned())]
    }
}

#[derive(Message)]
struct Spoken(String);

/// Orders to be executed in the next tick.
#[derive(Resource, Clone, Default, Serialize, Deserialize)]
struct Later(Vec<Order>);

/// A game of few words; what each does stands where it is read.
pub(crate) fn game(reg: &mut Registrar<'_>) {
    reg.persist::<Coins>("coins")
        .character::<Coins>()
        .message::<Spoken>()
        .note::<Words>()
        .resource(Later::default())
        .transient::<Later>("later")
        .owns::<Orders>()
        .system(Phase::Simulate, obey)
        .system(Phase::Emit, speak);
}

fn obey(
    mut heard: MessageReader<Heard>,
    mut coins: Query<&mut Coins>,
    mut later: ResMut<Later>,
    mut orders: ResMut<Orders>,
    mut answer: MessageWriter<Answer>,
    mut dismiss: MessageWriter<Dismiss>,
    mut spoken: MessageWriter<Spoken>,
) {
    for order in std::mem::take(&mut later.0) {
        orders.start(order);
        answer.write(Answer::with(order, "at last"));
    }
    for Heard { order, line } in heard.read() {
        let order = *order;
        match line.as_str() {
            "ignore" => continue,
            "forget" => {
                orders.queue(order, line.clone());
                continue;
            }
            "later" => {
                later.0.push(order);
                orders.queue(order, line.clone());
                continue;
            }
            "shrug" => {}
            "earn" => {
                if let Ok(mut coins) = coins.get_mut(order.actor) {
                    coins.0 += 1;
                }
                answer.write(Answer::with(order, "earned"));
            }
            "refuse" => {
                answer.write(Answer::refused(order, Code::GameLogicError, "not today"));
            }
            "twice" => {
                answer.write(Answer::with(order, "first"));
                answer.write(Answer::with(order, "second"));
            }
            "go" => {
                spoken.write(Spoken("farewell".to_owned()));
                answer.write(Answer::done(order));
                dismiss.write(Dismiss {
                    actor: order.actor,
                    why: Leaving::Kicked,
                    told: None,
                });
            }
            words => {
                spoken.write(Spoken(words.to_owned()));
                answer.write(Answer::done(order));
            }
        }
        orders.start(order);
    }
}

fn speak(mut spoken: MessageReader<Spoken>, online: Query<&Online>, mut outbox: ResMut<Outbox>) {
    if spoken.is_empty() {
        return;
    }
    let mut sessions: Vec<SessionId> = online.iter().map(|online| online.session).collect();
    sessions.sort();
    let everybody: Arc<[SessionId]> = sessions.into();
    for Spoken(words) in spoken.read() {
        outbox.tell(Audience::Many(Arc::clone(&everybody)), Words(words.clone()));
    }
}
