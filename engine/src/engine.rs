//! The engine: one function from what came in to what goes out.

mod begin;
mod budget;
mod build;
mod checkpoint;
#[cfg(feature = "stage")]
mod crack;
mod output;
mod phases;
mod revise;
mod switch;

pub use budget::{MESSAGES_MAX, NOTES_EACH_MAX};
pub use revise::Revised;
pub use switch::{PluginNews, PluginPause, PluginState, PluginStates, SwitchPlugin};

use std::collections::BTreeMap;
use std::sync::Arc;

use bevy_ecs::change_detection::CheckChangeTicks;
use bevy_ecs::message::Messages;
use bevy_ecs::query::{QueryState, With};
use bevy_ecs::resource::Resource;
use bevy_ecs::world::World;
use xxhash_rust::xxh3::Xxh3;

use crate::attach::{self, Asks, Life};
use crate::checkpoint::{CopiesAhead, StateType};
use crate::clock::Clock;
use crate::content::Install;
use crate::dice::Dice;
use crate::exchange::{EngineFault, Save, Setup, TickInput, TickOutput};
use crate::fault::FaultReport;
use crate::health::Health;
use crate::meter::{Beacon, Spent, Stopwatch, TickPart};
use crate::orders;
use crate::persist::{Collector, StorageView};
use crate::phase::Phase;
use crate::plugin::{PluginOff, Register};
use crate::port::{Emission, Publication, Tick, WorldTime};
use crate::{Bridge, Bridged, CallTotal, ContentCall, Violation};

/// Settle goes round until nothing new is said, at most this often; more is a counted fault.
pub const SETTLE_ROUNDS_MAX: usize = 8;

/// The world and its plugins. See [`Engine::tick`].
pub struct Engine {
    world: World,
    register: Register,
    health: Vec<Health>,
    spent: Spent,
    beacon: Beacon,
    stopwatch: Stopwatch,
    faults: Vec<FaultReport>,
    dropped_runs: u64,
    /// The tick before had more messages than one plugin may write: they are counted by plugin.
    crowded: bool,
    /// What each plugin has written in this tick, where that is counted.
    written: Vec<usize>,
    /// Whose wish each `Destroy` of this tick is, where that is known.
    destroyers: Vec<Option<usize>>,
    /// Not taken yet, by kind.
    violations: BTreeMap<&'static str, u64>,
    /// Not taken yet, by name.
    calls: BTreeMap<Arc<str>, CallTotal>,
    /// The tick of the batch that is not known to be durable yet.
    under_way: Option<Tick>,
    started: bool,
    /// Kept, because making a query anew allocates.
    online: QueryState<(), With<crate::Online>>,
    /// Every kind of state that checkpoints hold, and what was copied ahead of the next.
    states: Vec<StateType>,
    ahead: CopiesAhead,
    /// What is made of content.
    installs: Arc<[Install]>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("plugins", &self.plugins())
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Advances the world by one tick. Never waits; has no clock, no channel, no socket.
    pub fn tick(&mut self, input: TickInput) -> TickOutput {
        let mut said = Emission::default();
        let output = self.tick_aloud(input, |emission| said = emission);
        TickOutput {
            emission: said,
            ..output
        }
    }

