//! Creatures: who lives where, what they notice, say and do, and that nobody else does it for them.

mod mistakes;
mod population;
mod walks;

use std::time::Duration;

use engine::port::{Role, StableId};
use engine::stage::{SavedRows, Stage};
use systems::place::{Creature, InRoom};
use systems::world::Atlas;

use crate::town::{Place, Town, before, clock, half_a_minute, settle};

const RAT: &str = r#"
[[creatures]]
id = "rat"
name = "wharf rat"
short = "A wharf rat cleans its whiskers."
long = "Brown and sleek."
kind = "aggressive_mob"
stats = { constitution = 30, size = 20 }
respawn_seconds = 100
"#;

const PEG: &str = r#"
[[creatures]]
id = "peg"
name = "Peg Dunphy"
article = ""
words = ["cook"]
short = "Peg Dunphy is here behind a dishcloth."
long = "A broad woman."
kind = "shopkeeper"
attackable = false
unique = true
greet = ["It's raisin."]
farewell = ["Mind the step."]
reply = ["I couldn't say."]

[[creatures.reactions]]
on = "said"
words = ["pie", "hat"]
every = 30
do = [{ do = "emote", text = "turns the cup." }, { do = "say", text = "Ten cents, {actor}." }]

[[creatures.reactions]]
on = "gesture"
gesture = "bow"
do = [{ do = "say", text = "Get along with you." }]
"#;

/// A hall with a bell that runs a list, a yard and a lane, and whoever lives there.
fn town(kinds: &str, spawns: &str, bell: &str) -> Town {
    let mut town = Town::of(&[
        ("hall", "sanctuary"),
        ("yard", "sanctuary"),
        ("lane", "sanctuary"),
    ])
    .with_rules("[companions]\neach = 0.0\n[environments.sanctuary]\nall = 0\n");
    town.rooms[0].more =
        format!("details = [{{ words = [\"bell\"], text = \"A bell.\", on_ring = [{bell}] }}]\n");
    town.files.insert(
        "rules/emotes.toml".to_owned(),
        "[bow]\nalone = [\"You bow.\", \"{name} bows.\"]\n".to_owned(),
    );
    town.files
        .insert("creatures/all.toml".to_owned(), kinds.to_owned());
    town.files
        .insert("zones/town/yard.toml".to_owned(), spawns.to_owned());
    town
}

