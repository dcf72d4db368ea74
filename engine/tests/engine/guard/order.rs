//! What the build refuses of messages, of writes in Emit, and of the order of plugins.

use engine::prelude::*;
use engine::{Engine, Orders, Setup};

use super::{Purse, Rang, Tally, check, count, fill_purse, listen, ring};
use crate::kit::named;

#[test]
fn unread_message_is_refused() {
    check(
        named("bell", |reg| {
            reg.message::<Rang>().system(Phase::Simulate, ring);
        }),
        &["plugin `bell`: the message `engine::guard::Rang` is read by nobody"],
    );
}

#[test]
fn mutator_before_the_writer_is_refused() {
    let muffle = |mut rang: MessageMutator<Rang>| rang.read().for_each(drop);
    check(
        move |reg: &mut Registrar<'_>| {
            reg.message::<Rang>();
            reg.add(named("felt", move |reg| {
                reg.system(Phase::Simulate, muffle);
            }))
            .add(named("bell", |reg| {
                reg.system(Phase::Simulate, ring);
            }))
            .add(named("ear", |reg| {
                reg.system(Phase::Settle, listen);
            }));
        },
        &[
            "plugin `felt`: ",
            "reads `engine::guard::Rang` in simulate before `engine::guard::ring` of plugin `bell`",
        ],
    );
}

#[test]
fn declared_writer_after_the_reader_is_refused() {
    check(
        |reg: &mut Registrar<'_>| {
            reg.message::<Rang>();
            reg.add(named("ear", |reg| {
                reg.system(Phase::Simulate, listen);
            }))
            .add(named("bell", |reg| {
                reg.writes::<Rang>(Phase::Settle);
            }));
        },
        &[
            "plugin `ear`: ",
            "reads `engine::guard::Rang` in simulate before `a declared writer` of plugin `bell`",
        ],
    );
}

#[test]
fn writes_in_emit_are_refused() {
    check(
        named("late", |reg| {
            reg.scratch::<Purse>().system(Phase::Emit, fill_purse);
        }),
        &[
            "plugin `late`: system `engine::guard::fill_purse` writes `engine::guard::Purse` in emit",
        ],
    );
    check(
        named("late", |reg| {
            reg.resource(Tally::default())
                .scratch::<Tally>()
                .system(Phase::Emit, count);
        }),
        &["plugin `late`: system `engine::guard::count` writes `engine::guard::Tally` in emit"],
    );
}

#[test]
fn plugin_before_a_needed_one_is_refused() {
    let needs = || {
        named("b", |reg| {
            _ = reg.after("a", "what a client hears begins with a")
        })
    };
    check(
        move |reg: &mut Registrar<'_>| {
            reg.add(needs()).add(named("a", |_| {}));
        },
        &["plugin `b` must be added after `a`: what a client hears begins with a"],
    );
    check(needs(), &["`a`, which is not there"]);
    let order = Engine::build(Setup::default(), move |reg: &mut Registrar<'_>| {
        reg.add(named("a", |_| {})).add(needs());
    });
    let order = order.unwrap();
    let order: Vec<_> = order.order().collect();
    assert_eq!(order, [("b", "a", "what a client hears begins with a")]);
}

#[derive(Message)]
struct Forge;

fn forge(mut asked: MessageReader<Forge>) {
    asked.read().for_each(drop);
}

#[test]
fn unread_verb_is_refused_by_name() {
    check(
        named("smith", |reg| _ = reg.verb::<Forge>(&["forge", "smith"])),
        &[
            "plugin `smith`: the verb `forge` does nothing",
            "Forge` is read by nobody",
        ],
    );
    let read = named("smith", |reg| {
        reg.verb::<Forge>(&["forge"]).system(Phase::Simulate, forge);
    });
    assert!(Engine::build(Setup::default(), read).is_ok());
}

#[test]
fn verb_read_before_dispatch_is_refused() {
    let taker = |reg: &mut Registrar<'_>| _ = reg.owns::<Orders>();
    check(
        named("all", move |reg| {
            reg.add(named("smith", |reg| {
                reg.verb::<Forge>(&["forge"]).system(Phase::Ingest, forge);
            }))
            .add(named("taker", taker));
        }),
        &[
            "plugin `smith`",
            "Forge` in ingest before",
            "plugin `taker`",
        ],
    );
    let behind = named("all", move |reg| {
        reg.add(named("taker", taker)).add(named("smith", |reg| {
            reg.verb::<Forge>(&["forge"]).system(Phase::Ingest, forge);
        }));
    });
    assert!(Engine::build(Setup::default(), behind).is_ok());
}

#[test]
fn orders_are_taken_by_one_plugin() {
    fn next(mut orders: ResMut<Orders>) {
        _ = orders.next_turn();
    }
    check(
        named("all", |reg| {
            reg.add(named("taker", |reg| {
                reg.owns::<Orders>().system(Phase::Ingest, next);
            }))
            .add(named("other", |reg| _ = reg.system(Phase::Ingest, next)));
        }),
        &["plugin `other`", "Orders`, which belongs to plugin `taker`"],
    );
}
