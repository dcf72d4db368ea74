//! Designers whose grant is for some zones, or for a while.

use std::time::{Duration, SystemTime};

use super::{folder, recipe, runs, save, world};
use crate::harness::{Player, Server};

/// A server whose draft nobody watches, and Zadok, who may change the town for five more seconds or,
/// without a span, for good.
async fn with_zadok(ends: bool) -> (Server, Player) {
    let recipe = recipe("It is bare.").env("KADATH_CONTENT__WATCH", "false");
    let server = recipe.start().await;
    let account = server.http.register("zadok", "Zadok").await;
    let until = SystemTime::now() + Duration::from_secs(5);
    let until = humantime::format_rfc3339_micros(until).to_string();
    let mut words = vec!["grant", "zadok", "designer", "--zones", "moor,town"];
    if ends {
        words.extend(["--until", &until]);
    }
    server.recipe().account(&words).await;
    let zadok = Player::join(&server, &account.token).await;
    (server, zadok)
}

async fn told(designer: &mut Player, line: &str, words: &str) {
    designer.does(line).await;
    let heard = |event: &serde_json::Value| event.to_string().contains(words);
    designer.find("system", heard).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limited_designer_changes_own_zones_only() {
    let (server, mut zadok) = with_zadok(false).await;
    let recipe = server.recipe();
    save(recipe, "A fire burns.");
    told(&mut zadok, "world publish a fire", "published revision 2").await;
    let things = folder(recipe).join("things/small.toml");
    let was = std::fs::read_to_string(&things).unwrap();
    std::fs::write(&things, was.replace("for a scene", "for nobody")).unwrap();
    save(recipe, "Ashes, still warm.");
    told(
        &mut zadok,
        "world publish ashes",
        "things/small.toml would change",
    )
    .await;
    assert_eq!(runs(recipe).await, 2);
    told(&mut zadok, "world revert 1", "published revision 3").await;
    // An operator may all; what they changed elsewhere, Zadok does not take back.
    let published = world(recipe, &["publish"]).await;
    assert_eq!(published.stdout, "published revision 4", "{published:?}");
    told(
        &mut zadok,
        "world revert 3",
        "things/small.toml would change",
    )
    .await;
    assert_eq!(runs(recipe).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn grant_that_ends_takes_the_verb_away() {
    let (server, mut zadok) = with_zadok(true).await;
    told(&mut zadok, "world status", "revision 1").await;
    save(server.recipe(), "A fire burns.");
    let over = |event: &serde_json::Value| event.to_string().contains("You are no keeper");
    zadok.find("system", over).await;
    let refused = zadok.fails("world publish a fire").await;
    let message = refused["message"].as_str().unwrap();
    assert!(message.starts_with("There is no command"), "{refused}");
    assert_eq!(runs(server.recipe()).await, 1);
}
