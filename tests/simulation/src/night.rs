//! One night in the box: a plan, played on one thread and virtual time.

mod troubles;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use engine::port::{Role, RunId, StableId, WorldTime};
use storage::simulation::{DatabaseMood, SimulatedAccount, SimulatedDatabase, SimulatedDisk};
use storage::{RecoveredState, StorageFault};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::client::{Client, name_of};
use crate::game::account;
use crate::laws::{Breach, Court, Law};
use crate::place::Place;
use crate::plan::{Fault, Plan, PlannedFault};
use crate::process::{Process, Wall, open_storage};
use crate::truth::look_up;

type Opened = Result<(storage::simulation::SimulatedStorage, RecoveredState), StorageFault>;

const TICK: Duration = Duration::from_millis(50);
/// Where the box's time begins.
const BEGIN: u64 = 1_735_689_600_000_000;
/// For so long everything may take to come to rest when nothing goes wrong any more.
const REST: Duration = Duration::from_secs(45);

/// What a night came to.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) breach: Option<Breach>,
    /// A hash of everything that was noted, and how much that was.
    pub(crate) digest: (u64, u64),
    pub(crate) last_second: Vec<String>,
    /// How much time passed in the box.
    pub(crate) simulated: Duration,
    /// How many processes lived in it.
    pub(crate) runs: u64,
    /// What went wrong in it.
    pub(crate) faults: Vec<Fault>,
}

/// Plays a night.
pub(crate) fn play(plan: &Plan) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let shm = Path::new("/dev/shm");
    let folder = match shm.is_dir() {
        true => tempfile::tempdir_in(shm),
        false => tempfile::tempdir(),
    }
    .unwrap();
    let outcome = runtime.block_on(async {
        let mut night = Night::new(plan.clone(), folder.path());
        night.pass().await;
        night.outcome()
    });
    // What waits for a time that never comes is dropped here.
    runtime.shutdown_background();
    outcome
}

struct Night<'a> {
    folder: &'a Path,
    place: Arc<Place>,
    court: Court,
    disk: SimulatedDisk,
    database: SimulatedDatabase,
    /// What the process that lives is connected by.
    connected: SimulatedDatabase,
    process: Option<Process>,
    opening: Option<JoinHandle<Opened>>,
    start_at: Instant,
    began: Instant,
    jumped: Arc<AtomicI64>,
    mood: DatabaseMood,
    stalled: u64,
    skipped: u64,
    runs: u64,
    waiting: Vec<PlannedFault>,
    under_way: Vec<PlannedFault>,
    met: Vec<Fault>,
}

impl<'a> Night<'a> {
    fn new(plan: Plan, folder: &'a Path) -> Self {
        let accounts = (0..plan.clients).map(|number| SimulatedAccount {
            account: account(&name_of(number)),
            character: StableId::named(&name_of(number)),
            name: name_of(number),
            role: if number == 0 {
                Role::Admin
            } else {
                Role::Player
            },
            banned: None,
        });
        let database = SimulatedDatabase::new(accounts.collect());
        let mood = DatabaseMood {
            latency: plan.pace,
            ..DatabaseMood::default()
        };
        database.set_mood(mood);
        Self {
            folder,
            court: Court::new(),
            disk: SimulatedDisk::new(plan.seed),
            connected: database.clone(),
            database,
            process: None,
            opening: None,
            start_at: Instant::now(),
            began: Instant::now(),
            jumped: Arc::default(),
            mood,
            stalled: 0,
            skipped: 0,
            runs: 0,
            waiting: plan.faults.clone(),
            under_way: Vec::new(),
            met: Vec::new(),
            place: Place::new(plan),
        }
    }

    fn outcome(&self) -> Outcome {
        Outcome {
            breach: self.court.breach(),
            digest: self.court.digest(),
            last_second: self.court.last_second(),
            simulated: self.began.elapsed(),
            runs: self.runs,
            faults: self.met.clone(),
        }
    }

    async fn pass(&mut self) {
        let clients: Vec<JoinHandle<()>> = (0..self.place.plan.clients)
            .map(|number| {
                let client = Client::new(number, Arc::clone(&self.place), self.court.clone());
                tokio::spawn(client.play())
            })
            .collect();
        let mut step = 0_u32;
        while self.court.breach().is_none() {
            let next = self.began + TICK * step;
            // Processes die between two ticks, too.
            while let Some(death) = self.next_death(next) {
                sleep_until(death).await;
                self.faults();
            }
            sleep_until(next).await;
            step += 1;
            self.faults();
            self.live(step).await;
            let passed = self.began.elapsed();
            if passed >= self.place.plan.length {
                self.calm();
                if self.has_settled() {
                    break;
                }
                if passed >= self.place.plan.length + REST {
                    let open = self.place.unsettled(|_| true);
                    let how = format!("clients {open:?} still wait");
                    self.court.broken(Law::WatermarksCome, how);
                }
            }
        }
        if self.court.breach().is_none() {
            self.end().await;
        }
        clients.iter().for_each(JoinHandle::abort);
    }

