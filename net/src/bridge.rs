//! The bus: what this node and others tell each other through NATS.
//!
//! The bridge meets the world only through two bounded lanes ([`BridgePorts`]), so a broker that
//! is slow, frozen or gone costs the world nothing. What need not arrive is dropped and counted
//! when it can't be sent; what must arrive is saved by the world first, stored by JetStream, and
//! acknowledged by its receiver only when the effect is durable there.

mod breaker;
mod class;
mod config;
mod control;
mod dead_letters;
mod dial;
mod envelope;
mod fits;
mod known;
mod link;
mod metrics;
mod out;
mod presence;
mod receive;
mod replay;
mod retry;
mod shared;
mod state;
mod store;
mod stream;
mod subject;
mod take;
mod token;

pub use breaker::{Breaker, BreakerLimits, BreakerOpen, BreakerState};
pub use class::Class;
pub use config::{NatsConfig, NatsConfigFault};
pub use dead_letters::{DeadLetter, DeadLetterFault, DeadLetters};
pub use envelope::{ENVELOPE_BYTES_MAX, Envelope, EnvelopeFault, VERSION, open};
pub use replay::{ReplayFault, replay};
pub use retry::RetryLimits;
pub use state::{ATTEMPTS_MAX, IllegalStep, LinkEvent, LinkState, MISSES_MAX};
pub use subject::{Grammar, SUBJECT_BYTES_MAX, Subject, SubjectFault, class_of, name};

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_nats::ConnectOptions;
use engine::port::{Awake, BridgeIn, BridgePorts, DeliveryId, MetricsFault, Registry, Tasks, Tick};
use tokio::sync::{mpsc, watch};
use tokio::time::{interval, sleep};

use envelope::Sender;
use link::{BusConnection, BusPacket};
use metrics::BusMetrics;
use out::{DurableMessage, Outlets};
use shared::Shared;
use stream::StreamSource;
use take::UnderWay;

/// Acknowledgements that wait for their tick to be durable, in ticks: 200 s at 20 Hz.
const PROCESSED_MAX: usize = 4_096;

/// Time limits of requests after which a stream that stores nothing is said to be in trouble.
const STUCK: u32 = 3;
/// How long a full lane is waited for.
const LANE_WAIT: Duration = Duration::from_millis(20);

/// Who this node is on the bus.
#[derive(Clone, Debug)]
pub struct BusNode {
    /// Its name, one of its own among the nodes of a world.
    pub name: String,
    /// This process start.
    pub run: u64,
    /// The data folder, for dead letters.
    pub data: PathBuf,
}

