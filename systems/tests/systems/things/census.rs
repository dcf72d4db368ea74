//! What is counted of each kind stays the same, whatever is done with it.

use std::collections::BTreeMap;

use engine::port::{Role, StableId};
use engine::stage::Stage;
use engine::{Dice, Holder, Seed};
use systems::place::{Quantity, Sort};
use systems::things::{CARRIED_MAX, Slot, Thing, ThingKinds, Worn};

use super::{id, scene, town, types};

/// How many there are of each kind, wherever they are; and what holds of each thing.
fn census(stage: &mut Stage) -> BTreeMap<String, u32> {
    let kinds = stage.engine().world().resource::<ThingKinds>().clone();
    let world = stage.engine().world();
    let mut things = world.query::<(&StableId, &Sort, &Quantity, &Holder, &Thing, Option<&Worn>)>();
    let (mut counts, mut worn) = (BTreeMap::new(), BTreeMap::new());
    let mut carried: BTreeMap<StableId, usize> = BTreeMap::new();
    let all: Vec<_> = things
        .iter(world)
        .map(|(id, sort, quantity, holder, thing, worn)| {
            (
                *id,
                sort.0.clone(),
                quantity.0,
                holder.0,
                thing.clone(),
                worn.copied(),
            )
        })
        .collect();
    let is_thing = |id: StableId| all.iter().any(|(one, ..)| *one == id);
    for (id, sort, quantity, holder, thing, slot) in &all {
        if sort.is_empty() {
            continue; // A corpse.
        }
        *counts.entry(sort.clone()).or_insert(0) += quantity;
        let kind = kinds.get(sort).unwrap();
        assert!((1..=kind.stack).contains(quantity), "{quantity} {sort}");
        assert!(thing.wear <= kind.durability);
        if let (Some(Worn(slot)), Some(by)) = (slot, holder) {
            assert!(kind.slots.contains(slot), "{sort} on {slot:?}");
            let twice = worn.insert((*by, *slot), kind.hands);
            assert_eq!(twice, None, "two things on {slot:?}");
        } else if let Some(by) = holder.filter(|by| !is_thing(*by)) {
            *carried.entry(by).or_default() += 1;
        }
        if let (Some(bound), Some(by)) = (thing.bound, holder) {
            let theirs = *by == bound || is_thing(*by);
            assert!(theirs, "{id} is bound to {bound} and held by {by}");
        }
        // A forest: up to somebody, or to what lies in a room, and no deeper than a pouch in a bag.
        let (mut at, mut depth) = (*holder, 0);
        while let Some(by) = at {
            depth += 1;
            assert!(depth <= 3, "{id} is {depth} deep");
            let above = all.iter().find(|(one, ..)| *one == by);
            at = above.and_then(|(_, _, _, holder, ..)| *holder);
        }
    }
    for ((who, slot), hands) in &worn {
        let both = *slot == Slot::MainHand && *hands == 2;
        assert!(!(both && worn.contains_key(&(*who, Slot::OffHand))));
    }
    assert!(carried.values().all(|count| *count <= CARRIED_MAX));
    counts
}

const DEEDS: [&str; 22] = [
    "get all",
    "get stone",
    "get 3 candles",
    "drop all",
    "drop 2 candles",
    "drop bag",
    "give stone to {}",
    "give candle 2 to {}",
    "wear coat",
    "wield knife",
    "wield knife left hand",
    "wield pole",
    "wear bag",
    "remove all",
    "put candle in bag",
    "put all in bag",
    "get all from bag",
    "get stone from bag",
    "loot corpse",
    "get medal",
    "east",
    "west",
];

/// Plays with everything there is, deaths and crashes between; answers how often anything changed hands.
fn play_all(seed: u64, steps: u32) -> usize {
    let mut stage = scene(0);
    for kind in [
        "stone 4",
        "candle 12",
        "coat 2",
        "knife 3",
        "pole",
        "bag 2",
        "medal",
    ] {
        types(&mut stage, "ada", &format!("summon {kind}"));
    }
    let all = census(&mut stage);
    assert_eq!(all.values().sum::<u32>(), 25, "{all:?}");
    let mut changed = 0;
    for n in 0..steps {
        let dice = Dice::of(Seed(seed), u64::from(n));
        let pick = |sides, what| dice.pick(sides, id("test"), what, 0);
        let who = if pick(2, "who") == 0 { "ann" } else { "bob" };
        let other = if who == "ann" { "bob" } else { "ann" };
        match pick(30, "what") {
            0 => {
                let (saved, now) = (stage.saved().clone(), stage.now());
                stage = town().stage(saved, now);
                stage.enter_as("ada", Role::Admin);
                stage.enter("ann");
                stage.enter("bob");
            }
            1 => stage.hold_saves(pick(2, "hold") == 0),
            2 => {
                stage.says("ada", &format!("admin set dp {who} -10"));
                stage.tick();
                stage.says(who, "respawn");
            }
            3 => {
                let mut town = town();
                if pick(2, "kinds") == 0 {
                    town.things.push_str("# As it was.\n");
                }
                stage.revise(town.sources(), town.load().unwrap());
            }
            _ => {
                let deed = DEEDS[pick(DEEDS.len() as u64, "deed") as usize];
                stage.says(who, &deed.replace("{}", other));
            }
        }
        for _ in 0..pick(4, "ticks") {
            stage.tick();
        }
        if n % 8 == 0 {
            assert_eq!(census(&mut stage), all, "seed {seed}, step {n}");
        }
        let told = stage.heard(who);
        changed += told.matches("You take").count() + told.matches("You put").count();
    }
    stage.hold_saves(false);
    for _ in 0..10 {
        stage.tick();
    }
    assert_eq!(census(&mut stage), all, "seed {seed}");
    assert_eq!(stage.faults(), []);
    let (saved, now) = (stage.saved().clone(), stage.now());
    let mut again = town().stage(saved, now);
    for who in ["ada", "ann", "bob"] {
        again.enter(who);
    }
    assert_eq!(census(&mut again), all, "seed {seed}, after a restart");
    changed
}

/// What is counted of each kind stays the same whatever is done with it.
#[test]
fn random_deeds_deaths_and_crashes_conserve_stacks() {
    let whole = std::env::var("KADATH_PROOF").is_ok_and(|size| size == "full");
    let seeds = if whole { 2_400 } else { 12 };
    let changed: usize = (0..seeds).map(|seed| play_all(seed, 60)).sum();
    assert!(changed > 5 * seeds as usize, "{changed} in {seeds} plays");
}
