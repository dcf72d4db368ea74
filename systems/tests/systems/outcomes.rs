//! What commands are answered, where what they promise is another plugin's to do.

use std::time::Duration;

use engine::port::{Refusal, Role};
use engine::prelude::*;
use engine::stage::{STAGE_START, SavedRows, Stage};
use serde_json::Value;
use systems::place::Relocate;
use systems::world::Atlas;

use crate::town::{Town, save, settle};

/// Takes whoever says "east" or is teleported away before they go: it is asked for first.
fn snatcher(reg: &mut Registrar<'_>) {
    reg.system(
        Phase::Ingest,
        |mut heard: MessageReader<Heard>,
         index: Res<Index>,
         atlas: Res<Atlas>,
         mut relocate: MessageWriter<Relocate>| {
            for Heard { line, .. } in heard.read() {
                let cellar = atlas.find("cellar").expect("a cellar");
                if line.as_str().starts_with("east") {
                    let ann = index.get(StableId::named("Ann")).expect("Ann");
                    relocate.write(Relocate::to(ann, cellar));
                }
            }
        },
    );
}

/// A porch, a hall, a yard and a cellar in a row. Ann keeps the world; Bob and Dora are at the porch
/// and in the hall, the Ghost is dead, the Lost are out of their mind, and Carl has been and gone.
fn scene() -> Stage {
    let rooms = ["porch", "hall", "yard", "cellar"];
    let town = Town::of(&rooms.map(|room| (room, "indoors")));
    let mut saved = SavedRows::new();
    settle(&mut saved, "Dora", "hall", 100);
    settle(&mut saved, "Lost", "porch", -20);
    save(&mut saved, "Ghost", "vitals", r#"{"dp":-10,"mp":0}"#);
    let mut stage = town.stage_with(snatcher, saved, STAGE_START);
    stage.enter_as("Ann", Role::Admin);
    for name in ["Bob", "Dora", "Ghost", "Lost", "Carl"] {
        stage.enter(name);
    }
    stage.leaves("Carl");
    stage.pass(Duration::from_secs(1));
    for name in ["Ann", "Bob", "Ghost", "Lost"] {
        stage.ears(name);
    }
    stage
}

/// The one outcome since the last look.
fn outcome(stage: &mut Stage, name: &str) -> Result<String, Refusal> {
    let mut outcomes = stage.ears(name).outcomes;
    assert_eq!(outcomes.len(), 1, "{outcomes:?}");
    outcomes.remove(0).result.map(Option::unwrap_or_default)
}

/// What the audit log says of admins' orders, as `(verb, detail)`.
fn audited(stage: &Stage) -> Vec<(String, String)> {
    let facts = stage.facts().iter();
    let facts = facts.filter(|fact| fact.kind == "moderation").map(|fact| {
        let detail: Value = serde_json::from_str(&fact.detail).expect("JSON");
        let word = |key: &str| detail[key].as_str().unwrap_or_default().to_owned();
        (word("verb"), word("detail"))
    });
    facts.collect()
}

#[test]
fn walker_moved_before_is_not_told_of_going() {
    let mut stage = scene();
    stage.says("Ann", "east");
    stage.tick();
    let refusal = outcome(&mut stage, "Ann").expect_err("a refusal");
    assert_eq!(refusal.code, Code::InvalidMovement);
    stage.pass(Duration::from_secs(1));
    stage.says("Ann", "look");
    stage.tick();
    let seen = stage.heard("Ann");
    assert!(seen.contains("The cellar"), "{seen}");
}

#[test]
fn walker_that_went_is_told() {
    let mut stage = scene();
    stage.says("Bob", "go east");
    stage.tick();
    assert_eq!(outcome(&mut stage, "Bob"), Ok("You go east.".to_owned()));
}

/// Whoever does it breaks when it is to be done.
#[test]
fn deed_of_broken_owner_is_not_done() {
    for (who, line, owner) in [
        ("Bob", "go east", "place"),
        ("Bob", "sit", "body"),
        ("Bob", "rest", "body"),
        ("Ghost", "respawn", "body"),
        ("Lost", "awaken", "lucidity"),
        ("Bob", "mute Dora", "mute"),
        ("Bob", "channel mute global", "mute"),
        ("Bob", "channel local", "chat"),
        ("Bob", "whisper Carl hello", "letters"),
        ("Ann", "teleport Bob east", "place"),
        ("Ann", "goto Dora", "place"),
        ("Ann", "admin set dp Bob 3", "body"),
        ("Ann", "admin set mp Bob 1", "body"),
        ("Ann", "admin set luck Bob 33", "character"),
        ("Ann", "admin set xp Bob 33", "character"),
        ("Ann", "admin setlucidity Bob 33", "lucidity"),
        ("Ann", "admin lcd Bob -5", "lucidity"),
    ] {
        let mut stage = scene();
        stage.says(who, line);
        stage.tick_breaking(&[owner], Phase::Settle);
        let told = outcome(&mut stage, who);
        assert!(told.is_err(), "{line}: {told:?}");
        stage.pass(Duration::from_secs(1));
        assert_eq!(audited(&stage), [], "{line}");
        // And the same is done when nothing breaks.
        stage.ears(who);
        stage.says(who, line);
        stage.tick();
        let told = outcome(&mut stage, who);
        assert!(told.is_ok(), "{line}: {told:?}");
    }
}

#[test]
fn dead_body_set_to_wounded_is_refused() {
    let mut stage = scene();
    for (line, told) in [
        ("admin set dp Ghost -3", None),
        ("admin set dp Ghost -10", Some("Ghost: current_dp is -10.")),
        ("admin set dp Ghost 2", Some("Ghost: current_dp is 2.")),
    ] {
        stage.says("Ann", line);
        stage.tick();
        let outcome = outcome(&mut stage, "Ann");
        assert_eq!(outcome.as_deref().ok(), told, "{line}: {outcome:?}");
    }
    stage.pass(Duration::from_secs(1));
    let set = |detail: &str| ("admin set".to_owned(), detail.to_owned());
    assert_eq!(
        audited(&stage),
        [set("current_dp -10"), set("current_dp 2")]
    );
}

#[test]
fn audit_log_names_resulting_value() {
    let mut stage = scene();
    stage.says("Ann", "admin set dp Bob 100");
    stage.tick();
    let told = outcome(&mut stage, "Ann").expect("set");
    stage.pass(Duration::from_secs(1));
    let [(_, detail)] = &audited(&stage)[..] else {
        panic!("not one order");
    };
    let points = detail.rsplit(' ').next().expect("points");
    assert_ne!(points, "100");
    assert!(
        told.ends_with(&format!(" is {points}.")),
        "{told}: {detail}"
    );
}