    /// The same, but `speak` is given what is said as soon as it stands: before what changed is
    /// collected, which nobody who listens needs to wait for. The output's emission is empty then.
    pub fn tick_aloud(&mut self, input: TickInput, speak: impl FnOnce(Emission)) -> TickOutput {
        let TickInput {
            now,
            wall_offset,
            heard,
            stored,
            bridged,
            orders,
            revision,
            storage,
            stopping,
        } = input;
        self.spent.begin((self.stopwatch)());
        let before = self.advance_clock(now, wall_offset);
        attach::restore(&mut self.world);
        let clock = *self.world.resource::<Clock>();
        self.beacon.enter_tick(clock.tick);
        self.take_back(clock.now);
        self.obey(orders);
        self.tell_news();
        let written = self.register.messages.written(&self.world);
        if let Some(next) = revision {
            self.revise(&next);
        }
        let waiting = u32::try_from(self.world.resource::<Collector>().facts.len());
        *self.world.resource_mut::<StorageView>() = StorageView {
            accepting: storage.accepting,
            // What waits for the lane will need its room, too.
            facts_room: storage
                .facts_room
                .saturating_sub(waiting.unwrap_or(u32::MAX)),
        };
        self.world.resource_mut::<Life>().durable_tick = storage.durable_tick;

        attach::ingest(&mut self.world, &self.register.saved, heard, stored);
        self.world
            .resource_mut::<Messages<Bridged>>()
            .write_batch(bridged.into_iter().map(Bridged));
        self.own_faults(Phase::Ingest);
        self.run(Phase::Ingest, before);
        self.spent.end(TickPart::Ingest, (self.stopwatch)());
        self.run(Phase::Simulate, before);
        self.spent.end(TickPart::Simulate, (self.stopwatch)());
        self.settle(before);
        self.spent.end(TickPart::Settle, (self.stopwatch)());
        self.run(Phase::Emit, before);
        self.judge_messages(written);
        attach::tell_bans(&mut self.world);
        orders::close(&mut self.world);
        attach::grant(&mut self.world);
        attach::dismiss(&mut self.world);
        self.destroy();
        self.switch();
        let emission = self.emission(&clock);
        self.spent.end(TickPart::Emit, (self.stopwatch)());
        speak(emission);
        self.spent.skip((self.stopwatch)());
        let (halt, wishes) = self.wanted();
        self.count();
        let save = self.persist(&clock, storage, stopping);

        self.register.messages.clear(&mut self.world);
        self.world.clear_trackers();
        self.age_schedules();
        let mut bridge = self.world.resource_mut::<Bridge>();
        let mut parcels = std::mem::take(&mut bridge.parcels);
        (parcels.tick, parcels.wall) = (clock.tick, clock.wall());
        self.spent.end(TickPart::Persist, (self.stopwatch)());
        TickOutput {
            emission: Emission::default(),
            asks: std::mem::take(&mut self.world.resource_mut::<Asks>().0),
            wishes,
            parcels,
            save,
            loaded: std::mem::take(&mut self.world.resource_mut::<Collector>().loaded),
            faults: std::mem::take(&mut self.faults),
            halt,
            dropped_runs: std::mem::take(&mut self.dropped_runs),
        }
    }

    /// What is published of every note that a plugin declares, in their order.
    #[must_use]
    pub fn notes(&self) -> &[Publication] {
        &self.register.notes
    }

    /// A hash of everything that is saved: equal for equal worlds, however they came about.
    pub fn digest(&mut self) -> u64 {
        let mut hash = Xxh3::new();
        for (id, component, body) in self.register.saved.print(&mut self.world) {
            hash.update(id.uuid().as_bytes());
            hash.update(component.as_bytes());
            hash.update(body.as_bytes());
        }
        hash.digest()
    }

    /// Whether a value of this component, as it was written, comes back as it was.
    #[cfg(feature = "stage")]
    pub(crate) fn reread(&self, component: &str, body: &str) -> Result<(), String> {
        match self.register.saved.by_name.get(component) {
            Some(saved) => (saved.reread)(body),
            None => Ok(()),
        }
    }

