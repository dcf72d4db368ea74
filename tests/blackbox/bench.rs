//! `kadath bench`, from a scenario to its exit code.

mod chaos;
mod compare;
mod ends;
mod proxy;
mod target;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use engine::Registrar;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;

use crate::harness::{PATIENCE, TestFolder};

/// One server and one driver at a time: their figures must not be each other's.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

struct Played {
    code: Option<i32>,
    stdout: String,
    stderr: String,
    report: Value,
    /// The report is in its `data`, where recordings are kept.
    folder: TestFolder,
}

impl Played {
    fn figure(&self, name: &str) -> f64 {
        let told = self.report["figures"][name].as_f64();
        told.unwrap_or_else(|| panic!("no {name}: {}\n{}", self.stdout, self.stderr))
    }

    /// Fails with everything that was said unless the exit code is this one.
    fn ends_with(&self, code: i32) {
        let (out, err) = (&self.stdout, &self.stderr);
        assert_eq!(self.code, Some(code), "{out}\n{err}");
    }
}

async fn bench(scenario: &Path, args: &[&str]) -> Played {
    bench_in(Path::new(env!("CARGO_MANIFEST_DIR")), scenario, args).await
}

/// From a folder, whose world a server plays unless told otherwise.
async fn bench_in(here: &Path, scenario: &Path, args: &[&str]) -> Played {
    let _alone = ALONE.lock().await;
    let folder = TestFolder::new("kadath-bench-test-", "kadath replay --data DIR");
    let report = folder.path().join("data");
    let output = Command::new(env!("CARGO_BIN_EXE_kadath"))
        .current_dir(here)
        .arg("bench")
        .arg(scenario)
        .args(["--quiet", "--report"])
        .arg(&report)
        .args(args)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(PATIENCE * 5, output).await.unwrap().unwrap();
    let json = std::fs::read_to_string(report.join("report.json"));
    Played {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        report: json.map_or(Value::Null, |json| serde_json::from_str(&json).unwrap()),
        folder,
    }
}

/// Plays a scenario that is written for the test.
async fn bench_text(text: &str, args: &[&str]) -> Played {
    let folder = TempDir::with_prefix("kadath-bench-test-").unwrap();
    let path = folder.path().join("scenario.toml");
    std::fs::write(&path, text).unwrap();
    bench(&path, args).await
}

#[tokio::test]
async fn quick_scenario_holds_objectives_and_reports() {
    let played = bench(Path::new("benches/scenarios/quick.toml"), &[]).await;
    let (out, err) = (&played.stdout, &played.stderr);
    assert_eq!(played.code, Some(0), "{out}\n{err}");
    assert!(out.contains("holds    delivered = 100%"), "{out}");
    let figures = &played.report["figures"];
    assert!(figures["deliveries"].as_f64() > Some(100.0), "{figures}");
    assert!(figures["response_p99"].as_f64() > Some(0.0), "{figures}");
    assert!(figures["tick_p99"].as_f64() > Some(0.0), "{figures}");
    let page = std::fs::read_to_string(played.folder.path().join("data/report.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("plugin:"), "{page}");
    assert!(!page.contains("src=") && !page.contains("href="), "{page}");
    let series = std::fs::read_to_string(played.folder.path().join("data/series.csv")).unwrap();
    assert!(series.lines().count() > 8, "{series}");
}

#[tokio::test]
async fn missed_objective_exits_99() {
    let played = bench_text(
        "objectives = [\"errors = 0%\", \"response_p50 < 1ns\"]\n\
         [[stages]]\nspike = \"2s\"\nbots = 3\n[roles.a.steps.look]\ndo = \"look\"\nthink = \"300ms\"\n",
        &[],
    )
    .await;
    assert_eq!(
        played.code,
        Some(99),
        "{}\n{}",
        played.stdout,
        played.stderr
    );
    assert!(
        played.stdout.contains("FAILS    response_p50 < 1ns"),
        "{}",
        played.stdout
    );
    assert!(
        played.stdout.contains("kadath replay --data"),
        "{}",
        played.stdout
    );
    assert!(played.folder.path().join("data/recordings").is_dir());
    assert!(
        played.stdout.contains("holds    errors = 0%"),
        "{}",
        played.stdout
    );
}

#[tokio::test]
async fn scenario_mistake_exits_1_with_file_and_line() {
    let played = bench_text("seed = 1\n\nroles = 3\n", &[]).await;
    assert_eq!(played.code, Some(1), "{}", played.stderr);
    assert!(
        played.stderr.contains("scenario.toml:3: roles"),
        "{}",
        played.stderr
    );
}

#[tokio::test]
async fn the_same_bots_play_inside_the_process() {
    let quick = Path::new("benches/scenarios/quick.toml");
    let text = std::fs::read_to_string(quick).unwrap();
    let objectives = text.find("objectives").unwrap()..text.find("[world]").unwrap();
    let mut text = text;
    text.replace_range(
        objectives,
        "objectives = [\"errors = 0%\", \"bots = 20\"]\n",
    );
    let played = bench_text(&text, &["--in-process"]).await;
    assert_eq!(played.code, Some(0), "{}\n{}", played.stdout, played.stderr);
    // No tick of twenty players takes less than a microsecond, or a second.
    let p99 = played.report["figures"]["tick_p99"].as_f64().unwrap();
    assert!((1e-6..1.0).contains(&p99), "{p99}");
}

/// What `kadath::main` was told is in the process, too.
#[test]
fn bench_in_process_plays_own_plugins() {
    fn mist(reg: &mut Registrar<'_>) {
        reg.every(Duration::from_secs(1), || {});
    }
    let folder = TempDir::with_prefix("kadath-bench-test-").unwrap();
    let path = folder.path().join("scenario.toml");
    let text = "[world]\nrooms = 2\n[[stages]]\nspike = \"2s\"\nbots = 2\n\
         [roles.a.steps.look]\ndo = \"look\"\nthink = \"300ms\"\n";
    std::fs::write(&path, text).unwrap();
    let mut game = kadath::Game::default();
    game.add(mist);
    let options = load::Options {
        report: Some(folder.path().to_owned()),
        in_process: true,
        quiet: true,
        game: game.inside(),
        ..load::Options::default()
    };
    kadath::bench::run(&path, options).unwrap();
    let report = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert!(report["figures"]["plugin:mist"].is_number(), "{report}");
}
