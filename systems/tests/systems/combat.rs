//! Fights: who strikes whom, when, with what, and what comes of it.

use std::time::Duration;

use engine::stage::{SavedRows, Stage};
use proptest::prelude::*;
use systems::body::Vitals;
use systems::character::Experience;
use systems::fight::Brawls;
use systems::place::{Creature, InRoom};

use crate::town::{Town, before, clock, half_a_minute, settle};

/// A rat that is easily killed, one that is not, and a keeper whom nobody harms.
const KINDS: &str = r#"
[[creatures]]
id = "rat"
name = "wharf rat"
short = "A wharf rat cleans its whiskers."
long = "Brown and sleek."
kind = "aggressive_mob"
stats = { constitution = 40, size = 40, dexterity = 20 }
xp = 7
skills = { fighting = 40, dodge = 1 }
natural = { damage = "1d2", kind = "point", verb = "bites" }
flees_below = 0
faction = "rats"
respawn_seconds = 5000

[[creatures.reactions]]
on = "attacked"
every = 100
do = [{ do = "emote", text = "squeaks." }]

[[creatures]]
id = "ogre"
name = "ogre"
article = "an"
short = "An ogre stands there."
long = "Large."
kind = "aggressive_mob"
stats = { constitution = 99, size = 99, dexterity = 99 }
skills = { fighting = 200, dodge = 90 }
natural = { damage = "2d6", kind = "blunt", verb = "clubs" }
hostile = { time = "day" }
flees_below = 0

[[creatures]]
id = "peg"
name = "Peg"
article = ""
short = "Peg is here."
long = "Broad."
kind = "shopkeeper"
attackable = false
"#;

const CONDITIONS: &str = r#"
[[conditions]]
id = "stable"
name = "bound up"
seconds = 600
blocks = ["bleed"]

[[conditions]]
id = "weakened"
name = "weak"
seconds = 300

[[conditions]]
id = "login_warded"
name = "just come in"
tags = ["ward"]
seconds = 10
blocks = ["chosen"]
ends_on = ["fight"]
"#;

