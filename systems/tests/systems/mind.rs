//! What befalls minds: whatever is done to them, in whatever order, what they are told and what is
//! kept agree.

use std::time::Duration;

use engine::Registrar;
use engine::stage::{SavedRows, Stage};
use proptest::prelude::*;
use serde_json::{Value, json};
use systems::lucidity::{Lucidity, MYTHOS_MINUTE, Psyche, Rules, Tier};
use systems::place::Whereabouts;

use crate::lucidity::shaking;
use crate::town::{Town, before, clock, half_a_minute, settle};

const RULES: &str = r#"
[environments.graveyard]
all = -3.7
[environments.sanctuary]
all = 2.3
[encounters]
horrific = { first = -40, repeat = -11 }
again_after_seconds = 0.0
[recovery]
pray = { gain = 8, cooldown_seconds = 5.0 }
[rescue]
channel_seconds = 2.0
cooldown_seconds = 3.0
shelter_seconds = 10.0
[hallucinations]
deranged = { chance = 0.5, pause_seconds = 1.0 }
phantoms = ["The tall guest"]
"#;

/// A sanctuary, a street, a graveyard with a ghoul in it.
fn town() -> Town {
    let mut town = Town::of(&[
        ("ward", "sanctuary"),
        ("street", "outdoors"),
        ("graves", "graveyard"),
    ])
    .with_rules(RULES);
    town.rooms[2].sights =
        r#"[{ archetype = "ghoul", category = "horrific", text = "A ghoul is at its meal." }]"#
            .to_owned();
    town
}

