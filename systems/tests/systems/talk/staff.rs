//! What admins do.

use std::time::Duration;

use engine::port::{Role, StableId};
use engine::stage::{STAGE_START, SavedRows};
use serde_json::Value;

use super::{stage, types, unlimited, words};

#[test]
fn admin_acts_are_audited_with_connection() {
    let mut stage = stage(unlimited(), SavedRows::new(), STAGE_START);
    stage.enter_as("Ada", Role::Admin);
    stage.enter("Bea");
    let session = stage.session("Ada");
    for line in [
        "mute_global Bea 5 shouting",
        "teleport Bea east",
        "admin lcd Bea -5",
        "add_admin Bea",
        "kick Nobody",
    ] {
        types(&mut stage, "Ada", line);
    }
    stage.pass(Duration::from_secs(1));
    let told: Vec<(String, Value)> = stage
        .facts()
        .iter()
        .filter(|fact| fact.kind == "moderation")
        .map(|fact| {
            let detail = serde_json::from_str(&fact.detail).expect("JSON");
            (fact.subject.to_string(), detail)
        })
        .collect();
    let bea = StableId::named("Bea").to_string();
    let verbs: Vec<&str> = told
        .iter()
        .filter(|(subject, _)| *subject == bea)
        .filter_map(|(_, detail)| detail["verb"].as_str())
        .collect();
    assert_eq!(verbs, ["mute_global", "teleport", "admin lcd", "add_admin"]);
    for (_, detail) in &told {
        assert_eq!(detail["by"], "Ada");
        assert_eq!(detail["correlation_id"], format!("{:016x}", session.0));
    }
    let orders = stage
        .facts()
        .iter()
        .filter(|fact| fact.kind == "account_order");
    assert_eq!(
        orders.count(),
        1,
        "the account store is told of the new keeper"
    );
    types(&mut stage, "Bea", "admins here I am");
    assert_eq!(
        words(&mut stage, "Bea"),
        ["here I am"],
        "the role is hers at once"
    );
}

#[test]
fn ban_ends_sessions_and_bars_stale_store() {
    let mut stage = stage(unlimited(), SavedRows::new(), STAGE_START);
    stage.enter_as("Ada", Role::Admin);
    stage.enter("Bea");
    types(&mut stage, "Ada", "ban Bea 5 shouting");
    let ears = stage.ears("Bea");
    assert!(ears.text().contains("You are banned for 5 min: shouting"));
    assert_eq!(ears.closed, Some(engine::port::Leaving::Kicked));
    assert_eq!(
        ears.notes_before_close,
        ears.notes.len(),
        "told before it is closed"
    );
    stage.pass(Duration::from_secs(1));
    stage.enter("Bea");
    assert!(stage.ears("Bea").closed.is_some());
    types(&mut stage, "Ada", "unban Bea");
    stage.pass(Duration::from_secs(1));
    stage.enter("Bea");
    assert!(stage.ears("Bea").closed.is_none());
    let acts = stage.facts().iter();
    let acts = acts.filter(|fact| fact.kind == "account_order").count();
    assert_eq!(acts, 2);
}

/// At each ten seconds, and at each of the last ten.
#[test]
fn shutdown_countdown_is_told_before_world_halts() {
    let mut stage = stage(unlimited(), SavedRows::new(), STAGE_START);
    stage.enter_as("Ada", Role::Admin);
    stage.enter("Bea");
    stage.ears("Bea");
    types(&mut stage, "Ada", "shutdown 25");
    stage.pass(Duration::from_secs(24));
    let told = stage.ears("Bea").events("system");
    let told: Vec<u64> = told
        .iter()
        .filter_map(|one| one["message"].as_str()?.split(' ').nth(4)?.parse().ok())
        .collect();
    assert_eq!(told, [25, 20, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    assert!(!stage.halted());
    stage.pass(Duration::from_secs(1));
    assert!(stage.halted());
}

#[test]
fn a_countdown_that_is_cancelled_ends_nothing() {
    let mut stage = stage(unlimited(), SavedRows::new(), STAGE_START);
    stage.enter_as("Ada", Role::Admin);
    types(&mut stage, "Ada", "shutdown 5");
    types(&mut stage, "Ada", "shutdown cancel");
    stage.pass(Duration::from_secs(10));
    assert!(!stage.halted());
    types(&mut stage, "Ada", "shutdown cancel");
    assert!(stage.heard("Ada").contains("was not about to end"));
}

/// Two admins who set the same figure in one tick set it to that figure.
#[test]
fn admin_sets_in_one_tick_do_not_add() {
    let mut stage = stage(unlimited(), SavedRows::new(), STAGE_START);
    for name in ["Ada", "Abe"] {
        stage.enter_as(name, Role::Admin);
    }
    stage.enter("Bea");
    for (line, shown) in [
        ("admin setlucidity Bea 10", "Lucidity: 10"),
        ("admin set dp Bea 3", "Determination: 3 of"),
        ("admin set mp Bea 1", "Magic: 1 of"),
    ] {
        for name in ["Ada", "Abe"] {
            stage.sends(name, None, line);
        }
        stage.tick();
        stage.ears("Ada");
        types(&mut stage, "Ada", "admin status Bea");
        let status = stage.heard("Ada");
        assert!(status.contains(shown), "{line}: {status}");
    }
}
