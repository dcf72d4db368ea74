//! Another content under people who play: who is where, who sees what, and who may do it.

use std::time::Duration;

use engine::port::{DraftAct, Inbound, Role, StableId};
use engine::stage::{STAGE_START, SavedRows, Stage};
use systems::command::Verbs;
use systems::place::{InRoom, Occupancy};
use systems::world::Atlas;

use crate::town::{Place, Town};

fn place(id: &str, sub_zone: &str) -> Place {
    Place {
        sub_zone: sub_zone.to_owned(),
        ..Place::new(id, "outdoors")
    }
}

/// A gate and a yard, then a house of three rooms, then a mill.
fn village() -> Town {
    let rooms = [
        ("gate", "yard"),
        ("hall", "house"),
        ("loft", "house"),
        ("attic", "house"),
        ("mill", "mill"),
    ];
    Town {
        rooms: rooms.iter().map(|(id, of)| place(id, of)).collect(),
        things: crate::things::KINDS.to_owned(),
        ..Town::default()
    }
}

fn without(town: &Town, gone: &[&str]) -> Town {
    let mut town = town.clone();
    town.rooms.retain(|room| !gone.contains(&room.id.as_str()));
    town
}

fn stage(town: &Town) -> Stage {
    town.stage(SavedRows::new(), STAGE_START)
}

fn revise(stage: &mut Stage, town: &Town) {
    stage.revise(town.sources(), town.load().unwrap());
    stage.tick();
}

fn enter(stage: &mut Stage, name: &str, ways: usize) {
    stage.enter(name);
    for _ in 0..ways {
        stage.says(name, "east");
        stage.tick();
    }
    stage.heard(name);
}

fn room_of(stage: &mut Stage, name: &str) -> String {
    let InRoom(room) = stage.component::<InRoom>(name);
    let atlas = stage.engine().world().resource::<Atlas>();
    atlas.room(room).id.clone()
}

#[test]
fn people_of_lost_rooms_find_refuge() {
    let town = village();
    let mut stage = stage(&town);
    for (name, ways) in [("Ann", 2), ("Bob", 4), ("Cleo", 1), ("Dora", 0)] {
        enter(&mut stage, name, ways);
    }
    for name in ["Ann", "Bob", "Cleo", "Dora"] {
        stage.ears(name);
    }
    // Ann's room is gone, and Bob's with all of its sub-zone.
    revise(&mut stage, &without(&town, &["loft", "mill"]));
    let places: Vec<String> = ["Ann", "Bob", "Cleo", "Dora"]
        .iter()
        .map(|name| room_of(&mut stage, name))
        .collect();
    assert_eq!(places, ["hall", "gate", "hall", "gate"]);
    let ann = stage.ears("Ann");
    assert!(
        ann.text().contains("You are in The hall now."),
        "{}",
        ann.text()
    );
    let shown = ann.events("room_update");
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0]["room"]["id"], "hall");
    assert!(
        stage
            .ears("Bob")
            .text()
            .contains("You are in The gate now.")
    );
    stage.pass(Duration::from_secs(2));
    let joined = stage.ears("Cleo").events("room_occupants_changed");
    assert_eq!(joined[0]["joined"][0]["name"], "Ann", "{joined:?}");
    let index = stage.engine().world().resource::<Occupancy>().clone();
    let InRoom(hall) = stage.component::<InRoom>("Cleo");
    assert_eq!(index.of(hall).len(), 2);
    let saved = &stage.saved()[&(StableId::named("Ann"), "whereabouts".to_owned())];
    assert!(saved.body.contains("hall"), "{}", saved.body);
    assert_eq!(stage.faults(), []);
}

#[test]
fn rooms_kept_hold_people_and_talk() {
    let town = village();
    let mut stage = stage(&town);
    enter(&mut stage, "Ann", 3);
    enter(&mut stage, "Bob", 4);
    for line in ["say the rafters creak", "pose leans on a beam", "sit"] {
        stage.says("Ann", line);
        stage.tick();
    }
    stage.ears("Ann");
    stage.ears("Bob");
    // Every place in the atlas moves by two.
    let mut more = town.clone();
    more.rooms.insert(1, place("arch", "yard"));
    more.rooms.insert(2, place("well", "yard"));
    revise(&mut stage, &more);
    assert_eq!(room_of(&mut stage, "Ann"), "attic");
    // Their own ways are as before.
    assert_eq!(stage.ears("Ann").events("room_update").len(), 0);
    stage.says("Bob", "west");
    stage.pass(Duration::from_secs(1));
    let bob = stage.ears("Bob");
    assert!(bob.text().contains("the rafters creak"), "{}", bob.text());
    let here = bob.events("room_occupants");
    assert_eq!(here[0]["players"][0]["pose"], "leans on a beam", "{here:?}");
    assert_eq!(stage.faults(), []);
}

