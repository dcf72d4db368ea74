//! A node in the box: its disk, its way to the database, and the process that lives there.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use engine::port::{RunId, WorldTime};
use storage::simulation::{
    DatabaseMood, SimulatedDatabase, SimulatedDisk, SimulatedNode, SimulatedStorage,
};
use storage::{RecoveredState, StorageFault};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::{REST, TICK};
use crate::laws::{Court, Law};
use crate::place::Place;
use crate::plan::Fault;
use crate::process::{Process, Wall, open_storage};
use crate::truth::look_up;

type Opened = (SimulatedStorage, RecoveredState);

/// Where the box's time begins.
const BEGIN: u64 = 1_735_689_600_000_000;

/// What every node of a night has to do with.
#[derive(Clone)]
pub(super) struct Surroundings {
    pub(super) place: Arc<Place>,
    pub(super) court: Court,
    pub(super) began: Instant,
    /// How many processes began.
    pub(super) runs: Arc<AtomicU64>,
}

impl Surroundings {
    /// What a clock shows that was put forward by `jumped`, in microseconds.
    pub(super) fn wall(&self, jumped: &AtomicI64) -> WorldTime {
        let passed = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(0);
        WorldTime((BEGIN + passed).saturating_add_signed(jumped.load(Ordering::Relaxed)))
    }
}

/// One node.
pub(super) struct BoxNode {
    pub(super) number: usize,
    folder: PathBuf,
    around: Surroundings,
    pub(super) disk: SimulatedDisk,
    /// Its way to the database.
    pub(super) database: SimulatedDatabase,
    /// What the process that lives is connected by.
    connected: SimulatedDatabase,
    pub(super) process: Option<Process>,
    opening: Option<JoinHandle<Result<Opened, StorageFault>>>,
    start_at: Instant,
    pub(super) jumped: Arc<AtomicI64>,
    pub(super) mood: DatabaseMood,
    /// What goes wrong here just now.
    pub(super) troubles: Vec<Fault>,
    /// For so many ticks the world's thread gets no processor.
    pub(super) stalled: u64,
    skipped: u64,
}

impl BoxNode {
    pub(super) fn new(
        number: usize,
        folder: PathBuf,
        database: SimulatedDatabase,
        around: Surroundings,
    ) -> Self {
        let plan = &around.place.plan;
        let mood = DatabaseMood {
            latency: plan.pace,
            ..DatabaseMood::default()
        };
        database.set_mood(mood);
        Self {
            number,
            folder,
            disk: SimulatedDisk::new(plan.seed ^ (number as u64) << 48),
            connected: database.clone(),
            database,
            process: None,
            opening: None,
            start_at: Instant::now(),
            jumped: Arc::default(),
            mood,
            troubles: Vec::new(),
            stalled: 0,
            skipped: 0,
            around,
        }
    }

    /// The node's name.
    pub(super) fn name(&self) -> String {
        format!("n{}", self.number)
    }

    /// Ticks, or starts again.
    pub(super) async fn live(&mut self, step: u32) {
        let court = &self.around.court.clone();
        if self.disk.is_dead() && self.process.is_some() {
            self.kill(false, Duration::from_millis(300));
        }
        if let Some(process) = &mut self.process {
            if self.stalled > 0 {
                // The world's thread stands still; what it missed is missed.
                self.stalled -= 1;
                self.skipped += 1;
                return;
            }
            process.tick(std::mem::take(&mut self.skipped), court);
            if step.is_multiple_of(20) {
                process.weigh(self.around.place.plan.clients, court);
            }
            return;
        }
        match self.opening.take() {
            None if Instant::now() >= self.start_at => self.open(),
            Some(opening) if opening.is_finished() => match opening.await {
                Ok(Ok(opened)) => self.begin(opened),
                // What fails a start is told, and an operator tries again.
                Ok(Err(fault)) if self.is_troubled() || self.disk.is_dead() => {
                    // Where the folder lies is another each time.
                    let folder = self.folder.display().to_string();
                    let why = fault.to_string().replace(&folder, "the journal");
                    court.note(format!("{} does not start: {why}", self.name()));
                    self.disk.kill();
                    self.start_at = Instant::now() + Duration::from_millis(500);
                }
                Ok(Err(fault)) => court.broken(Law::StartsAgain, fault.to_string()),
                Err(fault) => court.broken(Law::StartsAgain, fault.to_string()),
            },
            other => self.opening = other,
        }
    }

