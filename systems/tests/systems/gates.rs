//! Who may use which verb in which state.

mod left_over;
mod order;

use engine::prelude::*;
use engine::stage::{SavedRows, Stage};
use systems::command::{Acted, Needs, Usage, Verb, Words, gate, verb};

use crate::town::{Town, before, clock, half_a_minute, settle};

/// What holds a character: bonds of the feet, a spell upon the mind.
#[derive(Component, Clone, Copy, Default)]
struct Held {
    feet: bool,
    mind: bool,
}

/// `fetter feet`, `fetter mind`: an admin's, so that nothing keeps one from it.
#[derive(Message, Debug)]
struct Hold(Order, bool);

impl Verb for Hold {
    const WORDS: &'static [&'static str] = &["fetter"];
    const USAGE: &'static str = "fetter feet|mind";
    const HELP: &'static str = "Holds you.";
    const ADMIN: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        match words.rest() {
            "feet" => Ok(Self(order, true)),
            "mind" => Ok(Self(order, false)),
            _ => Err(Usage::Show),
        }
    }
}

fn hold(
    mut asked: MessageReader<Hold>,
    mut held: Query<&mut Held>,
    mut answers: MessageWriter<Answer>,
) {
    for Hold(order, feet) in asked.read() {
        if let Ok(mut held) = held.get_mut(order.actor) {
            held.feet |= feet;
            held.mind |= !feet;
        }
        answers.write(Answer::done(*order));
    }
}

/// How often a character has acted.
#[derive(Component, Clone, Copy, Default)]
struct Acts(u32);

fn count(mut acted: MessageReader<Acted>, mut acts: Query<&mut Acts>) {
    for Acted { order, needs } in acted.read() {
        if let Ok(mut acts) = acts.get_mut(order.actor)
            && needs.include(Needs::BODY)
        {
            acts.0 += 1;
        }
    }
}

fn holding(reg: &mut Registrar<'_>) {
    reg.scratch::<Held>()
        .character::<Held>()
        .scratch::<Acts>()
        .character::<Acts>();
    verb::<Hold>(reg);
    reg.system(Phase::Simulate, hold)
        .system(Phase::Simulate, count);
    gate::<Held>(reg, |held, verb| {
        let bound = held.feet && verb.needs.include(Needs::FEET);
        bound.then(|| Refusal::new(Code::InvalidMovement, "Your feet are bound."))
    });
    gate::<Held>(reg, |held, verb| {
        let spelled = held.mind && verb.needs.include(Needs::MIND);
        spelled.then(|| Refusal::new(Code::GameLogicError, "You are under a spell."))
    });
}

fn scene(points: i16) -> Stage {
    let town = Town::of(&[("here", "outdoors"), ("there", "outdoors")]);
    let mut saved = SavedRows::new();
    settle(&mut saved, "Ann", "here", points);
    let mut stage = town.stage_with(holding, saved, before(clock(0, 0), half_a_minute()));
    stage.enter_as("Ann", Role::Admin);
    stage
}

/// What Ann is refused with, if she is.
fn refused(stage: &mut Stage, line: &str) -> Option<String> {
    // So long that nobody types too fast.
    stage.pass(Duration::from_millis(150));
    stage.ears("Ann");
    stage.says("Ann", line);
    stage.tick();
    let outcome = stage.ears("Ann").outcomes.remove(0);
    outcome.result.err().map(|refusal| refusal.message)
}

#[test]
fn gate_refuses_only_gated_verbs() {
    let mut stage = scene(100);
    assert_eq!(refused(&mut stage, "fetter feet"), None);
    let bound = Some("Your feet are bound.".to_owned());
    assert_eq!(refused(&mut stage, "east"), bound);
    // What is said wrongly is not read before the gate is passed.
    assert_eq!(refused(&mut stage, "go nowhere"), bound);
    assert_eq!(refused(&mut stage, "look"), None);
    assert_eq!(refused(&mut stage, "say help!"), None);
}

#[test]
fn the_gate_registered_first_speaks() {
    let mut stage = scene(100);
    assert_eq!(refused(&mut stage, "fetter mind"), None);
    let spell = Some("You are under a spell.".to_owned());
    assert_eq!(refused(&mut stage, "east"), spell);
    assert_eq!(refused(&mut stage, "fetter feet"), None);
    assert_eq!(
        refused(&mut stage, "east").as_deref(),
        Some("Your feet are bound.")
    );
    assert_eq!(refused(&mut stage, "look"), spell);
}

#[test]
fn who_is_refused_has_not_acted() {
    let mut stage = scene(100);
    let acts = |stage: &mut Stage| stage.component::<Acts>("Ann").0;
    assert_eq!(refused(&mut stage, "east"), None);
    assert_eq!(acts(&mut stage), 1);
    assert_eq!(refused(&mut stage, "look"), None);
    assert_eq!(acts(&mut stage), 1, "a look takes no body");
    refused(&mut stage, "fetter feet");
    let acted = acts(&mut stage);
    refused(&mut stage, "west");
    refused(&mut stage, "go");
    assert_eq!(acts(&mut stage), acted);
}

#[test]
fn a_catatonic_mind_may_ask_and_nothing_more() {
    let mut stage = scene(0);
    for line in ["help", "who", "status", "time", "help look"] {
        assert_eq!(refused(&mut stage, line), None, "{line}");
    }
    let gone = refused(&mut stage, "look");
    assert!(gone.is_some());
    for line in [
        "east",
        "go",
        "say help me",
        "g hello",
        "emote stares",
        "map",
    ] {
        assert_eq!(refused(&mut stage, line), gone, "{line}");
    }
    let mut stage = scene(1);
    assert_eq!(refused(&mut stage, "look"), None);
}

/// A gate that breaks is its plugin's fault, and open.
#[test]
fn panicking_gate_blames_own_plugin() {
    fn cracked(reg: &mut Registrar<'_>) {
        gate::<Character>(reg, |_, _| panic!("who goes there?"));
    }
    let world = Town::of(&[("hall", "indoors")]).load().unwrap();
    let mut stage = Stage::new(move |reg: &mut Registrar<'_>| {
        systems::game(world.clone(), systems::Settings::default()).build(reg);
        reg.add(cracked);
    })
    .unwrap();
    stage.enter("ann");
    stage.says("ann", "look");
    stage.tick();
    assert!(stage.ears("ann").outcomes[0].result.is_ok());
    let faults = stage.faults();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(
        (faults[0].plugin, faults[0].what.as_str()),
        ("cracked", "who goes there?")
    );
}
