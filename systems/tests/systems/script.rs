//! Scripts as players, designers and admins meet them.

mod events;

use std::time::Duration;

use engine::content::Source;
use engine::port::Role;
use engine::stage::{STAGE_START, SavedRows, Stage};
use systems::Settings;
use systems::lucidity::Lucidity;

use crate::town::Town;

/// A town of two rooms with a script in it.
fn sources(script: &str) -> Vec<Source> {
    let mut sources = Town::of(&[("hall", "sanctuary"), ("yard", "sanctuary")]).sources();
    sources.push(Source {
        path: "scripts/bell.rhai".to_owned(),
        text: script.to_owned(),
    });
    sources
}

fn problems(script: &str) -> Vec<String> {
    let problems = systems::load(&sources(script)).err().unwrap_or_default();
    problems.iter().map(|one| one.placed()).collect()
}

fn stage_with(script: &str, saved: SavedRows, settings: Settings) -> Stage {
    let world = systems::load(&sources(script)).unwrap_or_else(|faults| panic!("{faults:?}"));
    let game = systems::game(world, settings);
    Stage::restored(game, engine::Seed(1), saved, STAGE_START).unwrap()
}

fn stage(script: &str) -> Stage {
    stage_with(script, SavedRows::new(), Settings::default())
}

fn heard(stage: &mut Stage, who: &str) -> String {
    stage.heard(who)
}

#[test]
fn timer_runs_once_a_period() {
    let mut stage = stage("every(2, || { for who in people() { tell(who, \"Ding.\"); } });");
    stage.enter("Ann");
    stage.pass(Duration::from_secs(10));
    let heard = heard(&mut stage, "Ann");
    let rung = heard.matches("Ding.").count();
    assert!((4..=5).contains(&rung), "{heard}");
    assert_eq!(stage.faults(), []);
}

#[test]
fn verb_of_script_answers_and_is_in_help() {
    let script = r#"
verb("peal", #{ usage: "peal bell", help: "Rings the bell of the hall." }, |e| {
    if e.words != "bell" { return refuse("Ring what?"); }
    for who in people(e.room) { if who != e.who { tell(who, `${e.who.name} rings the bell.`); } }
    "You ring the bell."
});
"#;
    let mut stage = stage(script);
    stage.enter("Ann");
    stage.enter("Bob");
    stage.says("Ann", "help peal");
    stage.tick();
    assert!(heard(&mut stage, "Ann").contains("peal bell\nRings the bell of the hall."));
    stage.says("Ann", "peal bell");
    stage.pass(Duration::from_secs(1));
    assert!(heard(&mut stage, "Ann").contains("You ring the bell."));
    assert!(heard(&mut stage, "Bob").contains("Ann rings the bell."));
    stage.says("Ann", "peal me");
    stage.tick();
    let refused = stage.ears("Ann").outcomes;
    let refused = refused.last().map(|one| one.result.clone());
    assert_eq!(refused.unwrap().unwrap_err().message, "Ring what?");
}

#[test]
fn verb_shadows_server_only_by_replacing() {
    let looks = |more: &str| format!("verb(\"look\", #{{ {more} }}, || \"Nothing but fog.\");");
    let told = problems(&looks(""));
    assert_eq!(
        told,
        [
            "scripts/bell.rhai:1:1: `look` is a verb already: write `replaces: true` to take its place"
        ]
    );
    let mut stage = stage(&looks("replaces: true"));
    stage.enter("Ann");
    stage.says("Ann", "look");
    stage.tick();
    assert!(heard(&mut stage, "Ann").contains("Nothing but fog."));
    let none = "verb(\"peal\", #{ replaces: true }, || \"\");";
    assert!(
        problems(none)[0].contains("replaces nothing"),
        "{:?}",
        problems(none)
    );
}

#[test]
fn hooks_hear_events_of_players() {
    let script = r#"
on("arrived", |e| tell(e.who, `welcome ${e.who.name}`));
on("enter", |e| tell(e.room, `${e.who.name} enters ${room_name(e.room)}`));
on("leave", |e| tell(e.room, `${e.who.name} leaves for ${e.to}`));
on("said", |e| if e.text.contains("bell") { tell(e.room, "It hums."); });
"#;
    let mut stage = stage(script);
    stage.enter("Ann");
    stage.enter("Bob");
    stage.pass(Duration::from_secs(1));
    let told = heard(&mut stage, "Ann");
    assert!(
        told.contains("welcome Ann") && told.contains("Bob enters The hall"),
        "{told}"
    );
    stage.says("Bob", "say ring the bell");
    stage.pass(Duration::from_secs(1));
    assert!(heard(&mut stage, "Ann").contains("It hums."));
    stage.says("Bob", "east");
    stage.pass(Duration::from_secs(1));
    assert!(heard(&mut stage, "Ann").contains("Bob leaves for yard"));
    assert_eq!(stage.faults(), []);
}