    /// Whether a start may fail just now.
    fn is_troubled(&self) -> bool {
        let disk = [Fault::DiskFull, Fault::DiskFails, Fault::DeathInWrite];
        self.troubles.iter().any(|one| disk.contains(one))
    }

    fn open(&mut self) {
        self.disk.revive();
        self.connected = self.database.connected();
        let plan = &self.around.place.plan;
        let runs = self.around.runs.fetch_add(1, Ordering::Relaxed) + 1;
        let run = RunId(plan.seed.wrapping_mul(1_000) % (1 << 40) + runs);
        let node = SimulatedNode {
            name: self.name(),
            folder: self.folder.clone(),
            disk: self.disk.clone(),
            database: self.connected.clone(),
            lease: plan.lease,
        };
        let wall = self.around.wall(&self.jumped);
        let opening = async move { open_storage(node, (run, wall)).await };
        self.opening = Some(tokio::spawn(opening));
    }

    fn begin(&mut self, opened: Opened) {
        let (first, before) = (opened.1.first_tick, opened.1.before);
        let court = &self.around.court;
        let name = self.name();
        court.note(format!("{name} begins with tick {first}, after {before:?}"));
        look_up(&self.database.rows(), court);
        if court.breach().is_some() {
            return;
        }
        let pace = self.around.place.plan.pace;
        let process = Process::begin(opened, self.connected.clone(), (self.wall(), pace));
        let gateway = Arc::clone(&process.gateway);
        self.around.place.open(self.number, Some(gateway));
        self.process = Some(process);
    }

    pub(super) fn kill(&mut self, power: bool, away: Duration) {
        if let Some(opening) = self.opening.take() {
            opening.abort();
        }
        if let Some(process) = self.process.take() {
            process.kill();
        }
        (self.stalled, self.skipped) = (0, 0);
        self.disk.kill();
        self.connected.disconnect();
        self.around.place.open(self.number, None);
        if power {
            self.disk.lose_power().unwrap();
        }
        self.start_at = Instant::now() + away.min(Duration::from_secs(3));
    }

    /// Stops as by a signal, and is stopped for good if that takes long.
    pub(super) fn restart(&mut self) {
        let Some(process) = self.process.take() else {
            return;
        };
        if !process.may_end() {
            self.process = Some(process);
            return;
        }
        self.around.place.open(self.number, None);
        let storage = process.end();
        self.start_at = Instant::now() + Duration::from_secs(1);
        // Its storage ends beside, until the next start takes the disk from it.
        let until = self.start_at;
        tokio::spawn(async move {
            sleep_until(until - Duration::from_millis(20)).await;
            if storage.is_at_rest() {
                storage.retire();
            }
            storage.kill();
        });
    }

    /// Stops as by a signal: everything comes to rest.
    pub(super) async fn end(&mut self) {
        let around = self.around.clone();
        let court = &around.court;
        let Some(mut process) = self.process.take() else {
            return court.broken(Law::RestInTheEnd, "nothing lives");
        };
        let patience = Instant::now() + REST;
        while !process.may_end() && Instant::now() < patience {
            sleep_until(Instant::now() + TICK).await;
            process.tick(0, court);
        }
        process.weigh(around.place.plan.clients, court);
        around.place.open(self.number, None);
        let storage = process.end();
        while !storage.is_at_rest() {
            sleep_until(Instant::now() + TICK).await;
            if Instant::now() >= patience {
                return court.broken(Law::RestInTheEnd, "storage never comes to rest");
            }
        }
        storage.retire();
        storage.kill();
    }

    fn wall(&self) -> Wall {
        let (around, jumped) = (self.around.clone(), Arc::clone(&self.jumped));
        Box::new(move || around.wall(&jumped))
    }
}
