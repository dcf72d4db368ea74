//! A server that is killed while it publishes runs one revision or the other, whole.

use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

use super::{recipe, replay, runs, save, world};
use crate::harness::Recipe;

/// How often; the moments are spread over what a publish takes.
const KILLS: u32 = 6;

/// Asks the server that runs to publish its draft, as `kadath world publish` does, which would do it
/// without one that is gone.
async fn ask(recipe: &Recipe) -> BufReader<UnixStream> {
    let socket = recipe.data().join("control.sock");
    let mut socket = UnixStream::connect(socket).await.unwrap();
    let request = r#"{"world":{"author":"ann","draft":null,"act":{"publish":{"message":""}}}}"#;
    socket.write_all(request.as_bytes()).await.unwrap();
    socket.write_all(b"\n").await.unwrap();
    BufReader::new(socket)
}

async fn answer(asked: &mut BufReader<UnixStream>) {
    let mut line = String::new();
    asked.read_line(&mut line).await.unwrap();
    assert!(line.contains("published revision"), "{line}");
}

fn text(round: u32) -> String {
    format!("This is room {round}.")
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_publish_leaves_one_revision_whole() {
    // Neither a watch nor a start publishes what a killed server did not.
    let recipe = recipe(&text(0)).env("KADATH_CONTENT__WATCH", "false");
    let mut server = recipe.start().await;
    save(server.recipe(), "This is how long it takes.");
    let began = Instant::now();
    answer(&mut ask(server.recipe()).await).await;
    let takes = began.elapsed();
    let mut shown = "This is how long it takes.".to_owned();
    let mut came = [0_u32; 2];
    for round in 0..KILLS {
        let mut guest = server.guest().await;
        let before = runs(server.recipe()).await;
        save(server.recipe(), &text(round));
        let mut asked = ask(server.recipe()).await;
        // From at once to after the answer.
        match round + 1 < KILLS {
            true => guest.rest(takes * round / (KILLS - 1)).await,
            false => answer(&mut asked).await,
        }
        let recipe = server.kill9().await;
        // The database alone says which it is.
        let told = world(&recipe, &["status"]).await;
        let after = runs(&recipe).await;
        assert!((before..=before + 1).contains(&after), "{told:?}");
        let is_published = after > before;
        assert_eq!(
            told.stdout.contains("is what runs"),
            is_published,
            "{told:?}"
        );
        if is_published {
            shown = text(round);
        }
        came[usize::from(is_published)] += 1;
        server = recipe.start().await;
        assert_eq!(runs(server.recipe()).await, after);
        let seen = server.guest().await.does("look").await.to_string();
        assert!(seen.contains(&shown), "{shown} {seen}");
    }
    assert!(came[0] > 0 && came[1] > 0, "before and after: {came:?}");
    let mut guest = server.guest().await;
    guest.rest(Duration::from_millis(100)).await;
    let recipe = server.stop().await;
    let played = replay(&recipe).await;
    assert_eq!(played.code, Some(0), "{}{}", played.stdout, played.stderr);
}
