//! What a hand in the wire does to words is found and named.

use load::{Report, drive};
use tokio::task::LocalSet;

use crate::fake::{Fake, Habits, Hand};
use crate::scenario;

async fn talk(hand: Option<Hand>) -> Report {
    let habits = Habits {
        hand: hand.map(|hand| (5, hand)),
        ..Habits::default()
    };
    let talkers = scenario(
        "[[stages]]\nspike = \"5900ms\"\nbots = 3\n[roles.talker.steps.say]\ndo = \"say\"\nthink = \"500ms\"\n",
    );
    let playing = async {
        let (_fake, dial) = Fake::in_memory(habits);
        drive(&talkers, dial, None).await.unwrap()
    };
    LocalSet::new().run_until(playing).await
}

fn check(report: &Report, metric: &str, named: &str) {
    let told = report.metrics.get(metric);
    assert_eq!(told, Some(1.0), "{metric}: {:#?}", report.named);
    let found = report
        .named
        .iter()
        .any(|fault| fault.contains(named) && fault.contains("bot 1"));
    assert!(found, "{named}: {:#?}", report.named);
}

#[tokio::test(start_paused = true)]
async fn untouched_traffic_arrives_whole() {
    let report = talk(None).await;
    for metric in [
        "lost",
        "duplicated",
        "reordered",
        "strays",
        "gaps",
        "errors",
    ] {
        assert_eq!(
            report.metrics.get(metric),
            Some(0.0),
            "{metric}: {:#?}",
            report.named
        );
    }
    assert_eq!(report.metrics.get("delivered"), Some(1.0));
    assert_eq!(report.metrics.get("deliveries"), Some(3.0 * 3.0 * 12.0));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_delivery_is_found_and_named() {
    let report = talk(Some(Hand::Drops)).await;
    check(&report, "lost", "never heard by");
    check(&report, "gaps", "follows");
    assert!(report.metrics.get("delivered") < Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn a_duplicated_delivery_is_found_and_named() {
    let report = talk(Some(Hand::Doubles)).await;
    check(&report, "duplicated", "heard again");
    check(&report, "gaps", "follows");
}

#[tokio::test(start_paused = true)]
async fn a_reordered_delivery_is_found_and_named() {
    let report = talk(Some(Hand::Swaps)).await;
    assert_eq!(report.metrics.get("lost"), Some(0.0));
    assert!(report.metrics.get("gaps") >= Some(1.0));
    let named = report
        .named
        .iter()
        .any(|fault| fault.contains("bot 1: frame"));
    assert!(named, "{:#?}", report.named);
}
