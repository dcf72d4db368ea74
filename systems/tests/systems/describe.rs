//! What plugins say of people and rooms, which no other plugin knows of.

use engine::port::Code;
use engine::prelude::*;
use engine::stage::Stage;
use serde::{Deserialize, Serialize};
use systems::Settings;
use systems::describe;

use crate::town::Town;

/// A stage of the game without `off` and with `own`.
fn open(off: &[&str], own: fn(&mut Registrar<'_>)) -> Stage {
    let mut sources = Town::of(&[("hall", "indoors"), ("yard", "outdoors")]).sources();
    for source in &mut sources {
        if source.path == "world.toml" {
            source.text.push_str(&format!("[plugins]\noff = {off:?}\n"));
        }
    }
    let world = systems::load(&sources).unwrap();
    let stage = Stage::new(move |reg: &mut Registrar<'_>| {
        systems::game(world.clone(), Settings::default()).build(reg);
        own(reg);
    });
    stage.unwrap()
}

/// What somebody is answered.
fn says(stage: &mut Stage, who: &str, line: &str) -> String {
    let id = stage.says(who, line);
    for _ in 0..20 {
        stage.tick();
    }
    let outcomes = stage.ears(who).outcomes;
    let outcome = outcomes.into_iter().find(|one| one.id == Some(id)).unwrap();
    match outcome.result {
        Ok(told) => told.unwrap_or_default().to_string(),
        Err(refusal) => refusal.message.to_string(),
    }
}

#[derive(Component, Clone, Default, Serialize, Deserialize)]
struct Soaked(u8);

#[derive(Resource, Clone, Default, Serialize, Deserialize)]
struct Sky {
    rains: bool,
}

fn rain(reg: &mut Registrar<'_>) {
    reg.resource(Sky::default())
        .transient::<Sky>("sky")
        .transient::<Soaked>("soaked")
        .character::<Soaked>()
        .every(Duration::from_secs(60), pour);
    describe::room::<Sky>(reg, 10, |sky, _, room| {
        (sky.rains && room.id == "hall").then(|| "The roof leaks.".to_owned())
    });
    describe::mark::<Soaked>(reg, 10, |soaked| {
        (soaked.0 > 0).then(|| "soaked".to_owned())
    });
    describe::looks::<(Soaked, Character)>(reg, 10, |(soaked, who), _| {
        (soaked.0 > 0).then(|| format!("Water runs from {}'s hat.", who.name))
    });
    describe::status::<(Soaked,)>(reg, 15, |(soaked,), _| Some(format!("Wet: {}", soaked.0)));
    describe::stats::<(Soaked,)>(reg, |(soaked,), _| vec![("soaked", soaked.0.into())]);
    describe::field::<(Soaked,), _>(reg, "hat", |(soaked,), _| Some(soaked.0 > 0));
}

/// It rains on everybody, on the minute; the stage begins a third of one past it.
fn pour(mut sky: ResMut<Sky>, mut people: Query<&mut Soaked, With<Online>>) {
    sky.rains = true;
    for mut soaked in &mut people {
        soaked.0 = 3;
    }
}

#[test]
fn described_people_and_rooms_show_everywhere() {
    let mut stage = open(&[], |reg| _ = reg.add(rain));
    stage.enter("ann");
    stage.enter("bob");
    assert!(!says(&mut stage, "bob", "look").contains("leaks"));
    assert!(says(&mut stage, "bob", "look ann").ends_with("ann."));
    stage.pass(Duration::from_secs(60));
    let told = stage.ears("bob").events("room_occupants_changed");
    assert!(
        told.iter()
            .any(|one| one["changed"][0]["marks"][0] == "soaked"),
        "{told:?}"
    );
    let room = says(&mut stage, "bob", "look");
    assert!(room.contains("\nThe roof leaks.\nWays: "), "{room}");
    assert!(room.contains("Here: ann (soaked)"), "{room}");
    let ann = says(&mut stage, "bob", "look ann");
    assert!(
        ann.ends_with("ann, soaked.\nWater runs from ann's hat."),
        "{ann}"
    );
    let status = says(&mut stage, "bob", "status");
    let lines: Vec<&str> = status.lines().collect();
    let at = |start: &str| lines.iter().position(|line| line.starts_with(start));
    assert!(at("Level: ") < at("Wet: 3") && at("Wet: 3") < at("Body: "));
    assert!(at("Wet: 3").is_some(), "{status}");
    stage.enter("cleo");
    let state = &stage.ears("cleo").events("game_state")[0];
    assert_eq!(state["room"]["lines"][0], "The roof leaks.");
    assert_eq!(state["players"][0]["marks"][0], "soaked");
    assert_eq!(state["player"]["stats"]["soaked"], 0);
    assert_eq!(state["player"]["hat"], false);
    let yard = says(&mut stage, "cleo", "east");
    assert!(!yard.contains("leaks"), "{yard}");
    assert_eq!(stage.faults(), []);
}

