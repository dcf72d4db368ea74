//! What is broken on purpose, and what must hold nevertheless.

use std::path::Path;

use super::bench_text;

/// What the storm does in 75 s, in a fifth of the time.
fn short_storm(text: &str) -> String {
    [
        ("bots = 100", "bots = 20"),
        ("sign_ins = 100", "sign_ins = 20"),
        ("ramp = \"5s\"", "ramp = \"2s\""),
        ("hold = \"70s\"", "hold = \"14s\""),
        ("at = \"10s\"", "at = \"3s\""),
        ("for = \"20s\"", "for = \"4s\""),
        ("at = \"25s\"", "at = \"6s\""),
        ("for = \"8s\"", "for = \"2s\""),
        ("at = \"50s\"", "at = \"11s\""),
    ]
    .iter()
    .fold(text.to_owned(), |text, (whole, short)| {
        assert!(text.contains(whole), "{whole}");
        text.replace(whole, short)
    })
}

async fn storm(database: &str) {
    let storm = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/scenarios/storm.toml");
    let mut text = std::fs::read_to_string(storm).unwrap();
    if std::env::var("KADATH_PROOF").as_deref() != Ok("full") {
        text = short_storm(&text);
    }
    let text = text.replace(
        "database = \"postgres\"",
        &format!("database = \"{database}\""),
    );
    let played = bench_text(&text, &[]).await;
    let (out, err) = (&played.stdout, &played.stderr);
    assert_eq!(played.code, Some(0), "{out}\n{err}");
    assert_eq!(played.report["marks"].as_array().unwrap().len(), 3, "{out}");
}

#[tokio::test]
async fn a_storm_loses_and_repeats_nothing_over_sqlite() {
    storm("sqlite").await;
}

#[tokio::test]
async fn a_storm_loses_and_repeats_nothing_over_postgresql() {
    storm("postgres").await;
}

#[tokio::test]
async fn broker_loss_is_unnoticed_by_players() {
    let played = bench_text(
        "objectives = [\"delivered = 100%\", \"errors = 0%\", \"disconnects = 0\", \"lost = 0\"]\n\
         [server]\nbroker = true\n[world]\nrooms = 2\n\
         [[stages]]\nspike = \"8s\"\nbots = 6\n\
         [[chaos]]\nat = \"2s\"\ndo = \"drop broker\"\nfor = \"3s\"\n\
         [roles.a.steps.say]\ndo = \"say\"\nthink = \"400ms\"\nnext = { say = 2, global = 1 }\n\
         [roles.a.steps.global]\ndo = \"global\"\nthink = \"400ms\"\nnext = \"say\"\n",
        &[],
    )
    .await;
    played.ends_with(0);
    assert_eq!(played.report["marks"][0][0], "drop broker");
    assert!(played.figure("deliveries") > 300.0, "{}", played.stdout);
}

#[tokio::test]
async fn database_kill_is_unnoticed_by_players() {
    let played = bench_text(
        "settle = \"20s\"\n\
         objectives = [\"delivered = 100%\", \"errors = 0%\", \"disconnects = 0\", \"undurable = 0\"]\n\
         [server]\ndatabase = \"postgres\"\n[world]\nrooms = 20\nlayout = \"ring\"\n\
         [[stages]]\nspike = \"8s\"\nbots = 6\n\
         [[chaos]]\nat = \"2s\"\ndo = \"kill database\"\nfor = \"3s\"\n\
         [roles.a.steps.walk]\ndo = \"walk\"\nway = \"east\"\nthink = \"400ms\"\nnext = \"say\"\n\
         [roles.a.steps.say]\ndo = \"say\"\nthink = \"400ms\"\nnext = \"walk\"\n",
        &[],
    )
    .await;
    played.ends_with(0);
    assert_eq!(played.report["marks"][0][0], "kill database");
}

#[tokio::test]
async fn stalled_server_shows_latency_of_queued_requests() {
    let played = bench_text(
        "objectives = [\"errors = 0%\", \"disconnects = 0\", \"unanswered = 0\"]\n\
         [world]\nrooms = 2\n[[stages]]\nspike = \"10s\"\nbots = 10\n\
         [[chaos]]\nat = \"5s\"\ndo = \"freeze server\"\nfor = \"1s\"\n\
         [roles.a.steps.look]\ndo = \"look\"\nthink = \"100ms\"\n",
        &[],
    )
    .await;
    played.ends_with(0);
    // 1,000 looks, evenly spread: a tenth fell due in the silence and waited from 1 s down to 0.
    let commands = played.figure("commands");
    assert!((950.0..1_050.0).contains(&commands), "{commands}");
    for (figure, least) in [
        ("response_max", 0.95),
        ("response_p99", 0.85),
        ("response_p95", 0.45),
    ] {
        let told = played.figure(figure);
        assert!(told >= least, "{figure}: {told}\n{}", played.stdout);
    }
}
