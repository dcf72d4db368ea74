//! What a checkpoint costs the world's thread does not grow with what is saved of people, and
//! little with how many they are.

use allocation_counter::measure;
use engine::stage::Stage;
use systems::Settings;

use crate::harness::shipped;

/// What may be allocated for each player, and bytes of it.
const ALLOCATIONS_MAX: f64 = 8.0;
const BYTES_MAX: f64 = 2_048.0;

/// Where most was copied ahead, as the runner does.
const ALLOCATIONS_LEFT_MAX: f64 = 1.0;

/// A world of so many who talk and walk; the cost of a checkpoint of it, of a whole copy, and of a
/// checkpoint of which most was copied ahead.
fn copied(players: usize) -> [(u64, u64); 3] {
    let mut settings = Settings::default();
    settings.commands.commands_per_second = 0;
    let mut stage = Stage::new(systems::game(shipped(), settings)).unwrap();
    let name = |player: usize| format!("p{player}");
    for player in 0..players {
        stage.enter(&name(player));
    }
    for line in ["say the stars are right", "n", "emote shivers", "s", "map"] {
        for player in 0..players {
            stage.says(&name(player), line);
        }
        stage.tick();
    }
    let mut cost = |copy: &dyn Fn(&mut Stage)| {
        let spent = measure(|| copy(&mut stage));
        (spent.count_total, spent.bytes_total)
    };
    let unsaved = cost(&|stage| drop(stage.engine().unsaved()));
    let whole = cost(&|stage| drop(stage.engine().checkpoint()));
    while stage.engine().copy_ahead() {}
    for player in 0..players / 10 {
        stage.says(&name(player), "say they were right before");
    }
    stage.tick();
    let left = measure(|| drop(stage.engine().unsaved()));
    [unsaved, whole, (left.count_total, left.bytes_total)]
}

#[test]
fn checkpoint_copies_little_for_each_player() {
    const FEW: usize = 50;
    const MANY: usize = 250;
    let (few, many) = (copied(FEW), copied(MANY));
    let each = |many: u64, few: u64| many.saturating_sub(few) as f64 / (MANY - FEW) as f64;
    let [unsaved, whole, left] = [0, 1, 2].map(|n| {
        let allocations = each(many[n].0, few[n].0);
        (allocations, each(many[n].1, few[n].1))
    });
    assert!(unsaved.0 <= ALLOCATIONS_MAX, "{unsaved:?}");
    assert!(unsaved.1 <= BYTES_MAX, "{unsaved:?}");
    assert!(unsaved < whole, "{unsaved:?} of {whole:?}");
    assert!(left.0 <= ALLOCATIONS_LEFT_MAX, "{left:?} of {unsaved:?}");
}
