//! What a server leaves undone is counted, with the time it was left undone.

use std::time::Duration;

use load::{Report, drive};
use tokio::task::LocalSet;

use crate::fake::{Fake, Habits};
use crate::scenario;

async fn play(habits: Habits, text: &str) -> Report {
    let scenario = scenario(text);
    let playing = async {
        let (_fake, dial) = Fake::in_memory(habits);
        drive(&scenario, dial, None).await.unwrap()
    };
    LocalSet::new().run_until(playing).await
}

fn metric(report: &Report, name: &str) -> f64 {
    let told = report.metrics.get(name);
    told.unwrap_or_else(|| panic!("no {name}: {:#?}", report.metrics))
}

const LOOKERS: &str = "settle = \"5s\"\n[[stages]]\nspike = \"10s\"\nbots = 5\n[roles.looker.steps.look]\ndo = \"look\"\nthink = \"1s\"\n";

#[tokio::test(start_paused = true)]
async fn unanswered_sign_ins_count_as_failed() {
    let habits = Habits {
        door: Some(2),
        ..Habits::default()
    };
    let report = play(habits, LOOKERS).await;
    assert_eq!(metric(&report, "sign_ins"), 2.0);
    assert_eq!(metric(&report, "sign_ins_failed"), 3.0);
    // They have waited for ten seconds of play and five of patience at least.
    assert!(
        metric(&report, "sign_in_p90") >= 15.0,
        "{:#?}",
        report.metrics
    );
    let named = report
        .named
        .iter()
        .any(|fault| fault.contains("never got in"));
    assert!(named, "{:#?}", report.named);
}

#[tokio::test(start_paused = true)]
async fn a_socket_without_a_welcome_is_given_up() {
    let habits = Habits {
        silent: true,
        ..Habits::default()
    };
    let text = LOOKERS.replace("spike = \"10s\"", "spike = \"200s\"");
    let report = play(habits, &text).await;
    assert_eq!(metric(&report, "sign_ins"), 0.0);
    assert_eq!(metric(&report, "sign_ins_failed"), 5.0);
    let why = "did not get in: no welcome came";
    assert!(report.errors.contains_key(why), "{:#?}", report.errors);
}

#[tokio::test(start_paused = true)]
async fn player_stuck_in_send_is_counted() {
    let habits = Habits {
        unreading: true,
        ..Habits::default()
    };
    // More than any buffer on the way takes.
    let text = "settle = \"5s\"\n[[stages]]\nspike = \"10s\"\nbots = 2\n[roles.flooder.steps.flood]\ndo = \"flood\"\nlines = 100_000\nnext = \"look\"\n[roles.flooder.steps.look]\ndo = \"look\"\nthink = \"100s\"\n";
    let report = play(habits, text).await;
    assert_eq!(metric(&report, "commands"), 2.0);
    assert_eq!(metric(&report, "unanswered"), 2.0);
    assert!(
        metric(&report, "response_max") >= 9.0,
        "{:#?}",
        report.metrics
    );
}

#[tokio::test(start_paused = true)]
async fn early_leaver_leaves_no_outstanding_command() {
    let habits = || Habits {
        asleep: Some((Duration::from_secs(2), Duration::from_secs(9))),
        ..Habits::default()
    };
    let text = |settle| {
        format!(
            "settle = \"{settle}\"\n[[stages]]\nspike = \"4s\"\nbots = 5\n[[stages]]\nspike = \"16s\"\nbots = 0\n[roles.looker.steps.look]\ndo = \"look\"\nthink = \"300ms\"\n"
        )
    };
    let patient = play(habits(), &text("8s")).await;
    assert_eq!(metric(&patient, "unanswered"), 0.0);
    let longest = metric(&patient, "response_max");
    assert!((6.5..7.1).contains(&longest), "{longest}");
    // Without that patience they are told as unanswered, with the time they waited.
    let hasty = play(habits(), &text("1s")).await;
    assert!(metric(&hasty, "unanswered") >= 30.0, "{:#?}", hasty.metrics);
    assert!(metric(&hasty, "response_max") >= 2.5);
}

