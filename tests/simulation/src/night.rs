//! One night in the box: a plan, played on one thread and virtual time.

mod holders;
mod node;
mod troubles;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use engine::port::{Role, StableId};
use storage::simulation::{SimulatedAccount, SimulatedDatabase};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::client::{Client, name_of};
use crate::game::account;
use crate::laws::{Breach, Court, Law};
use crate::place::Place;
use crate::plan::{Fault, Plan, PlannedFault};
use crate::truth::{GrowingMarks, follow_coins, look_up};
use holders::Holders;
use node::{BoxNode, Surroundings};

const TICK: Duration = Duration::from_millis(50);
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

struct Night {
    around: Surroundings,
    database: SimulatedDatabase,
    nodes: Vec<BoxNode>,
    marks: GrowingMarks,
    holders: Holders,
    waiting: Vec<PlannedFault>,
    under_way: Vec<PlannedFault>,
    met: Vec<Fault>,
}

impl Night {
    fn new(plan: Plan, folder: &Path) -> Self {
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
        let database = SimulatedDatabase::new(accounts.collect(), plan.lease.is_some());
        let (nodes, waiting) = (0..plan.nodes, plan.faults.clone());
        let around = Surroundings {
            place: Place::new(plan),
            court: Court::new(),
            began: Instant::now(),
            runs: Arc::new(AtomicU64::new(0)),
        };
        let nodes = nodes.map(|number| {
            let folder = folder.join(number.to_string());
            std::fs::create_dir(&folder).unwrap();
            BoxNode::new(number, folder, database.beside(), around.clone())
        });
        Self {
            nodes: nodes.collect(),
            around,
            database,
            marks: GrowingMarks::default(),
            holders: Holders::default(),
            waiting,
            under_way: Vec::new(),
            met: Vec::new(),
        }
    }

    fn outcome(&self) -> Outcome {
        let court = &self.around.court;
        Outcome {
            breach: court.breach(),
            digest: court.digest(),
            last_second: court.last_second(),
            simulated: self.around.began.elapsed(),
            runs: self.around.runs.load(Ordering::Relaxed),
            faults: self.met.clone(),
        }
    }

    async fn pass(&mut self) {
        let Surroundings {
            place,
            court,
            began,
            ..
        } = self.around.clone();
        let clients: Vec<JoinHandle<()>> = (0..place.plan.clients)
            .map(|number| {
                let client = Client::new(number, Arc::clone(&place), court.clone());
                tokio::spawn(client.play())
            })
            .collect();
        let mut step = 0_u32;
        while court.breach().is_none() {
            let next = began + TICK * step;
            // Processes die between two ticks, too.
            while let Some(death) = self.next_death(next) {
                sleep_until(death).await;
                self.faults();
            }
            sleep_until(next).await;
            step += 1;
            self.faults();
            self.live(step).await;
            let passed = began.elapsed();
            if passed >= place.plan.length {
                self.calm();
                if self.has_settled() {
                    break;
                }
                if passed >= place.plan.length + REST {
                    let open = place.unsettled(|_| true);
                    let how = format!("clients {open:?} still wait");
                    court.broken(Law::WatermarksCome, how);
                }
            }
        }
        if court.breach().is_none() {
            self.end().await;
        }
        clients.iter().for_each(JoinHandle::abort);
    }

    /// Every node ticks, or starts again.
    async fn live(&mut self, step: u32) {
        let court = &self.around.court;
        let wall = self.around.wall(&AtomicI64::new(0));
        self.database.set_wall(wall);
        for node in &mut self.nodes {
            node.live(step).await;
        }
        self.marks
            .look(self.database.commits(), || self.database.rows(), court);
        if self.around.place.plan.lease.is_some() && step.is_multiple_of(10) {
            self.holders.look(&mut self.nodes, &self.database, court);
            look_up(&self.database.rows(), court);
        }
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
        let mut nodes = self.nodes.iter();
        nodes.all(|node| node.process.is_some()) && self.around.place.unsettled(may_play).is_empty()
    }

    /// Everybody goes home, and the nodes stop one after another.
    async fn end(&mut self) {
        self.around.place.end();
        for node in &mut self.nodes {
            node.end().await;
        }
        let (rows, court) = (self.database.rows(), &self.around.court);
        look_up(&rows, court);
        follow_coins(&rows, |id| self.database.has_refused(id), court);
    }
}
