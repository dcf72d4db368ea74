//! What the build refuses, and in which words.

mod order;

use engine::prelude::*;
use engine::stage::Stage;
use engine::{Engine, EngineFault, Setup};
use serde::{Deserialize, Serialize};

use crate::kit::{Words, named};

#[derive(Component, Serialize, Deserialize, Clone, Default)]
struct Purse(u32);
#[derive(Component, Serialize, Deserialize, Clone, Default)]
struct Pouch(u32);
#[derive(Resource, Default)]
struct Tally(u32);
#[derive(Message)]
struct Rang;

pub(crate) fn refusal(plugin: impl Plugin) -> String {
    match Engine::build(Setup::default(), plugin) {
        Err(fault @ EngineFault::Plugins(_)) => fault.to_string(),
        other => panic!("not refused: {other:?}"),
    }
}

/// Asserts that the refusal holds each of `words`, and that there is one mistake.
pub(crate) fn check(plugin: impl Plugin, words: &[&str]) {
    let said = refusal(plugin);
    for word in words {
        assert!(said.contains(word), "no {word:?} in: {said}");
    }
    assert_eq!(said.matches("\n  plugin `").count().max(1), 1, "{said}");
}

fn fill_purse(mut purses: Query<&mut Purse>) {
    for mut purse in &mut purses {
        purse.0 += 1;
    }
}
fn read_purse(_: Query<&Purse>) {}
fn count(mut tally: ResMut<Tally>) {
    tally.0 += 1;
}
fn ring(mut rang: MessageWriter<Rang>) {
    rang.write(Rang);
}
fn listen(mut rang: MessageReader<Rang>) {
    rang.read().for_each(drop);
}
fn rule_the_world(_: &mut World) {}
fn take_everything(_: Query<EntityMut>) {}
pub(crate) fn note(mut outbox: ResMut<Outbox>) {
    outbox.tell_one(engine::port::SessionId(1), Words(String::new()));
}

#[test]
fn a_component_has_one_writer() {
    let owner = || {
        named("bank", |reg| {
            reg.persist::<Purse>("purse");
        })
    };
    let thief = || {
        named("thief", |reg| {
            reg.system(Phase::Settle, fill_purse);
        })
    };
    let said = "system `engine::guard::fill_purse` writes `engine::guard::Purse`, which belongs to plugin `bank`; send its owner a message";
    check(
        move |reg: &mut Registrar<'_>| {
            reg.add(owner()).add(thief());
        },
        &["plugin `thief`: ", said],
    );
    // The owner is who says so, also when it comes later.
    check(
        move |reg: &mut Registrar<'_>| {
            reg.add(thief()).add(owner());
        },
        &["plugin `thief`: ", said],
    );
}

#[test]
fn unclaimed_component_belongs_to_first_writer() {
    let said = refusal(|reg: &mut Registrar<'_>| {
        reg.add(named("one", |reg| {
            reg.system(Phase::Settle, fill_purse);
        }))
        .add(named("two", |reg| {
            reg.system(Phase::Settle, fill_purse);
        }));
    });
    assert!(said.contains("belongs to plugin `one`"), "{said}");
}

#[test]
fn a_component_has_one_claim() {
    check(
        |reg: &mut Registrar<'_>| {
            reg.add(named("one", |reg| {
                reg.scratch::<Purse>();
            }))
            .add(named("two", |reg| {
                reg.scratch::<Purse>();
            }));
        },
        &["two plugins claim to be the one writer of `engine::guard::Purse`"],
    );
}

#[test]
fn a_resource_has_one_writer() {
    check(
        |reg: &mut Registrar<'_>| {
            reg.add(named("clerk", |reg| {
                reg.resource(Tally::default()).scratch::<Tally>();
            }))
            .add(named("forger", |reg| {
                reg.system(Phase::Settle, count);
            }));
        },
        &[
            "plugin `forger`: ",
            "Tally`, which belongs to plugin `clerk`",
        ],
    );
}

#[test]
fn a_reader_in_a_cadence_is_refused() {
    check(
        |reg: &mut Registrar<'_>| {
            reg.add(named("sleeper", |reg| {
                reg.message::<Rang>().every(Duration::from_secs(1), listen);
            }));
        },
        &[
            "plugin `sleeper`: system `engine::guard::listen` reads `engine::guard::Rang` in a cadence and would lose messages",
        ],
    );
}

#[test]
fn a_cadence_without_a_period_is_refused() {
    check(
        |reg: &mut Registrar<'_>| {
            reg.every(Duration::ZERO, || {});
        },
        &["a cadence needs a period above zero"],
    );
}

#[test]
fn exclusive_system_is_refused() {
    check(
        named("tyrant", |reg| {
            reg.system(Phase::Simulate, rule_the_world);
        }),
        &["plugin `tyrant`: system `engine::guard::rule_the_world` takes the whole world"],
    );
    check(
        named("glutton", |reg| {
            reg.system(Phase::Simulate, take_everything);
        }),
        &["plugin `glutton`: system `engine::guard::take_everything` takes all components"],
    );
}

