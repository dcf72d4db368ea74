//! Where clients meet the nodes: their doors while they live, and how the night stands.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::port::Correlation;
use net::simulation::SimulatedGateway;
use tokio::io::DuplexStream;
use tokio::sync::broadcast;

use crate::gate::BoxGate;
use crate::plan::Plan;

/// What a wire holds each way, in bytes.
const WIRE: usize = 16 * 1024;

/// What all clients share.
pub(crate) struct Place {
    pub(crate) plan: Plan,
    doors: Vec<Doors>,
    /// Tells that every connection is cut.
    cuts: broadcast::Sender<()>,
    calm: AtomicBool,
    over: AtomicBool,
    extra_latency: AtomicU64,
    connections: AtomicU64,
    settled: Mutex<BTreeSet<u64>>,
}

/// The doors of one node.
struct Doors {
    open: Mutex<Option<Arc<SimulatedGateway<BoxGate>>>>,
    /// Tells that its process dies. Whoever waits is woken in the order of waiting, where a `watch`
    /// would draw lots.
    life: broadcast::Sender<()>,
}

impl Place {
    pub(crate) fn new(plan: Plan) -> Arc<Self> {
        let doors = (0..plan.nodes).map(|_| Doors {
            open: Mutex::default(),
            life: broadcast::Sender::new(1),
        });
        Arc::new(Self {
            doors: doors.collect(),
            plan,
            cuts: broadcast::Sender::new(1),
            calm: AtomicBool::new(false),
            over: AtomicBool::new(false),
            extra_latency: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            settled: Mutex::default(),
        })
    }

    /// The doors of a node's process that lives are open, or there is none.
    pub(crate) fn open(&self, node: usize, gateway: Option<Arc<SimulatedGateway<BoxGate>>>) {
        let doors = &self.doors[node];
        let died = gateway.is_none();
        *doors.open.lock().unwrap_or_else(PoisonError::into_inner) = gateway;
        if died {
            // Nobody need be there.
            let _ = doors.life.send(());
        }
    }

    /// Cuts everybody off.
    pub(crate) fn cut_all(&self) {
        // Nobody need be there.
        let _ = self.cuts.send(());
    }

    pub(crate) fn connect(&self, node: usize, who: u64) -> Option<DuplexStream> {
        let doors = &self.doors[node].open;
        let doors = doors.lock().unwrap_or_else(PoisonError::into_inner);
        let count = self.connections.fetch_add(1, Ordering::Relaxed);
        doors
            .as_ref()?
            .connect(Correlation(count << 16 | who), WIRE)
    }

    pub(crate) fn life(&self, node: usize) -> broadcast::Receiver<()> {
        self.doors[node].life.subscribe()
    }

    pub(crate) fn cuts(&self) -> broadcast::Receiver<()> {
        self.cuts.subscribe()
    }

    /// How long a frame is on its way just now.
    pub(crate) fn latency(&self) -> Duration {
        self.plan.latency + Duration::from_millis(self.extra_latency.load(Ordering::Relaxed))
    }

    pub(crate) fn set_extra_latency(&self, millis: u64) {
        self.extra_latency.store(millis, Ordering::Relaxed);
    }

    /// Nothing goes wrong any more, and nobody begins anything.
    pub(crate) fn calm_down(&self) {
        self.calm.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    /// Everybody goes home.
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
        self.cut_all();
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// Whether a client knows of everything it asked for what became of it.
    pub(crate) fn settled(&self, who: u64, is: bool) {
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        match is {
            true => settled.insert(who),
            false => settled.remove(&who),
        };
    }

    /// Who is not settled, of those who may play.
    pub(crate) fn unsettled(&self, may_play: impl Fn(u64) -> bool) -> Vec<u64> {
        let settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        let all = 0..self.plan.clients as u64;
        all.filter(|who| may_play(*who) && !settled.contains(who))
            .collect()
    }
}
