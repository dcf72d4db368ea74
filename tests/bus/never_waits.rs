//! Players act, talk and whisper to another node while their broker freezes, dies, and is cut off:
//! none of them notices, no promise is broken, and nothing is lost uncounted.

#[path = "../survival/never_waits/crowd.rs"]
mod crowd;
#[path = "../survival/never_waits/span.rs"]
mod span;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use sqlx::Row as _;

use crate::broker::{Broker, settled};
use crate::harness::{Player, Recipe, Server, alone, until, whole};
use crate::proxy::{Proxy, Way};
use crowd::{Crowd, Manner};
use span::Span;

/// What the crowd does: each line in the room, to the sub-zone or to everybody is one for the bus,
/// too.
const LINES: &[&str] = &[
    "say hello",
    "look",
    "local is it late?",
    "global good evening",
];
/// Commands a second of the whole crowd, of any size. They all stand in one room: this is about the
/// bus, and not about how many can hear a line.
const COMMANDS_PER_SECOND: u32 = 100;
/// Four probes are sent in this time; three intervals are what a fault may take to be seen.
const INTERVAL: Duration = Duration::from_millis(1_000);
/// Ticks below a tenth of their slot of 50 ms are told apart by the machine's other work only; of
/// the few ticks of an everyday run, the slowest is its p99.9. One that waited would take a time
/// limit of the bus, a second.
const NOISE: f64 = 0.005;
const NOISE_OF_FEW: f64 = 0.1;

async fn server(url: &str, node: &str) -> Server {
    let recipe = Recipe::new()
        .set("nats.url", url)
        .set("nats.health_interval_ms", INTERVAL.as_millis())
        .set("nats.connect_timeout_ms", 1_000)
        .set("nats.request_timeout_ms", 1_000)
        .set("nats.circuit_ms", 300)
        .set("nats.ack_wait_ms", 1_000)
        .set("nats.lease_ms", 60_000)
        .set("chat.say_per_minute", 0)
        .set("chat.local_per_minute", 0)
        .set("chat.global_per_minute", 0)
        .set("chat.whisper_per_minute", 0)
        .set("limits.sign_ins_per_minute", 0)
        .set("server.node", node);
    let server = recipe.start().await;
    server.ready().await;
    server
}

fn judge(what: &str, calm: &Span, fault: &Span) {
    println!("bus never waits, {what}: {fault}");
    let (late, noise) = if whole() {
        (0.01, NOISE)
    } else {
        (0.1, NOISE_OF_FEW)
    };
    assert!(fault.done > 0, "{what}: nobody could act");
    assert_eq!(fault.refused, 0, "{what}: somebody was refused");
    assert!(
        fault.late() <= calm.late() + late,
        "{what}: late ticks: {fault}, calm {calm}"
    );
    assert!(
        fault.tick_p999 <= (2.0 * calm.tick_p999).max(noise),
        "{what}: slow ticks: {fault}, calm {calm}"
    );
    assert_eq!(fault.lane_refusals, 0.0, "{what}: a lane was full");
}

