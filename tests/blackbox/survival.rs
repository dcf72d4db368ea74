//! What a client was told is durable survives `kill -9`, its effect exactly once.

use serde_json::json;

use crate::harness::{Cluster, Player, Recipe, Server, SmallWorld, until};

/// A house that takes ten points a minute from everybody in its cellar.
fn draining_house() -> SmallWorld {
    SmallWorld::read(
        r#"
        [sub_zones.house]
        environment = "indoors"
        rooms.hall = { down = "cellar", up = "attic" }
        rooms.attic = { down = "hall" }
        rooms.cellar = { up = "hall" }
        [rules.rooms.cellar]
        all = -10.0
        "#,
    )
}

fn in_world(world: &SmallWorld) -> Recipe {
    let recipe = Recipe::new();
    let folder = recipe.folder().join("world");
    world.write(&folder);
    recipe.flag("--world", folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn durable_state_survives_kill() {
    let server = in_world(&draining_house()).start().await;
    let account = server.http.register("ann", "Ann").await;
    let mut ann = Player::join(&server, &account.token).await;
    ann.does("down").await;
    let change = ann.event("lucidity_change").await;
    assert_eq!(change["data"]["current_lcd"], 90, "{change}");
    let moved = ann.does("up").await;
    ann.durable(moved["tick"].as_u64().unwrap()).await;
    let run = ann.welcome["run"].clone();

    let server = server.kill9().await.start().await;
    let token = server.http.login(&account).await;
    let mut ann = Player::join(&server, &token).await;
    assert_eq!(ann.room(), "hall");
    assert_eq!(ann.state["player"]["name"], "Ann");
    assert_eq!(ann.state["player"]["stats"]["lucidity"], 90);
    let map = ann.event("explored_map").await;
    let rooms = map["data"]["rooms"].as_array().unwrap();
    let mut explored: Vec<&str> = rooms
        .iter()
        .filter_map(|room| room["id"].as_str())
        .collect();
    explored.sort_unstable();
    assert_eq!(explored, ["cellar", "hall"]);
    assert_eq!(ann.welcome["recovered"]["run"], run);
    assert_ne!(ann.welcome["run"], run);
    let survived = ann.welcome["recovered"]["tick"].as_u64().unwrap();
    assert!(survived >= moved["tick"].as_u64().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn resend_after_kill_is_answered_not_repeated() {
    let server = in_world(&draining_house()).start().await;
    let token = server.http.guest().await;
    let mut guest = Player::join(&server, &token).await;
    let id = guest.begin("up").await;
    let first = guest.answer(id).await;
    guest.durable(first["tick"].as_u64().unwrap()).await;

    let server = server.kill9().await.start().await;
    let mut guest = Player::join(&server, &token).await;
    assert_eq!(guest.welcome["last_command_id"], id);
    assert_eq!(guest.room(), "attic");
    guest.repeat(id, "up").await;
    let again = guest.answer(id).await;
    assert_eq!(again["data"]["ok"], true);
    assert_eq!(again["data"]["repeated"], true, "{again}");
    let status = guest.does("status").await;
    let text = status["data"]["result"].as_str().unwrap();
    assert!(text.contains("Attic"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn token_is_valid_in_next_run() {
    let server = Server::start().await;
    let account = server.http.register("ann", "Ann").await;
    let server = server.kill9().await.start().await;
    let (status, me) = server.http.get_as("/auth/me", &account.token).await;
    assert_eq!((status, &me["username"]), (200, &json!("ann")));
    let server = server.stop().await.start().await;
    let (status, _) = server.http.get_as("/auth/me", &account.token).await;
    assert_eq!(status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_tells_players_and_loses_nothing() {
    let mut server = Server::start().await;
    let token = server.http.guest().await;
    let mut guest = Player::join(&server, &token).await;
    let (way, room) = guest.way_out();
    guest.does(&way).await;
    let status = server.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", server.stderr());
    let (error, close) = guest.closed().await;
    assert!(error.is_some(), "no last word");
    assert_eq!(u16::from(close.unwrap().code), 1001);

    let server = server.recipe().clone().start().await;
    let guest = Player::join(&server, &token).await;
    assert_eq!(guest.room(), room);
}

#[tokio::test(flavor = "multi_thread")]
async fn player_of_lost_room_wakes_in_default_room() {
    let server = in_world(&draining_house()).start().await;
    let token = server.http.guest().await;
    let mut guest = Player::join(&server, &token).await;
    guest.does("up").await;
    let recipe = server.stop().await;
    let smaller = SmallWorld::read(
        r#"
        [sub_zones.house]
        rooms.hall = { down = "cellar" }
        rooms.cellar = { up = "hall" }
        "#,
    );
    smaller.write(&recipe.folder().join("world"));
    let server = recipe.start().await;
    let guest = Player::join(&server, &token).await;
    assert_eq!(guest.room(), "hall");
    until("a word in the log", async || {
        let log = server.stderr();
        let told = log
            .lines()
            .any(|line| line.contains("room is gone") && line.contains("attic"));
        told.then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn durable_state_survives_kill_on_postgresql() {
    let cluster = Cluster::shared().await;
    let server = in_world(&draining_house())
        .flag("--database", cluster.fresh().await)
        .start()
        .await;
    let account = server.http.register("ann", "Ann").await;
    let mut ann = Player::join(&server, &account.token).await;
    ann.does_for_good("up").await;
    let server = server.kill9().await.start().await;
    let token = server.http.login(&account).await;
    let ann = Player::join(&server, &token).await;
    assert_eq!(ann.room(), "attic");
}
