//! Ticks that come late: what they bring is what ticks on time would have brought.

use std::time::Duration;

use engine::stage::{STAGE_START, SavedRows, Stage};
use systems::body::Vitals;
use systems::lucidity::MYTHOS_MINUTE;
use systems::place::Posture;

use crate::town::{Town, before, clock, half_a_minute, save, settle};

/// A room in which a beam falls every ten seconds.
fn mill() -> Town {
    let mut town = Town::of(&[("mill", "outdoors")]);
    town.rooms[0].hazards =
        r#"[{ id = "beam", every_seconds = 10, harm = 7, text = "A beam comes down." }]"#
            .to_owned();
    town
}

fn scene(dp: i16) -> Stage {
    let mut saved = SavedRows::new();
    settle(&mut saved, "Ann", "mill", 100);
    let stats = [
        "strength",
        "dexterity",
        "constitution",
        "size",
        "intelligence",
    ];
    let more = ["power", "education", "charisma", "luck"];
    let stats: Vec<String> = stats
        .iter()
        .chain(&more)
        .map(|stat| format!(r#""{stat}":50"#))
        .collect();
    save(
        &mut saved,
        "Ann",
        "stats",
        format!("{{{}}}", stats.join(",")),
    );
    save(
        &mut saved,
        "Ann",
        "vitals",
        format!(r#"{{"dp":{dp},"mp":3}}"#),
    );
    let mut stage = mill().stage(saved, STAGE_START);
    stage.enter("Ann");
    stage.says("Ann", "rest 300");
    stage.tick();
    stage
}

fn body(stage: &mut Stage) -> (Vitals, Posture) {
    (stage.component("Ann"), stage.component("Ann"))
}

/// As ticks on time would have left them.
#[test]
fn seconds_late_tick_leaves_bodies_as_on_time() {
    // Whole, hurt, felled by the beam, felled and dead before the tick is over, dead already.
    for dp in [20, 8, 7, 3, -3, -9, -10] {
        let mut on_time = scene(dp);
        let mut late = scene(dp);
        // The beam falls within the eight seconds, not at their end.
        on_time.pass(Duration::from_secs(4));
        late.pass(Duration::from_secs(4));
        assert_eq!(body(&mut on_time), body(&mut late), "with {dp} points");
        let then = on_time.now().plus(Duration::from_secs(8));
        on_time.pass(Duration::from_secs(8));
        late.tick_at(then);
        assert_eq!(body(&mut on_time), body(&mut late), "with {dp} points");
    }
}

/// As many visions as ticks on time would have brought.
#[test]
fn minutes_late_tick_brings_visions_as_on_time() {
    let rules = r#"
        [environments.graveyard]
        all = -1.0
        [hallucinations]
        fractured = { chance = 1.0, pause_seconds = 12.0 }
        phantom = 1.0
        phantoms = ["The tall guest"]
    "#;
    let scene = || {
        let mut saved = SavedRows::new();
        settle(&mut saved, "Ann", "graves", 39);
        let town = Town::of(&[("graves", "graveyard")]).with_rules(rules);
        let mut stage = town.stage(saved, before(clock(0, 0), half_a_minute()));
        stage.enter("Ann");
        stage
    };
    let (mut on_time, mut late) = (scene(), scene());
    let then = on_time.now().plus(MYTHOS_MINUTE * 8);
    on_time.pass(MYTHOS_MINUTE * 8);
    late.tick_at(then);
    let seen = |stage: &mut Stage| stage.ears("Ann").events("hallucination").len();
    assert_eq!(seen(&mut on_time), 4, "every other minute");
    assert_eq!(seen(&mut late), 4);
}
