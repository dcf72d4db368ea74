//! Characters that another node wants, or has taken.

use engine::TickOutput;
use engine::port::{Inbound, Leaving, Outbound, SessionId, StableId, StoreAsk, StoreReply};

use crate::kit::{Backstage, arrival, game, line};

fn ann() -> StableId {
    StableId::named("ann")
}

fn release() -> StoreAsk {
    StoreAsk::Release { character: ann() }
}

fn load(session: u64) -> StoreAsk {
    StoreAsk::Load {
        character: ann(),
        session: SessionId(session),
    }
}

/// The sessions that a tick closes because another has taken over.
fn closed(output: &TickOutput) -> Vec<u64> {
    let said = output.emission.said.iter();
    said.filter_map(|said| match said {
        Outbound::Close {
            session,
            why: Leaving::TakenOver,
            ..
        } => Some(session.0),
        _ => None,
    })
    .collect()
}

/// A world in which ann plays, with all she did durable.
fn with_ann() -> Backstage {
    let mut world = Backstage::new(game);
    world.tick(vec![arrival(1, "ann")]);
    world.tick(vec![line(1, Some(1), "earn")]);
    world.tick(vec![]);
    world
}

#[test]
fn character_wanted_elsewhere_closes_then_yields_when_durable() {
    let mut world = with_ann();
    world.hold = true;
    world.tick(vec![line(1, Some(2), "earn")]);
    let asked = world.tick_with(vec![], vec![StoreReply::Wanted { character: ann() }]);
    assert_eq!(closed(&asked), [1]);
    for _ in 0..3 {
        // Storage asks again and again.
        let again = vec![StoreReply::Wanted { character: ann() }];
        let waiting = world.tick_with(vec![], again);
        assert_eq!((closed(&waiting), waiting.asks), (vec![], vec![]));
    }
    world.hold = false;
    let asks: Vec<StoreAsk> = (0..3).flat_map(|_| world.tick(vec![]).asks).collect();
    assert_eq!(asks, [release()]);
}

#[test]
fn unloaded_character_yields_at_once_except_during_load() {
    let mut world = Backstage::new(game);
    let wanted = || vec![StoreReply::Wanted { character: ann() }];
    assert_eq!(world.tick_with(vec![], wanted()).asks, [release()]);
    world.answer = false;
    assert_eq!(world.tick(vec![arrival(1, "ann")]).asks, [load(1)]);
    assert_eq!(world.tick_with(vec![], wanted()).asks, []);
}

#[test]
fn sign_in_waits_while_character_is_yielded() {
    let mut world = with_ann();
    world.hold = true;
    world.tick(vec![line(1, Some(2), "earn")]);
    world.tick_with(vec![], vec![StoreReply::Wanted { character: ann() }]);
    let arrived = world.tick(vec![arrival(2, "ann")]);
    assert_eq!(arrived.asks, [], "not yet out of memory");
    let admitted = |output: &TickOutput| {
        let said = output.emission.said.iter();
        said.filter(|said| matches!(said, Outbound::Admitted { .. }))
            .count()
    };
    assert_eq!(admitted(&arrived), 0, "seated on what is on its way");
    world.hold = false;
    let mut asks = Vec::new();
    let mut seats = 0;
    for _ in 0..4 {
        let output = world.tick(vec![]);
        seats += admitted(&output);
        asks.extend(output.asks);
    }
    assert_eq!(asks, [release(), load(2)]);
    assert_eq!(seats, 1);
}

#[test]
fn lost_lease_closes_session_before_durable() {
    let mut world = with_ann();
    world.hold = true;
    world.tick(vec![line(1, Some(2), "earn")]);
    let lost = world.tick_with(vec![], vec![StoreReply::Lost { character: ann() }]);
    assert_eq!((closed(&lost), lost.asks), (vec![1], vec![]));
    assert_eq!(world.tick(vec![]).asks, [release()]);
    // What is not saved yet must not be taken for the newest: also now one waits.
    assert_eq!(world.tick(vec![arrival(2, "ann")]).asks, []);
    // Who gives up waiting is not asked for.
    world.tick(vec![Inbound::Leave {
        session: SessionId(2),
        why: Leaving::Quit,
    }]);
    world.hold = false;
    let asks: Vec<StoreAsk> = (0..3).flat_map(|_| world.tick(vec![]).asks).collect();
    assert_eq!(asks, [release()]);
}
