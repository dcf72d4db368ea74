//! One process of the server: the world, its storage and its gateway, with a twin that replays.

use std::sync::Arc;
use std::time::Duration;

use engine::port::{
    Emission, LaneLimits, Registry, RunId, StableId, Stop, Tasks, WorldTime, lanes,
};
use engine::record::{LaneItem, RecordIntake, record_lane};
use engine::runner::{Figures, Rate, RunnerConfig, SteppedWorld, Watch};
use engine::{Engine, FaultReport, Seed, Setup, TickOutput};
use net::simulation::SimulatedGateway;
use net::{NetConfig, SessionBounds};
use storage::simulation::{SimulatedDatabase, SimulatedNode, SimulatedStorage};
use storage::{JournalConfig, RecoveredState, StorageFault};

use crate::game::BoxGame;
use crate::gate::BoxGate;
use crate::laws::{Court, Law};

/// What a session keeps for a resume, in bytes.
pub(crate) const RING: usize = 6 * 1024;
/// What may wait for a client, in bytes.
pub(crate) const QUEUE: usize = 24 * 1024;
/// What the journal may take, in bytes.
pub(crate) const JOURNAL: u64 = 4 * 1024 * 1024;

/// The wall clock of the box.
pub(crate) type Wall = Box<dyn Fn() -> WorldTime + Send>;

/// A process that lives.
pub(crate) struct Process {
    world: SteppedWorld<Wall>,
    twin: Engine,
    intake: RecordIntake,
    pub(crate) gateway: Arc<SimulatedGateway<BoxGate>>,
    pub(crate) storage: SimulatedStorage,
    tasks: Tasks,
}

/// Opens storage as a process does at its start.
pub(crate) async fn open_storage(
    node: SimulatedNode,
    (run, wall): (RunId, WorldTime),
) -> Result<(SimulatedStorage, RecoveredState), StorageFault> {
    let config = JournalConfig {
        segment_bytes: 64 * 1024,
        max_bytes: JOURNAL,
        facts_max: 400,
        ..JournalConfig::default()
    };
    SimulatedStorage::open(node, config, (run, wall)).await
}

impl Process {
    /// A process over its storage.
    pub(crate) fn begin(
        (mut storage, recovered): (SimulatedStorage, RecoveredState),
        database: SimulatedDatabase,
        (wall, pace): (Wall, Duration),
    ) -> Self {
        let registry = Registry::new();
        let tasks = Tasks::new(&registry).unwrap();
        let lanes = lanes(LaneLimits::default(), &registry).unwrap();
        let (lane, intake) = record_lane(dropped());
        let config = RunnerConfig {
            rate: Rate::DEFAULT,
            not_before: recovered.reached,
            patience: Duration::ZERO,
            watch: Watch::default(),
            halt: Stop::new(),
            recorder: Some(lane),
            draft: None,
            plugin_time: None,
        };
        let build = || Engine::build(setup(&recovered), BoxGame).unwrap();
        let (engine, twin) = (build(), build());
        let figures = Figures::new(&registry).unwrap();
        let world = SteppedWorld::new(engine, lanes.engine, config, figures, wall);
        storage.run(lanes.storage, pace, &tasks);
        let gate = BoxGate::new(database);
        let gateway = SimulatedGateway::open(lanes.net, gate, net_config(), &tasks, &registry);
        Self {
            world,
            twin,
            intake,
            gateway: Arc::new(gateway.unwrap()),
            storage,
            tasks,
        }
    }

    /// The next tick; the twin plays it again.
    pub(crate) fn tick(&mut self, skipped: u64, court: &Court) {
        self.world.tick(skipped);
        court.in_tick(self.world.engine().last_tick());
        self.replay(court);
    }

    /// Turns a plugin off or on.
    pub(crate) fn turn(&self, plugin: &str, on: bool) {
        // A lane that is full refuses it, as it would an operator.
        let _ = self.world.board().turn(plugin, on);
    }

