//! What can be done while nothing lasting can.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::port::{Code, Role, StableId};
use engine::stage::{SavedRows, Stage};
use systems::command::Verbs;

use crate::town::{Town, before, clock, half_a_minute};

/// Two people and a keeper in a place that does nothing to anybody.
fn scene() -> Stage {
    let town = Town::of(&[("porch", "indoors"), ("hall", "indoors")]);
    let mut stage = town.stage(SavedRows::new(), before(clock(0, 0), half_a_minute()));
    stage.enter_as("Ada", Role::Admin);
    stage.enter("Bob");
    stage.tick();
    stage
}

/// Everything saved but the records of commands, which are made of refused ones, too, and who was
/// seen when, which is noted of whoever goes.
fn kept(stage: &Stage) -> BTreeMap<(StableId, String), String> {
    let rows = stage.saved().iter();
    let rows = rows
        .filter(|((_, component), _)| !["command_record", "face"].contains(&component.as_str()));
    rows.map(|(key, row)| (key.clone(), row.body.clone()))
        .collect()
}

#[test]
fn save_outage_stops_every_saving_verb() {
    let verbs: Vec<String> = {
        let mut stage = scene();
        let table = stage.engine().world().resource::<Verbs>();
        let verbs = table.of(Role::Admin);
        verbs.map(|entry| entry.name().to_owned()).collect()
    };
    assert!(verbs.len() > 40, "{verbs:?}");
    let objects = [
        "",
        " Bob",
        " Bob 5",
        " Bob hello",
        " east",
        " lying",
        " x look",
        " global",
        " mute global",
        " set dp Bob 3",
        " setlucidity Bob 3",
        " set luck Bob 3",
        " 5",
    ];
    for verb in verbs {
        for object in objects {
            let mut stage = scene();
            let before = kept(&stage);
            stage.set_accepting(false);
            stage.sends("Ada", None, &format!("{verb}{object}"));
            stage.tick();
            let accepted = stage
                .ears("Ada")
                .outcomes
                .iter()
                .all(|outcome| outcome.result.is_ok());
            stage.set_accepting(true);
            stage.tick();
            if accepted {
                assert_eq!(kept(&stage), before, "{verb}{object}");
            }
        }
    }
}

#[test]
fn queries_are_answered_during_full_save_outage() {
    let mut stage = scene();
    stage.set_accepting(false);
    stage.set_facts_max(0);
    for line in [
        "admin status",
        "admin status Bob",
        "admin time",
        "channel",
        "alias",
        "mute_global",
        "mutes",
    ] {
        // Not faster than one may type.
        stage.pass(Duration::from_millis(200));
        stage.ears("Ada");
        stage.sends("Ada", None, line);
        stage.tick();
        let outcomes = stage.ears("Ada").outcomes;
        assert!(outcomes[0].result.is_ok(), "{line}: {outcomes:?}");
    }
    for line in [
        "admin set dp Bob 3",
        "channel global",
        "alias x look",
        "mute_global Bob",
    ] {
        stage.pass(Duration::from_millis(200));
        stage.ears("Ada");
        stage.sends("Ada", None, line);
        stage.tick();
        let refused = stage.ears("Ada").outcomes.remove(0).result.err();
        let code = refused.map(|refusal| refusal.code);
        assert_eq!(code, Some(Code::StorageUnavailable), "{line}");
    }
}

/// Walks into the sight again and again, while nothing becomes durable.
#[test]
fn repeated_sights_take_bounded_fact_room() {
    let mut town = Town::of(&[("porch", "indoors"), ("pit", "indoors")]).with_rules(
        "[encounters]\ndisturbing = { first = -1, repeat = -1 }\nagain_after_seconds = 0.0\n",
    );
    town.rooms[1].sights =
        r#"[{ archetype = "rats", category = "disturbing", text = "Rats go over your feet." }]"#
            .to_owned();
    let mut stage = town.stage(SavedRows::new(), before(clock(0, 0), half_a_minute()));
    stage.enter("Bob");
    stage.tick();
    let known = stage.facts().len();
    stage.set_facts_max(2);
    stage.hold_saves(true);
    for _ in 0..8 {
        for way in ["east", "west"] {
            stage.pass(Duration::from_millis(200));
            stage.sends("Bob", None, way);
            stage.tick();
        }
    }
    stage.hold_saves(false);
    stage.pass(Duration::from_secs(1));
    let met: Vec<_> = stage.facts()[known..].iter().collect();
    assert!(met.len() <= 3, "{met:?}");
    let times: u32 = met.iter().map(|fact| fact.count).sum();
    assert_eq!(times, 8, "none was lost");
}
