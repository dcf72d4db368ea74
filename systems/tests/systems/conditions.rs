//! Conditions: they do what they do when it is time, end when they end, and leave nothing behind.

use std::time::Duration;

use engine::stage::{SavedRows, Stage};
use proptest::prelude::*;
use systems::afflictions::Conditions;

use crate::town::{Town, before, clock, half_a_minute, settle};

const RULES: &str = r#"
[[conditions]]
id = "poisoned"
name = "poisoned"
tags = ["poison"]
harmful = true
seconds = 60
stacking = "stack"
max_stacks = 3
tick_seconds = 6
visible = true
on_start = [{ do = "tell", target = "Cold." }]
on_tick = [{ do = "tell", target = "Tick." }]
on_end = [{ do = "tell", target = "Gone." }]
modifiers = { "stat.strength" = -100 }

[[conditions]]
id = "stunned"
name = "stunned"
harmful = true
seconds = 6
blocks = ["act"]

[[conditions]]
id = "held"
name = "held"
group = "hold"
seconds = 12
blocks = ["move"]
ends_on = ["act"]

[[conditions]]
id = "webbed"
name = "webbed"
group = "hold"
seconds = 20
stacking = "extend"

[[conditions]]
id = "warded"
name = "warded"
tags = ["ward"]
seconds = 30

[[conditions]]
id = "marked"
name = "marked"
tags = ["curse"]
offline = "runs"
stacking = "none"
"#;

/// Two rooms; in the first a bell that runs a list.
fn town(bell: &str) -> Town {
    let mut town = Town::of(&[("hall", "sanctuary"), ("yard", "sanctuary")])
        .with_rules("[companions]\neach = 0.0\n[environments.sanctuary]\nall = 0\n");
    let bells = format!(
        "details = [{{ words = [\"bell\"], text = \"A bell.\", on_ring = [{bell}], on_touch = [{{ do = \"cure\", tag = \"poison\", told = true }}] }}]\n"
    );
    town.rooms[0].more = bells;
    town.files
        .insert("rules/conditions.toml".to_owned(), RULES.to_owned());
    town
}

fn open(bell: &str) -> Stage {
    let mut saved = SavedRows::new();
    settle(&mut saved, "Ann", "hall", 80);
    settle(&mut saved, "Bea", "hall", 80);
    let mut stage = town(bell).stage(saved, before(clock(12, 0), half_a_minute()));
    for name in ["Ann", "Bea"] {
        stage.enter(name);
    }
    stage.tick();
    stage.ears("Ann");
    stage
}

fn says(stage: &mut Stage, line: &str) -> String {
    stage.says("Ann", line);
    stage.tick();
    stage.tick();
    stage.heard("Ann")
}

fn pass(stage: &mut Stage, seconds: u64) -> String {
    stage.pass(Duration::from_secs(seconds));
    stage.heard("Ann")
}

fn held(stage: &mut Stage) -> Vec<String> {
    let all = stage.component::<Conditions>("Ann");
    all.all().iter().map(|one| one.id.clone()).collect()
}

fn upon(id: &str) -> String {
    format!("{{ do = \"condition\", id = \"{id}\" }}")
}

#[test]
fn condition_ticks_ends_and_is_told() {
    let mut stage = open(&upon("poisoned"));
    stage.says("Ann", "ring bell");
    stage.tick();
    stage.tick();
    let ears = stage.ears("Ann");
    let update = &ears.events("effects_update")[0];
    assert_eq!(update["effects"][0]["effect_type"], "poisoned");
    assert_eq!(update["effects"][0]["remaining_seconds"], 60);
    assert_eq!(update["effects"][0]["source"], "detail:bell");
    assert!(ears.text().contains("Cold."));
    assert_eq!(pass(&mut stage, 5).matches("Tick.").count(), 0);
    assert_eq!(pass(&mut stage, 1).matches("Tick.").count(), 1);
    stage.says("Bea", "look Ann");
    stage.tick();
    assert!(stage.heard("Bea").contains("poisoned"));
    let heard = pass(&mut stage, 60);
    assert_eq!(
        (
            heard.matches("Tick.").count(),
            heard.matches("Gone.").count()
        ),
        (9, 1)
    );
    assert_eq!(held(&mut stage), Vec::<String>::new());
    assert_eq!(stage.faults(), []);
}

#[test]
fn blocks_keep_from_acting_and_walking() {
    let mut stage = open(&upon("stunned"));
    says(&mut stage, "ring bell");
    assert!(says(&mut stage, "ring bell").contains("You can't get a limb to move."));
    assert!(says(&mut stage, "look").contains("The hall"));
    pass(&mut stage, 6);
    assert!(says(&mut stage, "sit").contains("You sit down."));
    let mut stage = open(&upon("held"));
    says(&mut stage, "ring bell");
    assert!(says(&mut stage, "east").contains("Something has hold of you."));
    // Doing something tears it off.
    says(&mut stage, "sit");
    assert_eq!(held(&mut stage), Vec::<String>::new());
}

