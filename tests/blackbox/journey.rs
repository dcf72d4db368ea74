//! What a player does, in a real browser: arrive, walk, talk, go away and come back.

use engine::port::WorldTime;
use systems::calendar::MythosTime;

use crate::harness::{Browser, Driver, Player, Recipe, Server, SmallWorld, until};

mod door;
mod fights;
mod reach;
mod screens;
mod talk;
mod things;

const PASSWORD: &str = "the hounds of tindalos";

/// A guest, one click after the page is there.
async fn guest(driver: &Driver, server: &Server) -> Browser {
    let browser = driver.open().await;
    browser.visit(&server.url).await;
    browser.click("#guest").await;
    browser.joins().await;
    browser.reads("#room-name", "The Sanitarium Foyer").await;
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn newcomer_walks_talks_and_survives_reload() {
    let server = Server::start().await;
    let driver = Driver::start().await;
    let ann = guest(&driver, &server).await;
    let bob = guest(&driver, &server).await;
    let (ann_s_name, bob_s_name) = (ann.text("#whoami").await, bob.text("#whoami").await);
    assert_ne!(ann_s_name, "");
    ann.reads("#occupants", &bob_s_name).await;
    bob.reads("#occupants", &ann_s_name).await;

    // Out by a click, back by typing.
    ann.click("#exits button[data-direction=west]").await;
    ann.reads("#room-name", "The Visitors' Day Room").await;
    bob.reads("#log", &format!("{ann_s_name} leaves west."))
        .await;
    ann.types("east").await;
    ann.reads("#room-name", "The Sanitarium Foyer").await;
    bob.reads("#log", &format!("{ann_s_name} arrives from the west."))
        .await;

    ann.types("say Is it always this quiet?").await;
    let words = "says: Is it always this quiet?";
    ann.reads("#log", words).await;
    bob.reads("#log", words).await;
    bob.types(&format!("whisper {ann_s_name} <b>Only by day</b>"))
        .await;
    ann.reads(
        "#log",
        &format!("{bob_s_name} whispers: <b>Only by day</b>"),
    )
    .await;
    assert_eq!(ann.count("#log b").await, 0, "a player's words became HTML");

    // What was only applied is marked until it is durable.
    ann.types("west").await;
    ann.reads("#room-name", "The Visitors' Day Room").await;
    until("every answer to be durable", async || {
        (ann.count("#log [data-durability=applied]").await == 0).then_some(())
    })
    .await;
    ann.reads("#map-count", "2 rooms").await;
    ann.reads("#tier", "Lucid").await;
    ann.reads("#clock-face", "Mythos").await;

    ann.reload().await;
    ann.joins().await;
    ann.reads("#room-name", "The Visitors' Day Room").await;
    assert_eq!(ann.text("#whoami").await, ann_s_name);
    ann.types("look").await;
    ann.reads("#log", "Wicker chairs").await;
    bob.types("who").await;
    bob.reads("#log", "2 souls are awake").await;
}

/// Registers and rolls until the character can be made; answers its strength.
async fn registers(browser: &Browser, username: &str, character: &str) -> String {
    for (field, words) in [
        ("username", username),
        ("password", PASSWORD),
        ("character", character),
    ] {
        let css = format!("#register-form input[name={field}]");
        browser.fill(&css, words).await;
    }
    browser.click("#register-form button[type=submit]").await;
    browser.sees("#character-form:not([hidden])").await;
    browser.sees("#roll-stats dd").await;
    let before = browser.text("#roll-stats").await;
    // Nine stats of up to a hundred each: two rolls alike are not seen in a lifetime.
    browser.click("#roll").await;
    until("another roll", async || {
        (browser.text("#roll-stats").await != before).then_some(())
    })
    .await;
    browser.reads("#roll-note", "determination").await;
    let strength = browser.text("#roll-stats dd").await;
    browser.click("#character-form button[type=submit]").await;
    browser.joins().await;
    browser.reads("#whoami", character).await;
    strength
}

/// A hall, and a yard of graves that takes a point of lucidity whenever the flux is reckoned by
/// night. Its one hour of daylight is half a day away from the hour it is when the test begins.
fn graves() -> SmallWorld {
    let wall = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let now = MythosTime::at(WorldTime(u64::try_from(wall.as_micros()).unwrap()));
    let dawn = (now.hour() + 12) % 24;
    let dusk = dawn + 1;
    SmallWorld::read(&format!(
        r#"
        [calendar]
        daylight = {{ starts = {dawn}, ends = {dusk} }}
        [sub_zones.hill]
        environment = "indoors"
        rooms.hall = {{ north = "yard" }}
        rooms.yard = {{ south = "hall", environment = "graveyard" }}
        [rules.environments.graveyard]
        day = 0.0
        night = -1.0
        "#
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn rolled_character_falls_prays_whispers_and_mutes() {
    let recipe = Recipe::new();
    let folder = recipe.folder().join("world");
    graves().write(&folder);
    let server = recipe.flag("--world", folder).start().await;
    let driver = Driver::start().await;
    let ann = driver.open().await;
    ann.visit(&server.url).await;
    let strength = registers(&ann, "ann", "Ann").await;
    ann.types("status").await;
    ann.reads("#log", &format!("strength {strength}")).await;
    let mut bob = server.guest().await;
    let bob_s_name = bob.state["player"]["name"].as_str().unwrap().to_owned();
    let keeper = server.http.register("armitage", "Ada").await;
    server.recipe().grant("armitage").await;
    let mut keeper = Player::join(&server, &keeper.token).await;

    // A point above the border, then among the graves. Not in one step: that would be a shock, and
    // the fall of tier a second one, after which voices drown a part of what others say.
    ann.reads("#tier", "Lucid").await;
    for points in [90, 80, 70] {
        keeper
            .does(&format!("admin setlucidity Ann {points}"))
            .await;
    }
    ann.reads("#lucidity-value", "70 / 100").await;
    ann.types("north").await;
    ann.reads("#room-name", "Yard").await;
    ann.reads("#tier", "Uneasy").await;
    ann.reads("#liabilities", "night frayed reflexes").await;
    ann.types("south").await;
    ann.reads("#room-name", "Hall").await;
    ann.types("pray").await;
    ann.reads("#tier", "Lucid").await;
    assert_eq!(ann.text("#liabilities").await, "night frayed reflexes");

    // Words in a whisper, and none from whom one has muted.
    ann.types(&format!("whisper {} Are they gone?", bob_s_name))
        .await;
    bob.find("chat_message", |data| {
        data["original_content"] == "Are they gone?"
    })
    .await;
    bob.does("say They never were.").await;
    ann.reads("#log", "They never were.").await;
    ann.types(&format!("mute {}", bob_s_name)).await;
    ann.reads("#log", "You hear nothing of").await;
    bob.does("say Can you hear me?").await;
    keeper.does("say Somebody spoke.").await;
    ann.reads("#log", "Somebody spoke.").await;
    assert!(!ann.text("#log").await.contains("Can you hear me?"));

    ann.types("map").await;
    ann.reads("#map-count", "2 rooms").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_registers_comes_back_as_the_same_character() {
    let server = Server::start().await;
    let driver = Driver::start().await;
    let browser = driver.open().await;
    browser.visit(&server.url).await;
    registers(&browser, "ann", "Ann").await;
    browser.types("west").await;
    browser.reads("#room-name", "The Visitors' Day Room").await;
    browser.types("quit").await;
    browser.sees("#connection[data-phase=ended]").await;

    // The same browser knows who was here.
    browser.reload().await;
    browser.reads("#continue", "Continue as Ann").await;
    browser.click("#continue").await;
    browser.joins().await;
    browser.reads("#room-name", "The Visitors' Day Room").await;
    browser.click("#logout").await;

    // Another one does not, and asks.
    let elsewhere = driver.open().await;
    elsewhere.visit(&server.url).await;
    elsewhere
        .fill("#signin-form input[name=username]", "ann")
        .await;
    elsewhere
        .fill("#signin-form input[name=password]", "something else")
        .await;
    elsewhere.click("#signin-form button[type=submit]").await;
    elsewhere.sees("#door-notice:not([hidden])").await;
    elsewhere
        .fill("#signin-form input[name=password]", PASSWORD)
        .await;
    elsewhere.click("#signin-form button[type=submit]").await;
    elsewhere.joins().await;
    elsewhere.reads("#whoami", "Ann").await;
    elsewhere
        .reads("#room-name", "The Visitors' Day Room")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_reconnects_when_server_returns() {
    let server = Server::start().await;
    let driver = Driver::start().await;
    let ann = guest(&driver, &server).await;
    let name = ann.text("#whoami").await;
    ann.types("west").await;
    ann.reads("#room-name", "The Visitors' Day Room").await;
    let recipe = server.stop().await;
    ann.sees("#connection[data-phase=waiting]").await;
    let server = recipe.start().await;
    ann.joins().await;
    ann.types("say Here again").await;
    ann.reads("#log", &format!("{name} says: Here again")).await;
    ann.types("east").await;
    ann.reads("#room-name", "The Sanitarium Foyer").await;

    // And after a crash.
    ann.types("emote shivers.").await;
    ann.reads("#log", &format!("{name} shivers.")).await;
    let server = server.kill9().await.start().await;
    ann.joins().await;
    ann.types("say And again").await;
    ann.reads("#log", &format!("{name} says: And again")).await;
    drop(server);
}

/// Takes the README's picture: `KADATH_SCREENSHOT=docs/screenshot.png cargo test --test blackbox picture`.
#[tokio::test(flavor = "multi_thread")]
async fn the_game_can_be_shown_in_a_picture() {
    let server = Server::start().await;
    let driver = Driver::start().await;
    let ann = guest(&driver, &server).await;
    let mut bob = server.guest().await;
    for line in ["south", "south"] {
        bob.does(line).await;
        ann.types(line).await;
    }
    let place = ann.text("#room-name").await;
    ann.types("say Did you hear that? Under the street.").await;
    bob.does("emote looks at the gratings and says nothing for a while.")
        .await;
    bob.does("say That is only the river. It has nowhere else to go.")
        .await;
    ann.reads("#log", "nowhere else to go").await;
    until("every answer to be durable", async || {
        (ann.count("#log [data-durability=applied]").await == 0).then_some(())
    })
    .await;
    let picture = ann.picture().await;
    assert!(picture.starts_with(b"\x89PNG"), "no picture of {place}");
    if let Some(path) = std::env::var_os("KADATH_SCREENSHOT") {
        std::fs::write(path, picture).unwrap();
    }
}