#[test]
fn reader_before_writer_is_refused() {
    let early = "reads `engine::guard::Rang` in simulate before `engine::guard::ring` of plugin";
    check(
        |reg: &mut Registrar<'_>| {
            reg.message::<Rang>();
            reg.add(named("ear", |reg| {
                reg.system(Phase::Simulate, listen);
            }))
            .add(named("bell", |reg| {
                reg.system(Phase::Settle, ring);
            }));
        },
        &[
            "plugin `ear`: ",
            early,
            "plugin `bell` writes it in settle; read it in a later phase",
        ],
    );
    // In one phase the order of plugins counts, and within a plugin the order of its systems.
    check(
        |reg: &mut Registrar<'_>| {
            reg.message::<Rang>();
            reg.add(named("ear", |reg| {
                reg.system(Phase::Simulate, listen);
            }))
            .add(named("bell", |reg| {
                reg.system(Phase::Simulate, ring);
            }));
        },
        &["plugin `ear`: ", early],
    );
    check(
        named("echo", |reg| {
            reg.message::<Rang>()
                .system(Phase::Simulate, (listen, ring).chain());
        }),
        &["plugin `echo`: ", early],
    );
}

#[test]
fn reader_before_writer_passes_in_looping_phase() {
    let built = Stage::new(|reg: &mut Registrar<'_>| {
        reg.message::<Rang>()
            .system(Phase::Settle, (listen, ring).chain());
    });
    assert!(built.is_ok(), "{built:?}");
}

#[test]
fn notes_are_refused_outside_emit() {
    for phase in [Phase::Ingest, Phase::Simulate, Phase::Settle] {
        let words = format!("writes notes in {}; notes are made in emit", phase.word());
        check(
            named("gossip", move |reg| {
                reg.system(phase, note);
            }),
            &["plugin `gossip`: system `engine::guard::note` ", &words],
        );
    }
    assert!(
        Stage::new(|reg: &mut Registrar<'_>| {
            reg.system(Phase::Emit, note);
        })
        .is_ok()
    );
}

#[test]
fn unregistered_message_is_refused() {
    let unknown =
        "bevy_ecs::message::messages::Messages<engine::guard::Rang>`, which no plugin registered";
    check(
        named("bell", |reg| {
            reg.system(Phase::Simulate, ring);
        }),
        &[
            "plugin `bell`: system `engine::guard::ring` writes `",
            unknown,
        ],
    );
    check(
        named("ear", |reg| {
            reg.system(Phase::Settle, listen);
        }),
        &[
            "plugin `ear`: system `engine::guard::listen` reads `",
            unknown,
        ],
    );
}

#[test]
fn unordered_conflicting_systems_are_refused_by_name() {
    check(
        named("chaos", |reg| {
            reg.system(Phase::Simulate, (fill_purse, read_purse));
        }),
        &[
            "plugin `chaos`, simulate: ",
            "fill_purse",
            "read_purse",
            "Purse",
        ],
    );
}

#[test]
fn a_saved_name_belongs_to_one_component() {
    check(
        |reg: &mut Registrar<'_>| {
            reg.add(named("one", |reg| {
                reg.persist::<Purse>("money");
            }))
            .add(named("two", |reg| {
                reg.persist::<Pouch>("money");
            }));
        },
        &["two saved components are called `money`"],
    );
}

#[test]
fn a_component_is_saved_or_retired() {
    check(
        |reg: &mut Registrar<'_>| {
            reg.persist::<Purse>("money").retire("money");
        },
        &["the component `money` is saved and retired"],
    );
}

#[test]
fn a_plugin_name_belongs_to_one_plugin() {
    check(
        |reg: &mut Registrar<'_>| {
            reg.add(named("twin", |_| {})).add(named("twin", |_| {}));
        },
        &["two plugins are called `twin`"],
    );
}

#[test]
fn every_mistake_is_told_at_once() {
    let said = refusal(|reg: &mut Registrar<'_>| {
        reg.add(named("a", |reg| {
            reg.system(Phase::Ingest, note);
        }))
        .add(named("b", |reg| {
            reg.system(Phase::Settle, ring);
        }))
        .add(named("c", |reg| {
            reg.every(Duration::ZERO, || {});
        }));
    });
    for plugin in ["a", "b", "c"] {
        assert!(said.contains(&format!("plugin `{plugin}`")), "{said}");
    }
}

#[test]
fn stage_insert_into_foreign_component_is_fault() {
    let mut stage = Stage::new(|reg: &mut Registrar<'_>| {
        reg.add(named("bank", |reg| {
            reg.scratch::<Purse>()
                .system(Phase::Simulate, |mut commands: Commands| {
                    commands.spawn(Purse(1));
                });
        }))
        .add(named("forger", |reg| {
            reg.system(
                Phase::Settle,
                |mut commands: Commands, empty: Query<Entity, With<Purse>>| {
                    for entity in empty {
                        commands.entity(entity).insert(Purse(1_000));
                    }
                },
            );
        }));
    })
    .unwrap();
    stage.tick();
    let [fault] = stage.faults() else {
        panic!("{:?}", stage.faults());
    };
    assert_eq!((fault.plugin, fault.phase), ("forger", Phase::Settle));
    assert_eq!(
        fault.what,
        "inserts `engine::guard::Purse`, which belongs to another plugin; send its owner a message"
    );
}

#[test]
fn state_of_no_declared_kind_is_refused() {
    let said = refusal(named("clerk", |reg| {
        reg.resource(Tally::default())
            .owns::<Purse>()
            .system(Phase::Settle, count);
    }));
    for state in ["Tally", "Purse"] {
        let words = format!("plugin `clerk`: `engine::guard::{state}` does not say what it is");
        assert!(said.contains(&words), "{said}");
    }
    // Content that no system writes need not.
    let sound = |reg: &mut Registrar<'_>| {
        reg.resource(Tally::default()).computed::<Purse>();
    };
    assert!(Engine::build(Setup::default(), sound).is_ok());
}
