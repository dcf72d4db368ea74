//! Runs that end otherwise than planned.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::harness::{PATIENCE, until};

const LONG: &str = "settle = \"1s\"\nobjectives = [\"sign_ins = 30\"]\n[world]\nrooms = 2\n[[stages]]\nramp = \"2s\"\nbots = 30\n[[stages]]\nhold = \"5s\"\n[roles.a.steps.look]\ndo = \"look\"\nthink = \"300ms\"\n";

/// A bench with a folder of its own for everything temporary.
struct RunningBench {
    process: Child,
    temporary: TempDir,
    _scenario: TempDir,
}

impl RunningBench {
    fn start() -> Self {
        let folder = TempDir::with_prefix("kadath-bench-test-").unwrap();
        let temporary = TempDir::with_prefix("kadath-bench-test-").unwrap();
        let path = folder.path().join("long.toml");
        std::fs::write(&path, LONG).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_kadath"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("TMPDIR", temporary.path())
            .args(["bench", "--quiet"])
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            process,
            temporary,
            _scenario: folder,
        }
    }

    /// Waits until its server keeps a journal, and so listens, or will within a moment.
    async fn has_a_server(&self) -> u32 {
        let temporary: &Path = self.temporary.path();
        until("a server of the bench's own", async || {
            let data = folders(temporary).pop()?.join("data");
            data.join("kadath.db").exists().then_some(())
        })
        .await;
        let bench = self.process.id().unwrap();
        until("the server's process", async || {
            let tasks = std::fs::read_dir(format!("/proc/{bench}/task")).ok()?;
            tasks.flatten().find_map(|task| {
                let children = std::fs::read_to_string(task.path().join("children")).ok()?;
                children.split_whitespace().next()?.parse().ok()
            })
        })
        .await
    }

    async fn ends(self) -> (Option<i32>, String, usize) {
        let output = self.process.wait_with_output();
        let output = timeout(PATIENCE, output).await.unwrap().unwrap();
        let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
        said.push_str(&String::from_utf8_lossy(&output.stderr));
        let left = folders(self.temporary.path()).len();
        (output.status.code(), said, left)
    }
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).unwrap().flatten();
    entries.map(|entry| entry.path()).collect()
}

async fn signal(what: &str, process: u32) {
    let process = process.to_string();
    let sent = Command::new("kill").args([what, &process]).status().await;
    assert!(sent.unwrap().success());
}

#[tokio::test]
async fn interrupted_bench_removes_server_and_folder() {
    let running = RunningBench::start();
    let server = running.has_a_server().await;
    signal("-TERM", running.process.id().unwrap()).await;
    let (code, said, left) = running.ends().await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("interrupted"), "{said}");
    assert_eq!(left, 0, "folders are left");
    // Where nobody collects orphans, it may be there as a dead one.
    let stat = std::fs::read_to_string(format!("/proc/{server}/stat")).unwrap_or_default();
    assert!(stat.is_empty() || stat.contains(") Z "), "{stat}");
}

#[tokio::test]
async fn server_death_fails_run() {
    let running = RunningBench::start();
    let server = running.has_a_server().await;
    until("players in the world", async || {
        let files = std::fs::read_dir(format!("/proc/{server}/fd")).ok()?;
        let sockets = files.flatten().filter(|file| {
            let to = std::fs::read_link(file.path()).unwrap_or_default();
            to.to_string_lossy().starts_with("socket:")
        });
        // They come one after the other: most of them are in.
        (sockets.count() >= 30).then_some(())
    })
    .await;
    signal("-KILL", server).await;
    let (code, said, left) = running.ends().await;
    assert_eq!(code, Some(99), "{said}");
    assert!(said.contains("FAILS    the server stays"), "{said}");
    assert!(said.contains("the server stopped by itself"), "{said}");
    assert_eq!(left, 0, "folders are left");
}
