//! The map: what is on it, when it is told, and that it lasts.

use std::time::Duration;

use engine::Phase;
use engine::content::{Content, Source};
use engine::port::Inbound;
use engine::stage::{STAGE_START, SavedRows, Stage};
use serde_json::{Value, json};
use std::sync::Arc;
use systems::exploration::Explored;

use crate::town::{Town, save, settle};

fn town() -> Town {
    Town::of(&[
        ("porch", "indoors"),
        ("hall", "indoors"),
        ("yard", "outdoors"),
    ])
}

fn walk(stage: &mut Stage, lines: &[&str]) {
    for line in lines {
        stage.says("Ann", line);
        stage.tick();
    }
}

fn ids(rooms: &[Value]) -> Vec<&str> {
    rooms
        .iter()
        .filter_map(|room| room["id"].as_str())
        .collect()
}

#[test]
fn a_room_is_explored_once() {
    let mut stage = town().stage(SavedRows::new(), STAGE_START);
    stage.enter("Ann");
    let ears = stage.ears("Ann");
    let map = ears.events("explored_map");
    assert_eq!(map.len(), 1);
    assert_eq!(ids(map[0]["rooms"].as_array().expect("rooms")), ["porch"]);
    assert!(
        ears.events("room_explored").is_empty(),
        "the map already has it"
    );

    walk(&mut stage, &["east", "west", "east", "west"]);
    let found = stage.ears("Ann").events("room_explored");
    assert_eq!(
        found,
        [json!({
            "id": "hall",
            "name": "The hall",
            "zone": "town",
            "sub_zone": "yard",
            "sub_zone_name": "yard",
            "environment": "indoors",
            "x": 1,
            "y": 0,
            "z": 0,
            "exits": { "east": "yard", "west": "porch" },
        })]
    );
}

/// Over refused steps, lost connections, sign-outs, and stops and starts under way.
#[test]
fn room_is_explored_once_over_thousand_moves() {
    const MOVES: usize = 1_000;
    let rooms: Vec<String> = (0..40).map(|n| format!("room{n:02}")).collect();
    let row: Vec<_> = rooms.iter().map(|id| (id.as_str(), "indoors")).collect();
    let mut stage = Town::of(&row)
        .stage(SavedRows::new(), STAGE_START)
        .at_hz(10);
    stage.enter("Ann");
    let (mut at, mut reached, mut moves, mut restarts) = (0, 0, 0, 0);
    let mut told: Vec<String> = Vec::new();
    let mut lot = 1_u64;
    let mut tries = 0;
    while moves < MOVES {
        tries += 1;
        assert!(tries < 2 * MOVES, "only {moves} moves");
        // A linear congruence: its upper bits are good enough for a walk.
        lot = lot.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let east = lot >> 60 < 9;
        // Without an id: a restored stage would count them from one again, which is a repetition.
        stage.sends("Ann", None, if east { "east" } else { "west" });
        stage.pass(Duration::from_millis(200));
        let ears = stage.ears("Ann");
        // At the ends there is no way on.
        if ears.text().contains("You go ") {
            moves += 1;
            at = if east { at + 1 } else { at - 1 };
        }
        reached = reached.max(at);
        let found = ears.events("room_explored");
        told.extend(ids(&found).into_iter().map(str::to_owned));
        match lot >> 32 & 31 {
            0 => {
                restarts += 1;
                stage = Town::of(&row)
                    .stage(stage.saved().clone(), stage.now())
                    .at_hz(10);
                stage.enter("Ann");
            }
            1 => {
                stage.leaves("Ann");
                stage.pass(Duration::from_secs(1));
                stage.enter("Ann");
            }
            2 => {
                stage.loses("Ann");
                stage.tick();
                stage.returns("Ann");
                stage.tick();
            }
            _ => {}
        }
    }
    assert!(reached > 10 && restarts > 10, "{reached}, {restarts}");
    // The first room is on the map that a newcomer is given.
    assert_eq!(told, rooms[1..=reached]);
    stage.leaves("Ann");
    stage.pass(Duration::from_secs(1));
    stage.enter("Ann");
    let map = stage.ears("Ann").events("explored_map");
    let mut known: Vec<&str> = map
        .iter()
        .flat_map(|page| ids(page["rooms"].as_array().expect("rooms")))
        .collect();
    known.sort_unstable();
    assert_eq!(known, rooms[..=reached]);
    assert_eq!(stage.faults(), []);
}

