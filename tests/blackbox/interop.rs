//! Clients that nobody here wrote the websocket of.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use crate::harness::{PATIENCE, Recipe, Server};

/// Six plays and a package from a registry.
const LONGEST: Duration = Duration::from_secs(180);

/// A copy of `tests/interop` with its library, and the terminal client of the examples beside it.
async fn installed(folder: &Path) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["package.json", "package-lock.json", ".npmrc", "play.mjs"] {
        std::fs::copy(here.join("tests/interop").join(name), folder.join(name)).unwrap();
    }
    std::fs::copy(
        here.join("examples/terminal.mjs"),
        folder.join("terminal.mjs"),
    )
    .unwrap();
    let install = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(folder)
        .output();
    let done = timeout(LONGEST, install).await.unwrap();
    let done = done.expect("npm is needed for this test; ./test installs it");
    assert!(done.status.success(), "npm ci failed: {done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn registry_library_plays_on_every_subprotocol() {
    let server = Server::start().await;
    let folder = server.recipe().folder();
    installed(folder).await;
    let play = Command::new("node")
        .arg("play.mjs")
        .arg(&server.url)
        .current_dir(folder)
        .output();
    let played = timeout(LONGEST, play).await.unwrap().unwrap();
    assert!(played.status.success(), "{played:?}");
    let lines = String::from_utf8(played.stdout).unwrap();
    assert_eq!(
        lines.lines().collect::<Vec<_>>(),
        [
            "kadath.v1 with authenticate",
            "kadath.v1 with bearer",
            "json.mudstandards.org",
            "gmcp.mudstandards.org",
            "terminal.mudstandards.org",
        ]
    );

    // The example plays as well, and leaves when there is nothing more to type.
    let mut witness = server.guest().await;
    let mut client = Command::new("node")
        .args(["terminal.mjs", &format!("ws://{}/api/ws", server.address())])
        .args(["guest", "look"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut mouth = client.stdin.take().unwrap();
    // Others of this room have just been cut, so only an entrance tells that it is here.
    witness.event("player_entered_game").await;
    mouth.write_all(b"say by the example\n").await.unwrap();
    witness
        .find("chat_message", |data| {
            data["original_content"] == "by the example"
        })
        .await;
    drop(mouth);
    let ended = timeout(PATIENCE, client.wait_with_output()).await.unwrap();
    let ended = ended.unwrap();
    assert!(ended.status.success(), "{ended:?}");
    server.stop().await;
}

#[test]
fn client_example_has_sixty_lines_at_most() {
    let text = include_str!("../../examples/terminal.mjs");
    assert!(text.lines().count() <= 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn bus_metrics_exist_without_bus() {
    let server = Recipe::new().start().await;
    for figure in [
        "kadath_bus_connected",
        "kadath_dead_letters",
        "kadath_breaker_state",
        "kadath_bus_messages_total",
        "kadath_bus_processing_seconds_count",
        "kadath_sessions",
    ] {
        let figures = server.http.figures().await;
        let of: Vec<_> = figures
            .iter()
            .filter(|(name, _)| name.starts_with(figure))
            .collect();
        assert!(!of.is_empty(), "no {figure}");
        assert!(of.iter().all(|(_, value)| *value == 0.0), "{of:?}");
    }
    server.stop().await;
}
