//! Servers, brokers and a bridge without a world.

#[path = "../blackbox/harness/http.rs"]
#[expect(dead_code, reason = "shared with tests that ask for more")]
mod http;
#[path = "../blackbox/harness/player.rs"]
#[expect(dead_code, reason = "shared with tests that ask for more")]
mod player;
#[path = "../../storage/tests/storage/harness/postgres.rs"]
#[expect(dead_code, reason = "shared with tests that ask for more")]
mod postgres;
#[path = "../survival/harness/quiet.rs"]
mod quiet;
#[path = "../survival/harness/server.rs"]
#[expect(dead_code, reason = "shared with tests that ask for more")]
mod server;
#[path = "../blackbox/harness/test_folder.rs"]
mod test_folder;

use std::time::{Duration, Instant};

use engine::port::{
    Body, BridgeIn, ChatLine, Content, EnginePorts, LaneLimits, Mark, Parcel, Registry, SaveGauge,
    StableId, Tasks, Topic, lanes,
};
use net::bridge::{Bus, BusNode, Grammar, NatsConfig, spawn};
use tempfile::TempDir;

pub(crate) use http::{Account, Http};
pub(crate) use player::Player;
pub(crate) use postgres::Cluster;
pub(crate) use server::{Recipe, Server};
use test_folder::TestFolder;

/// Long enough for two busy processors, short enough to notice.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Held by each proof: what measures must not measure its neighbour.
static PROOFS: tokio::sync::RwLock<()> = tokio::sync::RwLock::const_new(());

/// Waits until no other proof runs, and lets none begin: for those that measure.
pub(crate) async fn alone() -> tokio::sync::RwLockWriteGuard<'static, ()> {
    PROOFS.write().await
}

/// Waits until no proof runs that must be alone: for those that only ask what is so, and mostly
/// wait for it.
pub(crate) async fn beside() -> tokio::sync::RwLockReadGuard<'static, ()> {
    PROOFS.read().await
}

/// Whether the proofs run whole.
pub(crate) fn whole() -> bool {
    std::env::var("KADATH_PROOF").is_ok_and(|proof| proof == "full")
}

/// Looks again and again until `look` finds something.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A bridge whose world is the test: it sees what comes in and says what goes out.
pub(crate) struct Node {
    pub(crate) bus: Bus,
    pub(crate) ports: EnginePorts,
    pub(crate) gauge: std::sync::Arc<SaveGauge>,
    pub(crate) registry: Registry,
    pub(crate) folder: TempDir,
    tasks: Tasks,
    tick: u64,
}

/// What a test wants of the bus: quick to notice, quick to try again.
pub(crate) fn quick(url: &str) -> NatsConfig {
    NatsConfig {
        url: url.to_owned(),
        connect_timeout_ms: 1_000,
        request_timeout_ms: 1_000,
        health_interval_ms: 1_000,
        circuit_ms: 300,
        lease_ms: 1_500,
        ack_wait_ms: 1_000,
        ..NatsConfig::default()
    }
}

impl Node {
    pub(crate) async fn start(name: &str, config: NatsConfig) -> Self {
        Self::start_with(name, config, LaneLimits::default()).await
    }

    pub(crate) async fn start_with(name: &str, config: NatsConfig, limits: LaneLimits) -> Self {
        let registry = Registry::new();
        let tasks = Tasks::new(&registry).unwrap();
        let lanes = lanes(limits, &registry).unwrap();
        let folder = TempDir::with_prefix("kadath-bus-").unwrap();
        let node = BusNode {
            name: name.to_owned(),
            run: 7,
            data: folder.path().to_owned(),
        };
        let gauge = std::sync::Arc::clone(&lanes.bridge.gauge);
        let bus = spawn(config, node, lanes.bridge, &tasks, &registry)
            .await
            .unwrap();
        Self {
            bus,
            ports: lanes.engine,
            gauge,
            registry,
            folder,
            tasks,
            tick: 0,
        }
    }

    /// Waits until the bus answers.
    pub(crate) async fn up(&self) {
        until("the bus", async || self.bus.health().ok()).await;
    }

    /// Hands these over with one tick, which is durable at once; answers whether the lane took it.
    pub(crate) fn say(&mut self, sent: Vec<Parcel>) -> bool {
        self.tick += 1;
        let parcels = engine::port::Parcels {
            tick: self.tick,
            sent,
            ..Default::default()
        };
        let taken = self.ports.parcels.try_send(parcels).is_ok();
        self.gauge.set_durable(self.tick);
        taken
    }

    /// What has come in meanwhile.
    pub(crate) fn heard(&self) -> Vec<BridgeIn> {
        self.ports.bridged.try_iter().collect()
    }

    /// A figure's sum over its labels.
    pub(crate) fn figure(&self, name: &str) -> f64 {
        let families = self.registry.gather();
        let metrics = families.iter().filter(|family| family.name() == name);
        metrics
            .flat_map(|family| family.get_metric())
            .map(|metric| metric.get_counter().get_value() + metric.get_gauge().get_value())
            .sum()
    }

    /// Stops every task of it.
    pub(crate) async fn stop(self) {
        self.tasks.stop().cancel();
        let left = self.tasks.join(Duration::from_secs(5)).await;
        assert!(left.is_empty(), "still running: {left:?}");
    }
}

/// A line of talk.
pub(crate) fn line(channel: &str, text: &str) -> Content {
    Content::Chat(ChatLine {
        channel: channel.to_owned(),
        message_id: text.to_owned(),
        sender_id: StableId::named("Ann"),
        sender_name: "Ann".to_owned(),
        text: text.to_owned(),
        room_id: None,
        // Whispers go to Bob.
        target_id: (channel == "whisper").then(|| StableId::named("Bob")),
        target_name: None,
    })
}

/// Where whispers to Bob go.
pub(crate) fn to_bob() -> String {
    let bob = Topic::Whisper(StableId::named("Bob"));
    Grammar::new("kadath").unwrap().topic(&bob).unwrap()
}

/// The mark of what `north` numbers.
pub(crate) fn mark(seq: u64) -> Mark {
    Mark {
        origin: "north.1".into(),
        seq,
    }
}

/// A line to everybody.
pub(crate) fn global(text: &str) -> Parcel {
    Parcel {
        topic: Topic::Global,
        mark: None,
        correlation: Default::default(),
        body: Body::Content(line("global", text)),
    }
}

/// A line that must arrive.
pub(crate) fn numbered(seq: u64) -> Parcel {
    Parcel {
        topic: Topic::Whisper(StableId::named("Bob")),
        mark: Some(mark(seq)),
        correlation: Default::default(),
        body: Body::Content(line("whisper", &seq.to_string())),
    }
}

/// Nothing: the black-box tests compare frames with their schemas.
const fn frame_unlike_its_schema(_: &serde_json::Value) -> Option<String> {
    None
}