#[test]
fn exploration_is_per_character() {
    let mut stage = town().stage(SavedRows::new(), STAGE_START);
    stage.enter("Ann");
    stage.enter("Bea");
    stage.ears("Bea");
    walk(&mut stage, &["east"]);
    assert!(stage.ears("Bea").events("room_explored").is_empty());
    assert!(!stage.component::<Explored>("Bea").has("hall"));
}

#[test]
fn exploration_survives_restart() {
    let mut stage = town().stage(SavedRows::new(), STAGE_START);
    stage.enter("Ann");
    walk(&mut stage, &["east"]);
    let mut later = town().stage(stage.saved().clone(), stage.now());
    later.enter("Ann");
    let map = later.ears("Ann").events("explored_map");
    assert_eq!(
        ids(map[0]["rooms"].as_array().expect("rooms")),
        ["hall", "porch"]
    );
    walk(&mut later, &["west", "east", "east"]);
    assert_eq!(ids(&later.ears("Ann").events("room_explored")), ["yard"]);
}

#[test]
fn lost_room_stays_explored_but_hidden() {
    let mut saved = SavedRows::new();
    save(&mut saved, "Ann", "explored", r#"["attic","porch"]"#);
    let mut stage = town().stage(saved, STAGE_START);
    stage.enter("Ann");
    let map = stage.ears("Ann").events("explored_map");
    assert_eq!(ids(map[0]["rooms"].as_array().expect("rooms")), ["porch"]);
    walk(&mut stage, &["east"]);
    let explored = stage.component::<Explored>("Ann");
    assert!(explored.has("attic") && explored.has("hall"));
}

#[test]
fn map_is_sent_to_new_sessions_only() {
    let mut stage = town().stage(SavedRows::new(), STAGE_START);
    stage.enter("Ann");
    stage.ears("Ann");
    let session = stage.session("Ann");
    stage.inbound(Inbound::Lost { session });
    stage.tick();
    let correlation = engine::port::Correlation(7);
    stage.inbound(Inbound::Return {
        session,
        correlation,
    });
    stage.tick();
    assert!(stage.ears("Ann").events("explored_map").is_empty());
    stage.enter("Ann");
    assert_eq!(stage.ears("Ann").events("explored_map").len(), 1);
}

/// A row of so many rooms, all of which Ann has explored; she is in the middle of it.
fn long_row(rooms: usize) -> Stage {
    let ids: Vec<String> = (0..rooms).map(|n| format!("room{n:04}")).collect();
    let town: Vec<_> = ids.iter().map(|id| (id.as_str(), "indoors")).collect();
    let mut saved = SavedRows::new();
    settle(&mut saved, "Ann", &ids[rooms / 2], 80);
    save(&mut saved, "Ann", "explored", json!(ids).to_string());
    Town::of(&town).stage(saved, STAGE_START)
}

#[test]
fn big_map_pages_come_nearest_first() {
    let mut stage = long_row(500);
    stage.enter("Ann");
    let mut pages = stage.ears("Ann").events("explored_map");
    assert_eq!(pages.len(), 1, "one page a tick");
    while pages.last().is_some_and(|page| page["more"] == true) {
        stage.tick();
        let next = stage.ears("Ann").events("explored_map");
        assert!(next.len() <= 1 && pages.len() < 50, "{} pages", pages.len());
        pages.extend(next);
    }
    let mut rooms: Vec<Value> = Vec::new();
    for (at, page) in (1..).zip(&pages) {
        assert_eq!(page["page"], at);
        assert!(page.to_string().len() <= 16 * 1_024);
        rooms.extend(page["rooms"].as_array().expect("rooms").iter().cloned());
    }
    assert!(pages.len() > 4, "more than go unread");
    let far: Vec<i64> = rooms
        .iter()
        .map(|room| (room["x"].as_i64().expect("a place") - 250).abs())
        .collect();
    assert!(far.is_sorted(), "{far:?}");
    let mut all = ids(&rooms);
    all.sort_unstable();
    all.dedup();
    assert_eq!((rooms.len(), all.len()), (500, 500));
    assert_eq!(stage.faults(), []);
}

#[test]
fn map_pages_wait_until_read() {
    let mut stage = long_row(500);
    stage.hold_receipts(true);
    stage.enter("Ann");
    for _ in 0..20 {
        stage.tick();
    }
    let pages = stage.ears("Ann").events("explored_map");
    assert_eq!(pages.len(), 4);
    // Whoever comes anew begins at the beginning.
    stage.hold_receipts(false);
    stage.enter("Ann");
    let again = stage.ears("Ann").events("explored_map");
    assert_eq!(again[0], pages[0]);
}

#[test]
fn map_resumes_after_missed_reading() {
    let mut stage = long_row(500);
    stage.enter("Ann");
    for _ in 0..3 {
        stage.tick();
    }
    assert_eq!(stage.ears("Ann").events("explored_map").len(), 4);
    // The client has read them, and that is not heard.
    stage.tick_breaking(&["exploration"], Phase::Ingest);
    stage.pass(Duration::from_secs(1));
    let rest = stage.ears("Ann").events("explored_map");
    assert_eq!(rest.last().map(|page| page["more"] == false), Some(true));
}

/// A square with a cellar, a way to the north-east, and something far off.
fn square() -> Arc<Content> {
    let source = |path: &str, text: &str| Source {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let mut rooms =
        String::from("id = \"yard\"\nname = \"The Yard\"\nenvironment = \"outdoors\"\n");
    for (id, exits) in [
        (
            "sw",
            "north = \"nw\"\neast = \"se\"\nnortheast = \"ne\"\ndown = \"cellar\"",
        ),
        ("nw", "south = \"sw\"\neast = \"ne\"\nsoutheast = \"se\""),
        (
            "ne",
            "west = \"nw\"\nsouth = \"se\"\nsouthwest = \"sw\"\nup = \"roof\"",
        ),
        (
            "se",
            "west = \"sw\"\nnorth = \"ne\"\nnorthwest = \"nw\"\neast = \"lane\"",
        ),
        ("lane", "west = \"se\""),
        ("cellar", "up = \"sw\""),
        ("roof", "down = \"ne\""),
    ] {
        rooms.push_str(&format!(
            "[[rooms]]\nid = \"{id}\"\nname = \"The {id}\"\ndescription = \"A room of the test.\"\n[rooms.exits]\n{exits}\n"
        ));
    }
    let sources = [
        source(
            "world.toml",
            "name = \"Test\"\nmotd = \"\"\ndefault_room = \"sw\"\n",
        ),
        source(
            "environments.toml",
            "[environments.outdoors]\nsummary = \"\"\n",
        ),
        source(
            "zones/town/zone.toml",
            "id = \"town\"\nplane = \"earth\"\nname = \"Town\"\n",
        ),
        source("zones/town/yard.toml", &rooms),
    ];
    systems::load(&sources).expect("a sound world")
}

fn drawn(stage: &mut Stage) -> String {
    stage.heard("Ann");
    stage.says("Ann", "map");
    stage.tick();
    stage.heard("Ann")
}

#[test]
fn map_is_centered_with_north_up() {
    let game = systems::game(square(), systems::Settings::default());
    let mut stage = Stage::new(game).expect("the plugins fit together");
    stage.enter("Ann");
    assert_eq!(
        drawn(&mut stage),
        concat!(
            "The sw, The Yard\n",
            " | /\n",
            "[@]-\n",
            "@ you   ^ way up   v way down   % both\n",
        )
    );
    walk(&mut stage, &["north", "east", "south"]);
    assert_eq!(
        drawn(&mut stage),
        concat!(
            "The se, The Yard\n",
            "[ ]-[^]\n",
            " | X |\n",
            "[v]-[@]-\n",
            "@ you   ^ way up   v way down   % both\n",
        )
    );
    walk(&mut stage, &["west", "down"]);
    assert_eq!(
        drawn(&mut stage),
        "The cellar, The Yard\n[@]\n@ you   ^ way up   v way down   % both\n"
    );
    assert_eq!(stage.faults(), []);
}

#[test]
fn clients_count_rooms_southwards() {
    let game = systems::game(square(), systems::Settings::default());
    let mut stage = Stage::new(game).expect("the plugins fit together");
    stage.enter("Ann");
    stage.ears("Ann");
    walk(&mut stage, &["northeast", "up"]);
    let found = stage.ears("Ann").events("room_explored");
    let at: Vec<_> = found
        .iter()
        .map(|room| (&room["x"], &room["y"], &room["z"]))
        .collect();
    assert_eq!(
        at,
        [
            (&json!(1), &json!(-1), &json!(0)),
            (&json!(1), &json!(-1), &json!(1))
        ]
    );
}
