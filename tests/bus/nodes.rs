//! Several servers, one community.

use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::time::timeout;

use crate::broker::Broker;
use crate::harness::{PATIENCE, Player, Recipe, Server, beside, until};
use crate::keepers::keeper;

const LEASE: Duration = Duration::from_millis(2_000);

pub(crate) async fn server(broker: &Broker, node: &str) -> Server {
    let recipe = Recipe::new()
        .set("nats.url", broker.url())
        .set("nats.lease_ms", LEASE.as_millis())
        .set("nats.health_interval_ms", 1_000)
        .set("nats.circuit_ms", 300)
        .set("nats.ack_wait_ms", 1_000)
        .set("server.node", node);
    let server = recipe.start().await;
    server.ready().await;
    server
}

pub(crate) async fn player(server: &Server, name: &str) -> Player {
    let account = server.http.register(&format!("{name}account"), name).await;
    Player::join(server, &account.token).await
}

/// Asks until `who` shows what is meant.
pub(crate) async fn sees(player: &mut Player, what: &str, meant: impl Fn(&str) -> bool) -> String {
    let began = Instant::now();
    loop {
        let answer = player.does("who").await;
        let text = answer["data"]["result"].as_str().unwrap().to_owned();
        if meant(&text) {
            return text;
        }
        assert!(began.elapsed() < PATIENCE, "{what}: {text}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A dead node's players vanish within its lease.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_share_community_and_drop_dead_node() {
    let _beside = beside().await;
    let broker = Broker::start().await;
    let north = server(&broker, "north").await;
    let south = server(&broker, "south").await;
    let west = server(&broker, "west").await;
    let mut ann = player(&north, "Ann").await;
    let mut bob = player(&south, "Bob").await;
    let mut cat = player(&west, "Cat").await;

    for player in [&mut ann, &mut bob, &mut cat] {
        sees(player, "everybody everywhere", |text| {
            ["Ann", "Bob", "Cat"].iter().all(|name| text.contains(name))
        })
        .await;
    }

    ann.does("global good evening").await;
    for player in [&mut bob, &mut cat] {
        let heard = player
            .find("chat_message", |data| {
                data["original_content"] == "good evening"
            })
            .await;
        assert_eq!(heard["data"]["player_name"], "Ann");
        assert_eq!(heard["data"]["channel"], "global");
    }

    ann.does_for_good("whisper bob can you hear me").await;
    let heard = bob
        .find("chat_message", |data| data["channel"] == "whisper")
        .await;
    assert_eq!(heard["data"]["original_content"], "can you hear me");
    bob.does("reply I can").await;
    let heard = ann
        .find("chat_message", |data| data["channel"] == "whisper")
        .await;
    assert_eq!(heard["data"]["original_content"], "I can");

    let killed = south.kill9().await;
    let began = Instant::now();
    sees(&mut ann, "Bob is gone", |text| !text.contains("Bob")).await;
    let took = began.elapsed();
    println!("a killed node's player was gone after {took:?} of a lease of {LEASE:?}");
    // A busy machine may look late.
    assert!(took < LEASE * 5 / 4, "{took:?}");
    let refused = ann.fails("whisper bob still there").await;
    assert_eq!(refused["code"], "resource_not_found");

    // The node comes back with its journal; what was whispered to it meanwhile is not repeated.
    let south = killed.start().await;
    south.ready().await;
    let mut bobby = player(&south, "Bobby").await;
    sees(&mut ann, "Bobby", |text| text.contains("Bobby")).await;
    bobby.does("global back again").await;
    ann.find("chat_message", |data| {
        data["original_content"] == "back again"
    })
    .await;

    // One that stops in peace is gone at once.
    west.stop().await;
    sees(&mut ann, "Cat is gone", |text| !text.contains("Cat")).await;

    north.stop().await;
    south.stop().await;
    let count = broker.sniffed().await;
    println!("{count} messages sniffed");
    assert!(count > 20, "{count}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_service_hears_events() {
    let _beside = beside().await;
    let broker = Broker::start().await;
    let mut listener = tokio::process::Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/listener.py"))
        .arg(format!("127.0.0.1:{}", broker.port))
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(listener.stdout.take().unwrap()).lines();
    let mut next = async |what: &str| {
        timeout(PATIENCE, async {
            loop {
                let line = lines.next_line().await.unwrap().expect("it goes on");
                if line.contains(what) {
                    return line;
                }
            }
        })
        .await
        .expect(what)
    };
    next("listening to kadath").await;
    let server = server(&broker, "north").await;
    let mut ann = player(&server, "Ann").await;
    let entered = next("(player_entered)").await;
    assert!(entered.contains("Ann"), "{entered}");
    ann.does("say what a lovely foyer").await;
    assert_eq!(next("lovely").await, "north [say] Ann: what a lovely foyer");
    let (way, _) = ann.way_out();
    ann.does(&format!("go {way}")).await;
    next("(player_left)").await;
    next("(game_tick)").await;
    let mut ada = keeper(&server, "Ada").await;
    ada.does("admin set dp Ann 0").await;
    next("(player_mortally_wounded)").await;
    next("(player_dp_decay)").await;
    ada.does("admin set dp Ann -10").await;
    next("(player_died)").await;
    ann.does("respawn").await;
    next("(player_respawned)").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_without_broker_plays_but_is_unready() {
    let _beside = beside().await;
    let mut broker = Broker::start().await;
    broker.kill();
    let recipe = Recipe::new()
        .set("nats.url", broker.url())
        .set("nats.circuit_ms", 200)
        .set("server.node", "north");
    let server = recipe.start().await;
    let mut ann = player(&server, "Ann").await;
    ann.does_for_good("global nobody else hears this").await;
    let (status, answer) = server.http.get("/readyz").await;
    assert_eq!(status, 503);
    assert_eq!(answer["checks"]["bus"]["ok"], false, "{answer}");
    broker.run().await;
    until("the bus to be found", async || {
        let (status, _) = server.http.get("/readyz").await;
        (status == 200).then_some(())
    })
    .await;
    assert_eq!(server.http.figure("kadath_bus_connected").await, 1.0);
    server.stop().await;
}