fn lives(creature: &str, room: &str, more: &str) -> String {
    format!("\n[[spawns]]\ncreature = \"{creature}\"\nrooms = [\"{room}\"]\n{more}\n")
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

fn says(stage: &mut Stage, who: &str, line: &str) -> String {
    stage.says(who, line);
    stage.tick();
    stage.tick();
    stage.heard(who)
}

fn pass(stage: &mut Stage, seconds: u64) -> String {
    stage.pass(Duration::from_secs(seconds));
    stage.heard("Ann")
}

/// Where each creature of a kind is, in the order of their ids.
fn places(stage: &mut Stage, kind: &str) -> Vec<String> {
    let world = stage.engine().world();
    let mut query = world.query::<(&StableId, &Creature, Option<&InRoom>)>();
    let mut all: Vec<(StableId, Option<InRoom>)> = query
        .iter(world)
        .filter(|(_, creature, _)| creature.kind == kind)
        .map(|(id, _, place)| (*id, place.copied()))
        .collect();
    all.sort_unstable_by_key(|(id, _)| *id);
    let atlas = world.resource::<Atlas>();
    let room = |place: Option<InRoom>| place.map_or("nowhere", |place| &atlas.room(place.0).id);
    all.into_iter()
        .map(|(_, place)| room(place).to_owned())
        .collect()
}

#[test]
fn creatures_are_listed_looked_at_and_meant() {
    let mut stage = open(&town(RAT, &lives("rat", "hall", "min = 2\nmax = 2"), ""));
    let seen = says(&mut stage, "Ann", "look");
    assert!(
        seen.contains("A wharf rat cleans its whiskers. (2 of them.)"),
        "{seen}"
    );
    for line in [
        "look rat",
        "examine 2.rat",
        "look the wharf rat",
        "look rat 2",
    ] {
        assert!(
            says(&mut stage, "Ann", line).contains("Brown and sleek."),
            "{line}"
        );
    }
    assert!(says(&mut stage, "Ann", "look 3.rat").contains("You see no"));
    assert!(says(&mut stage, "Ann", "look Bea").contains("Bea"));
    says(&mut stage, "Ann", "east");
    stage.says("Ann", "west");
    stage.tick();
    let ears = stage.ears("Ann");
    let update = &ears.events("room_update")[0];
    assert_eq!(update["npcs"][1]["name"], "wharf rat");
    assert_eq!(update["npcs"][1]["number"], 2);
    assert_eq!(update["count"], 2);
    assert_eq!(
        ears.events("room_occupants")[0]["npcs"][0]["kind"],
        "aggressive_mob"
    );
    assert_eq!(stage.faults(), []);
}

#[test]
fn people_greet_answer_and_see_off() {
    let mut stage = open(&town(PEG, &lives("peg", "yard", "min = 1"), ""));
    says(&mut stage, "Ann", "east");
    let heard = pass(&mut stage, 2);
    assert!(heard.contains("Peg Dunphy says: It's raisin."), "{heard}");
    says(&mut stage, "Ann", "say good day");
    assert_eq!(pass(&mut stage, 4).matches("Peg Dunphy says").count(), 0);
    says(&mut stage, "Ann", "say good day, Peg");
    assert!(pass(&mut stage, 4).contains("I couldn't say."));
    says(&mut stage, "Ann", "say cook, are you there?");
    assert!(!pass(&mut stage, 4).contains("I couldn't say."), "too soon");
    says(&mut stage, "Ann", "west");
    assert!(pass(&mut stage, 2).contains("Peg Dunphy says behind you: Mind the step."));
    // Once in five minutes is enough.
    says(&mut stage, "Ann", "east");
    assert!(!pass(&mut stage, 4).contains("raisin"));
    assert_eq!(stage.faults(), []);
}

#[test]
fn reaction_answers_words_once_per_interval() {
    let mut stage = open(&town(PEG, &lives("peg", "hall", "min = 1"), ""));
    let heard = says(&mut stage, "Ann", "say is there a pie?");
    assert!(heard.contains("Peg Dunphy turns the cup."), "{heard}");
    assert!(heard.contains("Peg Dunphy says: Ten cents"), "{heard}");
    assert!(!says(&mut stage, "Ann", "say pie").contains("turns the cup"));
    assert!(!says(&mut stage, "Ann", "say piebald").contains("turns"));
    // Each has a time of their own.
    assert!(says(&mut stage, "Bea", "say my hat!").contains("turns the cup"));
    assert!(says(&mut stage, "Ann", "bow").contains("Get along with you."));
    pass(&mut stage, 31);
    assert!(says(&mut stage, "Ann", "say pie").contains("turns the cup"));
}

#[test]
fn creature_dies_once_and_is_gone() {
    let kinds = RAT.to_owned()
        + "on_slain = [{ do = \"tell\", room = \"Somewhere a bell answers.\" }]\n[[creatures.reactions]]\non = \"hurt\"\nbelow = 80\ndo = [{ do = \"emote\", text = \"squeals.\" }]\n[[creatures.reactions]]\non = \"dies\"\ndo = [{ do = \"tell\", actor = \"You did that.\" }]\n";
    let bell = "{ do = \"damage\", amount = 4, to = \"others\" }";
    let mut stage = open(&town(&kinds, &lives("rat", "hall", "min = 1"), bell));
    let heard = says(&mut stage, "Ann", "ring bell");
    assert!(heard.contains("The wharf rat squeals."), "{heard}");
    says(&mut stage, "Ann", "ring bell");
    assert_eq!(places(&mut stage, "rat"), ["hall"]);
    let heard = says(&mut stage, "Ann", "ring bell");
    for line in [
        "The wharf rat is dead.",
        "Somewhere a bell answers.",
        "You did that.",
    ] {
        assert_eq!(heard.matches(line).count(), 1, "{heard}");
    }
    assert_eq!(places(&mut stage, "rat"), Vec::<String>::new());
    assert!(!says(&mut stage, "Ann", "look").contains("whiskers"));
    // Bea is no creature, and was not harmed.
    assert!(!stage.heard("Bea").contains("You are hurt"));
    assert_eq!(stage.faults(), []);
}

#[test]
fn spared_creature_is_not_harmed() {
    let bell =
        "{ do = \"damage\", amount = 40, to = \"others\" }, { do = \"tell\", actor = \"Still.\" }";
    let mut stage = open(&town(PEG, &lives("peg", "hall", "min = 1"), bell));
    assert!(says(&mut stage, "Ann", "ring bell").contains("Still."));
    assert_eq!(places(&mut stage, "peg"), ["hall"]);
}

#[test]
fn lists_spawn_and_despawn_creatures() {
    let bell = "{ do = \"spawn\", creature = \"rat\", count = 3, seconds = 20 }";
    let mut stage = open(&town(RAT, "", bell));
    assert!(says(&mut stage, "Ann", "ring bell").contains("A wharf rat comes by."));
    assert_eq!(places(&mut stage, "rat"), ["hall"; 3]);
    pass(&mut stage, 19);
    assert_eq!(places(&mut stage, "rat").len(), 3);
    assert!(pass(&mut stage, 2).contains("The wharf rat goes off."));
    assert_eq!(places(&mut stage, "rat").len(), 0);
    let bell = "{ do = \"when\", if = { kind = \"player\" }, then = [{ do = \"despawn\", creature = \"rat\", text = \"Not a whisker.\" }] }";
    let mut stage = open(&town(RAT, &lives("rat", "hall", "min = 2\nmax = 2"), bell));
    assert_eq!(
        says(&mut stage, "Ann", "ring bell")
            .matches("Not a whisker.")
            .count(),
        2
    );
    assert_eq!(places(&mut stage, "rat").len(), 0);
}

#[test]
fn rule_acts_while_a_player_is_there() {
    let kinds = RAT.to_owned()
        + "[[creatures.rules]]\npriority = 15\nevery = 10\nif = { creature = \"rat\" }\ndo = [{ do = \"emote\", text = \"yawns.\" }, { do = \"damage\", amount = 1, to = \"self\" }]\n";
    let mut stage = open(&town(&kinds, &lives("rat", "yard", "min = 1"), ""));
    pass(&mut stage, 60);
    says(&mut stage, "Ann", "east");
    let yawns = pass(&mut stage, 35).matches("The wharf rat yawns.").count();
    assert!((3..=4).contains(&yawns), "{yawns}");
    // It has ten points: while nobody watched, none were lost.
    let more = pass(&mut stage, 120)
        .matches("The wharf rat yawns.")
        .count();
    assert_eq!(yawns + more, 10);
    assert_eq!(places(&mut stage, "rat").len(), 0);
}

#[test]
fn keepers_see_and_move_creatures() {
    let mut stage = open(&town(RAT, &lives("rat", "yard", "min = 1"), ""));
    stage.enter_as("Ada", Role::Admin);
    stage.tick();
    assert!(says(&mut stage, "Ann", "npc list").contains("There is no command"));
    for (line, answer) in [
        ("npc list", "rat "),
        (
            "npc population",
            "town/yard/rat/1: 1 alive, 0 pending, 1 to 1",
        ),
        ("npc status", "1 kinds, 1 creatures"),
        ("npc stats rat", "determination 10 of 10"),
        ("npc spawn wharf rat 2", "NPC spawned successfully: 2x rat."),
        ("spawn dragon", "There is no kind of creature"),
        ("npc spawn rat 11", "1 to 10"),
        ("npc move rat lane", "is moved"),
        ("npc stop rat", "stands"),
        ("npc behavior rat", "stopped"),
        ("npc react rat enters", "nothing to do"),
        ("npc create rat", "content"),
        ("npc dance", "is nothing"),
        ("npc despawn rat", "is taken away"),
    ] {
        let heard = says(&mut stage, "Ada", line);
        assert!(heard.contains(answer), "{line}: {heard}");
    }
    let mut left = places(&mut stage, "rat");
    left.sort();
    assert_eq!(left, ["lane", "yard"]);
    assert_eq!(stage.faults(), []);
}

#[test]
fn kind_that_content_drops_is_gone() {
    let mut with = town(RAT, &lives("rat", "hall", "min = 1"), "");
    let mut stage = open(&with);
    assert_eq!(places(&mut stage, "rat").len(), 1);
    with.rooms.push(Place::new("mill", "outdoors"));
    with.files.clear();
    stage.revise(with.sources(), with.load().unwrap());
    stage.tick();
    stage.tick();
    assert_eq!(places(&mut stage, "rat").len(), 0);
    assert_eq!(stage.faults(), []);
}
