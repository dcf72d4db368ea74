//! The real engine without its edges: for tests, examples and transcripts.
//!
//! The stage plays gateway and storage itself: sessions are numbers, saved rows a map in memory.
//! Everything between is the engine that runs in the server.

#![expect(
    clippy::panic,
    reason = "a scene that can't go on is a failed test, and says why"
)]

mod accounts;
mod draft;
mod ears;
mod edges;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::content::NextRevision;
use crate::port::{
    AccountId, Arrival, Banned, BridgeIn, Correlation, DraftWish, Fact, Inbound, Line, Parcels,
    Role, Row, RunId, SaveBatch, SessionId, StableId, Standings, StorageState, StoreReply,
    WorldTime,
};
use crate::runner::Rate;
pub use ears::Ears;

use crate::{Engine, EngineFault, FaultReport, Plugin, Seed, Setup};

/// Where the stage's time begins: 2025-01-01T00:00:00Z, when the Mythos clock shows midnight.
pub const STAGE_START: WorldTime = WorldTime(1_735_689_600_000_000);

/// What is saved, by entity and component.
pub type SavedRows = BTreeMap<(StableId, String), Row>;

/// A world to play scenes in.
#[derive(Debug)]
pub struct Stage {
    engine: Engine,
    now: WorldTime,
    rate: Rate,
    /// From where ticks are counted, and how many there were since.
    base: (WorldTime, u64),
    storage: StorageState,
    hold_saves: bool,
    hold_receipts: bool,
    held: Option<SaveBatch>,
    saved: SavedRows,
    facts: Vec<Fact>,
    facts_max: u32,
    heard: Vec<Inbound>,
    stored: Vec<StoreReply>,
    bridged: Vec<BridgeIn>,
    parcels: Vec<Parcels>,
    players: HashMap<String, StagePlayer>,
    sessions: u64,
    ears: HashMap<SessionId, Ears>,
    faults: Vec<FaultReport>,
    digests: Vec<u64>,
    halted: bool,
    asked: u64,
    wall_offset: i64,
    standings: Option<Standings>,
    revision: Option<NextRevision>,
    wishes: Vec<DraftWish>,
    bans: Vec<(AccountId, Option<Banned>)>,
}

#[derive(Debug, Clone)]
struct StagePlayer {
    id: StableId,
    session: SessionId,
    next_id: u64,
}

impl Stage {
    /// A stage with these plugins, seed 1, ticking at 20 Hz.
    ///
    /// # Errors
    /// As [`Engine::build`].
    pub fn new(plugin: impl Plugin) -> Result<Self, EngineFault> {
        Self::restored(plugin, Seed(1), SavedRows::new(), STAGE_START)
    }

    /// A stage whose world was saved before, at `now`.
    ///
    /// # Errors
    /// As [`Engine::build`].
    pub fn restored(
        plugin: impl Plugin,
        seed: Seed,
        saved: SavedRows,
        now: WorldTime,
    ) -> Result<Self, EngineFault> {
        Self::restored_after(plugin, seed, saved, now, 0)
    }

    /// Like [`restored`](Self::restored), going on after `last_tick`.
    ///
    /// # Errors
    /// As [`Engine::build`].
    pub fn restored_after(
        plugin: impl Plugin,
        seed: Seed,
        saved: SavedRows,
        now: WorldTime,
        last_tick: u64,
    ) -> Result<Self, EngineFault> {
        let rows = saved
            .values()
            .filter(|row| row.owner.character().is_none())
            .cloned()
            .collect();
        let setup = Setup {
            seed,
            rows,
            strict: true,
            bridge: true,
            run: RunId(1),
            last_tick,
            last_now: Some(now),
            ..Setup::default()
        };
        Ok(Self {
            engine: Engine::build(setup, plugin)?,
            now,
            rate: Rate::DEFAULT,
            base: (now, 0),
            storage: StorageState {
                durable_tick: last_tick,
                ..StorageState::default()
            },
            hold_saves: false,
            hold_receipts: false,
            held: None,
            saved,
            facts: Vec::new(),
            facts_max: u32::MAX,
            heard: Vec::new(),
            stored: Vec::new(),
            bridged: Vec::new(),
            parcels: Vec::new(),
            players: HashMap::new(),
            sessions: 0,
            ears: HashMap::new(),
            faults: Vec::new(),
            digests: Vec::new(),
            halted: false,
            asked: 0,
            wall_offset: 0,
            standings: None,
            revision: None,
            wishes: Vec::new(),
            bans: Vec::new(),
        })
    }

    /// Ticks this many times a second from now on.
    ///
    /// # Panics
    /// Outside 1 to 120.
    #[must_use]
    pub fn at_hz(mut self, hz: u32) -> Self {
        self.rate = Rate::hz(hz).unwrap_or_else(|| panic!("no world ticks at {hz} Hz"));
        self.base = (self.now, 0);
        self
    }

    /// Goes on numbering sessions after `last`, as the run did that this one is restored from.
    #[must_use]
    pub const fn after_session(mut self, last: u64) -> Self {
        self.sessions = last;
        self
    }

    /// A player of this name signs in; ticks until the character is in the world.
    pub fn enter(&mut self, name: &str) {
        self.enter_as(name, Role::Player);
    }

    /// Like [`enter`](Self::enter), with a role.
    pub fn enter_as(&mut self, name: &str, role: Role) {
        self.arrives(name, role);
        self.tick();
        self.tick();
    }

