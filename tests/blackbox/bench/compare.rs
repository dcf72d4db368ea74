//! `--compare`, from the command line to its exit code.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::{Played, bench};

/// Talk in one room: what is sent for each command hardly depends on time.
const TALK: &str = "[world]\nrooms = 2\n[[stages]]\nspike = \"4s\"\nbots = 8\n[roles.a.steps.say]\ndo = \"say\"\nthink = \"500ms\"\n";

struct Bench {
    folder: TempDir,
    scenario: PathBuf,
}

impl Bench {
    fn new() -> Self {
        let folder = TempDir::with_prefix("kadath-bench-test-").unwrap();
        let scenario = folder.path().join("talk.toml");
        std::fs::write(&scenario, TALK).unwrap();
        Self { folder, scenario }
    }

    async fn plays(&self) -> Played {
        bench(&self.scenario, &[]).await
    }

    async fn compares(&self, old: &Value) -> Played {
        let path = self.folder.path().join("old.json");
        std::fs::write(&path, old.to_string()).unwrap();
        let path: &Path = &path;
        bench(&self.scenario, &["--compare", path.to_str().unwrap()]).await
    }
}

#[tokio::test]
async fn equal_run_is_no_regression_more_work_is() {
    let bench = Bench::new();
    let first = bench.plays().await;
    first.ends_with(0);
    let again = bench.compares(&first.report).await;
    again.ends_with(0);
    let (out, nothing) = (&again.stdout, "holds    no regression");
    assert!(out.contains(nothing), "{out}");
    assert!(!out.contains("warning"), "{out}");

    // As if a command had once been half the work, on another machine.
    let mut less = first.report.clone();
    let frames = &mut less["runs"][0]["frames_per_command"];
    *frames = Value::from(frames.as_f64().unwrap() / 2.0);
    less["circumstances"]["cores"] = Value::from(1_024);
    let more = bench.compares(&less).await;
    more.ends_with(99);
    let out = &more.stdout;
    assert!(out.contains("REGRESSION"), "{out}");
    assert!(
        out.contains("warning: another machine: 1024 cores"),
        "{out}"
    );
    let figure = more.figure("compare.frames_per_command");
    assert!((0.8..1.2).contains(&figure), "{figure}");
}

#[tokio::test]
async fn socket_and_socketless_runs_are_not_compared() {
    let bench = Bench::new();
    let old = serde_json::json!({
        "scenario": "talk", "seed": 1, "in_process": true, "runs": [{"tick_p99": 0.001}],
    });
    let refused = bench.compares(&old).await;
    refused.ends_with(1);
    let err = &refused.stderr;
    assert!(err.contains("played in the process"), "{err}");
}