#[test]
fn changed_room_is_shown_to_occupants() {
    let town = village();
    let mut stage = stage(&town);
    enter(&mut stage, "Ann", 1);
    enter(&mut stage, "Bob", 2);
    stage.ears("Ann");
    stage.ears("Bob");
    let mut sources = town.sources();
    let house = sources
        .iter_mut()
        .find(|one| one.path.ends_with("house.toml"));
    let house = house.unwrap();
    house.text = house
        .text
        .replacen("A room of the test.", "A fire burns.", 1);
    let content = systems::load(&sources).unwrap();
    stage.revise(sources, content);
    stage.tick();
    let ann = stage.ears("Ann");
    assert_eq!(
        ann.events("room_update")[0]["room"]["description"],
        "A fire burns."
    );
    assert!(ann.text().contains("A fire burns."));
    assert!(stage.ears("Bob").notes.is_empty());
}

#[test]
fn changed_period_holds_from_swap_on() {
    let hazard = |every: u32| {
        let mut town = village();
        town.rooms[0].hazards = format!(
            "[{{ id = \"cold\", every_seconds = {every}, harm = 1, text = \"It is cold.\" }}]"
        );
        town
    };
    let mut stage = stage(&hazard(60));
    enter(&mut stage, "Ann", 0);
    let struck = |stage: &mut Stage| {
        stage.pass(Duration::from_secs(10));
        stage.heard("Ann").matches("It is cold.").count()
    };
    assert_eq!(struck(&mut stage), 0);
    revise(&mut stage, &hazard(5));
    assert_eq!(struck(&mut stage), 2);
    revise(&mut stage, &hazard(60));
    assert_eq!(struck(&mut stage), 0);
}

#[test]
fn things_come_back_with_lost_room() {
    let town = village();
    let mut stage = stage(&town);
    stage.enter_as("Ann", Role::Admin);
    for _ in 0..2 {
        stage.says("Ann", "east");
        stage.tick();
    }
    stage.says("Ann", "summon stone");
    stage.tick();
    let sees = |stage: &mut Stage| {
        stage.heard("Ann");
        stage.says("Ann", "look");
        stage.tick();
        stage.heard("Ann").contains("stone")
    };
    assert!(sees(&mut stage));
    revise(&mut stage, &without(&town, &["loft"]));
    assert!(sees(&mut stage), "it is where Ann is");
    revise(&mut stage, &town);
    assert!(!sees(&mut stage), "it is in the loft again");
    stage.says("Ann", "east");
    stage.tick();
    assert!(sees(&mut stage));
}

/// Everything that can be asked of the draft, as it is typed.
fn acts() -> Vec<(&'static str, DraftAct)> {
    let message = String::new();
    vec![
        ("world status", DraftAct::Status),
        ("world diff", DraftAct::Diff),
        ("world publish", DraftAct::Publish { message }),
        ("world history", DraftAct::History),
        ("world revert 3", DraftAct::Revert { number: 3 }),
        (
            "world blame gate",
            DraftAct::Blame {
                room: "gate".to_owned(),
            },
        ),
    ]
}

