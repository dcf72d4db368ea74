//! Every note is published.

use engine::prelude::*;
use engine::stage::Stage;
use engine::{Engine, Setup};
use schemars::JsonSchema;
use serde::Serialize;

use crate::guard;
use crate::kit::{Words, named};

#[test]
fn a_note_that_no_plugin_declares_is_a_fault_of_who_tells_it() {
    let mut stage = Stage::new(named("gossip", |reg| {
        reg.system(Phase::Emit, guard::note);
    }))
    .unwrap();
    stage.tick();
    let [fault] = stage.faults() else {
        panic!("{:?}", stage.faults());
    };
    assert_eq!(fault.plugin, "gossip");
    assert!(fault.what.contains("no plugin declares it"), "{fault:?}");
}

/// A note whose examples are all of one type, of which it has two.
#[derive(Debug, Serialize, JsonSchema)]
struct Toll {}
impl Note for Toll {
    fn event_type(&self) -> &'static str {
        "toll"
    }
    fn data(&self) -> &dyn erased_serde::Serialize {
        self
    }
}
impl Published for Toll {
    const TYPES: &'static [&'static str] = &["chime"];

    fn examples() -> Vec<Self> {
        vec![Self {}]
    }
}

#[test]
fn a_type_of_event_is_of_one_note_and_has_an_example() {
    guard::check(
        named("echo", |reg| {
            reg.note::<Words>().note::<Words>();
        }),
        &["another note is of type `words`, too"],
    );
    let said = guard::refusal(named("bell", |reg| {
        reg.note::<Toll>();
    }));
    for words in [
        "an example of `toll`, not its type",
        "no example of `chime`",
    ] {
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn the_engine_lists_what_its_plugins_declare() {
    let engine = Engine::build(Setup::default(), |reg: &mut Registrar<'_>| {
        reg.note::<Words>();
    })
    .unwrap();
    let listed: Vec<_> = engine.notes().iter().map(|one| one.types).collect();
    assert_eq!(listed, [["words"]]);
}
