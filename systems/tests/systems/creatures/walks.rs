//! Where creatures stray, and that nobody can tell whether somebody was looking.

use std::time::Duration;

use engine::stage::{SavedRows, Stage};
use proptest::prelude::*;

use super::{RAT, lives, places};
use crate::town::{Town, before, clock, settle};

/// Ten rooms in a row, and rats that stray among them.
fn row(leave: &str) -> Town {
    let names: Vec<String> = (0..12).map(|n| format!("r{n:02}")).collect();
    let rooms: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), "sanctuary"))
        .collect();
    let mut town = Town::of(&rooms);
    for room in &mut town.rooms[8..] {
        room.sub_zone = "far".to_owned();
    }
    let kinds = format!("{RAT}wander = {{ every = 6, chance = 0.9, range = 6{leave} }}\n");
    town.files.insert("creatures/all.toml".to_owned(), kinds);
    let spawns = lives("rat", "r05", "min = 6\nmax = 6");
    town.files.insert("zones/town/yard.toml".to_owned(), spawns);
    town
}

fn open(town: &Town, at: &str) -> Stage {
    let mut saved = SavedRows::new();
    settle(&mut saved, "Ann", at, 80);
    let mut stage = town.stage(saved, before(clock(12, 0), Duration::from_secs(60)));
    stage.enter("Ann");
    stage
}

#[test]
fn strays_keep_to_range_and_sub_zone() {
    let mut stage = open(&row(""), "r00").at_hz(5);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..100 {
        stage.pass(Duration::from_secs(6));
        seen.extend(places(&mut stage, "rat"));
    }
    let all: Vec<String> = (0..8).map(|n| format!("r{n:02}")).collect();
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), all);
    assert_eq!(stage.faults(), []);
}

#[test]
fn player_sees_creatures_come_and_go() {
    let mut stage = open(&row(""), "r05");
    stage.pass(Duration::from_secs(40));
    let heard = stage.heard("Ann");
    assert!(heard.contains("The wharf rat leaves "), "{heard}");
    assert!(heard.contains("A wharf rat comes in from the "), "{heard}");
}

#[test]
fn same_seed_gives_same_walk() {
    let walk = || {
        let mut stage = open(&row(""), "r00").at_hz(5);
        stage.pass(Duration::from_secs(300));
        places(&mut stage, "rat")
    };
    assert_eq!(walk(), walk());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    /// Whoever comes finds creatures where they would be if somebody had been near all the time.
    #[test]
    fn unwatched_creatures_are_where_watched_are(
        wait in 1_u64..200,
        steps in 0_usize..8,
        leave in prop::bool::ANY,
    ) {
        let town = row(if leave { ", leave = true" } else { "" });
        // Watched all the time: five of them stand about.
        let mut watched = open(&town, "r11");
        for (name, room) in [("Bea", 1), ("Cleo", 3), ("Dora", 5), ("Edna", 7)] {
            watched.enter(name);
            watched.tick();
            for _ in 0..room {
                watched.says(name, "east");
                watched.tick();
            }
        }
        let mut alone = open(&town, "r11");
        let spent = watched.now().since(alone.now());
        alone.pass(spent);
        for stage in [&mut watched, &mut alone] {
            stage.pass(Duration::from_secs(wait));
            for _ in 0..steps {
                stage.says("Ann", "west");
                stage.tick();
            }
            stage.tick();
        }
        // What Ann sees where she is, and within two rooms of it.
        let here = 11 - steps;
        let near = |all: Vec<String>| -> Vec<String> {
            let room = |one: &String| one[1..].parse::<usize>().unwrap();
            all.into_iter().filter(|one| room(one).abs_diff(here) <= 2).collect()
        };
        let (of_watched, of_alone) = (places(&mut watched, "rat"), places(&mut alone, "rat"));
        let ids = |all: &[String], other: &[String]| -> Vec<(String, String)> {
            all.iter().cloned().zip(other.iter().cloned()).collect()
        };
        for (one, other) in ids(&of_watched, &of_alone) {
            if !near(vec![one.clone()]).is_empty() || !near(vec![other.clone()]).is_empty() {
                prop_assert_eq!(one, other);
            }
        }
    }
}
