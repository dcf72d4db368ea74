//! Things: nothing is doubled or lost, whoever takes, gives, leaves or dies.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::port::{Owner, Role, StableId};
use engine::stage::{SavedRows, Stage};
use engine::{Dice, Holder, Holdings, Index, Seed};
use systems::place::{InRoom, Occupancy, Quantity, Sort, Spot};
use systems::things::{Arms, CARRIED_MAX, DamageKind, Slot, Thing, ThingKinds, Worn};

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

/// What no file defines any more keeps its name, and can be dropped and nothing else.
#[test]
fn thing_without_prototype_keeps_name_and_drops() {
    let mut stage = scene(0);
    for kind in ["coat", "candle 3"] {
        types(&mut stage, "ada", &format!("summon {kind}"));
    }
    types(&mut stage, "ann", "get all");
    let mut without = town();
    let kinds = KINDS.lines().filter(|line| !line.contains("coat"));
    without.things = kinds.collect::<Vec<_>>().join("\n");
    stage.revise(without.sources(), without.load().unwrap());
    stage.tick();
    stage.heard("ann");
    types(&mut stage, "ann", "inventory");
    let told = stage.heard("ann");
    assert!(told.contains("coat"), "{told}");
    types(&mut stage, "ann", "wear coat");
    types(&mut stage, "ann", "examine coat");
    let told = stage.heard("ann");
    assert!(
        told.contains("Nobody knows any more what it is for."),
        "{told}"
    );
    types(&mut stage, "ann", "drop coat");
    assert!(stage.heard("ann").contains("You put down the coat."));
    assert_eq!(stage.faults(), []);
}

/// Nobody but the owner gets a thing out of a corpse before its grace is over; then it falls apart.
#[test]
fn corpse_opens_to_others_after_its_grace() {
    let mut stage = scene(1);
    types(&mut stage, "ann", "get stone");
    types(&mut stage, "ada", "admin set dp ann -10");
    let has = |stage: &mut Stage, who: &str| held(stage, who);
    assert_eq!(has(&mut stage, "ann"), 0);
    types(&mut stage, "bob", "loot corpse");
    let outcomes = stage.ears("bob").outcomes.into_iter();
    let refused: Vec<_> = outcomes.filter_map(|one| one.result.err()).collect();
    assert!(
        refused[0].message.starts_with("Leave the corpse of ann be"),
        "{refused:?}"
    );
    let mut stage = later(&stage, 301, "cleo");
    types(&mut stage, "cleo", "loot corpse");
    let outcomes = stage.ears("cleo").outcomes;
    assert_eq!(has(&mut stage, "cleo"), 1, "{outcomes:?}");
    for line in ["put stone in corpse", "drop stone", "look corpse"] {
        types(&mut stage, "cleo", line);
    }
    let told = stage.heard("cleo");
    assert!(told.contains("You see: corpse of ann."), "{told}");
    let mut stage = later(&stage, 3_300, "dan");
    types(&mut stage, "dan", "look corpse");
    let told = stage.heard("dan");
    assert!(!told.contains("You see: corpse"), "{told}");
    assert_eq!(stage.faults(), []);
}

/// The same world so many seconds later: the process was away for as long. Somebody new is there, whose
/// commands nobody has seen before.
fn later(stage: &Stage, seconds: u64, who: &str) -> Stage {
    let now = stage.now().plus(Duration::from_secs(seconds));
    let mut stage = town().stage(stage.saved().clone(), now);
    stage.enter(who);
    for _ in 0..3 {
        stage.tick();
    }
    stage
}

/// What people drop is gone after an hour, and what was in it lies there as long again.
#[test]
fn dropped_things_rot_and_spill() {
    let mut stage = scene(1);
    for line in ["summon bag", "get all", "put stone in bag", "drop bag"] {
        types(&mut stage, "ada", line);
    }
    let lies = |stage: &mut Stage, who: &str| {
        stage.heard(who);
        types(stage, who, "look");
        let told = stage.heard(who);
        (told.contains("bag"), told.contains("stone"))
    };
    let mut stage = later(&stage, 3_590, "cleo");
    assert_eq!(lies(&mut stage, "cleo"), (true, false));
    let mut stage = later(&stage, 11, "dan");
    assert_eq!(lies(&mut stage, "dan"), (false, true));
    let mut stage = later(&stage, 3_590, "eve");
    assert_eq!(lies(&mut stage, "eve"), (false, true));
    let mut stage = later(&stage, 11, "finn");
    assert_eq!(lies(&mut stage, "finn"), (false, false));
    assert_eq!(stage.faults(), []);
}

/// A weapon and armor are counted as long as they are whole.
#[test]
fn broken_things_give_nothing() {
    let mut stage = scene(0);
    for kind in ["coat", "knife"] {
        types(&mut stage, "ada", &format!("summon {kind}"));
    }
    for line in ["get all", "wear coat", "wield knife"] {
        types(&mut stage, "ann", line);
    }
    let world = stage.engine().world();
    let ann = world.resource::<Index>().get(id("ann")).unwrap();
    let mut arms = bevy_ecs::system::SystemState::<Arms<'_, '_>>::new(world);
    let arms = arms.get(world).unwrap();
    assert_eq!(arms.weapon(ann).unwrap().1.kind, DamageKind::Edge);
    assert_eq!(arms.armor(ann).against(DamageKind::Cold), 2);
    assert_eq!(arms.armor(ann).against(DamageKind::Fire), 0);
}