    /// The plugins' names, in order; the indices of [`Spent`] and [`Beacon`] point here.
    #[must_use]
    pub fn plugins(&self) -> Vec<&'static str> {
        self.register
            .plugins
            .iter()
            .map(|plugin| plugin.name)
            .collect()
    }

    /// The plugin that writes a saved component.
    pub(crate) fn owner_of(&self, component: &str) -> Option<&'static str> {
        let saved = self.register.saved.by_name.get(component)?;
        Some(self.register.plugins.get(saved.owner)?.name)
    }

    /// The plugin of a state that checkpoints hold.
    pub(crate) fn holder_of(&self, state: &str) -> Option<&'static str> {
        let mut states = self.register.transient_states.iter();
        match states.find(|one| one.name == state) {
            Some(one) => Some(self.register.plugins.get(one.plugin)?.name),
            None => self.owner_of(state),
        }
    }

    /// The plugin that declares an event.
    pub(crate) fn teller_of(&self, event: &str) -> Option<&'static str> {
        let notes = self.register.notes.iter().zip(&self.register.tellers);
        let mut of = notes.filter(|(note, _)| note.types.contains(&event));
        Some(self.register.plugins.get(*of.next()?.1)?.name)
    }

    /// The ids of all entities that have one.
    pub(crate) fn ids(&self) -> Vec<crate::port::StableId> {
        self.world.resource::<crate::Index>().ids()
    }

    /// Which plugin must run after which other, and why, as they say themselves.
    pub fn order(&self) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> + '_ {
        let after = self.register.after.iter();
        after.map(|(plugin, other, why)| (self.register.plugins[*plugin].name, *other, *why))
    }

    /// Which plugins are off, with what is gone with each.
    pub fn off(&self) -> impl Iterator<Item = (&str, &PluginOff)> {
        let all = self.register.off.iter();
        all.map(|(name, off)| (name.as_str(), off))
    }

    /// Which plugins are left out just now.
    pub fn quarantined(&self) -> impl Iterator<Item = bool> + '_ {
        self.health.iter().map(|health| health.until.is_some())
    }

    /// Whose time the last tick was.
    #[must_use]
    pub const fn spent(&self) -> &Spent {
        &self.spent
    }

    /// Where the tick stands, for a watchdog.
    #[must_use]
    pub fn beacon(&self) -> Beacon {
        self.beacon.clone()
    }

    /// How many characters are played.
    pub fn players_online(&mut self) -> usize {
        self.online.iter(&self.world).len()
    }

    /// How often limits were overstepped since this was last asked, by kind.
    #[must_use]
    pub fn violations(&mut self) -> BTreeMap<&'static str, u64> {
        std::mem::take(&mut self.violations)
    }

    /// Counts what this tick has for the metrics.
    fn count(&mut self) {
        let mut violated = self.world.resource_mut::<Messages<Violation>>();
        for Violation(kind) in violated.drain() {
            *self.violations.entry(kind).or_default() += 1;
        }
        let mut called = self.world.resource_mut::<Messages<ContentCall>>();
        for one in called.drain() {
            let total = self.calls.entry(one.name).or_default();
            total.operations += one.operations;
            total.cut += u64::from(one.cut);
        }
    }

    /// What calls of content have come to since this was last asked, by name.
    #[must_use]
    pub fn calls(&mut self) -> BTreeMap<Arc<str>, CallTotal> {
        std::mem::take(&mut self.calls)
    }

    /// The world itself, for tests and tools.
    pub const fn world(&mut self) -> &mut World {
        &mut self.world
    }

    /// The tick executed last.
    #[must_use]
    pub fn last_tick(&self) -> Tick {
        self.world.resource::<Clock>().tick
    }

    fn advance_clock(&mut self, now: WorldTime, wall_offset: i64) -> WorldTime {
        let mut clock = self.world.resource_mut::<Clock>();
        let before = if self.started { clock.now } else { now };
        let now = now.max(before);
        *clock = Clock {
            tick: clock.tick + 1,
            now,
            dt: now.since(before),
            wall_offset,
        };
        let tick = clock.tick;
        self.started = true;
        let mut dice = self.world.resource_mut::<Dice>();
        *dice = dice.in_tick(tick);
        before
    }

    /// Keeps change detection right over weeks: the schedules are ours, so bevy can't age them.
    fn age_schedules(&mut self) {
        self.world.check_change_ticks();
        let Some(check) = self.world.resource_mut::<Ageing>().0.take() else {
            return;
        };
        for plugin in &mut self.register.plugins {
            for step in plugin.steps.iter_mut().flatten() {
                step.schedule.check_change_ticks(check);
            }
        }
        self.register.saved.collectors.check_change_ticks(check);
        if self.under_way.is_some() {
            self.register.saved.refresh(&mut self.world);
        }
    }
}

/// A check that came up, possibly in the middle of a plugin's schedule.
#[derive(Resource, Default)]
struct Ageing(Option<CheckChangeTicks>);
