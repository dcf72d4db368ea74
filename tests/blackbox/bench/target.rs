//! Somebody else's server, and what a stranger may leave out.

use std::path::Path;

use tempfile::TempDir;

use super::{bench, bench_in, bench_text};
use crate::harness::Server;

#[tokio::test]
async fn quick_scenario_passes_against_default_server() {
    let server = Server::start().await;
    let quick = Path::new("benches/scenarios/quick.toml");
    let played = bench(quick, &["--target", &server.url]).await;
    played.ends_with(0);
    assert!(played.figure("deliveries") > 100.0, "{}", played.stdout);
    server.stop().await;
}

#[tokio::test]
async fn target_limits_are_distinguished_from_slowness() {
    let server = Server::start().await;
    let fast = "objectives = [\"errors = 0%\"]\n[[stages]]\nspike = \"2s\"\nbots = 2\n[roles.a.steps.look]\ndo = \"look\"\nthink = \"20ms\"\n";
    let played = bench_text(fast, &["--target", &server.url]).await;
    played.ends_with(99);
    let out = &played.stdout;
    assert!(
        out.contains("hint: the target refused with rate_limit"),
        "{out}"
    );
    server.stop().await;
}

#[tokio::test]
async fn absent_target_is_one_line_and_exit_1() {
    let quick = Path::new("benches/scenarios/quick.toml");
    // Nothing listens on this port: whoever does needs rights that tests don't have.
    let played = bench(quick, &["--target", "http://127.0.0.1:1"]).await;
    played.ends_with(1);
    let err = played.stderr.trim();
    assert!(err.contains("can't be reached"), "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
}

#[tokio::test]
async fn nothing_is_broken_on_a_target() {
    let storm = Path::new("benches/scenarios/storm.toml");
    let played = bench(storm, &["--target", "http://127.0.0.1:1"]).await;
    played.ends_with(1);
    let err = &played.stderr;
    assert!(err.contains("a server of the bench's own only"), "{err}");
}

#[tokio::test]
async fn missing_or_non_toml_file_exits_1() {
    let missing = bench(Path::new("no/such/scenario.toml"), &[]).await;
    missing.ends_with(1);
    let err = &missing.stderr;
    assert!(err.contains("no/such/scenario.toml"), "{err}");
    let broken = bench_text("seed = 1\n[roles\n", &[]).await;
    broken.ends_with(1);
    let err = &broken.stderr;
    assert!(err.contains("scenario.toml:2:"), "{err}");
}

#[tokio::test]
async fn objectives_alone_are_a_scenario_anywhere() {
    let here = TempDir::with_prefix("kadath-bench-test-").unwrap();
    let scenario = here.path().join("mine.toml");
    std::fs::write(
        &scenario,
        "objectives = [\"errors = 0%\", \"delivered = 100%\"]\n",
    )
    .unwrap();
    let played = bench_in(here.path(), &scenario, &[]).await;
    played.ends_with(0);
    assert_eq!(played.figure("bots"), 10.0);
    assert!(played.figure("response_p99") > 0.0, "{}", played.stdout);
    let commands = played.figure("commands");
    assert!((90.0..=110.0).contains(&commands), "{commands}");
}