fn town(lives: &[(&str, &str, usize)]) -> Town {
    let mut town = Town::of(&[
        ("hall", "sanctuary"),
        ("yard", "sanctuary"),
        ("limbo", "sanctuary"),
    ])
    .with_rules("[companions]\neach = 0.0\n[environments.sanctuary]\nall = 0\n");
    town.files
        .insert("creatures/all.toml".to_owned(), KINDS.to_owned());
    town.files
        .insert("rules/conditions.toml".to_owned(), CONDITIONS.to_owned());
    let spawns = lives.iter().map(|(kind, room, count)| {
        format!("\n[[spawns]]\ncreature = \"{kind}\"\nrooms = [\"{room}\"]\nmin = {count}\nmax = {count}\n")
    });
    town.files
        .insert("zones/town/yard.toml".to_owned(), spawns.collect());
    town
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
    // The ward of those who have just come is over.
    stage.pass(Duration::from_secs(11));
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

fn count(stage: &mut Stage, kind: &str) -> usize {
    let world = stage.engine().world();
    let mut all = world.query::<&Creature>();
    all.iter(world).filter(|one| one.kind == kind).count()
}

fn fights(stage: &mut Stage) -> usize {
    let ann = stage.entity("Ann");
    let brawls = stage.engine().world().resource::<Brawls>();
    usize::from(brawls.is_fighting(ann))
}

/// Until the fight is over, at most so many rounds.
fn fight_out(stage: &mut Stage, rounds: usize) -> String {
    let mut heard = String::new();
    for _ in 0..rounds {
        if fights(stage) == 0 {
            break;
        }
        heard += &pass(stage, 6);
    }
    heard
}

#[test]
fn fight_has_rounds_an_end_and_a_reward() {
    let mut stage = open(&town(&[("rat", "hall", 1)]));
    let before = stage.component::<Experience>("Ann").points();
    stage.says("Ann", "attack rat");
    stage.tick();
    stage.tick();
    let ears = stage.ears("Ann");
    assert_eq!(ears.events("combat_started").len(), 1, "{}", ears.text());
    assert_eq!(
        ears.events("npc_attacked").len(),
        1,
        "the first blow falls at once"
    );
    assert!(stage.heard("Bea").contains("Ann attacks the wharf rat."));
    let heard = fight_out(&mut stage, 40);
    assert!(
        heard.contains("The fight is over, and you stand."),
        "{heard}"
    );
    assert_eq!(count(&mut stage, "rat"), 0);
    let learnt = stage.component::<Experience>("Ann").points() - before;
    assert_eq!(learnt, 7);
    assert_eq!(stage.faults(), []);
}

#[test]
fn allies_share_experience_and_no_more() {
    let mut stage = open(&town(&[("rat", "hall", 1)]));
    let points = |stage: &mut Stage| {
        ["Ann", "Bea"]
            .map(|name| stage.component::<Experience>(name).points())
            .iter()
            .sum::<u32>()
    };
    let before = points(&mut stage);
    stage.says("Ann", "attack rat");
    stage.says("Bea", "kill rat");
    stage.tick();
    fight_out(&mut stage, 40);
    stage.pass(Duration::from_secs(12));
    assert_eq!(count(&mut stage, "rat"), 0);
    assert_eq!(points(&mut stage) - before, 7);
}

#[test]
fn protected_and_absent_are_not_fought() {
    let mut stage = open(&town(&[("peg", "hall", 1), ("rat", "hall", 2)]));
    for (line, answer) in [
        ("attack peg", "You can't bring yourself"),
        ("attack Bea", "You can't bring yourself"),
        ("attack dragon", "You see no"),
        ("flee", "You are in no fight."),
        ("defend", "You are in no fight."),
        ("taunt rat", "You are not in one fight."),
        ("aid", "There is nothing to be seen to."),
        ("wimpy 80", "wimpy <0 to 50>"),
    ] {
        let heard = says(&mut stage, "Ann", line);
        assert!(heard.contains(answer), "{line}: {heard}");
    }
    assert_eq!(fights(&mut stage), 0);
    assert!(says(&mut stage, "Ann", "consider rat").contains("rounds"));
    assert!(says(&mut stage, "Ann", "combat summary").contains("summary"));
    assert!(says(&mut stage, "Ann", "wimpy 30").contains("30 percent"));
}

#[test]
fn those_of_one_faction_come_to_help() {
    let mut stage = open(&town(&[("rat", "hall", 3)]));
    let heard = says(&mut stage, "Ann", "attack 1.rat");
    assert!(heard.contains("squeaks."), "{heard}");
    let heard = pass(&mut stage, 5);
    assert!(heard.matches("attacks you").count() >= 1, "{heard}");
    assert!(says(&mut stage, "Ann", "east").contains("Not in the middle of a fight."));
}

#[test]
fn hostile_creature_warns_and_attacks() {
    let mut stage = open(&town(&[("ogre", "yard", 1)]));
    says(&mut stage, "Ann", "east");
    let heard = pass(&mut stage, 1);
    assert!(heard.contains("The ogre has its eye on you."), "{heard}");
    let heard = pass(&mut stage, 4);
    assert!(heard.contains("The ogre attacks you."), "{heard}");
    // Whoever has just come into the world is left alone.
    stage.leaves("Bea");
    stage.tick();
    let heard = fight_out(&mut stage, 30);
    assert!(heard.contains("mortally wounded"), "{heard}");
    let dp = stage.component::<Vitals>("Ann").dp();
    assert!((-10..=0).contains(&dp), "{dp}");
    assert_eq!(stage.faults(), []);
}

#[test]
fn bound_wounds_stop_bleeding_to_death() {
    let mut stage = open(&town(&[("ogre", "yard", 1)]));
    says(&mut stage, "Ann", "east");
    says(&mut stage, "Bea", "east");
    let mut fell = false;
    for _ in 0..40 {
        pass(&mut stage, 3);
        fell |= stage.component::<Vitals>("Ann").dp() <= 0
            || stage.component::<Vitals>("Bea").dp() <= 0;
    }
    assert!(fell);
    // A blow that fells leaves a round to friends, and flight is open to whoever stands.
    assert_eq!(stage.faults(), []);
}

#[test]
fn flight_ends_fight_for_one_only() {
    let mut stage = open(&town(&[("rat", "hall", 1)]));
    says(&mut stage, "Ann", "attack rat");
    says(&mut stage, "Bea", "attack rat");
    let mut away = false;
    for _ in 0..30 {
        if fights(&mut stage) == 0 {
            break;
        }
        says(&mut stage, "Ann", "flee");
        pass(&mut stage, 6);
        let InRoom(room) = stage.component::<InRoom>("Ann");
        let atlas = stage.engine().world().resource::<systems::world::Atlas>();
        away |= atlas.room(room).id == "yard";
    }
    assert!(away || count(&mut stage, "rat") == 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    /// Whatever they do, every fight ends, nobody is in one elsewhere, points stay in bounds, and no
    /// more is earned than there was.
    #[test]
    fn every_fight_ends_with_consistent_books(
        rats in 1_usize..4,
        deeds in prop::collection::vec((0_usize..9, prop::bool::ANY, 1_u64..8), 4..16),
    ) {
        let mut stage = open(&town(&[("rat", "hall", rats)])).at_hz(5);
        let earned = |stage: &mut Stage| {
            ["Ann", "Bea"].map(|name| stage.component::<Experience>(name).points()).iter().sum::<u32>()
        };
        let before = earned(&mut stage);
        for (deed, ann, seconds) in deeds {
            let who = if ann { "Ann" } else { "Bea" };
            let line = ["attack rat", "attack 2.rat", "flee", "flee east", "defend", "taunt rat", "aid", "east", "west"][deed];
            stage.says(who, line);
            stage.pass(Duration::from_secs(seconds));
            for name in ["Ann", "Bea"] {
                let dp = stage.component::<Vitals>(name).dp();
                prop_assert!((-10..=40).contains(&dp));
            }
        }
        // Nobody strikes for three minutes, or somebody is dead by then.
        stage.pass(Duration::from_secs(400));
        prop_assert_eq!(fights(&mut stage), 0);
        let killed = u32::try_from(rats - count(&mut stage, "rat")).unwrap_or(0);
        prop_assert!(earned(&mut stage) - before <= 7 * killed);
        prop_assert_eq!(stage.faults(), []);
    }
}
