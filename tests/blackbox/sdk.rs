//! The SDK on a real server: its golden session, the page about clients, and its promises while
//! wires are cut and the server is killed.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use crate::harness::{Recipe, Server};

/// Packages from a registry, and a few hundred returns.
const LONGEST: Duration = Duration::from_secs(300);

/// Copies a folder with what is in it.
fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|one| (one.path(), one.file_name())).unwrap();
        if path.is_dir() {
            copied(&path, &to.join(name));
        } else {
            std::fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

/// Runs a program to its end in a folder; answers its last line.
async fn ran(folder: &Path, program: &str, words: &[&str]) -> String {
    let ending = Command::new(program)
        .args(words)
        .current_dir(folder)
        .output();
    let done = timeout(LONGEST, ending).await.unwrap();
    let done = done.expect("npm and node are needed for this test; ./test installs them");
    assert!(done.status.success(), "{program} {words:?}: {done:?}");
    let out = String::from_utf8(done.stdout).unwrap();
    out.lines().last().unwrap_or_default().to_owned()
}

/// Cuts wires, and kills the server as often as the program says; answers the server that is left.
async fn under_fire(mut server: Server, folder: &Path, cuts: &str) -> Server {
    let mut fire = Command::new("node")
        .args(["tests/fire.mjs", &server.url, cuts])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stdin = fire.stdin.take().unwrap();
    let mut stdout = BufReader::new(fire.stdout.take().unwrap()).lines();
    let mut last = String::new();
    while let Some(line) = timeout(LONGEST, stdout.next_line()).await.unwrap().unwrap() {
        if line == "kill" {
            server = server.kill9().await.start().await;
            stdin.write_all(b"up\n").await.unwrap();
        }
        last = line;
    }
    let ended = timeout(LONGEST, fire.wait_with_output()).await.unwrap();
    let ended = ended.unwrap();
    assert!(ended.status.success(), "{last}: {ended:?}");
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn sdk_keeps_promises_on_real_server() {
    let server = Recipe::new()
        .env("KADATH_CHAT__SAY_PER_MINUTE", "0")
        .start()
        .await;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sdk = server.recipe().folder().join("sdk");
    copied(&here.join("sdk"), &sdk);
    let install = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    ran(&sdk, "npm", &install).await;

    let session = ran(&sdk, "node", &["tests/record.mjs", &server.url]).await;
    assert!(session.ends_with(" steps"), "{session}");
    let page = here.join("docs/client.md");
    let page = page.to_str().unwrap();
    let programs = ran(&sdk, "node", &["tests/page.mjs", &server.url, page]).await;
    assert_eq!(programs, "both programs run");

    let is_full = std::env::var("KADATH_PROOF").as_deref() == Ok("full");
    let cuts = if is_full { "1000" } else { "40" };
    let server = under_fire(server, &sdk, cuts).await;
    server.stop().await;
}
