//! A server that is killed while it publishes runs one revision or the other, whole.

use std::process::Stdio;
use std::time::Duration;

use super::{played, replay, runs, save, world};

/// How often; the moments are spread over what a publish takes.
const KILLS: u64 = 6;

#[tokio::test(flavor = "multi_thread")]
async fn killed_publish_leaves_one_revision_whole() {
    let (mut server, mut guest) = played("This is room 0.").await;
    guest.does("look").await;
    for round in 1..=KILLS {
        let before = runs(server.recipe()).await;
        save(server.recipe(), &format!("This is room {round}."));
        let publish = server
            .recipe()
            .command("world")
            .arg("publish")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut publish = publish.unwrap();
        guest.rest(Duration::from_millis(17 * round)).await;
        let recipe = server.kill9().await;
        publish.wait().await.unwrap();
        // The database alone says which it is.
        let told = world(&recipe, &["status"]).await;
        let after = runs(&recipe).await;
        assert!((before..=before + 1).contains(&after), "{told:?}");
        let whole = told.stdout.contains("is what runs");
        assert_eq!(whole, after > before, "{told:?}");
        server = recipe.start().await;
        guest = server.guest().await;
        let seen = guest.does("look").await.to_string();
        assert!(seen.contains(&format!("This is room {round}.")), "{seen}");
    }
    let recipe = server.stop().await;
    let played = replay(&recipe).await;
    assert_eq!(played.code, Some(0), "{}{}", played.stdout, played.stderr);
}