    fn replay(&mut self, court: &Court) {
        loop {
            match self.intake.take() {
                LaneItem::Tick(record) => {
                    let tick = record.tick;
                    let faults = &record.effects.faults;
                    if !faults.is_empty() {
                        court.broken(Law::NoFault, words(faults));
                    }
                    let again = self.twin.tick(record.input);
                    let rows = |save: &engine::Save| match save {
                        engine::Save::Batch(batch) => batch.rows(),
                        _ => 0,
                    };
                    let first = TickOutput {
                        emission: Emission {
                            tick,
                            said: record.effects.said,
                            ..Emission::default()
                        },
                        asks: record.effects.asks,
                        faults: record.effects.faults,
                        ..TickOutput::default()
                    };
                    let saved = record.effects.batch.map_or(0, |batch| batch.rows());
                    if first.digest() != again.digest() || saved != rows(&again.save) {
                        let how = format!("tick {tick} is another when it is played again");
                        court.broken(Law::ReplayEqual, how);
                    }
                }
                LaneItem::Checkpoint(_) => {}
                LaneItem::Nothing | LaneItem::Over => return,
            }
        }
    }

    /// Holds what the process keeps in memory against its bounds, and both engines against each
    /// other.
    pub(crate) fn weigh(&mut self, clients: usize, court: &Court) {
        let memory = self.gateway.memory();
        // The last frame may be longer than what is left of the bound.
        if memory.ring_max > RING + 4 * 1024 {
            court.broken(
                Law::MemoryBounded,
                format!("a ring keeps {} bytes", memory.ring_max),
            );
        }
        if memory.queue_max > 8 * QUEUE + RING + 64 * 1024 {
            court.broken(
                Law::MemoryBounded,
                format!("{} bytes wait", memory.queue_max),
            );
        }
        if memory.sessions > 2 * clients {
            let how = format!("{} sessions of {clients} clients", memory.sessions);
            court.broken(Law::MemoryBounded, how);
        }
        let (journal, rows) = (self.storage.journal_bytes(), self.storage.rows_waiting());
        if journal > JOURNAL + 256 * 1024 || rows > 20_000 {
            court.broken(
                Law::MemoryBounded,
                format!("journal {journal}, {rows} rows wait"),
            );
        }
        if self.world.engine().digest() != self.twin.digest() {
            court.broken(
                Law::ReplayEqual,
                "what is saved is another when it is played again",
            );
        }
        let mut names: Vec<String> = self.played().into_iter().map(|(_, name)| name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        if names.len() != count {
            court.broken(
                Law::OneSession,
                format!("{count} play {} characters", names.len()),
            );
        }
    }

    /// Who is played here, by id and name.
    pub(crate) fn played(&mut self) -> Vec<(StableId, String)> {
        let world = self.world.engine().world();
        let mut online = world.query::<(&StableId, &engine::Character, &engine::Online)>();
        let all = online.iter(world);
        all.map(|(id, who, _)| (*id, who.name.clone())).collect()
    }

    /// Whether the last batch may be handed over.
    pub(crate) fn may_end(&self) -> bool {
        self.world.may_end()
    }

    /// The world ends as by a signal; storage goes on until all is in the database.
    pub(crate) fn end(self) -> SimulatedStorage {
        self.tasks.stop().cancel();
        self.world.end();
        self.storage
    }

    /// It is dead from here on.
    pub(crate) fn kill(self) {
        self.storage.kill();
    }
}

fn words(faults: &[FaultReport]) -> String {
    let all: Vec<String> = faults.iter().map(|one| format!("{one:?}")).collect();
    all.join("; ")
}

fn setup(recovered: &RecoveredState) -> Setup {
    Setup {
        seed: Seed(1),
        last_tick: recovered.first_tick.saturating_sub(1),
        run: recovered.run,
        recovered: recovered.before,
        rows: recovered.world_rows.clone(),
        strict: true,
        ..Setup::default()
    }
}

fn net_config() -> NetConfig {
    NetConfig {
        sessions: SessionBounds {
            queue_bytes: QUEUE,
            replay_bytes: RING,
            ..SessionBounds::default()
        },
        ..NetConfig::default()
    }
}

fn dropped() -> prometheus::IntCounter {
    prometheus::IntCounter::new("dropped", "ticks that were not recorded").unwrap()
}
