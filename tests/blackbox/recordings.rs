//! What a server has recorded is played again by `kadath replay`, also after a kill, and from every
//! checkpoint.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;

use crate::harness::{Ended, Player, Recipe, Server, SmallWorld, TestFolder, until};

/// A checkpoint every second, and players who may be as quick as they are.
fn recipe() -> Recipe {
    Recipe::new()
        .env("KADATH_RECORDER__CHECKPOINT_SECONDS", "1")
        .env("KADATH_LIMITS__COMMANDS_PER_SECOND", "0")
}

fn recordings(recipe: &Recipe) -> Vec<PathBuf> {
    let folder = recipe.data().join("recordings");
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let files = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|end| end == "rec"))
        .collect();
    files.sort();
    files
}

async fn replay(recipe: &Recipe, words: &[&str]) -> Ended {
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_kadath"))
        .arg("replay")
        .args(words)
        .args(["--data".as_ref(), recipe.data().as_os_str()])
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Guests who walk, talk, whisper, rest, mute each other, come back, and go; an admin who acts.
async fn play(server: &Server) {
    let ada = server.http.register("armitage", "Ada").await;
    server.recipe().grant("armitage").await;
    let mut ada = Player::join(server, &ada.token).await;
    let zadok = server.http.register("zadok", "Zadok").await;
    let mut bob = Player::join(server, &zadok.token).await;
    let mut cleo = server.guest().await;
    for round in 0..3 {
        let (way, _) = bob.way_out();
        for line in [&*way, "look", "say is anybody there", "rest", "stand"] {
            bob.does(line).await;
        }
        cleo.does("global the stars are right").await;
        cleo.does("whisper Zadok come here").await;
        bob.does("reply in a moment").await;
        cleo.does("emote shivers").await;
        bob.fails("fly").await;
        ada.does("admin set current_dp Zadok 5").await;
        ada.does(&format!("system round {round}")).await;
        cleo.does("mute Zadok").await;
        let files = recordings(server.recipe()).len();
        // Taken over by a newer sign-in.
        bob = Player::join(server, &zadok.token).await;
        until("another checkpoint", async || {
            (recordings(server.recipe()).len() > files).then_some(())
        })
        .await;
        cleo.does("unmute Zadok").await;
    }
    cleo.does("quit").await;
    bob.does_for_good("look").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_play_replays_equal_from_each_checkpoint() {
    let server = recipe().start().await;
    play(&server).await;
    // Killed in the middle of a second, and gone on with.
    let recipe = server.kill9().await;
    let server = recipe.start().await;
    let mut guest = server.guest().await;
    let (way, _) = guest.way_out();
    guest.does_for_good(&way).await;
    until("a recording to be verified", async || {
        let verified = "kadath_recorder_verified_total{result=\"good\"}";
        (server.http.figure(verified).await > 0.0).then_some(())
    })
    .await;
    let recipe = server.stop().await;

    let server_log = recipe.stderr();
    let files = recordings(&recipe);
    assert!(files.len() > 4, "{files:?}");
    let all = replay(&recipe, &["--json"]).await;
    assert_eq!(all.code, Some(0), "{}{}", all.stdout, all.stderr);
    let told: Value = serde_json::from_str(&all.stdout).unwrap();
    assert_eq!(told["equal"], true, "{told}");
    let ticks = told["ticks"].as_u64().unwrap();
    let mut sum = 0;
    for file in &files {
        let one = replay(&recipe, &["--json", file.to_str().unwrap()]).await;
        assert_eq!(one.code, Some(0), "{file:?}: {}{}", one.stdout, one.stderr);
        let told: Value = serde_json::from_str(&one.stdout).unwrap();
        sum += told["ticks"].as_u64().unwrap();
    }
    assert_eq!(sum, ticks);
    assert!(
        files
            .iter()
            .any(|file| file.with_extension("good").exists()),
        "no recording was verified: {}",
        server_log
    );
    assert!(
        !server_log.contains("come to something else"),
        "{server_log}"
    );
    for path in files {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{path:?}");
    }
    let few = replay(&recipe, &["--json", "--from", "1", "--to", "20"]).await;
    let told: Value = serde_json::from_str(&few.stdout).unwrap();
    assert_eq!(told["ticks"], 20, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_of_another_world_names_the_difference() {
    let house = |flux: &str| {
        SmallWorld::read(&format!(
            r#"
            [sub_zones.house]
            environment = "indoors"
            rooms.hall = {{ down = "cellar" }}
            rooms.cellar = {{ up = "hall" }}
            [rules.rooms.cellar]
            all = {flux}
            "#
        ))
    };
    let recipe = Recipe::new();
    let (world, other) = (recipe.folder().join("world"), recipe.folder().join("other"));
    house("-10.0").write(&world);
    house("-9.0").write(&other);
    let server = recipe.flag("--world", world).start().await;
    let mut guest = server.guest().await;
    guest.does("down").await;
    guest.event("lucidity_change").await;
    let recipe = server.stop().await;

    let equal = replay(&recipe, &[]).await;
    assert_eq!(equal.code, Some(0), "{}{}", equal.stdout, equal.stderr);
    assert!(equal.stdout.contains("times as fast as recorded"));
    let found = replay(&recipe, &["--json", "--world", other.to_str().unwrap()]).await;
    assert_eq!(found.code, Some(1), "{}{}", found.stdout, found.stderr);
    let told: Value = serde_json::from_str(&found.stdout).unwrap();
    assert_eq!(told["plugin"], "lucidity", "{told}");
    assert_eq!(told["component"], "lucidity", "{told}");
    assert_eq!(told["entity"], guest.welcome["player_id"], "{told}");
    assert!(told["tick"].as_u64().unwrap() > 1, "{told}");
    assert_ne!(told["was"], told["is"], "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn recorder_that_is_off_writes_nothing() {
    let server = Recipe::new()
        .env("KADATH_RECORDER__OFF", "true")
        .start()
        .await;
    server.guest().await.does("look").await;
    let recipe = server.stop().await;
    assert_eq!(recordings(&recipe), [] as [PathBuf; 0]);
    let refused = replay(&recipe, &[]).await;
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(refused.stderr.contains("nothing is recorded there"));
}

#[tokio::test(flavor = "multi_thread")]
async fn ring_stays_within_bytes_and_is_counted() {
    // Some two files, each with a checkpoint of all that lives in the town.
    const BYTES: u64 = 150_000;
    let server = recipe()
        .env("KADATH_RECORDER__MAX_BYTES", &BYTES.to_string())
        .start()
        .await;
    let first = recordings(server.recipe());
    let mut guest = server.guest().await;
    until("the oldest recording to go", async || {
        for _ in 0..5 {
            guest.does("look").await;
        }
        let files = recordings(server.recipe());
        (files.first() != first.first()).then_some(())
    })
    .await;
    let told = server.http.figure("kadath_recorder_bytes").await;
    assert!(told > 0.0 && told <= BYTES as f64, "{told}");
    assert_eq!(
        server.http.figure("kadath_recorder_dropped_total").await,
        0.0
    );
    let recipe = server.stop().await;
    let rest = replay(&recipe, &[]).await;
    assert_eq!(rest.code, Some(0), "{}{}", rest.stdout, rest.stderr);
}

#[test]
fn recording_of_failed_test_is_kept() {
    let folder = TestFolder::new("kadath-kept-", "true DIR");
    let kept = folder.kept();
    let recordings = folder.path().join("data/recordings");
    std::fs::create_dir_all(&recordings).unwrap();
    std::fs::write(recordings.join("0-0.rec"), "ticks").unwrap();
    let failing = std::thread::spawn(move || {
        let _folder = folder;
        panic!("a test that fails, as meant");
    });
    assert!(failing.join().is_err());
    let text = std::fs::read_to_string(kept.join("recordings/0-0.rec"));
    assert_eq!(text.unwrap(), "ticks");
    std::fs::remove_dir_all(kept).unwrap();
}
