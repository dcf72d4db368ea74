//! How many there are, whatever becomes of them.

use std::time::Duration;

use engine::port::Role;
use engine::stage::{SavedRows, Stage};
use proptest::prelude::*;
use systems::creatures::SUB_ZONE_MAX;
use systems::place::Occupancy;

use super::{PEG, RAT, lives, open, pass, places, says, town};
use crate::town::{before, clock};

const KILL: &str = "{ do = \"damage\", amount = 40, to = \"others\" }";

fn kill_all(stage: &mut Stage) {
    says(stage, "Ann", "ring bell");
}

#[test]
fn dead_creature_comes_again_when_due() {
    let mut stage = open(&town(RAT, &lives("rat", "hall", "min = 1"), KILL));
    kill_all(&mut stage);
    pass(&mut stage, 88);
    assert_eq!(places(&mut stage, "rat").len(), 0);
    let heard = pass(&mut stage, 24);
    assert!(heard.contains("A wharf rat comes by."), "{heard}");
    assert_eq!(places(&mut stage, "rat"), ["hall"]);
}

#[test]
fn who_is_dead_stays_so_over_restart() {
    let town = town(RAT, &lives("rat", "hall", "min = 1"), KILL);
    let mut stage = open(&town);
    kill_all(&mut stage);
    let now = stage.now();
    let saved = stage.saved().clone();
    assert!(
        !saved
            .values()
            .any(|row| row.component == "vitals" && row.body.contains("\"dp\":10"))
    );
    let mut stage = town.stage(saved, now.plus(Duration::from_secs(1)));
    stage.pass(Duration::from_secs(30));
    assert_eq!(places(&mut stage, "rat").len(), 0);
    stage.pass(Duration::from_secs(90));
    assert_eq!(places(&mut stage, "rat"), ["hall"]);
    assert_eq!(stage.faults(), []);
}

#[test]
fn those_of_another_hour_go_home() {
    let spawns = lives("peg", "hall", "min = 1\nwhen = { time = [11, 13] }");
    let mut stage = open(&town(PEG, &spawns, "")).at_hz(5);
    assert_eq!(places(&mut stage, "peg").len(), 1);
    // A Mythos hour is 375 seconds.
    let heard = pass(&mut stage, 470);
    assert!(heard.contains("Peg Dunphy goes off."), "{heard}");
    assert_eq!(places(&mut stage, "peg").len(), 0);
}

#[test]
fn caps_hold_and_unique_ones_are_alone() {
    let spawns: String = ["hall", "yard"]
        .map(|room| lives("peg", room, "min = 1"))
        .concat();
    let mut stage = open(&town(
        &format!("{RAT}{PEG}"),
        &spawns,
        "{ do = \"spawn\", creature = \"rat\", count = 10 }",
    ));
    assert_eq!(places(&mut stage, "peg").len(), 1);
    for _ in 0..8 {
        says(&mut stage, "Ann", "ring bell");
    }
    assert_eq!(places(&mut stage, "rat").len(), SUB_ZONE_MAX - 1);
    stage.enter_as("Ada", Role::Admin);
    stage.tick();
    assert!(says(&mut stage, "Ada", "npc spawn rat").contains("There are as many as may be."));
}

#[test]
fn person_walks_where_the_hour_wants() {
    let mut town = town(
        &(PEG
            .to_owned()
            .replace("unique = true", "unique = true\nschedule = \"days\"")),
        &lives("peg", "hall", "min = 1"),
        "",
    );
    town.files.insert(
        "rules/schedules.toml".to_owned(),
        "[[schedules]]\nid = \"days\"\nhours = [\n { start_hour = 12, end_hour = 13, room = \"lane\" },\n { start_hour = 13, end_hour = 12, room = \"hall\" },\n]\n".to_owned(),
    );
    let mut saved = SavedRows::new();
    crate::town::settle(&mut saved, "Ann", "hall", 80);
    let mut stage = town.stage(saved, before(clock(12, 0), Duration::from_secs(60)));
    stage.enter("Ann");
    stage.tick();
    pass(&mut stage, 55);
    assert_eq!(places(&mut stage, "peg"), ["hall"]);
    let heard = pass(&mut stage, 10);
    assert!(heard.contains("Peg Dunphy leaves east."), "{heard}");
    pass(&mut stage, 10);
    assert_eq!(places(&mut stage, "peg"), ["lane"]);
    let heard = pass(&mut stage, 375);
    assert!(
        heard.contains("Peg Dunphy comes in from the east."),
        "{heard}"
    );
    assert_eq!(places(&mut stage, "peg"), ["hall"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    /// Under any deaths: never fewer than the least, of those alive and on their way, never more than the
    /// most, and each in one room.
    #[test]
    fn numbers_stay_within_every_rule(
        min in 0_usize..4,
        more in 0_usize..3,
        deeds in prop::collection::vec((0_u8..4, 1_u64..70), 1..6),
    ) {
        let max = (min + more).max(1);
        let rat = RAT.to_owned() + "wander = { every = 6, chance = 1.0, range = 2 }\n";
        let spawns = lives("rat", "hall", &format!("min = {min}\nmax = {max}\nchance = 0.7"));
        let mut stage = open(&town(&rat, &spawns, KILL)).at_hz(5);
        stage.enter_as("Ada", Role::Admin);
        stage.tick();
        for (deed, seconds) in deeds {
            match deed {
                0 => kill_all(&mut stage),
                1 => _ = says(&mut stage, "Ann", "east"),
                2 => _ = says(&mut stage, "Ann", "west"),
                _ => {}
            }
            stage.pass(Duration::from_secs(seconds));
            let there = places(&mut stage, "rat");
            prop_assert!(there.len() <= max, "{there:?}");
            prop_assert!(!there.contains(&"nowhere".to_owned()));
            let told = says(&mut stage, "Ada", "npc population");
            let figures: Vec<usize> = told.split_whitespace().filter_map(|word| word.parse().ok()).collect();
            prop_assert!(figures[0] + figures[1] >= min, "{told}");
            prop_assert_eq!(figures[0], there.len());
            let world = stage.engine().world();
            let listed: usize = systems_rooms(world).iter().sum();
            prop_assert_eq!(listed, there.len());
        }
        prop_assert_eq!(stage.faults(), []);
    }
}

fn cases() -> u32 {
    // A tenth by default.
    std::env::var("PLAYS")
        .ok()
        .and_then(|plays| plays.parse().ok())
        .unwrap_or(6)
}

fn systems_rooms(world: &bevy_ecs::world::World) -> Vec<usize> {
    let atlas = world.resource::<systems::world::Atlas>();
    let occupancy = world.resource::<Occupancy>();
    atlas
        .rooms()
        .map(|(ix, _)| occupancy.creatures(ix).len())
        .collect()
}