#[test]
fn ward_keeps_off_harmful_conditions() {
    let list = format!(
        "{}, {}, {}",
        upon("warded"),
        upon("poisoned").replace(" }", ", told = true }"),
        upon("held")
    );
    let mut stage = open(&list);
    let heard = says(&mut stage, "ring bell");
    assert_eq!(held(&mut stage), ["warded", "held"], "{heard}");
}

#[test]
fn stacks_groups_and_times_have_bounds() {
    let mut stage = open(&upon("poisoned"));
    for _ in 0..5 {
        says(&mut stage, "ring bell");
    }
    assert_eq!(held(&mut stage), ["poisoned"; 3]);
    assert!(says(&mut stage, "touch bell").contains("Gone."));
    assert_eq!(held(&mut stage), Vec::<String>::new());
    assert!(says(&mut stage, "touch bell").contains("nothing of the kind"));
    let mut stage = open(&format!("{}, {}", upon("held"), upon("webbed")));
    for _ in 0..9 {
        says(&mut stage, "ring bell");
    }
    assert_eq!(held(&mut stage), ["webbed"]);
    // Of 180 seconds, four times the usual.
    assert!(pass(&mut stage, 79).is_empty() || held(&mut stage) == ["webbed"]);
    pass(&mut stage, 3);
    assert_eq!(held(&mut stage), Vec::<String>::new());
}

#[test]
fn modifiers_are_asked_and_leave_nothing() {
    let check = "{ do = \"check\", stat = \"strength\", pass = [{ do = \"tell\", actor = \"Strong.\" }], fail = [{ do = \"tell\", actor = \"Weak.\" }] }";
    let mut stage = open(&format!("{check}, {}", upon("poisoned")));
    says(&mut stage, "ring bell");
    let mut weak = 0;
    for _ in 0..8 {
        weak += says(&mut stage, "ring bell").matches("Weak.").count();
    }
    // One in a hundred passes all the same.
    assert!(weak >= 7, "{weak}");
    says(&mut stage, "touch bell");
    let strong = (0..8).filter(|_| {
        let heard = says(&mut stage, "ring bell").contains("Strong.");
        says(&mut stage, "touch bell");
        heard
    });
    assert!(strong.count() > 0);
}

#[test]
fn death_takes_all_but_curses() {
    let list = format!(
        "{}, {}, {{ do = \"damage\", amount = 200, to = \"actor\" }}",
        upon("poisoned"),
        upon("marked")
    );
    let mut stage = open(&list);
    let heard = says(&mut stage, "ring bell");
    assert!(heard.contains("You are dead."), "{heard}");
    assert_eq!(held(&mut stage), ["marked"]);
    assert!(!pass(&mut stage, 20).contains("Tick."));
}

#[test]
fn mistake_of_condition_is_named_with_line() {
    for (was, is, message) in [
        ("seconds = 60", "seconds = 0", "rules/conditions.toml:7:"),
        (
            "\"stat.strength\"",
            "\"stat.luckless\"",
            "rules/conditions.toml:15: `stat.luckless` is no figure",
        ),
        (
            "id = \"held\"",
            "id = \"stunned\"",
            "condition `stunned` is defined twice",
        ),
        (
            "{ do = \"tell\", target = \"Cold.\" }",
            "{ do = \"condition\", id = \"plague\" }",
            "`plague` is not a condition",
        ),
        (
            "tick_seconds = 6\n",
            "",
            "`on_tick` stands beside `tick_seconds`",
        ),
    ] {
        let mut town = town("");
        town.files.insert(
            "rules/conditions.toml".to_owned(),
            RULES.replacen(was, is, 1),
        );
        let problems = town.load().expect_err(message);
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(
            told.iter().any(|one| one.contains(message)),
            "{message}: {told:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    /// As often as it says, whatever comes between: sessions that end, restarts, rates of ticks.
    #[test]
    fn number_of_ticks_follows_from_elapsed_time(
        seconds in 1_u64..50,
        hz in prop::sample::select(vec![1_u32, 7, 20]),
        breaks in prop::collection::vec((1_u64..15, prop::bool::ANY), 0..4),
    ) {
        let list = format!("{{ do = \"condition\", id = \"poisoned\", seconds = {seconds} }}");
        let mut stage = open(&list).at_hz(hz);
        let mut heard = says(&mut stage, "ring bell");
        for (after, restart) in breaks {
            heard += &pass(&mut stage, after);
            stage.leaves("Ann");
            stage.tick();
            stage.pass(Duration::from_secs(100));
            if restart {
                let (saved, now) = (stage.saved().clone(), stage.now());
                stage = town(&list).stage(saved, now.plus(Duration::from_secs(40))).at_hz(hz);
            }
            stage.enter("Ann");
            stage.tick();
        }
        heard += &pass(&mut stage, seconds + 2);
        prop_assert_eq!(heard.matches("Tick.").count() as u64, seconds / 6, "{}", heard);
        prop_assert_eq!(heard.matches("Gone.").count(), 1);
        prop_assert_eq!(stage.faults(), []);
    }
}