#[tokio::test(start_paused = true)]
async fn undurable_answer_counts_with_full_wait() {
    let habits = Habits {
        saves_until: Some(Duration::from_millis(4_500)),
        ..Habits::default()
    };
    let report = play(habits, &LOOKERS.replace("\"10s\"", "\"9900ms\"")).await;
    assert_eq!(metric(&report, "undurable"), 25.0);
    // Half of them, the last for a second of play and five of patience, the first for five more.
    assert_eq!(metric(&report, "durable_p50"), 0.0);
    assert!(
        metric(&report, "durable_p90") >= 9.0,
        "{:#?}",
        report.metrics
    );
}

#[tokio::test(start_paused = true)]
async fn steps_delayed_by_slow_server_are_overdue() {
    let habits = Habits {
        asleep: Some((Duration::from_secs(2), Duration::from_secs(60))),
        ..Habits::default()
    };
    let text = LOOKERS.replace("do = \"look\"", "do = \"walk\"\nway = \"east\"");
    let report = play(habits, &text).await;
    // Each bot waits for the answer to a move from second 2 on; seven more have fallen due.
    assert_eq!(metric(&report, "unanswered"), 5.0);
    assert_eq!(metric(&report, "overdue"), 35.0);
    assert!(
        metric(&report, "response_p50") >= 5.0,
        "{:#?}",
        report.metrics
    );
}

#[tokio::test(start_paused = true)]
async fn slow_reader_role_blames_no_driver() {
    let text = "[[stages]]\nspike = \"10s\"\nbots = 2\n[roles.sleepy.steps.sleep]\ndo = \"slow\"\nfor = \"2s\"\nthink = \"500ms\"\nnext = \"look\"\n[roles.sleepy.steps.look]\ndo = \"look\"\nthink = \"500ms\"\nnext = \"sleep\"\n";
    let report = play(Habits::default(), text).await;
    assert_eq!(metric(&report, "driver_delay_max"), 0.0);
    assert_eq!(report.driver_was_the_limit, None);
}

#[tokio::test(start_paused = true)]
async fn answers_to_a_flood_are_nobodys_work() {
    let text = "[[stages]]\nspike = \"10s\"\nbots = 2\n[roles.a.steps.look]\ndo = \"look\"\nthink = \"100ms\"\nnext = \"flood\"\n[roles.a.steps.flood]\ndo = \"flood\"\nlines = 50\nthink = \"100ms\"\nnext = \"look\"\n";
    let report = play(Habits::default(), text).await;
    let each = metric(&report, "frames_per_command");
    assert!((1.0..1.2).contains(&each), "{each}");
    assert!(metric(&report, "frames") > 4_000.0);
}

#[tokio::test(start_paused = true)]
async fn resumed_player_is_online_again() {
    let habits = Habits {
        resumes: true,
        ..Habits::default()
    };
    let text = "[[stages]]\nspike = \"10s\"\nbots = 3\n[roles.a.steps.cut]\ndo = \"reconnect\"\nthink = \"900ms\"\n";
    let report = play(habits, text).await;
    assert!(metric(&report, "resumed") > 20.0);
    assert_eq!(metric(&report, "disconnects"), 0.0);
    let online = report.series.last().and_then(|second| second.get("online"));
    assert_eq!(online, Some(&3.0), "{:#?}", report.series);
}

#[tokio::test(start_paused = true)]
async fn server_without_metrics_stops_no_clock() {
    let habits = Habits {
        metrics_hang: true,
        ..Habits::default()
    };
    let report = play(habits, LOOKERS).await;
    let at: Vec<f64> = report.series.iter().map(|second| second["t"]).collect();
    assert_eq!(at[..9], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
}