/// Waits until the server sees that its broker does not answer; answers how long that took.
async fn seen(server: &Server, since: Instant) -> Duration {
    until("the fault to be seen", async || {
        let (_, answer) = server.http.get("/readyz").await;
        (answer["checks"]["bus"]["ok"] == false).then_some(())
    })
    .await;
    since.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bus_delays_no_tick_and_loses_no_promise() {
    let _alone = alone().await;
    let (players, length) = if whole() {
        (200, Duration::from_secs(20))
    } else {
        (50, Duration::from_secs(3))
    };
    let mut broker = Broker::start().await;
    let proxy = Proxy::before(broker.port).await;
    let north = server(&proxy.url(), "north").await;
    let south = server(&broker.url(), "south").await;
    let bob = south.http.register("bobaccount", "Bob").await;
    let ear = Ear::of(Player::join(&south, &bob.token).await);
    let ann = north.http.register("annaccount", "Ann").await;
    let mut awake = Player::join(&north, &ann.token).await;
    until("Bob to be known", async || {
        let answer = awake.does("who").await;
        let text = answer["data"]["result"].as_str().unwrap().to_owned();
        text.contains("Bob").then_some(())
    })
    .await;
    drop(awake);
    let manner = Manner {
        lines: LINES,
        pause: Duration::from_secs(1) * players as u32 / COMMANDS_PER_SECOND,
    };
    let crowd = Crowd::gather(&north, players, manner).await;
    let mut said = Vec::new();
    // She comes for each talk: between them nobody would read what she is told.
    let mut talk = async |what: &str| {
        let mut ann = Player::join(&north, &ann.token).await;
        for n in 0..10 {
            let text = format!("{what} {n}");
            ann.does(&format!("whisper bob {text}")).await;
            said.push(text);
        }
    };

    talk("calm").await;
    let calm = Span::watch(&north, length, &crowd).await;
    println!("bus never waits, {players} players, calm: {calm}");

    broker.freeze();
    let began = Instant::now();
    let took = seen(&north, began).await;
    assert!(took < 3 * INTERVAL, "frozen, seen after {took:?}");
    talk("frozen").await;
    judge("frozen", &calm, &Span::watch(&north, length, &crowd).await);
    broker.thaw();
    north.ready().await;

    proxy.be(Way::Hole);
    let began = Instant::now();
    let took = seen(&north, began).await;
    assert!(took < 3 * INTERVAL, "cut off, seen after {took:?}");
    talk("cut off").await;
    judge("cut off", &calm, &Span::watch(&north, length, &crowd).await);
    proxy.be(Way::Open);
    north.ready().await;

    talk("before a reset").await;
    proxy.be(Way::Reset);
    seen(&north, Instant::now()).await;
    talk("reset").await;
    judge("reset", &calm, &Span::watch(&north, length, &crowd).await);
    proxy.be(Way::Open);
    north.ready().await;

    broker.kill();
    seen(&north, Instant::now()).await;
    talk("dead").await;
    judge("dead", &calm, &Span::watch(&north, length, &crowd).await);
    broker.run().await;
    north.ready().await;
    south.ready().await;
    talk("and after").await;

    until("everything to be stored", async || {
        let unconfirmed = north.http.figure("kadath_bus_unconfirmed").await;
        (unconfirmed == 0.0).then_some(())
    })
    .await;
    assert_eq!(crowd.leave().await, players, "somebody was disconnected");
    let effects = ear.heard(said.len()).await;
    let doubled: Vec<_> = effects.iter().filter(|(_, count)| **count != 1).collect();
    let lost: Vec<_> = said
        .iter()
        .filter(|one| !effects.contains_key(*one))
        .collect();
    assert!(lost.is_empty(), "not heard: {lost:?}");
    assert!(doubled.is_empty(), "heard more than once: {doubled:?}");
    north.stop().await;

    // The chronicle knows no more of it than was heard.
    let recipe = south.stop().await;
    let database = format!("sqlite://{}/kadath.db", recipe.data().display());
    let pool = sqlx::SqlitePool::connect(&database).await.unwrap();
    let row = sqlx::query("SELECT COUNT(*) FROM facts WHERE kind = 'bus_received'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(row.get::<i64, _>(0), said.len() as i64);
}

/// Somebody who listens all the time.
struct Ear {
    heard: tokio::sync::watch::Receiver<BTreeMap<String, u32>>,
    task: tokio::task::JoinHandle<()>,
}

impl Ear {
    fn of(mut player: Player) -> Self {
        let (tell, heard) = tokio::sync::watch::channel(BTreeMap::new());
        let task = tokio::spawn(async move {
            while !tell.is_closed() {
                // In a long fault nothing comes for a while.
                let whisper = |frame: &serde_json::Value| frame["data"]["channel"] == "whisper";
                let one = player.overhears(whisper).await;
                let text = one["data"]["original_content"].as_str().unwrap().to_owned();
                tell.send_modify(|heard: &mut BTreeMap<String, u32>| {
                    *heard.entry(text).or_default() += 1;
                });
            }
        });
        Self { heard, task }
    }

    /// How often each whisper was heard, once there are so many.
    async fn heard(mut self, count: usize) -> BTreeMap<String, u32> {
        let all = self.heard.wait_for(|heard| heard.len() >= count);
        let _ = tokio::time::timeout(Duration::from_secs(30), all).await;
        self.task.abort();
        self.heard.borrow().clone()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn best_effort_is_heard_or_counted_over_cuts() {
    let _alone = alone().await;
    let rounds = if whole() { 20 } else { 4 };
    let broker = Broker::start().await;
    let proxy = Proxy::before(broker.port).await;
    let config = net::bridge::NatsConfig {
        connections: 1,
        ..crate::harness::quick(&proxy.url())
    };
    let mut node = crate::harness::Node::start("north", config).await;
    node.up().await;
    let client = broker.client().await;
    let mut listener = client.subscribe("kadath.chat.global").await.unwrap();
    settled(&client).await;
    let mut offered = 0_u64;
    for round in 0..rounds {
        for n in 0..200 {
            let lines = (0..5).map(|_| crate::harness::global(&n.to_string()));
            // What the world's own lane refuses is counted by the world.
            offered += 5 * u64::from(node.say(lines.collect()));
            if n == 100 {
                proxy.be(if round % 2 == 0 {
                    Way::Reset
                } else {
                    Way::Hole
                });
            }
            tokio::task::yield_now().await;
        }
        until("the cut to be seen", async || node.bus.health().err()).await;
        proxy.be(Way::Open);
        node.up().await;
    }
    // Each is counted once: as one that has reached the broker, or as one that may not have.
    let (sent, lost) = until("each to be counted", async || {
        let sent = node.figure("kadath_bus_messages_total");
        let lost = node.figure("kadath_bus_dropped_total");
        (sent + lost >= offered as f64).then_some((sent, lost))
    })
    .await;
    assert_eq!(sent + lost, offered as f64);
    let mut heard = 0_u64;
    let wait = Duration::from_secs(2);
    while let Ok(Some(_)) = tokio::time::timeout(wait, listener.next()).await {
        heard += 1;
    }
    println!(
        "{offered} lines over {rounds} cuts: {heard} heard, {sent} known to be sent, {lost} counted as dropped"
    );
    assert!(heard as f64 >= sent, "{heard} of {sent} were heard");
    assert!(heard <= offered, "{heard} of {offered}: heard twice");
    assert!(lost < offered as f64, "nothing went through");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tick_publishes_leave_in_one_write() {
    let _alone = alone().await;
    let broker = Broker::start().await;
    let proxy = Proxy::before(broker.port).await;
    let config = net::bridge::NatsConfig {
        connections: 1,
        // No probe and no presence in between.
        health_interval_ms: 120_000,
        lease_ms: 240_000,
        ..crate::harness::quick(&proxy.url())
    };
    let mut node = crate::harness::Node::start("north", config).await;
    node.up().await;
    let client = broker.client().await;
    let mut listener = client.subscribe("kadath.chat.global").await.unwrap();
    settled(&client).await;
    let mut spent = 0;
    let ticks = 20;
    for _ in 0..ticks {
        let before = proxy.reads();
        node.say(
            (0..100)
                .map(|n| crate::harness::global(&n.to_string()))
                .collect(),
        );
        for _ in 0..100 {
            let next = tokio::time::timeout(Duration::from_secs(30), listener.next());
            next.await.unwrap().unwrap();
        }
        spent += proxy.reads() - before;
    }
    println!("{ticks} ticks of 100 messages each left in {spent} writes");
    // A write may be read in two pieces, and the pull of the streams may fall in between.
    assert!(spent <= 2 * ticks, "{spent}");
    node.stop().await;
}
