//! How many commands a character has.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::port::WorldTime;
use engine::stage::SavedRows;
use proptest::prelude::*;

use crate::town::{Town, clock};

const SECOND: Duration = Duration::from_secs(1);
const MOST: usize = 10;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever comes between, and also when the connection is another.
    #[test]
    fn any_second_allows_exactly_ten_commands(
        gaps in prop::collection::vec((0_u64..250, prop::bool::weighted(0.02)), 1..120)
    ) {
        let town = Town::of(&[("here", "outdoors")]);
        let mut stage = town.stage(SavedRows::new(), clock(0, 0));
        stage.enter("Ann");
        let mut had: Vec<WorldTime> = Vec::new();
        for (gap, again) in gaps {
            if again {
                stage.enter("Ann");
            }
            let now = stage.now().plus(Duration::from_millis(gap));
            stage.ears("Ann");
            stage.sends("Ann", None, "time");
            stage.tick_at(now);
            let outcomes = stage.ears("Ann").outcomes;
            prop_assert_eq!(outcomes.len(), 1);
            let lately = had.iter().filter(|at| now.since(**at) < SECOND).count();
            prop_assert_eq!(outcomes[0].result.is_ok(), lately < MOST, "{} lately", lately);
            match &outcomes[0].result {
                Ok(_) => had.push(now),
                // And whoever waits as long as they are told has the next one.
                Err(refusal) => {
                    let oldest = had[had.len() - MOST];
                    let wait = SECOND - now.since(oldest);
                    let told = refusal.retry_after_ms.expect("a time to wait");
                    prop_assert_eq!(told, wait.as_millis().max(1) as u64);
                }
            }
        }
    }
}

#[test]
fn commands_and_excess_lines_are_counted_by_kind() {
    let town = Town::of(&[("here", "outdoors")]);
    let mut stage = town.stage(SavedRows::new(), clock(0, 0));
    stage.enter("Ann");
    for _ in 0..MOST + 2 {
        stage.sends("Ann", None, "time");
    }
    stage.tick();
    assert_eq!(
        stage.engine().violations(),
        BTreeMap::from([("commands", 2)])
    );
    stage.pass(SECOND);
    // Too fast for another line to be earned meanwhile, and slow enough for a command.
    for _ in 0..18 {
        stage.pass(Duration::from_millis(150));
        stage.sends("Ann", None, "say hush");
        stage.tick();
    }
    assert_eq!(stage.engine().violations(), BTreeMap::from([("say", 3)]));
}
