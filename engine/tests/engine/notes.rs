//! Every note is published.

use engine::prelude::*;
use engine::stage::Stage;
use engine::{Engine, Setup};
use schemars::JsonSchema;
use serde::Serialize;

use crate::guard;
use crate::kit::{Words, named};

#[test]
fn undeclared_note_faults_emitting_plugin() {
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
fn event_type_has_one_note_with_example() {
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
fn engine_lists_declared_notes() {
    let engine = Engine::build(Setup::default(), |reg: &mut Registrar<'_>| {
        reg.note::<Words>();
    })
    .unwrap();
    let listed: Vec<_> = engine.notes().iter().map(|one| one.types).collect();
    assert_eq!(listed, [["words"]]);
}

/// Both types of one note, with every word of the derive.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, Note)]
#[note(
    "door_opened", "door_closed", by = open,
    says = "The {what} moves.", ink = Faint,
    gmcp = Self::packages, replaces = "door",
    example = Self::example(true), example = Self::example(false)
)]
struct Moves {
    #[serde(skip)]
    open: bool,
    what: String,
    #[note(room)]
    room_id: Option<String>,
    #[note(player)]
    player_id: StableId,
}

impl Moves {
    fn example(open: bool) -> Self {
        Self {
            open,
            what: "door".to_owned(),
            room_id: Some("cellar".to_owned()),
            player_id: StableId::named("Ann"),
        }
    }

    fn packages(&self) -> Vec<Gmcp> {
        let data = serde_json::json!({ "what": self.what });
        let package = "Room.Info";
        vec![Gmcp { package, data }]
    }
}

#[test]
fn derived_note_has_every_declared_part() {
    let note = Moves::example(true);
    assert_eq!(Moves::TYPES, ["door_opened", "door_closed"]);
    assert_eq!(note.event_type(), "door_opened");
    assert_eq!(Moves::example(false).event_type(), "door_closed");
    assert_eq!(note.prose(), Some(Prose::of(Ink::Faint, "The door moves.")));
    assert_eq!(note.gmcp(), note.packages());
    assert_eq!(note.coalesce(), Some("door"));
    assert_eq!(note.room_id(), Some("cellar"));
    assert_eq!(note.player_id(), Some(StableId::named("Ann")));
    assert_eq!(Moves::examples(), [note, Moves::example(false)]);
}