/// The bus can't be started.
#[derive(Debug, thiserror::Error)]
pub enum BusFault {
    /// A key can't be used.
    #[error(transparent)]
    Config(#[from] NatsConfigFault),
    /// A metric's name is taken.
    #[error(transparent)]
    Metrics(#[from] MetricsFault),
    /// The world's name can't be a token.
    #[error(transparent)]
    Subject(#[from] SubjectFault),
}

/// The running bus.
#[derive(Clone, Debug)]
pub struct Bus {
    shared: Arc<Shared>,
}

impl Bus {
    /// How the bus stands, in words; `Err`: it does not answer.
    ///
    /// # Errors
    /// When a connection does not stand.
    pub fn health(&self) -> Result<String, String> {
        if self.shared.impostor.is_there() {
            let node = &self.shared.sender.node;
            return Err(format!("another node is called `{node}`, too"));
        }
        let links = &self.shared.links;
        match links.iter().find(|link| !link.state().usable()) {
            None if self.shared.stuck_for() > STUCK * self.shared.config.request_timeout() => {
                let seconds = self.shared.stuck_for().as_secs();
                Err(format!(
                    "nothing that must arrive was stored for {seconds} s"
                ))
            }
            None => Ok(format!("{} connections answer", links.len())),
            Some(link) => Err(link.state().word().to_owned()),
        }
    }
}

/// Starts the bus. It connects on its own time: a broker that is not there yet holds up nothing.
///
/// # Errors
/// When the configuration names a file that can't be used.
pub async fn spawn(
    config: NatsConfig,
    node: BusNode,
    ports: BridgePorts,
    tasks: &Tasks,
    registry: &Registry,
) -> Result<Bus, BusFault> {
    if !config.tls_verify {
        tracing::warn!("nats.tls_verify is false: anybody can pose as the broker");
    }
    let grammar = Grammar::new(&config.world)?;
    name(&node.name)?;
    let dead_letters = config.dead_letters(&node.data);
    let options = dial::options(&config, format!("kadath {}", node.name)).await?;
    let sender = Sender {
        node: node.name,
        run: node.run,
    };
    let metrics = BusMetrics::new(registry)?;
    let (shared, dead) = Shared::new(
        config,
        grammar,
        sender,
        metrics,
        (ports.bridged, ports.gauge),
        tasks.clone(),
    );
    let shared = Arc::new(shared);
    let links = link_up(&shared, &options, tasks);
    let (durable, durable_out) = mpsc::channel(shared.config.outbox_max);
    let (processed, processed_out) = mpsc::channel(PROCESSED_MAX);
    let awake = watch::Sender::new(Vec::new());
    let mine = awake.subscribe();
    let outlets = Outlets {
        links,
        durable,
        processed,
        awake,
    };
    tasks.spawn(
        "bus-out",
        out::run(ports.parcels, outlets, Arc::clone(&shared)),
    );
    if let Some(first) = shared.links.first() {
        let rest = FirstConnection {
            durable_out,
            processed_out,
            mine,
        };
        rest.take_up(first, &dead_letters, tasks, &shared)?;
    }
    tasks.spawn(
        "bus-letters",
        shared::keep_dead_letters(dead, dead_letters, Arc::clone(&shared)),
    );
    tasks.spawn("bus-watch", watch_breakers(Arc::clone(&shared)));
    Ok(Bus { shared })
}

/// What the tasks of the first connection take: messages to store, deliveries that have had their
/// effect, and who is awake here.
struct FirstConnection {
    durable_out: mpsc::Receiver<DurableMessage>,
    processed_out: mpsc::Receiver<(Tick, Vec<DeliveryId>)>,
    mine: watch::Receiver<Vec<Arc<Awake>>>,
}

impl FirstConnection {
    /// Starts what listens, stores, takes and tells on the first connection.
    fn take_up(
        self,
        first: &BusConnection,
        dead_letters: &DeadLetters,
        tasks: &Tasks,
        shared: &Arc<Shared>,
    ) -> Result<(), BusFault> {
        let under_way = Arc::new(UnderWay::default());
        tasks.spawn(
            "bus-hear",
            receive::run(first.clients(), Arc::clone(shared)),
        );
        tasks.spawn(
            "bus-store",
            store::run(self.durable_out, first.clients(), Arc::clone(shared)),
        );
        for source in StreamSource::all(shared)? {
            tasks.spawn(
                "bus-take",
                take::run(
                    source,
                    first.clients(),
                    Arc::clone(&under_way),
                    dead_letters.clone(),
                    Arc::clone(shared),
                ),
            );
        }
        tasks.spawn("bus-tell", tell_link(Arc::clone(shared)));
        tasks.spawn(
            "bus-acknowledge",
            take::acknowledge_durable(self.processed_out, under_way, Arc::clone(shared)),
        );
        tasks.spawn(
            "bus-presence",
            presence::run(first.clients(), self.mine, Arc::clone(shared)),
        );
        Ok(())
    }
}

/// Starts every connection; answers where each takes what is to be written.
fn link_up(
    shared: &Arc<Shared>,
    options: &ConnectOptions,
    tasks: &Tasks,
) -> Vec<mpsc::Sender<Vec<BusPacket>>> {
    let mut writers = Vec::new();
    for link in &shared.links {
        let (batches, batches_out) = mpsc::channel(link::BATCHES_MAX);
        writers.push(batches);
        let (options, link) = (options.clone(), Arc::clone(link));
        tasks.spawn(
            "bus-writer",
            link::write(
                Arc::clone(&link),
                batches_out,
                Arc::clone(shared),
                tasks.stop().clone(),
            ),
        );
        tasks.spawn("bus-link", link::keep(link, options, Arc::clone(shared)));
    }
    writers
}

/// Tells the world whether the broker answers, so that it offers nothing in vain.
async fn tell_link(shared: Arc<Shared>) {
    let mut up = shared.up.subscribe();
    let stop = shared.stop.clone();
    stop.run_until_cancelled(async {
        loop {
            let news = BridgeIn::Link {
                up: *up.borrow_and_update(),
            };
            if shared.lane.try_send(news).is_err() {
                sleep(LANE_WAIT).await;
                up.mark_changed();
            }
            if up.changed().await.is_err() {
                return;
            }
        }
    })
    .await;
}

/// Shows the breakers that time alone has half opened.
async fn watch_breakers(shared: Arc<Shared>) {
    let mut timer = interval(Duration::from_secs(1));
    while shared
        .stop
        .run_until_cancelled(timer.tick())
        .await
        .is_some()
    {
        shared.metrics.show_breakers();
    }
}
