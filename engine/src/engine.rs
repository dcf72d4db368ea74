//! The engine: one function from what came in to what goes out.

use std::collections::VecDeque;

use bevy_ecs::change_detection::CheckChangeTicks;
use bevy_ecs::error::FallbackErrorHandler;
use bevy_ecs::message::Messages;
use bevy_ecs::observer::On;
use bevy_ecs::query::{QueryState, With};
use bevy_ecs::resource::Resource;
use bevy_ecs::system::ResMut;
use bevy_ecs::world::World;
use xxhash_rust::xxh3::Xxh3;

use crate::attach::{self, Asks, Life, Sessions};
use crate::clock::{Clock, due};
use crate::dice::{Dice, Seed};
use crate::fault::{self, FaultReport};
use crate::guard;
use crate::identity;
use crate::ledger::{self, Ledger};
use crate::meter::{Beacon, Spent, Stopwatch, stopped};
use crate::persist::{
    Collector, Destroy, Recorded, StorageView, Unloading, forget_entity, load_entity,
};
use crate::phase::Phase;
use crate::plugin::{Installed, Plugin, Register, Registrar};
use crate::port::{
    Emission, Inbound, Outbound, Row, RunId, SaveBatch, StorageState, StoreAsk, StoreReply, Tick,
    WorldTime,
};
use crate::{Character, Outbox};

/// Settle goes round until nothing new is said, at most this often; more is a counted fault.
pub const SETTLE_ROUNDS_MAX: usize = 8;
/// A plugin with this many faults within [`QUARANTINE`] is left out for as long.
pub const FAULTS_MAX: usize = 5;
/// How long a plugin in quarantine is left out, and how long a fault is remembered.
pub const QUARANTINE: std::time::Duration = std::time::Duration::from_secs(60);

/// What an engine begins with.
#[derive(Debug, Default)]
pub struct Setup {
    /// What all chance grows from.
    pub seed: Seed,
    /// The tick before the first.
    pub last_tick: Tick,
    /// World time of the tick before the first, where the world goes on without a gap: cadences
    /// due since then run, and the first `dt` is counted from it. `None`: time begins with the
    /// first tick, and nothing that fell due while nobody was there is caught up with.
    pub last_now: Option<WorldTime>,
    /// This process start.
    pub run: RunId,
    /// The run before, and the last tick of it that survived.
    pub recovered: Option<(RunId, Tick)>,
    /// The saved rows of the world itself; characters come when they sign in.
    pub rows: Vec<Row>,
    /// Plugins that start in quarantine, by name, because they stopped the world before.
    pub quarantined: Vec<String>,
    /// Also check what hides behind `Commands`: a write by another than the owner is a fault.
    pub strict: bool,
    /// Measures the plugins; without one, all spans are zero.
    pub stopwatch: Option<Stopwatch>,
}

/// Everything that one tick depends on.
#[derive(Debug, Clone, Default)]
pub struct TickInput {
    /// World time of this tick; never before the last tick's.
    pub now: WorldTime,
    /// Microseconds to add to world time to get the wall clock.
    pub wall_offset: i64,
    /// What the gateway said, in order.
    pub heard: Vec<Inbound>,
    /// What storage answered.
    pub stored: Vec<StoreReply>,
    /// How storage stands.
    pub storage: StorageState,
    /// The world stops after this tick: its batch is the last, also when nothing changed. (Who is
    /// connected hears of it from the gateway, once that batch is on its way.)
    pub stopping: bool,
}

/// Everything that one tick did.
#[derive(Debug, Default)]
pub struct TickOutput {
    /// What is said, in order.
    pub emission: Emission,
    /// What storage is asked.
    pub asks: Vec<StoreAsk>,
    /// What is to be saved.
    pub save: Save,
    /// What went wrong, contained.
    pub faults: Vec<FaultReport>,
    /// Cadence runs that were dropped because the tick came far too late.
    pub dropped_runs: u64,
}

/// Whether there is a batch.
#[derive(Debug, Default)]
pub enum Save {
    /// Everything that changed up to this tick.
    Batch(Box<SaveBatch>),
    /// Nothing has changed since the last batch, and that one is durable.
    #[default]
    Clean,
    /// The last batch is not durable yet: what changed waits in the world, coalesced.
    Busy,
}

