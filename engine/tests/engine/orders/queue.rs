//! Lines that wait for their turn.

use engine::prelude::*;
use engine::stage::Stage;
use engine::{Orders, QUEUED_MAX};

use super::{one, outcomes};
use crate::kit::named;

/// Queues every line, and gives everybody one turn a tick; who waits is asked in their order.
fn in_turn(
    mut heard: MessageReader<Heard>,
    mut orders: ResMut<Orders>,
    mut answers: MessageWriter<Answer>,
) {
    for Heard { order, line } in heard.read() {
        orders.queue(*order, line.clone());
    }
    for turn in 0..orders.turns() {
        let Some((order, line)) = orders.next_turn().and_then(|actor| orders.front(actor)) else {
            continue;
        };
        let told = format!("{turn} {}", line.as_str());
        orders.start(order);
        answers.write(Answer::with(order, told));
    }
}

fn patient() -> Stage {
    let mut stage = Stage::new(named("taker", |reg| {
        reg.owns::<Orders>().system(Phase::Ingest, in_turn);
    }))
    .unwrap();
    for name in ["ann", "bob"] {
        stage.enter(name);
    }
    stage
}

#[test]
fn queued_lines_take_turns() {
    let mut stage = patient();
    for words in ["a", "b", "c"] {
        stage.says("bob", words);
    }
    stage.tick();
    stage.says("ann", "x");
    stage.says("ann", "y");
    stage.tick();
    stage.tick();
    assert_eq!(
        outcomes(&mut stage, "bob"),
        [
            one(1, "0 a", false),
            one(2, "0 b", false),
            one(3, "0 c", false)
        ]
    );
    assert_eq!(
        outcomes(&mut stage, "ann"),
        [one(1, "1 x", false), one(2, "1 y", false)]
    );
}

#[test]
fn broken_taker_loses_received_and_keeps_queued_lines() {
    let mut stage = patient();
    stage.says("bob", "a");
    stage.says("bob", "b");
    stage.tick();
    stage.says("bob", "c");
    stage.tick_breaking(&["taker"], Phase::Ingest);
    stage.tick();
    stage.tick();
    assert_eq!(
        outcomes(&mut stage, "bob"),
        [
            one(1, "0 a", false),
            one(3, "internal_error", false),
            one(2, "0 b", false)
        ]
    );
}

#[test]
fn full_queue_takes_no_more_lines() {
    let mut stage = patient();
    for n in 0..=QUEUED_MAX {
        stage.says("bob", &n.to_string());
    }
    stage.tick();
    let said = outcomes(&mut stage, "bob");
    assert_eq!(
        said,
        [one(1, "0 0", false), one(65, "internal_error", false)]
    );
    for _ in 0..QUEUED_MAX {
        stage.tick();
    }
    assert_eq!(outcomes(&mut stage, "bob").len(), QUEUED_MAX - 1);
}

#[test]
fn queued_lines_end_with_the_session() {
    let mut stage = patient();
    for words in ["a", "b", "c"] {
        stage.says("bob", words);
    }
    stage.says("ann", "x");
    stage.tick();
    outcomes(&mut stage, "ann");
    stage.leaves("bob");
    stage.says("ann", "y");
    stage.tick();
    assert_eq!(outcomes(&mut stage, "ann"), [one(2, "0 y", false)]);
    stage.enter("bob");
    stage.sends("bob", Some(2), "again");
    stage.tick();
    assert_eq!(outcomes(&mut stage, "bob"), [one(2, "0 again", false)]);
}