const COUNTS: &str = r#"
state(#{ rung: 0 });
state("room", #{ rung: 0 });
state("character", #{ rung: 0 });
verb("peal", |e| {
    remember("rung", recall("rung") + 1);
    remember(e.room, "rung", recall(e.room, "rung") + 1);
    remember(e.who, "rung", recall(e.who, "rung") + 1);
    `${recall("rung")} ${recall(e.room, "rung")} ${recall(e.who, "rung")}`
});
"#;

#[test]
fn state_outlives_restart_per_script_room_and_character() {
    let mut stage = stage(COUNTS);
    stage.enter("Ann");
    stage.enter("Bob");
    for (who, told) in [("Ann", "1 1 1"), ("Ann", "2 2 2"), ("Bob", "3 3 1")] {
        stage.says(who, "peal");
        stage.tick();
        let heard = heard(&mut stage, who);
        assert!(heard.contains(told), "{told}: {heard}");
    }
    stage.leaves("Ann");
    stage.pass(Duration::from_secs(1));
    let saved = stage.saved().clone();
    let mut later = stage_with(COUNTS, saved, Settings::default());
    later.enter("Ann");
    // Ids of commands begin anew, and the first is known.
    later.sends("Ann", None, "peal");
    later.tick();
    let told = heard(&mut later, "Ann");
    assert!(told.contains("4 4 3"), "{told}");
}

#[test]
fn state_of_older_version_is_migrated() {
    let mut stage = stage(COUNTS);
    stage.enter("Ann");
    stage.says("Ann", "peal");
    stage.pass(Duration::from_secs(1));
    let newer = r#"
state(#{ peals: 0 });
state("character", #{ peals: 0 });
migrate(2, |was, old| #{ peals: old.rung * 100 });
verb("peal", |e| `${recall("peals")} ${recall(e.who, "peals")}`);
"#;
    let mut later = stage_with(newer, stage.saved().clone(), Settings::default());
    later.enter("Ann");
    // Ids of commands begin anew, and the first is known.
    later.sends("Ann", None, "peal");
    later.tick();
    let told = heard(&mut later, "Ann");
    assert!(told.contains("100 100"), "{told}");
}

#[test]
fn cut_call_does_nothing_and_admins_are_told() {
    let script = r#"
state(#{ rung: 0 });
on("said", |e| {
    tell(e.who, "never");
    remember("rung", 1);
    if e.text == "loop" { loop { } }
});
verb("rung", || `rung ${recall("rung")}`);
"#;
    let mut stage = stage(script);
    stage.enter("Ann");
    stage.enter_as("Ada", Role::Admin);
    stage.pass(Duration::from_secs(1));
    stage.says("Ann", "say loop");
    stage.pass(Duration::from_secs(1));
    stage.says("Ann", "rung");
    stage.tick();
    let told = heard(&mut stage, "Ann");
    assert!(told.contains("rung 0") && !told.contains("never"), "{told}");
    let admin = heard(&mut stage, "Ada");
    let words = "scripts/bell.rhai:3: more operations than a call may spend; 20000 operations.";
    assert!(admin.contains(words), "{admin}");
}

#[test]
fn third_cut_rests_script_longer_each_time() {
    let script =
        "verb(\"peal\", || \"rung\"); on(\"said\", |e| if e.text == \"loop\" { loop { } });";
    let mut stage = stage(script);
    stage.enter_as("Ada", Role::Admin);
    let ring = |stage: &mut Stage| {
        stage.ears("Ada");
        stage.says("Ada", "peal");
        stage.pass(Duration::from_secs(1));
        heard(stage, "Ada").contains("rung")
    };
    for rest in [30, 60, 120] {
        for _ in 0..3 {
            assert!(ring(&mut stage));
            stage.says("Ada", "say loop");
            stage.pass(Duration::from_secs(1));
        }
        let told = heard(&mut stage, "Ada");
        assert!(
            told.contains(&format!("The script rests for {rest} seconds.")),
            "{told}"
        );
        assert!(!ring(&mut stage));
        stage.pass(Duration::from_secs(rest));
    }
    assert!(ring(&mut stage));
}

#[test]
fn tick_budget_holds_all_scripts_together() {
    let timers = "every(1, || { for i in 0..1000 { } });\n".repeat(40);
    let settings = Settings {
        scripts: systems::script::ScriptLimits {
            operations_per_call: 20_000,
            operations_per_tick: 20_000,
        },
        ..Settings::default()
    };
    let mut stage = stage_with(&timers, SavedRows::new(), settings);
    stage.enter("Ann");
    stage.pass(Duration::from_secs(5));
    assert_eq!(stage.faults(), []);
}

#[test]
fn mistakes_are_refused_with_line_and_column() {
    for (script, told) in [
        ("let x = ;", "scripts/bell.rhai:1:9: "),
        (
            "every(1, || rnig());",
            "scripts/bell.rhai:1:13: there is no function `rnig`",
        ),
        (
            "every(0, || ());",
            "scripts/bell.rhai:1:1: the seconds of a timer are 0.1 to 604800",
        ),
        (
            "on(\"entre\", |e| ());",
            "scripts/bell.rhai:1:1: there is no event `entre`",
        ),
        (
            "on(\"enter\", |e| e.whom);",
            "scripts/bell.rhai:1:19: there is no `whom`",
        ),
        ("on(\"enter\", |e| e.who.mood);", "scripts/bell.rhai:1:23: "),
        (
            "\nevery(1, || people(\"cellar\"));",
            "scripts/bell.rhai:2:13: there is no room `cellar`",
        ),
        (
            "every(1, || recall(\"rung\"));",
            "scripts/bell.rhai:1:13: `rung` is no declared state",
        ),
        (
            "every(1, || loop { });",
            "scripts/bell.rhai:1:1: more operations",
        ),
        (
            "every(1, |e| ());",
            "scripts/bell.rhai:1:1: this function is called with 0 arguments",
        ),
        (
            "fn f() { every(1, || ()); } every(1, f);",
            "scripts/bell.rhai:1:10: this is declared at the top",
        ),
    ] {
        let found = problems(script);
        assert!(
            found.len() == 1 && found[0].starts_with(told),
            "{script}: {found:?}"
        );
    }
}

#[test]
fn scripts_roll_alike_from_one_seed() {
    let script =
        "every(1, || { for who in people() { tell(who, `${roll(1000000)} ${roll(1000000)}`); } });";
    let play = || {
        let mut stage = stage(script);
        stage.enter("Ann");
        stage.pass(Duration::from_secs(4));
        heard(&mut stage, "Ann")
    };
    let told = play();
    assert_eq!(told, play());
    let numbers: std::collections::BTreeSet<&str> = told
        .split_whitespace()
        .filter(|one| one.len() > 3 && one.parse::<u32>().is_ok())
        .collect();
    assert!(numbers.len() >= 6, "{told}");
}

#[test]
fn tests_of_script_are_recorded() {
    let script = "test(\"a bell\", |t| { t.enter(\"Ann\");\n t.says(\"Ann\", \"look\"); t.run(2); t.hears(\"Ann\", \"hall\"); });";
    let world = systems::load(&sources(script)).unwrap();
    let tests = world.get::<systems::script::ScriptSet>().unwrap().tests();
    let lines: Vec<usize> = tests[0].steps.iter().map(|(line, _)| *line).collect();
    assert_eq!(
        (tests[0].name.as_str(), lines.as_slice()),
        ("a bell", [1, 2, 2, 2].as_slice())
    );
}

#[test]
fn published_script_changes_verbs_and_keeps_state() {
    let mut stage = stage(COUNTS);
    stage.enter("Ann");
    stage.says("Ann", "peal");
    stage.tick();
    assert!(heard(&mut stage, "Ann").contains("1 1 1"));
    let next = "state(#{ rung: 0 }); verb(\"chime\", |e| `chimed ${recall(\"rung\")}`);";
    let files = sources(next);
    let content = systems::load(&files).unwrap();
    stage.revise(files, content);
    stage.tick();
    stage.says("Ann", "peal");
    stage.tick();
    stage.says("Ann", "chime");
    stage.tick();
    let told = heard(&mut stage, "Ann");
    assert!(told.contains("There is no command \"peal\""), "{told}");
    assert!(told.contains("chimed 1"), "{told}");
    assert_eq!(stage.faults(), []);
}

#[test]
fn effects_of_scripts_reach_people_like_data() {
    let script = r#"
on("said", |e| {
    effect(#{ "do": "lucidity", to: e.who, amount: -7 });
    effect(#{ "do": "tell", actor: "Your ears ring.", room: "{actor} winces." });
});
"#;
    let mut stage = stage(script);
    stage.enter("Ann");
    stage.enter("Bob");
    stage.pass(Duration::from_secs(1));
    let points = |stage: &mut Stage| stage.component::<Lucidity>("Ann").points();
    let before = points(&mut stage);
    stage.says("Ann", "say dong");
    stage.pass(Duration::from_secs(1));
    assert_eq!(points(&mut stage), before - 7);
    assert!(heard(&mut stage, "Ann").contains("Your ears ring."));
    assert!(heard(&mut stage, "Bob").contains("Ann winces."));
    assert_eq!(stage.faults(), []);
}

#[test]
fn bad_effect_of_script_is_refused_with_line() {
    for (effect, told) in [
        ("\"do\": \"lucidty\"", "`lucidty` is no effect"),
        ("\"do\": \"lucidity\", amount: 900", "amount"),
        ("\"do\": \"lucidity\", amount: 1, mood: 2", "mood"),
        ("\"do\": \"move\", to: \"cellar\"", "`cellar` is not a room"),
    ] {
        let found = problems(&format!(
            "every(1, || {{\n    effect(#{{ {effect} }});\n}});"
        ));
        let named = |one: &String| one.starts_with("scripts/bell.rhai:2:5: ") && one.contains(told);
        assert!(found.iter().any(named), "{effect}: {found:?}");
    }
}
