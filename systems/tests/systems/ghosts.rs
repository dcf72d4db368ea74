//! A plugin takes a player out of the world without a word: nobody is left behind as a ghost, and
//! the player comes back whole.

use engine::port::Leaving;
use engine::prelude::*;
use engine::stage::SavedRows;
use systems::lucidity::Lucidity;

use crate::town::{Town, clock, settle};

fn vandal(reg: &mut Registrar<'_>) {
    reg.system(
        Phase::Simulate,
        |mut heard: MessageReader<Heard>,
         mut destroy: MessageWriter<Destroy>,
         mut commands: Commands<'_, '_>| {
            for Heard { order, line } in heard.read() {
                match line.as_str() {
                    "despawn" => commands.entity(order.actor).despawn(),
                    "destroy" => _ = destroy.write(Destroy(order.actor)),
                    _ => {}
                }
            }
        },
    );
}

#[test]
fn despawned_player_leaves_no_ghost_and_returns_whole() {
    let town = Town::of(&[("here", "indoors"), ("there", "indoors")]);
    let mut saved = SavedRows::new();
    settle(&mut saved, "Ann", "there", 55);
    settle(&mut saved, "Bob", "there", 100);
    let mut stage = town.stage_with(vandal, saved, clock(12, 0));
    stage.enter("Bob");
    stage.enter("Ann");
    let says = |stage: &mut engine::stage::Stage, line: &str| {
        stage.pass(Duration::from_millis(200));
        stage.heard("Bob");
        stage.says("Bob", line);
        stage.tick();
        stage.heard("Bob")
    };
    assert!(says(&mut stage, "look").contains("Ann"));
    for (havoc, why, left) in [
        ("despawn", Leaving::Fault, 55),
        ("destroy", Leaving::Kicked, 100),
    ] {
        stage.ears("Ann");
        stage.says("Ann", havoc);
        stage.tick();
        assert_eq!(stage.ears("Ann").closed, Some(why));
        stage.pass(Duration::from_secs(1));
        for line in ["look", "who"] {
            let seen = says(&mut stage, line);
            assert!(!seen.contains("Ann"), "{havoc}, {line}: {seen}");
        }
        assert!(
            says(&mut stage, "look ann").contains("You see no"),
            "{havoc}"
        );
        stage.enter("Ann");
        let points = stage.component::<Lucidity>("Ann").points();
        assert_eq!(points, left, "{havoc}");
        if havoc == "despawn" {
            for line in ["look", "who"] {
                let seen = says(&mut stage, line);
                assert_eq!(seen.matches("Ann").count(), 1, "{line}: {seen}");
            }
        }
    }
    let faults = stage.faults();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].system.contains("ghosts::vandal"), "{faults:?}");
}
