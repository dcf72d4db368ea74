//! Revisions in a PostgreSQL: others publish there, too, and it is away at times.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::{folder, recipe, runs, save, sees, world};
use crate::harness::{Cluster, Recipe, until};

async fn does(url: &str, sql: &str) {
    let mut database = PgConnection::connect(url).await.unwrap();
    let done = sqlx::query(AssertSqlSafe(sql.to_owned()));
    done.execute(&mut database).await.unwrap();
    database.close().await.unwrap();
}

/// Publishes what the first revision was, as somebody who is not of this server.
async fn publish_first_again(url: &str, number: u64) {
    let sql = format!(
        "INSERT INTO revisions (number, digest, author, message, at)
         SELECT {number}, digest, 'zadok', '', at FROM revisions WHERE number = 1"
    );
    does(url, &sql).await;
}

fn node(text: &str, url: &str, name: &str) -> Recipe {
    recipe(text)
        .flag("--database", url)
        .env("KADATH_DATABASE__SHARED", "true")
        .env("KADATH_SERVER__NODE", name)
}

async fn says(recipe: &Recipe, words: &str) {
    until(words, async || {
        recipe.stderr().contains(words).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_follow_each_publish_and_revert() {
    let cluster = Cluster::shared().await;
    let url = cluster.fresh().await;
    let one = node("It is bare.", &url, "one").start().await;
    // What lies in the other's folder is older or newer, and nobody has asked for it.
    let other = node("Nobody asked.", &url, "other").start().await;
    let mut guests = [one.guest().await, other.guest().await];
    for guest in &guests {
        assert_eq!(guest.state["room"]["description"], "It is bare.");
    }
    assert_eq!(
        (runs(one.recipe()).await, runs(other.recipe()).await),
        (1, 1)
    );
    save(one.recipe(), "A fire burns.");
    let began = Instant::now();
    for guest in &mut guests {
        sees(guest, "A fire burns.").await;
    }
    let took = began.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    let told = world(other.recipe(), &["revert", "1"]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    for guest in &mut guests {
        sees(guest, "It is bare.").await;
    }
    assert_eq!(
        (runs(one.recipe()).await, runs(other.recipe()).await),
        (3, 3)
    );
    // A start publishes nothing either.
    let other = other.stop().await.start().await;
    assert_eq!(runs(other.recipe()).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn revision_unreadable_for_a_moment_is_followed() {
    let cluster = Cluster::shared().await;
    let url = cluster.fresh().await;
    let server = node("It is bare.", &url, "one").start().await;
    let mut guest = server.guest().await;
    save(server.recipe(), "A fire burns.");
    sees(&mut guest, "A fire burns.").await;
    does(&url, "ALTER TABLE contents RENAME TO away").await;
    publish_first_again(&url, 3).await;
    says(
        server.recipe(),
        "revision of another node can't be read yet",
    )
    .await;
    does(&url, "ALTER TABLE away RENAME TO contents").await;
    sees(&mut guest, "It is bare.").await;
    assert_eq!(runs(server.recipe()).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn overtaken_publisher_finds_the_other_revision() {
    let cluster = Cluster::shared().await;
    let url = cluster.fresh().await;
    // Alone on its database, as far as it knows: it asks nobody for what others publish.
    let recipe = recipe("It is bare.")
        .flag("--database", &url)
        .env("KADATH_CONTENT__WATCH", "false");
    let server = recipe.start().await;
    let recipe = server.recipe();
    let mut guest = server.guest().await;
    save(recipe, "A fire burns.");
    assert_eq!(world(recipe, &["publish"]).await.code, Some(0));
    sees(&mut guest, "A fire burns.").await;
    publish_first_again(&url, 3).await;
    save(recipe, "Water drips.");
    let told = world(recipe, &["publish"]).await;
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.stderr.contains("by zadok"), "{told:?}");
    assert!(told.stderr.contains("look at it first"), "{told:?}");
    sees(&mut guest, "It is bare.").await;
    let looked = world(recipe, &["diff"]).await.stdout;
    assert!(looked.contains("It is bare."), "{looked}");
    let told = world(recipe, &["publish"]).await;
    assert_eq!(told.stdout, "published revision 4", "{told:?}");
    sees(&mut guest, "Water drips.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn draft_saved_while_database_fails_is_published() {
    let cluster = Cluster::shared().await;
    let url = cluster.fresh().await;
    let recipe = recipe("It is bare.").flag("--database", &url);
    let server = recipe.start().await;
    let mut guest = server.guest().await;
    does(&url, "ALTER TABLE revisions RENAME TO away").await;
    save(server.recipe(), "A fire burns.");
    says(server.recipe(), "draft can't be published").await;
    does(&url, "ALTER TABLE away RENAME TO revisions").await;
    sees(&mut guest, "A fire burns.").await;
    assert_eq!(runs(server.recipe()).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn export_before_first_start_is_of_every_world() {
    let cluster = Cluster::shared().await;
    let recipe = recipe("It is bare.").flag("--database", cluster.fresh().await);
    let told = world(&recipe, &["publish"]).await;
    assert_eq!(told.stdout, "published revision 1", "{told:?}");
    let draft = recipe.folder().join("ann");
    let told = world(&recipe, &["export", &draft.display().to_string()]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(!draft.join(".revision").exists());
    let server = recipe.start().await;
    assert_eq!(runs(server.recipe()).await, 1);
    // It becomes the draft of the server, which is of a world by now.
    let own = folder(server.recipe());
    std::fs::rename(&own, own.with_file_name("before")).unwrap();
    std::fs::rename(&draft, &own).unwrap();
    let told = world(server.recipe(), &["publish"]).await;
    assert_eq!(told.stdout, "revision 1 runs already", "{told:?}");
}
