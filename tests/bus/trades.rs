//! Things that change hands on two nodes over one PostgreSQL, while nodes are killed and frozen and
//! players go from one to the other: none is doubled, none is lost.

use std::collections::BTreeMap;

use sqlx::types::Uuid;

use crate::harness::{Account, Player, Server, beside, until, whole};
use crate::shared::{Common, enter, signal};

const TRINKETS: usize = 8;

const TRADERS: [&str; 4] = ["Ann", "Bob", "Cleo", "Dan"];

/// One thing as the database has it.
struct StoredThing {
    holder: Option<Uuid>,
    owner: Option<Uuid>,
    node: Option<String>,
    spot: bool,
}

/// Every thing, with whoever has it; each has one place.
async fn kept(common: &Common) -> BTreeMap<Uuid, StoredThing> {
    type Tuple = (Uuid, String, Option<Uuid>, Option<String>, bool);
    let rows: Vec<Tuple> = sqlx::query_as(
        "SELECT entity, body, owner, node, EXISTS (SELECT FROM component_rows AS spot
             WHERE spot.entity = held.entity AND spot.component = 'spot')
         FROM component_rows AS held WHERE component = 'holder'
             AND EXISTS (SELECT FROM component_rows AS sort WHERE sort.entity = held.entity
                 AND sort.component = 'sort' AND sort.body = '\"bottle.broken\"')",
    )
    .fetch_all(&mut common.database().await)
    .await
    .unwrap();
    rows.into_iter()
        .map(|(entity, body, owner, node, spot)| {
            let holder = serde_json::from_str(&body).unwrap();
            let kept = StoredThing {
                holder,
                owner,
                node,
                spot,
            };
            (entity, kept)
        })
        .collect()
}

/// Fails unless each trinket is somewhere, once, and belongs to whoever has it.
async fn check(common: &Common) -> BTreeMap<Uuid, StoredThing> {
    let kept = kept(common).await;
    assert_eq!(kept.len(), TRINKETS);
    for (id, one) in &kept {
        assert_eq!(one.owner, one.holder, "{id} belongs to its holder");
        assert_eq!(one.spot, one.holder.is_none(), "{id} has one place");
        assert_eq!(one.node.is_some(), one.holder.is_none(), "{id}");
    }
    kept
}

/// What somebody carries, as they read it.
async fn carried(player: &mut Player) -> usize {
    let answer = player.does("inventory").await;
    let text = answer["data"]["result"].as_str().unwrap_or_default();
    text.lines()
        .filter(|line| line.contains("broken bottle"))
        .count()
}

/// What lies where somebody is.
async fn lying(player: &mut Player) -> usize {
    let answer = player.does("look").await;
    let text = answer["data"]["result"].as_str().unwrap_or_default();
    text.matches("broken bottle").count()
}

/// Does what can be done just now; answers whether it was.
async fn tries(player: &mut Player, line: &str) -> bool {
    let id = player.begin(line).await;
    player.answer(id).await["data"]["ok"] == true
}

async fn seed(common: &Common, north: &Server) {
    let keeper = north.http.register("adaaccount", "Ada").await;
    sqlx::raw_sql("UPDATE accounts SET role = 'admin' WHERE username_key = 'adaaccount'")
        .execute(&mut common.database().await)
        .await
        .unwrap();
    let mut keeper = enter(north, &keeper).await;
    for _ in 0..TRINKETS {
        keeper.does_for_good("summon bottle.broken").await;
    }
}

/// Everybody signs in on one node, whoever has them, and trades a little, at least once.
async fn trade(server: &Server, accounts: &[Account], round: usize) -> Vec<Player> {
    let mut given = 0;
    let mut players = Vec::new();
    for account in accounts {
        players.push(enter(server, account).await);
    }
    for (n, player) in players.iter_mut().enumerate() {
        tries(player, "get broken bottle").await;
        let other = TRADERS[(n + 1 + round % 3) % TRADERS.len()];
        let gave = tries(player, &format!("give broken bottle to {other}")).await;
        given += u32::from(gave);
        if (n + round).is_multiple_of(3) {
            tries(player, "drop broken bottle").await;
        }
        tries(player, "get broken bottle").await;
    }
    assert!(given > 0, "nobody had anything to give");
    players
}

/// What is on its way when something happens to their node.
async fn hurry(players: &mut [Player], round: usize) {
    for (n, player) in players.iter_mut().enumerate() {
        let other = TRADERS[(n + 1 + (round + 1) % 3) % TRADERS.len()];
        player
            .begin(&format!("give broken bottle to {other}"))
            .await;
        player.begin("drop broken bottle").await;
        player.begin("get broken bottle").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trades_over_two_nodes_double_and_lose_nothing() {
    let _beside = beside().await;
    let common = Common::start().await;
    let mut north = common.node("north").await;
    let south = common.node("south").await;
    seed(&common, &north).await;
    let mut accounts = Vec::new();
    for name in TRADERS {
        let username = format!("{}account", name.to_lowercase());
        accounts.push(north.http.register(&username, name).await);
    }
    for round in 0..if whole() { 30 } else { 3 } {
        let mut players = trade(&north, &accounts, round).await;
        match round % 3 {
            0 => {
                // Frozen past its lease with orders in its sockets, and its players elsewhere.
                signal(&north, "-STOP");
                hurry(&mut players, round).await;
                let there = trade(&south, &accounts, round + 1).await;
                signal(&north, "-CONT");
                drop(there);
            }
            1 => {
                hurry(&mut players, round).await;
                let killed = north.kill9().await;
                drop(trade(&south, &accounts, round + 1).await);
                north = killed.start().await;
                north.ready().await;
            }
            _ => {
                hurry(&mut players, round).await;
                drop(trade(&south, &accounts, round + 1).await);
            }
        }
    }
    // Everybody on one node: what they see is what is kept.
    let mut seen = 0;
    let mut last = trade(&south, &accounts, 0).await;
    for player in &mut last {
        player.does_for_good("look").await;
        seen += carried(player).await;
    }
    seen += lying(&mut last[0]).await;
    let mut visitor = enter(&north, &accounts[0]).await;
    seen += lying(&mut visitor).await;
    assert_eq!(seen, TRINKETS);
    visitor.does_for_good("look").await;
    let all = check(&common).await;
    let held = all.values().filter(|one| one.holder.is_some()).count();
    println!("{held} of {TRINKETS} trinkets are held at the end");
    until("nodes that are well", async || {
        let online = south.http.figure("kadath_players_online").await;
        (online >= 3.0).then_some(())
    })
    .await;
    north.stop().await;
    south.stop().await;
}
