//! Things: nothing is doubled or lost, whoever takes, gives, leaves or dies.

mod census;
mod lives;

use std::collections::BTreeMap;

use engine::port::{Owner, Role, StableId};
use engine::stage::{SavedRows, Stage};
use engine::{Dice, Holder, Holdings, Index, Seed};
use systems::place::{InRoom, Occupancy, Spot};

use crate::town::{Town, before, clock};

/// What there is.
pub(crate) const KINDS: &str = r#"
things = [
    { id = "stone", name = "stone", article = "a", plural = "stones", kind = "environment", weight = 1, value = 0, long = "A stone." },
    { id = "candle", name = "candle", article = "a", plural = "candles", kind = "equipment", weight = 1, value = 1, stack = 5, long = "A candle." },
    { id = "coat", name = "coat", article = "a", plural = "coats", kind = "equipment", weight = 10, value = 1, slots = ["torso"], armour = { cold = 2 }, long = "A coat." },
    { id = "knife", name = "knife", article = "a", plural = "knives", kind = "weapon", weight = 5, value = 1, durability = 3, slots = ["main_hand", "off_hand"], weapon = { damage = "1d6", kind = "edge", skill = "fighting", verb = "cuts" }, long = "A knife." },
    { id = "pole", name = "pole", article = "a", plural = "poles", kind = "weapon", weight = 20, value = 1, slots = ["main_hand"], hands = 2, weapon = { damage = "1d8", kind = "blunt", skill = "fighting", verb = "hits" }, long = "A pole." },
    { id = "bag", name = "bag", article = "a", plural = "bags", kind = "container", weight = 2, value = 1, slots = ["backpack"], holds = { slots = 3, weight = 30 }, long = "A bag." },
    { id = "medal", name = "medal", article = "a", plural = "medals", kind = "artifact", weight = 1, value = 1, flags = ["SOULBOUND"], long = "A medal." },
]
"#;

fn town() -> Town {
    Town {
        things: KINDS.to_owned(),
        ..Town::of(&[("hall", "indoors"), ("yard", "outdoors")])
    }
}

fn id(name: &str) -> StableId {
    StableId::named(name)
}

fn open(saved: SavedRows) -> Stage {
    let first = clock(1, 0);
    town().stage(saved, before(first, std::time::Duration::from_secs(1)))
}

/// An admin, two players, and as many stones on the floor.
fn scene(stones: usize) -> Stage {
    let mut stage = open(SavedRows::new());
    stage.enter_as("ada", Role::Admin);
    stage.enter("ann");
    stage.enter("bob");
    for _ in 0..stones {
        types(&mut stage, "ada", "summon stone");
    }
    stage
}

fn types(stage: &mut Stage, who: &str, line: &str) {
    stage.says(who, line);
    // One command a tick, five in a burst.
    for _ in 0..5 {
        stage.tick();
    }
}

/// How many things somebody holds.
fn held(stage: &mut Stage, who: &str) -> usize {
    let holdings = stage.engine().world().resource::<Holdings>();
    holdings.of(id(who)).len()
}

#[test]
fn first_of_two_takers_gets_thing() {
    let mut stage = scene(1);
    stage.says("bob", "get stone");
    stage.says("ann", "get stone");
    stage.tick();
    assert!(stage.heard("bob").contains("You take the stone."));
    let outcomes = stage.ears("ann").outcomes;
    let refused: Vec<_> = outcomes
        .into_iter()
        .filter_map(|one| one.result.err())
        .collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].message, "The stone is gone.");
    assert_eq!((held(&mut stage, "bob"), held(&mut stage, "ann")), (1, 0));
    assert_eq!(stage.faults(), []);
}

#[test]
fn giver_and_dropper_in_one_tick_share_nothing() {
    let mut stage = scene(1);
    types(&mut stage, "ann", "get stone");
    stage.says("ann", "give stone to bob");
    stage.says("bob", "drop stone");
    stage.tick();
    stage.tick();
    assert_eq!((held(&mut stage, "ann"), held(&mut stage, "bob")), (0, 1));
}

