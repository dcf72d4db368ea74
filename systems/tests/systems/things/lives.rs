//! What becomes of things in time: corpses, rot, kinds that are gone, and files with mistakes.

use std::time::Duration;

use engine::Index;
use engine::stage::Stage;
use systems::things::{Arms, DamageKind};

use super::{KINDS, held, id, scene, town, types};

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
fn corpse_opens_to_others_after_grace() {
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

/// A file of things is refused whole, and each mistake named with its line.
#[test]
fn mistaken_thing_files_are_refused_with_lines() {
    let lines = [
        "[[things]]",
        "id = \"hat\"",
        "name = \"hat\"",
        "article = \"a\"",
        "plural = \"hats\"",
        "kind = \"equipment\"",
        "weight = 1",
        "value = 1",
        "long = \"A hat.\"",
    ];
    let with = |more: &str| {
        let mut town = town();
        town.things = format!("{}\n{more}\n", lines.join("\n"));
        let problems = town.load().err().unwrap_or_default();
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        told.join("\n")
    };
    assert_eq!(with(""), "");
    for (more, told) in [
        ("colour = 3", "things/test.toml:10: unknown key `colour`"),
        ("hands = 2", "things/test.toml:10: what takes two hands"),
        (
            "stack = 0",
            "things/test.toml:10: `stack` is 0, not within 1",
        ),
        ("slots = [\"knee\"]", "things/test.toml:10: unknown variant"),
        (
            "on_take = [{ do = \"create\", thing = \"cap\" }]",
            "things/test.toml:10: `cap` is not a thing",
        ),
        (
            "use = { verb = \"eat\", effects = [{ do = \"sing\" }] }",
            "things/test.toml:10: `sing` is no effect",
        ),
        (
            "light = { level = 9, fuel_seconds = 60 }",
            "things/test.toml:10: `light.level` is 9, not within 1 to 3",
        ),
        (
            "[[things]]\nname = \"x\"",
            "things/test.toml:10: `id` is missing",
        ),
    ] {
        let problems = with(more);
        assert!(problems.contains(told), "{more}: {problems}");
    }
    let mut town = town();
    town.rooms[0].more = "things = [{ thing = \"cap\" }]".to_owned();
    let problems = town.load().err().unwrap_or_default();
    assert!(problems[0].to_string().contains("`cap` is not a thing"));
}