    /// Ticks, or starts again.
    async fn live(&mut self, step: u32) {
        self.database.set_wall(self.wall_now());
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
            process.tick(std::mem::take(&mut self.skipped), &self.court);
            if step.is_multiple_of(20) {
                process.weigh(self.place.plan.clients, &self.court);
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
                    self.court.note(format!("does not start: {why}"));
                    self.disk.kill();
                    self.start_at = Instant::now() + Duration::from_millis(500);
                }
                Ok(Err(fault)) => self.court.broken(Law::StartsAgain, fault.to_string()),
                Err(fault) => self.court.broken(Law::StartsAgain, fault.to_string()),
            },
            other => self.opening = other,
        }
    }

    fn open(&mut self) {
        self.disk.revive();
        self.connected = self.database.connected();
        self.runs += 1;
        let (disk, database) = (self.disk.clone(), self.connected.clone());
        let run = RunId(self.place.plan.seed.wrapping_mul(1_000) % (1 << 40) + self.runs);
        let (folder, wall) = (self.folder.to_owned(), self.wall_now());
        self.opening = Some(tokio::spawn(async move {
            open_storage(&folder, disk, database, (run, wall)).await
        }));
    }

    fn begin(&mut self, opened: (storage::simulation::SimulatedStorage, RecoveredState)) {
        let first = opened.1.first_tick;
        self.court.note(format!(
            "begins with tick {first}, after {:?}",
            opened.1.before
        ));
        look_up(&self.database.rows(), &self.court);
        if self.court.breach().is_some() {
            return;
        }
        let pace = self.place.plan.pace;
        let process = Process::begin(opened, self.connected.clone(), (self.wall(), pace));
        self.place.open(Some(Arc::clone(&process.gateway)));
        self.process = Some(process);
    }

    fn kill(&mut self, power: bool, away: Duration) {
        if let Some(opening) = self.opening.take() {
            opening.abort();
        }
        if let Some(process) = self.process.take() {
            process.kill();
        }
        (self.stalled, self.skipped) = (0, 0);
        self.disk.kill();
        self.connected.disconnect();
        self.place.open(None);
        if power {
            self.disk.lose_power().unwrap();
        }
        self.start_at = Instant::now() + away.min(Duration::from_secs(3));
    }

    /// Stops as by a signal, and is stopped for good if that takes long.
    fn restart(&mut self) {
        let Some(process) = self.process.take() else {
            return;
        };
        if !process.may_end() {
            self.process = Some(process);
            return;
        }
        self.place.open(None);
        let storage = process.end();
        self.start_at = Instant::now() + Duration::from_secs(1);
        // Its storage ends beside, until the next start takes the disk from it.
        self.ending(storage);
    }

    fn ending(&self, storage: storage::simulation::SimulatedStorage) {
        let until = self.start_at;
        tokio::spawn(async move {
            sleep_until(until - Duration::from_millis(20)).await;
            storage.kill();
        });
    }

    fn has_settled(&self) -> bool {
        let banned: Vec<String> = self
            .database
            .accounts()
            .into_iter()
            .filter(|one| one.banned.is_some())
            .map(|one| one.name)
            .collect();
        let may_play = |who: u64| !banned.contains(&name_of(usize::try_from(who).unwrap_or(0)));
        self.process.is_some() && self.place.unsettled(may_play).is_empty()
    }

    /// Stops as by a signal: everything comes to rest.
    async fn end(&mut self) {
        let Some(mut process) = self.process.take() else {
            return self.court.broken(Law::RestInTheEnd, "nothing lives");
        };
        self.place.end();
        let patience = Instant::now() + REST;
        while !process.may_end() && Instant::now() < patience {
            sleep_until(Instant::now() + TICK).await;
            process.tick(0, &self.court);
        }
        process.weigh(self.place.plan.clients, &self.court);
        self.place.open(None);
        let storage = process.end();
        while !storage.is_at_rest() {
            sleep_until(Instant::now() + TICK).await;
            if Instant::now() >= patience {
                return self
                    .court
                    .broken(Law::RestInTheEnd, "storage never comes to rest");
            }
        }
        look_up(&self.database.rows(), &self.court);
        storage.kill();
    }

    fn wall_now(&self) -> WorldTime {
        (self.wall())()
    }

    fn wall(&self) -> Wall {
        let (began, jumped) = (self.began, Arc::clone(&self.jumped));
        Box::new(move || {
            let passed = u64::try_from(began.elapsed().as_micros()).unwrap_or(0);
            WorldTime((BEGIN + passed).saturating_add_signed(jumped.load(Ordering::Relaxed)))
        })
    }
}
