//! Effects: what data does, within its bounds, and what is wrong with it where it is written.

mod bounds;
mod fuzz;
mod later;
mod mistakes;

use engine::stage::{SavedRows, Stage};
use systems::lucidity::Lucidity;

use crate::town::{Town, before, clock, half_a_minute, settle};

/// Two rooms; in the first a bell that runs `list` when it is rung, and whatever else.
fn town(list: &str, more: &str) -> Town {
    let mut town = Town::of(&[("hall", "sanctuary"), ("yard", "sanctuary")])
        .with_rules("[companions]\neach = 0.0\n[environments.sanctuary]\nall = 0\n");
    town.rooms[0].more = format!(
        "details = [{{ words = [\"bell\"], text = \"A bell.\", on_ring = [{list}] }}]\n{more}"
    );
    town
}

/// Ann and Bea in the hall.
fn scene(list: &str, more: &str) -> Stage {
    open(&town(list, more))
}

fn open(town: &Town) -> Stage {
    let mut saved = SavedRows::new();
    for name in ["Ann", "Bea"] {
        settle(&mut saved, name, "hall", 80);
    }
    let mut stage = town.stage(saved, before(clock(12, 0), half_a_minute()));
    stage.enter("Ann");
    stage.enter("Bea");
    stage.tick();
    stage.ears("Ann");
    stage.ears("Bea");
    stage
}

/// Ann rings; what she reads of it.
fn ring(stage: &mut Stage) -> String {
    stage.says("Ann", "ring bell");
    stage.tick();
    stage.heard("Ann")
}

fn lucidity(stage: &mut Stage, name: &str) -> i16 {
    stage.component::<Lucidity>(name).points()
}

#[test]
fn list_runs_in_order_within_tick() {
    let mut stage = scene(
        r#"{ do = "lucidity", amount = -10 },
        { do = "when", if = { lucidity = { below = 75 } }, then = [{ do = "tell", actor = "Dim." }] },
        { do = "lucidity", amount = 30 },
        { do = "tell", actor = "Clear, {actor}, by {amount}: {thing}.", room = "{actor} rings." },
        { do = "stop" },
        { do = "tell", actor = "Never." }"#,
        "",
    );
    let heard = ring(&mut stage);
    assert!(heard.contains("Dim.\n"), "{heard}");
    assert!(heard.contains("Clear, Ann, by 30: The bell."), "{heard}");
    assert!(
        !heard.contains("Never") && !heard.contains("Ann rings"),
        "{heard}"
    );
    assert!(stage.heard("Bea").contains("Ann rings."));
    assert_eq!(lucidity(&mut stage, "Ann"), 100);
    assert_eq!(stage.faults(), []);
}

#[test]
fn refused_effect_is_skipped_told_or_ends_list() {
    let mut stage = scene(
        r#"{ do = "magic", amount = -200, told = true },
        { do = "damage", amount = 1, to = "others" },
        { do = "tell", actor = "On." },
        { do = "chance", of = 1, then = [{ do = "magic", amount = -200, must = true }, { do = "tell", actor = "Never." }] },
        { do = "tell", actor = "Still on." }"#,
        "",
    );
    let heard = ring(&mut stage);
    assert!(
        heard.contains("There is not enough magic left for that."),
        "{heard}"
    );
    assert!(
        heard.contains("On.\n") && heard.contains("Still on."),
        "{heard}"
    );
    assert!(!heard.contains("Never"), "{heard}");
    assert!(!stage.heard("Bea").contains("You are hurt"));
}

#[test]
fn change_names_carrier_as_cause() {
    let mut stage = scene(
        r#"{ do = "damage", amount = 2 }, { do = "lucidity", amount = -3 }"#,
        "",
    );
    stage.says("Ann", "ring bell");
    stage.tick();
    let ears = stage.ears("Ann");
    let hurt = ears.events("player_dp_updated");
    assert_eq!(
        hurt.last().map(|one| one["cause"].clone()),
        Some("detail:bell".into())
    );
    let shaken = ears.events("lucidity_change");
    assert_eq!(
        shaken.last().map(|one| one["reason"].clone()),
        Some("detail:bell".into())
    );
}

#[test]
fn flags_last_over_restart_and_expire() {
    let list = r#"{ do = "when", if = { all = [{ flag = { key = "rung", on = "self" } }, { flag = { key = "rung", on = "world" } }] }, then = [{ do = "tell", actor = "Again." }] },
        { do = "count", key = "rung" }, { do = "flag", key = "hot", on = "here", seconds = 5 },
        { do = "when", if = { count = { key = "rung", from = 3 } }, then = [{ do = "tell", actor = "Thrice." }] },
        { do = "flag", key = "rung", on = "self" }, { do = "flag", key = "rung", on = "world" }"#;
    let town = town(
        list,
        r#"reactions = [{ on = "said", words = ["hot"], do = [{ do = "when", if = { flag = { key = "hot", on = "here" } }, then = [{ do = "tell", room = "Hot." }], else = [{ do = "tell", room = "Cold." }] }] }]"#,
    );
    let mut stage = open(&town);
    for again in [false, true] {
        let heard = ring(&mut stage);
        assert!(!heard.contains("Thrice."), "{heard}");
        assert_eq!(heard.contains("Again."), again, "{heard}");
        stage.pass(std::time::Duration::from_secs(1));
    }
    stage.says("Ann", "say is it hot?");
    stage.tick();
    assert!(stage.heard("Bea").contains("Hot."));
    let mut later = town.stage(
        stage.saved().clone(),
        stage.now().plus(std::time::Duration::from_secs(60)),
    );
    later.enter("Ann");
    later.tick();
    later.sends("Ann", Some(70), "ring bell");
    later.tick();
    let heard = later.heard("Ann");
    assert!(heard.contains("Thrice."), "{heard}");
    assert!(heard.contains("Again."), "{heard}");
    later.pass(std::time::Duration::from_secs(6));
    later.sends("Ann", Some(71), "say hot");
    later.tick();
    assert!(later.heard("Ann").contains("Cold."));
    assert_eq!(later.faults(), []);
}