impl TickOutput {
    /// A hash of everything said and asked: equal for equal worlds and inputs.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut hash = Xxh3::new();
        hash.update(&self.emission.tick.to_le_bytes());
        for said in &self.emission.said {
            match said {
                Outbound::Note { to, note } => {
                    hash.update(note.event_type().as_bytes());
                    hash.update(&serde_json::to_vec(note.data()).unwrap_or_default());
                    for session in to.sessions() {
                        hash.update(&session.0.to_le_bytes());
                    }
                }
                other => hash.update(format!("{other:?}").as_bytes()),
            }
        }
        hash.update(format!("{:?}{:?}", self.asks, self.faults).as_bytes());
        hash.digest()
    }
}

/// The world could not be built; each line is one mistake.
#[derive(Debug, thiserror::Error)]
pub enum EngineFault {
    /// What the plugins register breaks a rule.
    #[error("the plugins don't fit together:\n  {}", .0.join("\n  "))]
    Plugins(Vec<String>),
    /// The saved world can't be read.
    #[error("the saved world can't be read: {0}")]
    Saved(String),
}

struct Health {
    faults: VecDeque<WorldTime>,
    /// Left out until then.
    until: Option<WorldTime>,
    /// Had a fault in this tick, so the rest of the tick passes without it.
    skipped: bool,
}

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
    /// The tick of the batch that is not known to be durable yet.
    under_way: Option<Tick>,
    started: bool,
    /// Kept, because making a query anew allocates.
    online: QueryState<(), With<crate::Online>>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("plugins", &self.plugins())
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Builds a world from its plugins and what was saved of it.
    ///
    /// # Errors
    /// Names every rule that the plugins break, or the saved row that can't be read.
    pub fn build(setup: Setup, plugin: impl Plugin) -> Result<Self, EngineFault> {
        let mut world = World::new();
        let mut register = Register::default();
        world.insert_resource(FallbackErrorHandler(fault::record));
        identity::install(&mut world);
        world.init_resource::<Outbox>();
        world.init_resource::<Collector>();
        world.init_resource::<Unloading>();
        world.init_resource::<Ledger>();
        world.init_resource::<Sessions>();
        world.init_resource::<Asks>();
        world.init_resource::<Ageing>();
        world.add_observer(|on: On<CheckChangeTicks>, mut ageing: ResMut<Ageing>| {
            ageing.0 = Some(*on.event())
        });
        world.insert_resource(Dice {
            seed: setup.seed,
            tick: setup.last_tick,
        });
        world.insert_resource(Clock {
            tick: setup.last_tick,
            now: setup.last_now.unwrap_or_default(),
            dt: std::time::Duration::ZERO,
            wall_offset: 0,
        });
        world.insert_resource(StorageView {
            accepting: true,
            facts_room: u32::MAX,
        });
        world.insert_resource(Life {
            run: setup.run,
            recovered: setup.recovered,
            durable_tick: setup.last_tick,
        });

        {
            // The engine's own part comes first; it has no systems of its own, only its types.
            let mut reg = Registrar::root(&mut world, &mut register, "engine");
            reg.persist::<crate::CommandRecord>("command_record");
            reg.owns::<Character>()
                .owns::<crate::Online>()
                .owns::<crate::Linkdead>();
            reg.message::<crate::Heard>()
                .message::<crate::Begun>()
                .message::<crate::Answer>()
                .message::<crate::Arrived>()
                .message::<crate::LinkLost>()
                .message::<crate::Departed>()
                .message::<crate::Dismiss>()
                .message::<Recorded>()
                .message::<Destroy>();
            reg.add(plugin);
        }
        let mut mistakes = std::mem::take(&mut register.mistakes);
        mistakes.extend(guard::check(&mut world, &mut register));
        if !mistakes.is_empty() {
            return Err(EngineFault::Plugins(mistakes));
        }

        Self::load_world(&mut world, &register, setup.rows)?;
        for (plugin, work) in std::mem::take(&mut register.startup) {
            tracing::trace!(plugin = register.plugins[plugin].name, "plugin starts");
            work(&mut world);
        }
        if setup.strict {
            register.owners.watch(&mut world);
        }
        world.flush();

        let health = register
            .plugins
            .iter()
            .map(|plugin| Health {
                faults: VecDeque::with_capacity(FAULTS_MAX),
                until: setup
                    .quarantined
                    .iter()
                    .any(|name| name == plugin.name)
                    .then_some(WorldTime(u64::MAX)),
                skipped: false,
            })
            .collect();
        let spent = Spent {
            spans: vec![[0; 4]; register.plugins.len()],
        };
        Ok(Self {
            health,
            spent,
            beacon: Beacon::default(),
            stopwatch: setup.stopwatch.unwrap_or(stopped),
            faults: Vec::new(),
            dropped_runs: 0,
            under_way: None,
            started: setup.last_now.is_some(),
            online: QueryState::new(&mut world),
            register,
            world,
        })
    }

    fn load_world(
        world: &mut World,
        register: &Register,
        mut rows: Vec<Row>,
    ) -> Result<(), EngineFault> {
        // Sorted, so that the same save makes the same world however the database lists it.
        rows.sort_by(|a, b| (a.id, &a.component).cmp(&(b.id, &b.component)));
        for rows in rows.chunk_by(|a, b| a.id == b.id) {
            let mut entity = world.spawn(rows[0].id);
            load_entity(&register.saved, &mut entity, rows)
                .map_err(|fault| EngineFault::Saved(fault.to_string()))?;
        }
        Ok(())
    }

    /// Advances the world by one tick. Never waits; has no clock, no channel, no socket.
    pub fn tick(&mut self, input: TickInput) -> TickOutput {
        let TickInput {
            now,
            wall_offset,
            heard,
            stored,
            storage,
            stopping,
        } = input;
        let before = self.advance_clock(now, wall_offset);
        let clock = *self.world.resource::<Clock>();
        self.beacon.enter_tick(clock.tick);
        for spans in &mut self.spent.spans {
            *spans = [0; 4];
        }
        for health in &mut self.health {
            health.skipped = false;
            if health.until.is_some_and(|until| until <= clock.now) {
                health.until = None;
                health.faults.clear();
            }
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
        self.own_faults(Phase::Ingest);
        self.run(Phase::Ingest, before);
        self.run(Phase::Simulate, before);
        self.settle(before);
        self.run(Phase::Emit, before);
        ledger::close(&mut self.world);
        attach::dismiss(&mut self.world);
        let save = self.persist(&clock, storage, stopping);

        self.register.messages.clear(&mut self.world);
        self.world.clear_trackers();
        self.age_schedules();
        TickOutput {
            emission: Emission {
                tick: clock.tick,
                wall: clock.wall(),
                said: std::mem::take(&mut self.world.resource_mut::<Outbox>().said),
                torn: false,
            },
            asks: std::mem::take(&mut self.world.resource_mut::<Asks>().0),
            save,
            faults: std::mem::take(&mut self.faults),
            dropped_runs: std::mem::take(&mut self.dropped_runs),
        }
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

    /// The plugins' names, in order; the indices of [`Spent`] and [`Beacon`] point here.
    #[must_use]
    pub fn plugins(&self) -> Vec<&'static str> {
        self.register
            .plugins
            .iter()
            .map(|plugin| plugin.name)
            .collect()
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
        self.world.resource_mut::<Dice>().tick = tick;
        before
    }

    fn settle(&mut self, before: WorldTime) {
        for _ in 0..SETTLE_ROUNDS_MAX {
            let written = self.register.messages.written(&self.world);
            self.run(Phase::Settle, before);
            if self.register.messages.written(&self.world) == written {
                return;
            }
        }
        self.faults.push(FaultReport {
            plugin: "engine",
            phase: Phase::Settle,
            system: String::new(),
            what: format!("messages still being written after {SETTLE_ROUNDS_MAX} rounds"),
        });
    }

    fn run(&mut self, phase: Phase, before: WorldTime) {
        let clock = *self.world.resource::<Clock>();
        for (index, plugin) in self.register.plugins.iter_mut().enumerate() {
            let health = &mut self.health[index];
            if plugin.steps[phase.index()].is_empty() || health.skipped || health.until.is_some() {
                continue;
            }
            self.beacon.enter(index);
            fault::enter(index);
            let began = (self.stopwatch)();
            let Installed { steps, name } = plugin;
            'steps: for step in &mut steps[phase.index()] {
                let (moments, dropped) = match step.period {
                    None => (None, 0),
                    Some(period) => {
                        let (moments, dropped) = due(period, before, clock.now);
                        (Some(moments), dropped)
                    }
                };
                self.dropped_runs += dropped;
                let mut moments = moments.into_iter().flatten();
                loop {
                    if step.period.is_some() {
                        let Some(moment) = moments.next() else { break };
                        self.world.resource_mut::<Clock>().now = moment;
                    }
                    step.schedule.run(&mut self.world);
                    if let Some(recorded) = fault::take() {
                        health.skipped = true;
                        blame(health, clock.now);
                        self.faults
                            .extend(recorded.into_iter().map(|(system, what)| FaultReport {
                                plugin: name,
                                phase,
                                system,
                                what,
                            }));
                    }
                    if step.period.is_none() || health.skipped {
                        break;
                    }
                }
                if step.period.is_some() {
                    self.world.resource_mut::<Clock>().now = clock.now;
                }
                if health.skipped {
                    break 'steps;
                }
            }
            self.spent.spans[index][phase.index()] += (self.stopwatch)().saturating_sub(began);
            self.beacon.leave();
            fault::leave();
        }
    }

    /// Takes what went wrong while the engine itself was at work in the world (an observer, a
    /// value that can't be copied): no plugin that is run later may be blamed for it.
    fn own_faults(&mut self, phase: Phase) {
        for (system, what) in fault::take().into_iter().flatten() {
            self.faults.push(FaultReport {
                plugin: "engine",
                phase,
                system,
                what,
            });
        }
    }

    fn persist(&mut self, clock: &Clock, storage: StorageState, last: bool) -> Save {
        let recorded: Vec<Recorded> = self
            .world
            .resource_mut::<Messages<Recorded>>()
            .drain()
            .collect();
        for one in recorded {
            self.world.resource_mut::<Collector>().record(one);
        }
        let destroyed: Vec<Destroy> = self
            .world
            .resource_mut::<Messages<Destroy>>()
            .drain()
            .collect();
        for Destroy(entity) in destroyed {
            attach::evict(&mut self.world, entity);
            forget_entity(&mut self.world, entity);
        }
        if self
            .under_way
            .is_some_and(|batch| batch > storage.durable_tick)
        {
            return Save::Busy;
        }
        self.under_way = None;
        self.register.saved.collectors.run(&mut self.world);
        self.own_faults(Phase::Emit);
        let marks = std::mem::take(&mut self.world.resource_mut::<Ledger>().marks);
        let mut collector = self.world.resource_mut::<Collector>();
        let empty = collector.is_empty() && marks.is_empty();
        let batch = SaveBatch {
            tick: clock.tick,
            now: clock.now,
            tombstones: collector.take_tombstones(),
            facts: collector.take_facts(),
            columns: std::mem::take(&mut collector.columns),
            commands: marks,
            last,
        };
        // With nothing under way and nothing to hand over, everything up to now is durable.
        let durable = if empty {
            clock.tick
        } else {
            storage.durable_tick
        };
        attach::unload_saved(&mut self.world, &batch, durable);
        if empty && !last {
            return Save::Clean;
        }
        self.under_way = Some(clock.tick);
        Save::Batch(Box::new(batch))
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

fn blame(health: &mut Health, now: WorldTime) {
    while health
        .faults
        .front()
        .is_some_and(|at| now.since(*at) > QUARANTINE)
    {
        health.faults.pop_front();
    }
    health.faults.push_back(now);
    if health.faults.len() >= FAULTS_MAX {
        health.until = Some(now.plus(QUARANTINE));
    }
}
