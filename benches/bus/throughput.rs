//! How fast the bridge publishes, against a bare loop over the broker's own client.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use async_nats::{Client, Subscriber};
use bytes::Bytes;
use engine::port::{
    Body, ChatLine, Content, EnginePorts, LaneLimits, Parcel, Parcels, Registry, StableId, Tasks,
    Topic, lanes,
};
use futures_util::StreamExt as _;
use net::bridge::{BusNode, NatsConfig, spawn};

use crate::{judge, median};

/// Messages of one tick.
const TICK: usize = 500;
/// Ticks of one round.
const TICKS: usize = 200;
/// Ticks that may be under way: fewer than the connection's lane holds.
const AHEAD: usize = 16;
const ROUNDS: usize = 5;
/// What the bridge must reach of the bare loop.
const GOAL: f64 = 0.7;

/// A broker on a port of its own, killed when dropped.
struct Broker {
    process: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Broker {
    fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let folder = tempfile::TempDir::with_prefix("kadath-bench-").unwrap();
        let process = Command::new("nats-server")
            .args(["-a", "127.0.0.1", "-p", &port.to_string(), "-js", "-sd"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nats-server is installed");
        Self {
            process,
            url: format!("nats://127.0.0.1:{port}"),
            _folder: folder,
        }
    }

    async fn client(&self) -> Client {
        async_nats::ConnectOptions::new()
            .retry_on_initial_connect()
            .client_capacity(8_192)
            .subscription_capacity(2 * TICK * AHEAD)
            .connect(&self.url)
            .await
            .unwrap()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Messages a second of both, interleaved.
pub(crate) async fn run() -> bool {
    let broker = Broker::start();
    let (hearer, bare) = (broker.client().await, broker.client().await);
    hearer.flush().await.unwrap();
    let mut heard = hearer.subscribe("kadath.chat.global").await.unwrap();
    hearer.flush().await.unwrap();

    let registry = Registry::new();
    let tasks = Tasks::new(&registry).unwrap();
    let lanes = lanes(LaneLimits::default(), &registry).unwrap();
    let folder = tempfile::TempDir::with_prefix("kadath-bench-").unwrap();
    let config = NatsConfig {
        url: broker.url.clone(),
        connections: 1,
        ..NatsConfig::default()
    };
    let node = BusNode {
        name: "north".to_owned(),
        run: 1,
        data: folder.path().to_owned(),
    };
    let bus = spawn(config, node, lanes.bridge, &tasks, &registry)
        .await
        .unwrap();
    while bus.health().is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut bridge = Bridge {
        ports: lanes.engine,
        tick: 0,
    };
    // What both send: the bridge's own payload.
    bridge.tick();
    let payload = next(&mut heard).await;
    for _ in 1..TICK {
        next(&mut heard).await;
    }

    let (mut ours, mut theirs, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (mut a, mut b) = (0.0, 0.0);
        for turn in [round % 2, (round + 1) % 2] {
            if turn == 0 {
                a = bridge.round(&mut heard).await;
            } else {
                b = loop_of(&bare, &payload, &mut heard).await;
            }
        }
        ours.push(a);
        theirs.push(b);
        shares.push(a / b);
    }
    let share = median(shares);
    println!(
        "throughput: bridge {:.0}/s, bare client {:.0}/s, {share:.2} times, payloads of {} bytes",
        median(ours),
        median(theirs),
        payload.len()
    );
    tasks.stop().cancel();
    tasks.join(Duration::from_secs(5)).await;
    judge("at least 0.7 times the bare client", share >= GOAL)
}

async fn next(heard: &mut Subscriber) -> Bytes {
    let message = tokio::time::timeout(Duration::from_secs(30), heard.next()).await;
    message.expect("it comes").expect("it goes on").payload
}

struct Bridge {
    ports: EnginePorts,
    tick: u64,
}

impl Bridge {
    fn tick(&mut self) {
        self.tick += 1;
        let parcels = Parcels {
            tick: self.tick,
            sent: (0..TICK).map(|_| parcel()).collect(),
            ..Parcels::default()
        };
        self.ports.parcels.try_send(parcels).expect("room");
    }

    async fn round(&mut self, heard: &mut Subscriber) -> f64 {
        let began = Instant::now();
        for tick in 0..TICKS + AHEAD {
            if tick >= AHEAD {
                for _ in 0..TICK {
                    next(heard).await;
                }
            }
            if tick < TICKS {
                self.tick();
            }
        }
        (TICKS * TICK) as f64 / began.elapsed().as_secs_f64()
    }
}

/// The same number of messages, from a task of its own like the bridge's: publish each, flush each
/// tick.
async fn loop_of(client: &Client, payload: &Bytes, heard: &mut Subscriber) -> f64 {
    let (ticks, mut wanted) = tokio::sync::mpsc::channel::<()>(AHEAD);
    let (client, payload) = (client.clone(), payload.clone());
    let publisher = tokio::spawn(async move {
        while wanted.recv().await.is_some() {
            for _ in 0..TICK {
                let payload = payload.clone();
                client.publish("kadath.chat.global", payload).await.unwrap();
            }
            client.flush().await.unwrap();
        }
    });
    let began = Instant::now();
    for tick in 0..TICKS + AHEAD {
        if tick >= AHEAD {
            for _ in 0..TICK {
                next(heard).await;
            }
        }
        if tick < TICKS {
            ticks.send(()).await.unwrap();
        }
    }
    let rate = (TICKS * TICK) as f64 / began.elapsed().as_secs_f64();
    drop(ticks);
    publisher.await.unwrap();
    rate
}

fn parcel() -> Parcel {
    Parcel {
        topic: Topic::Global,
        mark: None,
        correlation: Default::default(),
        body: Body::Content(Content::Chat(ChatLine {
            channel: "global".to_owned(),
            message_id: "eb1af47a41176e3d".to_owned(),
            sender_id: StableId::named("Ann"),
            sender_name: "Ann".to_owned(),
            text: "hello everybody, this is a line of ordinary length".to_owned(),
            room_id: None,
            target_id: None,
            target_name: None,
        })),
    }
}
