//! A draft that is looked at by what players did lately, before anybody meets it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::{Table, Value};

use super::{configured, folder, runs, world};
use crate::harness::{Ended, Recipe, Server, until};

/// Another folder with the server's draft, in which a room is changed.
fn changed(recipe: &Recipe, room: &str, text: &str) -> PathBuf {
    let draft = recipe.folder().join("draft");
    let _ = std::fs::remove_dir_all(&draft);
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .args([&folder(recipe), &draft])
        .status();
    assert!(copied.unwrap().success());
    let file = draft.join("zones/town/house.toml");
    let mut house: Table = toml::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let rooms = house["rooms"].as_array_mut().unwrap();
    let of_id = |one: &&mut Value| one["id"].as_str() == Some(room);
    let changed = rooms.iter_mut().find(of_id).unwrap();
    let changed = changed.as_table_mut().unwrap();
    changed.extend(toml::from_str::<Table>(text).unwrap());
    std::fs::write(&file, toml::to_string(&house).unwrap()).unwrap();
    draft
}

async fn preview(recipe: &Recipe, draft: &Path) -> Ended {
    let draft = draft.display().to_string();
    world(recipe, &["preview", "--last", "5m", "--world", &draft]).await
}

/// Somebody goes up, looks about for a while, and comes down again.
async fn visited() -> Server {
    let server = configured("It is bare.").start().await;
    let mut guest = server.guest().await;
    guest.does("up").await;
    for _ in 0..3 {
        guest.does("look").await;
        guest.rest(Duration::from_millis(700)).await;
    }
    guest.does("down").await;
    // What was just done is recorded within a second.
    let nothing = changed(server.recipe(), "hall", "");
    until("the visit to be recorded", async || {
        let told = preview(server.recipe(), &nothing).await;
        let played = told.stdout.split(' ').next()?.parse::<u64>().ok()?;
        (played > 60 && told.stdout.contains(" 1 players: 0 of them")).then_some(())
    })
    .await;
    server
}

/// What it is, the room that it is in, what is written there, and what is said of it.
const EDITS: [(&str, &str, &str, &str); 7] = [
    (
        "another text",
        "attic",
        "description = 'A fire burns.'",
        "attic: 1 first told something else here",
    ),
    (
        "a deadly hazard",
        "attic",
        "hazards = [{ id = 'beam', every_seconds = 1, harm = 100, text = 'The beam comes down.' }]",
        "event player_died: told 1 times, not 0",
    ),
    (
        "a hazard that drains the first room",
        "hall",
        "hazards = [{ id = 'hum', every_seconds = 1, lucidity = 20, text = 'It hums in your teeth.' }]",
        "state of lucidity: lucidity 1",
    ),
    (
        "a way into nothing",
        "attic",
        "exits = { down = 'hall', up = 'roof' }",
        "`roof`, which is not a room",
    ),
    (
        "rooms that nobody reaches",
        "hall",
        "exits = {}",
        "nobody can walk from the default room to `attic`",
    ),
    (
        "lists that pile up",
        "hall",
        "reactions = [{ on = 'timer', every = 1, do = [{ do = 'after', seconds = 60, then = [{ do = 'tell', room = 'Tock.' }] }, { do = 'after', seconds = 60, then = [] }, { do = 'after', seconds = 60, then = [] }, { do = 'after', seconds = 60, then = [] }, { do = 'after', seconds = 60, then = [] }, { do = 'after', seconds = 60, then = [] }, { do = 'after', seconds = 60, then = [] }, { do = 'after', seconds = 60, then = [] }] }]",
        "state of effects: delayed_effects",
    ),
    (
        "an emote of nobody",
        "attic",
        "reactions = [{ on = 'enter', do = [{ do = 'emote', text = '{who} sighs.' }] }]",
        "{who}",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn previewed_draft_is_told_and_changes_nothing() {
    let server = visited().await;
    let recipe = server.recipe();
    for (edit, room, text, expected) in EDITS {
        let draft = changed(recipe, room, text);
        let told = preview(recipe, &draft).await;
        assert!(told.stdout.contains(expected), "{edit}: {told:?}");
    }
    let script = changed(recipe, "hall", "").join("scripts/greedy.rhai");
    std::fs::create_dir_all(script.parent().unwrap()).unwrap();
    let greedy = "every(1, || { let n = 0; loop { n += 1; } });\n";
    std::fs::write(&script, greedy).unwrap();
    let told = preview(recipe, &recipe.folder().join("draft")).await;
    assert!(told.stdout.contains("greedy"), "{told:?}");
    assert_eq!(runs(recipe).await, 1);
    let online = server.http.figure("kadath_players_online").await;
    assert_eq!(online, 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn preview_without_recording_says_so() {
    let recipe = configured("It is bare.").env("KADATH_RECORDER__OFF", "true");
    let server = recipe.start().await;
    let told = preview(server.recipe(), &folder(server.recipe())).await;
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.stderr.contains("nothing is recorded"), "{told:?}");
}