#[test]
fn each_role_has_own_acts_only() {
    let town = village();
    let mut stage = stage(&town);
    let roles = [
        ("Ann", Role::Player),
        ("Bob", Role::Designer),
        ("Cleo", Role::Admin),
    ];
    for (name, role) in roles {
        stage.enter_as(name, role);
    }
    stage.pass(Duration::from_secs(1));
    for (name, role) in roles {
        for (line, act) in acts() {
            stage.says(name, line);
            stage.pass(Duration::from_secs(1));
            let wished: Vec<DraftAct> = stage.wishes().into_iter().map(|one| one.act).collect();
            let expected: Vec<DraftAct> = (role >= Role::Designer)
                .then_some(act)
                .into_iter()
                .collect();
            assert_eq!(wished, expected, "{name}: {line}");
        }
        let facts = stage.facts().iter();
        let recorded = facts
            .filter(|fact| fact.detail.contains("\"world "))
            .count();
        let so_far = match role {
            Role::Player => 0,
            Role::Designer => 2,
            Role::Admin => 4,
        };
        assert_eq!(recorded, so_far, "{name}");
    }
    // Whatever else only admins have, designers have not.
    let verbs = stage.engine().world().resource::<Verbs>();
    let reserved: Vec<String> = verbs
        .of(Role::Admin)
        .filter(|entry| !entry.is_open_to(Role::Player) && entry.name() != "world")
        .flat_map(|entry| entry.words.iter().map(ToString::to_string))
        // A word may be an admin's verb and, to all others, one of theirs.
        .filter(|word| verbs.find_for(word, Role::Designer).is_none())
        .collect();
    assert!(reserved.len() > 8, "{reserved:?}");
    for word in reserved {
        stage.ears("Bob");
        stage.says("Bob", &format!("{word} Ann"));
        stage.pass(Duration::from_secs(1));
        let refused = stage.ears("Bob").outcomes.remove(0).result.unwrap_err();
        assert!(
            refused.message.starts_with("There is no command"),
            "{word}: {refused:?}"
        );
    }
}

#[test]
fn draft_is_told_to_designers_and_admins() {
    let town = village();
    let mut stage = stage(&town);
    stage.enter("Ann");
    stage.enter_as("Bob", Role::Designer);
    stage.enter_as("Cleo", Role::Admin);
    let tell = |stage: &mut Stage, to: Option<&str>| {
        stage.inbound(Inbound::Draft {
            to: to.map(StableId::named),
            text: "house.toml:3: a mistake".to_owned(),
            done: None,
        });
        for name in ["Ann", "Bob", "Cleo"] {
            stage.ears(name);
        }
        stage.pass(Duration::from_millis(200));
        ["Ann", "Bob", "Cleo"].map(|name| stage.heard(name).contains("house.toml:3"))
    };
    assert_eq!(tell(&mut stage, None), [false, true, true]);
    assert_eq!(tell(&mut stage, Some("Cleo")), [false, false, true]);
    assert_eq!(tell(&mut stage, Some("Ann")), [false; 3]);
}

/// Damages a text somewhere, in one of the ways in which texts are damaged.
fn damaged(text: &str, chance: &mut impl FnMut(usize) -> usize) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if lines.is_empty() {
        return "]".to_owned();
    }
    let at = chance(lines.len());
    match chance(6) {
        0 => _ = lines.remove(at),
        1 => lines.insert(at, lines[at].clone()),
        2 => {
            let other = chance(lines.len());
            lines.swap(at, other);
        }
        3 => {
            let mut letters: Vec<char> = lines[at].chars().collect();
            if !letters.is_empty() {
                let letter = chance(letters.len());
                letters[letter] = ['"', '[', '=', '9', '\u{1f300}', '\\'][chance(6)];
            }
            lines[at] = letters.into_iter().collect();
        }
        4 => lines.truncate(at),
        _ => lines[at] = "exits = { east = \"nowhere\" }".to_owned(),
    }
    lines.join("\n")
}

#[test]
fn damaged_drafts_neither_panic_nor_half_apply() {
    let town = village();
    let mut stage = stage(&town);
    enter(&mut stage, "Ann", 2);
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut chance = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below.max(1) as u64).unwrap()
    };
    let (mut whole, mut refused) = (0, 0);
    for _ in 0..300 {
        let mut sources = town.sources();
        for _ in 0..=chance(2) {
            let at = chance(sources.len());
            sources[at].text = damaged(&sources[at].text, &mut chance);
        }
        let before = stage.revision_mark();
        match systems::load(&sources) {
            Ok(content) => {
                whole += 1;
                let digest = engine::content::digest(&sources);
                stage.revise(sources, content);
                stage.tick();
                assert_eq!(stage.revision_mark().digest, digest);
            }
            Err(problems) => {
                refused += 1;
                assert!(problems.iter().all(|one| !one.message.is_empty()));
                assert_eq!(stage.revision_mark(), before);
            }
        }
        stage.says("Ann", "look");
        // As quick as anybody may type.
        stage.pass(Duration::from_millis(500));
        assert!(
            stage
                .ears("Ann")
                .outcomes
                .iter()
                .all(|one| one.result.is_ok())
        );
    }
    assert!(
        whole > 20 && refused > 100,
        "{whole} whole, {refused} refused"
    );
    assert_eq!(stage.faults(), []);
}