#[test]
fn lines_of_one_order_follow_registration() {
    fn one(reg: &mut Registrar<'_>) {
        describe::looks::<(Character,)>(reg, 5, |_, _| Some("second".to_owned()));
        describe::looks::<(Character,)>(reg, 1, |_, _| Some("first".to_owned()));
    }
    fn other(reg: &mut Registrar<'_>) {
        describe::looks::<(Character,)>(reg, 5, |_, _| Some("third".to_owned()));
    }
    let mut stage = open(&[], |reg| _ = reg.add(one).add(other));
    stage.enter("ann");
    let told = says(&mut stage, "ann", "look ann");
    assert!(told.ends_with("\nfirst\nsecond\nthird"), "{told}");
}

#[test]
fn plugin_off_is_not_described() {
    for (off, gone, left) in [
        (&["lucidity"][..], "Mind: ", "Body: "),
        (&["body"][..], "Body: ", "Mind: "),
    ] {
        let mut stage = open(off, |_| ());
        stage.enter("ann");
        let state = &stage.ears("ann").events("game_state")[0]["player"];
        let minds = !off.contains(&"lucidity");
        assert_eq!(state["stats"].get("lucidity").is_some(), minds, "{state}");
        assert_eq!(state.get("lucidity_tier").is_some(), minds, "{state}");
        assert_eq!(state.get("liabilities").is_some(), minds, "{state}");
        let status = says(&mut stage, "ann", "status");
        assert!(!status.contains(gone), "{status}");
        assert!(status.contains(left), "{status}");
    }
}

/// Who breaks is blamed, and those who look see all the rest.
#[test]
fn panicking_description_blames_own_plugin() {
    fn cracked(reg: &mut Registrar<'_>) {
        describe::looks::<(Character,)>(reg, 1, |_, _| panic!("who is that behind you?"));
        describe::looks::<(Character,)>(reg, 2, |_, _| Some("A shadow.".to_owned()));
    }
    let mut stage = open(&[], |reg| _ = reg.add(cracked));
    stage.enter("ann");
    for _ in 0..5 {
        let told = says(&mut stage, "ann", "look ann");
        assert!(told.ends_with("ann.\nA shadow."), "{told}");
    }
    let faults = stage.faults();
    assert_eq!(faults.len(), 5, "{faults:?}");
    assert!(faults.iter().all(|fault| fault.plugin == "cracked"));
    assert_eq!(faults[0].what, "who is that behind you?");
    // By now it is left out.
    let told = says(&mut stage, "ann", "look ann");
    assert!(told.ends_with("ann."), "{told}");
    assert_eq!(stage.faults().len(), 5);
}

/// What was said to a plugin that was left out is said again.
#[test]
fn marks_survive_gap_of_place() {
    let mut stage = open(&[], |reg| _ = reg.add(rain));
    stage.enter("ann");
    stage.enter("bob");
    for _ in 0..100 {
        stage.tick_breaking(&["place"], Phase::Settle);
    }
    stage.pass(Duration::from_secs(65));
    let room = says(&mut stage, "bob", "look");
    assert!(room.contains("The roof leaks."), "{room}");
    assert!(room.contains("ann (soaked)"), "{room}");
}

#[test]
fn unknown_component_without_owner_is_not_described() {
    #[derive(Component)]
    struct Wings;
    fn wings(reg: &mut Registrar<'_>) {
        reg.scratch::<Wings>();
        describe::looks::<(Wings,)>(reg, 1, |_, _| Some("Wings!".to_owned()));
    }
    let mut stage = open(&[], |reg| _ = reg.add(wings));
    stage.enter("ann");
    assert!(!says(&mut stage, "ann", "look ann").contains("Wings"));
    let outcome = says(&mut stage, "ann", "look nobody");
    assert!(outcome.contains("You see no"), "{outcome}");
    assert!(stage.ears("ann").outcomes.iter().all(|one| {
        let refused = one.result.as_ref().err();
        refused.is_none_or(|refused| refused.code == Code::ResourceNotFound)
    }));
}
