//! What a plugin heard of only once, and would have got wrong for a whole session.

use std::time::Duration;

use engine::FAULTS_MAX;
use engine::prelude::*;
use engine::stage::{SavedRows, Stage};
use systems::body::{Resting, Vitals};
use systems::command::{Needs, Usage, Verb, Words, verb};
use systems::place::{InRoom, Pose, Whereabouts};
use systems::world::Atlas;

use crate::town::{Town, clock};

/// `stumble`: the plugin that reads it breaks.
#[derive(Message, Debug)]
struct Stumble;

impl Verb for Stumble {
    const WORDS: &'static [&'static str] = &["stumble"];
    const USAGE: &'static str = "stumble";
    const HELP: &'static str = "Breaks the parser.";
    const NEEDS: Needs = Needs::NOTHING;

    fn read(_: Order, _: Words<'_>) -> Result<Self, Usage> {
        panic!("over a word");
    }
}

fn trap(reg: &mut Registrar<'_>) {
    verb::<Stumble>(reg);
    reg.system(Phase::Simulate, |mut stumbles: MessageReader<Stumble>| {
        stumbles.clear();
    });
}

/// A street of four rooms, with Ann, who is an admin, and Bob.
fn street() -> Stage {
    let rooms = ["one", "two", "three", "four"];
    let town = Town::of(&rooms.map(|room| (room, "indoors")));
    let mut stage = town.stage_with(trap, SavedRows::new(), clock(12, 0));
    stage.enter_as("Ann", Role::Admin);
    stage.enter("Bob");
    stage
}

/// Puts a plugin into quarantine.
fn leave_out(stage: &mut Stage, plugin: &str) {
    for _ in 0..FAULTS_MAX {
        stage.tick_breaking(&[plugin], Phase::Ingest);
    }
}

fn room(stage: &mut Stage, name: &str) -> String {
    stage.component::<Whereabouts>(name).room
}

#[test]
fn lines_of_ended_session_never_run() {
    let mut stage = street();
    for name in ["Ann", "Bob"] {
        for _ in 0..3 {
            stage.says(name, "east");
        }
    }
    stage.tick();
    leave_out(&mut stage, "command");
    stage.leaves("Bob");
    stage.hold_saves(true);
    stage.pass(Duration::from_secs(1));
    stage.enter("Bob");
    stage.hold_saves(false);
    stage.pass(Duration::from_secs(62));
    assert_eq!(
        room(&mut stage, "Bob"),
        "two",
        "his second session said nothing"
    );
    assert_eq!(room(&mut stage, "Ann"), "four", "hers goes on");
    stage.says("Bob", "east");
    stage.tick();
    assert_eq!(room(&mut stage, "Bob"), "three");
}

#[test]
fn line_that_breaks_parser_silences_no_player() {
    let mut stage = street();
    let broken = stage.says("Ann", "stumble");
    for name in ["Ann", "Bob"] {
        stage.says(name, "east");
        stage.says(name, "east");
    }
    stage.pass(Duration::from_secs(1));
    for name in ["Ann", "Bob"] {
        assert_eq!(room(&mut stage, name), "three");
    }
    assert_eq!(stage.faults().len(), 1, "it is not tried again");
    let outcomes = stage.ears("Ann").outcomes;
    let outcome = outcomes.iter().find(|one| one.id == Some(broken));
    let refusal = outcome.and_then(|one| one.result.as_ref().err());
    assert_eq!(refusal.map(|one| one.code), Some(Code::InternalError));
}

#[test]
fn pose_of_who_walked_meanwhile_is_dropped() {
    let mut stage = street();
    for name in ["Ann", "Bob"] {
        stage.says(name, "pose leans on a lamp");
    }
    stage.tick();
    leave_out(&mut stage, "chat");
    stage.says("Bob", "east");
    stage.pass(Duration::from_secs(62));
    assert_eq!(
        stage.component::<Pose>("Ann").text(),
        Some("leans on a lamp")
    );
    assert_eq!(stage.component::<Pose>("Bob").text(), None);
}

#[test]
fn rest_of_who_was_moved_meanwhile_is_over() {
    let mut stage = street();
    for name in ["Ann", "Bob"] {
        stage.says(name, "rest 300");
    }
    stage.tick();
    leave_out(&mut stage, "body");
    stage.says("Ann", "teleport Bob east");
    stage.pass(Duration::from_secs(62));
    assert_eq!(room(&mut stage, "Bob"), "two");
    let (ann, bob) = (stage.entity("Ann"), stage.entity("Bob"));
    let world = stage.engine().world();
    assert!(world.get::<Resting>(ann).is_some());
    assert!(world.get::<Resting>(bob).is_none());
}

#[test]
fn occupants_are_sent_again_after_gap() {
    let mut stage = street();
    stage.pass(Duration::from_secs(2));
    stage.ears("Ann");
    stage.says("Bob", "east");
    // He walks, and nobody is told.
    stage.tick_breaking(&["place"], Phase::Emit);
    assert_eq!(stage.ears("Ann").events("room_occupants_changed").len(), 0);
    stage.pass(Duration::from_secs(2));
    let told = stage.ears("Ann").events("room_occupants");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["occupants"], serde_json::json!(["Ann"]));
}

#[test]
fn interrupted_deaths_end_in_limbo() {
    let mut stage = super::scene();
    let world = stage.engine().world();
    let limbo = world.resource::<Atlas>().limbo_room();
    loop {
        match stage.component::<Vitals>("Bleeder").dp() {
            -10 => break,
            // The second of their death: they die, and nobody takes them away.
            -9 => stage.tick_breaking(&["body"], Phase::Settle),
            _ => stage.tick(),
        }
    }
    assert_ne!(Some(stage.component::<InRoom>("Bleeder").0), limbo);
    stage.tick();
    assert_eq!(Some(stage.component::<InRoom>("Bleeder").0), limbo);
}
