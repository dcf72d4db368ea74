//! What comes all at once is spread over ticks, and nobody can tell but by the time.

use std::collections::BTreeSet;

use super::*;

/// Somebody who leaves in the tick in which it is said, at most.
const PER_TICK: u64 = 512;

fn crowd(all: u64) -> (Backstage, Tape<String>) {
    let tape = Tape::default();
    let mut world = Backstage::new(house(&tape));
    world.tick((0..all).map(|n| arrival(n, &name(n))).collect());
    world.tick(vec![]);
    assert_eq!(tape.take().len() as u64, all);
    (world, tape)
}

fn name(n: u64) -> String {
    format!("p{n}")
}

fn left(of: impl IntoIterator<Item = u64>) -> Vec<String> {
    of.into_iter().map(|n| format!("p{n} Quit")).collect()
}

#[test]
fn crowd_that_leaves_goes_in_turns() {
    let all = 2 * PER_TICK + 100;
    let (mut world, tape) = crowd(all);
    world.tick((0..all).map(leave).collect());
    assert_eq!(tape.take(), left(0..PER_TICK));
    // Who leaves now waits behind the others.
    world.tick(vec![leave(all - 1)]);
    assert_eq!(tape.take(), left(PER_TICK..2 * PER_TICK));
    world.tick(vec![]);
    assert_eq!(tape.take(), left(2 * PER_TICK..all));
    for _ in 0..3 {
        world.tick(vec![]);
    }
    assert_eq!(tape.take(), Vec::<String>::new());
    assert_eq!(world.engine.players_online(), 0);
    assert_eq!(living(&mut world.engine, &name(0)), None);
    assert_eq!(living(&mut world.engine, &name(all - 1)), None);
}

#[test]
fn session_that_waits_to_leave_does_nothing_more() {
    let all = PER_TICK + 100;
    let (mut world, tape) = crowd(all);
    let [talks, returns, anew] = [all - 1, all - 2, all - 3];
    let mut heard: Vec<Inbound> = (0..all).map(leave).collect();
    heard.push(line(talks, Some(1), "earn"));
    heard.push(Inbound::Lost {
        session: SessionId(talks),
    });
    heard.push(Inbound::Return {
        session: SessionId(returns),
        correlation: Correlation(1),
    });
    heard.push(arrival(all, &name(anew)));
    let said = world.tick(heard).emission.said;
    assert!(
        !said
            .iter()
            .any(|one| matches!(one, Outbound::Outcome { .. })),
        "a line after the end is not heard"
    );
    let refused = said.iter().filter_map(|one| match one {
        Outbound::Refused { session, .. } => Some(session.0),
        _ => None,
    });
    assert_eq!(refused.collect::<Vec<_>>(), [returns]);
    let mut now: BTreeSet<String> = left((0..PER_TICK).chain([returns])).into_iter().collect();
    now.insert(format!("{} TakenOver", name(anew)));
    assert_eq!(tape.take().into_iter().collect::<BTreeSet<_>>(), now);

    world.tick(vec![]);
    let rest = (PER_TICK..all).filter(|n| ![returns, anew].contains(n));
    assert_eq!(tape.take(), left(rest));
    assert_eq!(world.engine.players_online(), 1);
    let said = world.tick(vec![line(all, Some(1), "earn")]).emission.said;
    assert!(
        said.iter()
            .any(|one| matches!(one, Outbound::Outcome { .. })),
        "whoever came anew plays on"
    );
}

#[test]
fn crowd_dismissed_twice_is_closed_once() {
    let all = PER_TICK + 100;
    let tape = Tape::default();
    let mut world = Backstage::new(named("bouncer", {
        let tape = tape.clone();
        move |reg: &mut Registrar<'_>| {
            reg.add(house(&tape)).system(
                Phase::Simulate,
                |clock: Res<Clock>,
                 here: Query<Entity, With<Online>>,
                 mut dismiss: MessageWriter<Dismiss>| {
                    if clock.tick < 3 {
                        return;
                    }
                    dismiss.write_batch(here.iter().map(|actor| Dismiss {
                        actor,
                        why: Leaving::Quit,
                        told: None,
                    }));
                },
            );
        }
    }));
    world.tick((0..all).map(|n| arrival(n, &name(n))).collect());
    let mut closed = Vec::new();
    for _ in 0..5 {
        let said = world.tick(vec![]).emission.said;
        closed.extend(said.into_iter().filter_map(|one| match one {
            Outbound::Close { session, .. } => Some(session.0),
            _ => None,
        }));
    }
    closed.sort_unstable();
    assert_eq!(closed, (0..all).collect::<Vec<_>>());
    assert_eq!(world.engine.players_online(), 0);
}