fn scene(minds: &[(&str, &str, i16)], more: fn(&mut Registrar<'_>)) -> Stage {
    let mut saved = SavedRows::new();
    for (name, room, points) in minds {
        settle(&mut saved, name, room, *points);
    }
    let mut stage = town().stage_with(more, saved, before(clock(0, 0), half_a_minute()));
    for (name, ..) in minds {
        stage.enter(name);
    }
    stage
}

fn tier(stage: &mut Stage, name: &str) -> Tier {
    let mind = stage.component::<Lucidity>(name);
    stage.engine().world().resource::<Rules>().tier(mind)
}

/// One thing that somebody does, or time.
#[derive(Debug, Clone)]
enum Deed {
    Types(&'static str, String),
    Waits(u64),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let who = prop::sample::select(vec!["Ann", "Bea", "Cal"]);
    let line = prop_oneof![
        4 => (-80_i16..40).prop_map(|by| format!("shake {by}")),
        1 => Just("shake -30 -80 20 -5 60".to_owned()),
        4 => prop::sample::select(vec!["east", "west"]).prop_map(str::to_owned),
        2 => prop::sample::select(vec![
            "pray", "meditate", "awaken", "debrief", "ward", "look", "say hush, you",
        ]).prop_map(str::to_owned),
        3 => prop::sample::select(vec!["ground Ann", "ground Bea", "rescue Cal"])
            .prop_map(str::to_owned),
    ];
    let deed = prop_oneof![
        4 => (who, line).prop_map(|(who, line)| Deed::Types(who, line)),
        1 => (100_u64..15_000).prop_map(Deed::Waits),
    ];
    prop::collection::vec(deed, 1..60)
}

/// What one player was told adds up to what is so.
fn adds_up(name: &str, told: &[Value], began: i64, now: i64) -> Result<(), TestCaseError> {
    let mut known = began;
    for one in told {
        let (current, delta) = (&one["current_lcd"], &one["delta"]);
        known += delta.as_i64().unwrap_or(i64::MAX / 2);
        prop_assert_eq!(&json!(known), current, "{} after {}", name, one);
        prop_assert!(delta != &json!(0), "{} is told of nothing", name);
    }
    prop_assert_eq!(known, now, "{} was not told all", name);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn minds_stay_on_scale_with_single_notice(deeds in deeds()) {
        let people = [("Ann", "street", 75), ("Bea", "graves", 15), ("Cal", "ward", -5)];
        let mut stage = scene(&people, shaking);
        let mut told = vec![Vec::new(); people.len()];
        let (mut stupors, mut returns) = ([0; 3], [0; 3]);
        let mut began = Vec::new();
        for (name, ..) in people {
            began.push(i64::from(stage.component::<Lucidity>(name).points()));
            stage.ears(name);
        }
        for deed in deeds {
            match deed {
                Deed::Types(who, line) => {
                    stage.pass(Duration::from_millis(100));
                    stage.says(who, &line);
                }
                Deed::Waits(millis) => stage.pass(Duration::from_millis(millis)),
            }
            stage.tick();
            for (index, (name, ..)) in people.into_iter().enumerate() {
                let mind = stage.component::<Lucidity>(name);
                prop_assert!((-100..=100).contains(&mind.points()));
                let psyche = stage.component::<Psyche>(name);
                let catatonic = tier(&mut stage, name) == Tier::Catatonic;
                prop_assert_eq!(psyche.catatonic_since().is_some(), catatonic, "{}", name);
                let listed = psyche.liabilities().listed();
                prop_assert!(listed.iter().all(|one| !one.contains("(x6)")), "{listed:?}");
                let ears = stage.ears(name);
                told[index].extend(ears.events("lucidity_change"));
                for one in ears.events("catatonia") {
                    let own = one["target_name"] == json!(name);
                    stupors[index] += usize::from(own && one["status"] == "catatonic");
                    returns[index] += usize::from(own && one["status"] == "recovered");
                }
            }
        }
        for (index, (name, ..)) in people.into_iter().enumerate() {
            let now = i64::from(stage.component::<Lucidity>(name).points());
            adds_up(name, &told[index], began[index], now)?;
            let mut before = began[index];
            let (mut fell, mut rose) = (0, 0);
            for one in &told[index] {
                let now = one["current_lcd"].as_i64().unwrap_or_default();
                // Who falls to the very end is carried off and never seen going still.
                fell += usize::from(before > 0 && now <= 0 && now > -100);
                // Nor is who wakes at the sanitarium, and an awakening tells of itself.
                let woke = one["reason"] == "delirium_respawn";
                rose += usize::from(before <= 0 && before > -100 && now > 0 && !woke);
                before = now;
            }
            prop_assert_eq!(stupors[index], fell, "{}", name);
            prop_assert_eq!(returns[index], rose, "{}", name);
        }
        prop_assert_eq!(stage.faults(), []);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn deeds_at_any_rate_leave_same_minds(
        walks in prop::collection::vec((1_u64..6, prop::sample::select(vec!["east", "west"])), 1..8),
    ) {
        let play = |hz: u32| {
            let mut stage = scene(&[("Ann", "street", 75), ("Bea", "street", 45)], |_| {}).at_hz(hz);
            for (seconds, line) in &walks {
                // Half a second off the minute, so that no rate puts a step on its other side.
                stage.pass(MYTHOS_MINUTE * (*seconds as u32) / 2);
                stage.says("Ann", line);
                stage.tick();
            }
            stage.pass(MYTHOS_MINUTE * 3);
            let of = |stage: &mut Stage, who| {
                let psyche = stage.component::<Psyche>(who);
                (stage.component::<Lucidity>(who), psyche.liabilities().listed(), psyche.exposure("ghoul").count)
            };
            (of(&mut stage, "Ann"), of(&mut stage, "Bea"))
        };
        let at_20 = play(20);
        prop_assert_eq!(&at_20, &play(10));
        prop_assert_eq!(&at_20, &play(60));
    }
}

#[test]
fn fall_to_end_is_two_facts_one_relocation() {
    let mut stage = scene(&[("Ann", "graves", -60)], shaking);
    stage.tick();
    let known = stage.facts().len();
    stage.says("Ann", "shake -40 -30");
    stage.tick();
    stage.tick();
    let facts: Vec<(i64, Value)> = stage.facts()[known..]
        .iter()
        .map(|fact| {
            (
                fact.sum,
                serde_json::from_str(&fact.detail).unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(
        facts,
        [
            (-40, json!({ "reason": "a_shake", "room": "graves" })),
            (
                101,
                json!({ "reason": "sanitarium_failover", "room": "graves" })
            ),
        ]
    );
    assert_eq!(stage.component::<Lucidity>("Ann").points(), 1);
    assert_eq!(stage.component::<Whereabouts>("Ann").room, "ward");
}

#[test]
fn cooldowns_and_marks_survive_restart() {
    let mut stage = scene(&[("Ann", "street", 50)], shaking);
    for line in ["east", "meditate", "west"] {
        stage.says("Ann", line);
        stage.tick();
    }
    stage.tick();
    let psyche = stage.component::<Psyche>("Ann");
    assert_eq!(psyche.exposure("ghoul").count, 1);
    let mut later = town().stage(
        stage.saved().clone(),
        stage.now().plus(Duration::from_secs(60)),
    );
    later.enter("Ann");
    assert_eq!(later.component::<Psyche>("Ann"), psyche);
    later.ears("Ann");
    // Under an id of its own: an older one would be answered with what it came to then.
    later.sends("Ann", Some(50), "meditate");
    later.tick();
    let refused = later.ears("Ann").outcomes.remove(0).result;
    let refusal = refused.expect_err("too soon");
    assert_eq!(refusal.message, "It is too soon for that.");
    let wait = refusal.retry_after_ms.expect("told how long");
    assert!((530_000..540_000).contains(&wait), "{wait}");
}

#[test]
fn a_refused_ritual_changes_nothing() {
    let mut stage = scene(&[("Ann", "street", 50)], |_| {});
    stage.says("Ann", "pray");
    stage.tick();
    stage.tick();
    let (psyche, facts) = (stage.component::<Psyche>("Ann"), stage.facts().len());
    stage.says("Ann", "pray");
    stage.tick();
    stage.tick();
    assert_eq!(stage.component::<Psyche>("Ann"), psyche);
    assert_eq!(stage.component::<Lucidity>("Ann").points(), 58);
    assert_eq!(stage.facts().len(), facts);
}

#[test]
fn unstamped_save_is_stamped_on_arrival() {
    let mut stage = scene(&[("Ann", "street", -20), ("Bea", "street", 20)], |_| {});
    assert!(stage.component::<Psyche>("Ann").catatonic_since().is_some());
    assert!(stage.component::<Psyche>("Bea").catatonic_since().is_none());
}
