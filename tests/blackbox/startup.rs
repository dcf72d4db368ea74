//! What keeps a server from starting: exit code 2 and one line that names the thing.

use std::net::TcpListener;
use std::path::Path;

use crate::harness::{Ended, Recipe, Server, SmallWorld};

/// It gave up as it should, and its last line names all of `names`.
fn check(ended: &Ended, names: &[&str]) {
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert_eq!(ended.stdout, "", "it announced itself all the same");
    let line = ended.stderr.lines().last().unwrap_or_default();
    for name in names {
        assert!(line.contains(name), "no {name} in {line:?}");
    }
    assert!(line.starts_with("kadath: "), "{line:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_configuration_key_is_named() {
    let recipe = Recipe::new();
    let file = recipe.folder().join("kadath.toml");
    std::fs::write(&file, "[limits]\ncomands_per_second = 3\n").unwrap();
    let ended = recipe.flag("--config", &file).refused().await;
    check(&ended, &["key limits.comands_per_second,", "kadath.toml"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_configuration_section_is_named() {
    let recipe = Recipe::new();
    let file = recipe.folder().join("kadath.toml");
    std::fs::write(&file, "[limit]\ncommands_per_second = 3\n").unwrap();
    let ended = recipe.flag("--config", &file).refused().await;
    check(&ended, &["key limit,", "kadath.toml"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_key_in_the_environment_is_named() {
    let recipe = Recipe::new().env("KADATH_TICK__RATE", "20");
    check(&recipe.refused().await, &["key tick.rate,", "environment"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn out_of_range_value_is_named_by_key() {
    let recipe = Recipe::new().env("KADATH_TICK__RATE_HZ", "121");
    check(
        &recipe.refused().await,
        &["tick.rate_hz", "KADATH_TICK__RATE_HZ", "between 1 and 120"],
    );
    let recipe = Recipe::new().env("KADATH_DATABASE__POOL_MAX", "0");
    check(&recipe.refused().await, &["database.pool_max"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = Recipe::new().listen(&address).refused().await;
    check(&ended, &["server.listen", &address]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_world_is_named() {
    let recipe = Recipe::new();
    let folder = recipe.folder().join("nowhere");
    let ended = recipe.flag("--world", &folder).refused().await;
    check(&ended, &[folder.to_str().unwrap()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn corrupt_world_is_named_by_file_and_line() {
    let recipe = Recipe::new();
    let folder = recipe.folder().join("world");
    hall().write(&folder);
    let file = folder.join("zones/town/house.toml");
    std::fs::write(&file, "id = \"house\"\nname = [\n").unwrap();
    let ended = recipe.flag("--world", &folder).refused().await;
    check(&ended, &[&format!("{}:2", file.display())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn check_lists_every_world_mistake_with_place() {
    let recipe = Recipe::new();
    let folder = recipe.folder().join("world");
    let world = SmallWorld::read(
        r#"
        [sub_zones.house]
        environment = "lunar"
        rooms.hall = { north = "attic", south = "yard" }
        rooms.yard = {}
        "#,
    );
    world.write(&folder);
    let ended = recipe.flag("--world", &folder).run("check").await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let place = format!("{}:", folder.join("zones/town/house.toml").display());
    for mistake in ["lunar", "`attic`, which is not a room", "no way back north"] {
        let told = ended.stdout.lines().find(|line| line.contains(mistake));
        let line = told.unwrap_or_else(|| panic!("no {mistake} in {}", ended.stdout));
        let (number, _) = line.strip_prefix(&place).unwrap().split_once(':').unwrap();
        assert!(number.parse::<usize>().unwrap() > 0, "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_world_has_nothing_wrong() {
    let ended = Recipe::new().run("check").await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_none_is_named() {
    let recipe = Recipe::new();
    let file = recipe.folder().join("kadath.db");
    std::fs::write(&file, "not a database, but a letter from Dunwich").unwrap();
    let ended = recipe.flag("--database", url(&file)).refused().await;
    check(&ended, &[file.to_str().unwrap()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn absent_database_is_named_without_password() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let recipe = Recipe::new()
        .flag(
            "--database",
            format!("postgres://ann:hastur-hastur@{address}/kadath"),
        )
        .env("KADATH_DATABASE__CONNECT_RETRY_SECONDS", "1");
    let ended = recipe.refused().await;
    check(&ended, &["127.0.0.1", "kadath"]);
    assert!(!ended.stderr.contains("hastur"), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn second_server_on_same_data_is_refused() {
    let server = Server::start().await;
    let second = Recipe::new().on_the_data_of(server.recipe());
    let ended = second.refused().await;
    check(&ended, &[second.data().to_str().unwrap()]);
    assert_eq!(server.http.get("/readyz").await.0, 200);
}

fn hall() -> SmallWorld {
    SmallWorld::read("[sub_zones.house.rooms.hall]")
}

fn url(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

#[tokio::test(flavor = "multi_thread")]
async fn check_lists_every_configuration_mistake_with_place() {
    let recipe = Recipe::new();
    let file = recipe.folder().join("kadath.toml");
    let text = "[tick]\nrate_hz = 0\n\n[sessions]\nidle_seconds = 9\nqueue_bytes = 1\n";
    std::fs::write(&file, text).unwrap();
    let ended = recipe.flag("--config", &file).run("check").await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let places: Vec<_> = ended
        .stdout
        .lines()
        .map(|line| line.strip_prefix(file.to_str().unwrap()).unwrap_or(line))
        .collect();
    assert_eq!(places.len(), 2, "{places:?}");
    assert!(places[0].starts_with(":2:1: ") && places[0].contains("tick.rate_hz"));
    assert!(places[1].starts_with(":6:1: ") && places[1].contains("sessions.queue_bytes"));
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_start_reports_in_log_format() {
    let recipe = Recipe::new()
        .flag("--log-format", "json")
        .env("KADATH_TICK__RATE_HZ", "121");
    let ended = recipe.refused().await;
    assert_eq!(ended.code, Some(2));
    let line = ended.stderr.lines().last().unwrap();
    let record: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(record["level"], "ERROR");
    let fault = record["fields"]["fault"].as_str().unwrap();
    assert!(fault.contains("tick.rate_hz"), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn program_without_world_folder_brings_one() {
    let recipe = Recipe::new().within("nowhere");
    let checked = recipe.command("check").output().await.unwrap();
    let told = String::from_utf8_lossy(&checked.stdout);
    assert!(
        told.contains("the world inside of this program: 1"),
        "{told}"
    );
    let server = recipe.start().await;
    let guest = server.guest().await;
    assert_eq!(guest.room(), "earth_arkhamcity_sanitarium_room_foyer_001");
    let asked = server.recipe().command("world").arg("status").output();
    let asked = asked.await.unwrap();
    let told = String::from_utf8_lossy(&asked.stdout);
    assert!(
        told.contains("inside of this program is what runs"),
        "{told}"
    );
}