/// Where every thing is, by what is saved; each has one place, and belongs to who has it.
fn saved_places(saved: &SavedRows) -> BTreeMap<StableId, Option<StableId>> {
    let rows = |component: &'static str| {
        let rows = saved.values();
        rows.filter(move |row| row.component == component)
    };
    let spots: Vec<StableId> = rows("spot").map(|row| row.id).collect();
    let mut places = BTreeMap::new();
    for row in rows("holder") {
        let Holder(holder) = serde_json::from_str(&row.body).unwrap();
        let lies = spots.contains(&row.id);
        assert_eq!(lies, holder.is_none(), "{} has one place", row.id);
        let owner = holder.map_or(Owner::Node, Owner::Character);
        assert!(
            saved
                .values()
                .filter(|one| one.id == row.id)
                .all(|one| one.owner == owner),
            "{} belongs to who has it",
            row.id
        );
        places.insert(row.id, holder);
    }
    places
}

/// Everybody and everything in memory is where it says.
fn check_memory(stage: &mut Stage) {
    let world = stage.engine().world();
    let mut things = world.query::<(bevy_ecs::entity::Entity, &StableId, &Holder)>();
    let all: Vec<_> = things
        .iter(world)
        .map(|(entity, id, holder)| (entity, *id, *holder))
        .collect();
    for (entity, id, Holder(holder)) in all {
        let place = world.get::<InRoom>(entity).map(|place| place.0);
        assert_eq!(place.is_some(), holder.is_none(), "{id}");
        assert_eq!(world.get::<Spot>(entity).is_some(), holder.is_none());
        if let Some(holder) = holder {
            assert!(world.resource::<Index>().get(holder).is_some());
            let holdings = world.resource::<Holdings>();
            assert!(holdings.of(holder).any(|one| one == id));
        }
        if let Some(place) = place {
            let lying = world.resource::<Occupancy>().things(place);
            assert_eq!(lying.iter().filter(|one| **one == entity).count(), 1);
        }
    }
}

const STONES: usize = 6;

/// Plays at random, with departures and crashes between; answers how often something changed hands.
fn play(seed: u64, steps: u32) -> usize {
    let mut stage = scene(STONES);
    for _ in 0..3 {
        stage.tick();
    }
    let things: Vec<StableId> = saved_places(stage.saved()).into_keys().collect();
    assert_eq!(things.len(), STONES);
    let mut changed = 0;
    let mut here = BTreeMap::from([("ann", true), ("bob", true)]);
    for n in 0..steps {
        let dice = Dice::of(Seed(seed), u64::from(n));
        let pick = |sides, what| dice.pick(sides, id("test"), what, 0);
        let who = if pick(2, "who") == 0 { "ann" } else { "bob" };
        let other = if who == "ann" { "bob" } else { "ann" };
        match pick(12, "what") {
            0 if here[who] => {
                stage.leaves(who);
                here.insert(who, false);
            }
            1 => {
                // The process dies: what was durable comes back.
                let (saved, now) = (stage.saved().clone(), stage.now());
                stage = town().stage(saved, now);
                for (name, here) in &mut here {
                    stage.enter(name);
                    *here = true;
                }
            }
            2 => stage.hold_saves(pick(2, "hold") == 0),
            _ if !here[who] => {
                stage.enter(who);
                here.insert(who, true);
            }
            3 => _ = stage.says(who, "east"),
            4 => _ = stage.says(who, "west"),
            5 | 6 => {
                stage.says(who, "drop stone");
            }
            7 | 8 => {
                stage.says(who, &format!("give stone to {other}"));
            }
            _ => {
                stage.says(who, "get stone");
            }
        }
        for _ in 0..pick(6, "ticks") {
            stage.tick();
        }
        let told = stage.heard(who);
        changed += told.matches("You take").count() + told.matches("You give").count();
    }
    stage.hold_saves(false);
    for _ in 0..10 {
        stage.tick();
    }
    check_memory(&mut stage);
    let places = saved_places(stage.saved());
    assert_eq!(
        places.into_keys().collect::<Vec<_>>(),
        things,
        "seed {seed}"
    );
    assert_eq!(stage.faults(), []);
    changed
}

#[test]
fn random_play_and_crashes_conserve_things() {
    let whole = std::env::var("KADATH_PROOF").is_ok_and(|size| size == "full");
    let seeds = if whole { 400 } else { 40 };
    let changed: usize = (0..seeds).map(|seed| play(seed, 60)).sum();
    assert!(changed > 5 * seeds as usize, "{changed} in {seeds} plays");
}
