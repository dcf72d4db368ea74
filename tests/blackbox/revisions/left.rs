//! Drafts that lie in the server's own folder while something else was published.

use std::path::Path;

use super::{configured, recipe, runs, save, sees, world};
use crate::harness::Recipe;

/// Writes what runs into a folder, for somebody to work on; answers which.
async fn export(recipe: &Recipe, name: &str) -> String {
    let folder = recipe.folder().join(name).display().to_string();
    let told = world(recipe, &["export", &folder]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    folder
}

/// Gives an export another text.
fn change(folder: &str, from: &str, to: &str) {
    let file = Path::new(folder).join("zones/town/house.toml");
    let was = std::fs::read_to_string(&file).unwrap();
    assert!(was.contains(from), "{was}");
    std::fs::write(&file, was.replace(from, to)).unwrap();
}

async fn publish(recipe: &Recipe, folder: &str) -> String {
    let told = world(recipe, &["publish", "--world", folder]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    told.stdout
}

#[tokio::test(flavor = "multi_thread")]
async fn start_publishes_no_draft_that_was_left() {
    let server = configured("It is bare.").start().await;
    let ann = export(server.recipe(), "ann").await;
    change(&ann, "It is bare.", "A fire burns.");
    assert_eq!(publish(server.recipe(), &ann).await, "published revision 2");
    // The draft in the server's folder is that of revision 1.
    let server = server.stop().await.start().await;
    assert_eq!(runs(server.recipe()).await, 2);
    let mut guest = server.guest().await;
    assert_eq!(guest.state["room"]["description"], "A fire burns.");
    // Nor one that a revert has left, after another publish from elsewhere.
    save(server.recipe(), "Water drips.");
    sees(&mut guest, "Water drips.").await;
    assert_eq!(world(server.recipe(), &["revert", "2"]).await.code, Some(0));
    let bob = export(server.recipe(), "bob").await;
    change(&bob, "A fire burns.", "Ashes, still warm.");
    assert_eq!(publish(server.recipe(), &bob).await, "published revision 5");
    let recipe = server.kill9().await;
    // The same without a server.
    change(&bob, "Ashes, still warm.", "Ashes, cold.");
    assert_eq!(publish(&recipe, &bob).await, "published revision 6");
    let server = recipe.start().await;
    assert_eq!(runs(server.recipe()).await, 6);
    // Saved anew it is a draft like any other.
    let mut guest = server.guest().await;
    save(server.recipe(), "Water stands.");
    sees(&mut guest, "Water stands.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn start_without_a_watch_publishes_nothing() {
    let recipe = recipe("It is bare.").env("KADATH_CONTENT__WATCH", "false");
    let server = recipe.start().await;
    save(server.recipe(), "A fire burns.");
    let server = server.stop().await.start().await;
    assert_eq!(runs(server.recipe()).await, 1);
    let told = "draft is another than what runs";
    assert!(server.stderr().contains(told), "{}", server.stderr());
    let mut guest = server.guest().await;
    let published = world(server.recipe(), &["publish"]).await;
    assert_eq!(published.stdout, "published revision 2", "{published:?}");
    sees(&mut guest, "A fire burns.").await;
}