    /// A player of this name signs in; the world hears of it with the next tick, and lets the
    /// character in with that tick or the one after it.
    pub fn arrives(&mut self, name: &str, role: Role) {
        self.sessions += 1;
        let (id, session) = (StableId::named(name), SessionId(self.sessions));
        let next_id = self.players.get(name).map_or(1, |player| player.next_id);
        self.players.insert(
            name.to_owned(),
            StagePlayer {
                id,
                session,
                next_id,
            },
        );
        self.heard.push(Inbound::Arrive(Arrival {
            session,
            correlation: Correlation(self.sessions),
            account: AccountId(id.uuid()),
            character: id,
            name: name.to_owned(),
            profession: None,
            seed: None,
            role,
            guest: false,
            created_at: STAGE_START,
        }));
    }

    /// The player types a line; it is heard with the next tick. Answers the command's id.
    ///
    /// # Panics
    /// When nobody of that name entered, or the line is not one.
    pub fn says(&mut self, name: &str, line: &str) -> u64 {
        let player = self
            .players
            .get_mut(name)
            .unwrap_or_else(|| panic!("nobody called {name} entered"));
        let id = player.next_id;
        player.next_id += 1;
        self.sends(name, Some(id), line);
        id
    }

    /// The player's client sends a line under an id of the test's choice.
    ///
    /// # Panics
    /// When nobody of that name entered, or the line is not one.
    pub fn sends(&mut self, name: &str, id: Option<u64>, line: &str) {
        let session = self.session(name);
        let line = Line::new(line).unwrap_or_else(|fault| panic!("{fault}: {line:?}"));
        self.heard.push(Inbound::Line {
            session,
            id,
            line,
            correlation: Correlation(session.0),
        });
    }

    /// The gateway says something.
    pub fn inbound(&mut self, inbound: Inbound) {
        self.heard.push(inbound);
    }

    /// One tick.
    pub fn tick(&mut self) {
        self.now = self.next();
        self.base.1 += 1;
        self.run();
    }

    /// One tick at a time of the test's choice: late, early, or twice the same.
    pub fn tick_at(&mut self, now: WorldTime) {
        self.now = now;
        self.base = (now, 0);
        self.run();
    }

    /// When the next tick is due: computed from the count of ticks like the runner's, never summed.
    fn next(&self) -> WorldTime {
        self.base.0.plus(self.rate.slot(self.base.1 + 1))
    }

    /// The bus brings something; it is heard with the next tick.
    pub fn bridged(&mut self, came: BridgeIn) {
        self.bridged.push(came);
    }

    /// What went to the bus since it was last asked, a tick each.
    pub fn parcels(&mut self) -> Vec<Parcels> {
        std::mem::take(&mut self.parcels)
    }

    /// Ticks until `span` has passed.
    pub fn pass(&mut self, span: Duration) {
        let until = self.now.plus(span);
        while self.next() <= until {
            self.tick();
        }
    }

    /// What the player's session was told since it was last asked.
    pub fn ears(&mut self, name: &str) -> Ears {
        let session = self.session(name);
        self.ears.remove(&session).unwrap_or_default()
    }

    /// What the player could read since it was last asked.
    pub fn heard(&mut self, name: &str) -> String {
        self.ears(name).text()
    }

    /// From now on batches do not become durable (`true`), or do again (`false`).
    pub fn hold_saves(&mut self, hold: bool) {
        self.hold_saves = hold;
        if !hold {
            self.save();
        }
    }

    /// From now on clients read nothing that a receipt is asked for (`true`), or do again (`false`).
    pub const fn hold_receipts(&mut self, hold: bool) {
        self.hold_receipts = hold;
    }

    /// How storage stands, from now on.
    pub const fn set_accepting(&mut self, accepting: bool) {
        self.storage.accepting = accepting;
    }

    /// How many facts storage holds that are not durable, from now on.
    pub const fn set_facts_max(&mut self, max: u32) {
        self.facts_max = max;
    }

    /// What is saved.
    #[must_use]
    pub const fn saved(&self) -> &SavedRows {
        &self.saved
    }

    /// The facts that were saved, oldest first.
    #[must_use]
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// The engine.
    pub const fn engine(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// World time.
    #[must_use]
    pub const fn now(&self) -> WorldTime {
        self.now
    }

    /// The player's entity.
    ///
    /// # Panics
    /// When the character is not in the world.
    pub fn entity(&mut self, name: &str) -> bevy_ecs::entity::Entity {
        let id = self.players[name].id;
        let known = self.engine.world().resource::<crate::Index>().get(id);
        known.unwrap_or_else(|| panic!("{name} is not in the world"))
    }

    /// A component of a player's character.
    ///
    /// # Panics
    /// When the character is not in the world or has no such component.
    pub fn component<T: bevy_ecs::component::Component + Clone>(&mut self, name: &str) -> T {
        let entity = self.entity(name);
        let value = self.engine.world().get::<T>(entity).cloned();
        value.unwrap_or_else(|| panic!("{name} has no {}", std::any::type_name::<T>()))
    }

    /// The player's session.
    ///
    /// # Panics
    /// When nobody of that name entered.
    #[must_use]
    pub fn session(&self, name: &str) -> SessionId {
        self.players
            .get(name)
            .unwrap_or_else(|| panic!("nobody called {name} entered"))
            .session
    }

    /// How often storage was asked for anything about a character.
    #[must_use]
    pub const fn asked(&self) -> u64 {
        self.asked
    }

    /// Faults contained so far.
    #[must_use]
    pub fn faults(&self) -> &[FaultReport] {
        &self.faults
    }

    /// Whether the world has asked to be stopped.
    #[must_use]
    pub const fn halted(&self) -> bool {
        self.halted
    }

    /// The digest of each tick's output, oldest first.
    #[must_use]
    pub fn digests(&self) -> &[u64] {
        &self.digests
    }
}
