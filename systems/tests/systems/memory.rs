//! What the game looks up while it plays, it finds in memory.

use engine::port::{Inbound, SessionId};
use engine::stage::SavedRows;
use systems::lucidity::MYTHOS_MINUTE;

use crate::town::{Place, Town, arrival, before, clock, half_a_minute, settle};

const ROOMS: usize = 100;
/// Evaluations of the flux that are watched.
const MINUTES: u32 = 5;

/// An audit's seventh finding: rooms were read from the database in every tick. The world has one
/// way to a database, its asks.
#[test]
fn flux_over_full_rooms_queries_no_storage() {
    let whole = std::env::var("KADATH_PROOF").is_ok_and(|size| size == "full");
    let players: u64 = if whole { 10_000 } else { 1_000 };
    let names: Vec<String> = (0..ROOMS).map(|room| format!("r{room}")).collect();
    let town = Town {
        rooms: names
            .iter()
            .map(|name| Place::new(name, "graveyard"))
            .collect(),
        rules: Some("[environments.graveyard]\nall = -3.0\n".to_owned()),
        ..Town::default()
    };
    let mut saved = SavedRows::new();
    let name = |player: u64| format!("p{player}");
    for player in 0..players {
        let room = &names[player as usize % ROOMS];
        settle(&mut saved, &name(player), room, 90);
    }
    let first = clock(1, 0);
    let mut stage = town.stage(saved, before(first, half_a_minute()));
    for player in 0..players {
        let arrival = arrival(&name(player), SessionId(player + 1));
        stage.inbound(Inbound::Arrive(arrival));
    }
    stage.tick();
    stage.tick();
    let arrived = stage.asked();
    assert_eq!(arrived, players, "one load for each who arrives");
    stage.pass(MYTHOS_MINUTE * MINUTES);
    assert_eq!(stage.asked(), arrived);
    assert_eq!(stage.faults(), []);
    let moved = stage
        .facts()
        .iter()
        .filter(|fact| fact.kind == "lucidity")
        .map(|fact| fact.subject)
        .collect::<std::collections::BTreeSet<_>>();
    assert_eq!(moved.len() as u64, players, "the flux reached everybody");
}
