//! The call that is under way: what it sees, and what it has asked for.
//!
//! A call asks; what it has asked for is taken when it returns. So one that is cut, or fails, has
//! done nothing. Scratch: one call at a time, on the world's thread.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use engine::prelude::*;
use rhai::{Dynamic, INT};

use super::declare::Declarations;
use super::gauge::Checked;
use super::library::wrong;
use super::state::{Declared, RememberedState, ScriptState};
use super::view::WorldView;
use crate::world::RoomIx;

/// Something that a call asks for, taken when it returns.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ScriptWish {
    /// Tell somebody something.
    Tell(Entity, String),
    /// Run an effect, as it is written.
    Effect(WishedEffect),
}

/// An effect that a call asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct WishedEffect {
    pub(super) written: serde_json::Value,
    pub(super) actor: Option<Entity>,
    pub(super) target: Option<Entity>,
    pub(super) here: Option<RoomIx>,
    /// The line and column that ask for it.
    pub(super) at: (usize, usize),
}

/// Whose memory: the script's own, a room's, somebody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Memory {
    Own,
    Room(RoomIx),
    Character(usize),
}

/// What a call has asked for.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    pub(super) all: Vec<ScriptWish>,
    /// What it remembers from now on.
    pub(super) remembered: BTreeMap<Memory, RememberedState>,
    /// The steps of a test that was recorded.
    pub(super) tape: Vec<(usize, super::tests_of::TestStep)>,
    /// Why what a player asked for is not done.
    pub(super) refusal: Option<String>,
}

/// What a call has to do with, whoever is called.
pub(super) struct CallFrame {
    pub(super) script: Arc<str>,
    pub(super) constants: Arc<BTreeMap<String, Dynamic>>,
    pub(super) declared: Arc<Declared>,
    pub(super) view: Arc<WorldView>,
    /// What is kept on the singleton.
    pub(super) own: ScriptState,
    pub(super) dice: Option<Dice>,
    pub(super) throws: u32,
    /// Who acts, and where.
    pub(super) actor: Option<Entity>,
    pub(super) here: Option<RoomIx>,
    pub(super) wishes: Wishes,
    /// Only while the top of a script runs.
    pub(super) declares: Option<Declarations>,
}

thread_local! {
    static FRAME: RefCell<Option<CallFrame>> = const { RefCell::new(None) };
}

/// Runs a call in a frame, and answers it with what is in it now.
pub(super) fn run<T>(frame: CallFrame, call: impl FnOnce() -> T) -> (T, Option<CallFrame>) {
    FRAME.with(|place| place.replace(Some(frame)));
    let result = call();
    (result, FRAME.with(|place| place.replace(None)))
}

/// What a function of the script's does with the frame.
pub(super) fn with<T>(work: impl FnOnce(&mut CallFrame) -> Checked<T>) -> Checked<T> {
    FRAME.with(|place| match place.try_borrow_mut() {
        Ok(mut frame) => match frame.as_mut() {
            Some(frame) => work(frame),
            None => wrong("no script is called"),
        },
        Err(_) => wrong("a script is called from within another"),
    })
}

impl CallFrame {
    /// A number below `sides`, from the world's dice.
    pub(super) fn pick(&mut self, sides: INT) -> INT {
        self.throws += 1;
        let (Some(dice), Ok(sides)) = (self.dice, u64::try_from(sides)) else {
            return 0;
        };
        let roller = StableId::named(&format!("script {}", self.script));
        let picked = dice.pick(sides.max(1), roller, "script", self.throws);
        INT::try_from(picked).unwrap_or(0)
    }

    /// The key under which a memory is kept, and on whom.
    pub(super) fn place(&self, memory: Memory) -> (&ScriptState, String) {
        match memory {
            Memory::Own => (&self.own, self.script.to_string()),
            Memory::Room(room) => (
                &self.own,
                format!("{}@{}", self.script, self.view.rooms.id(room)),
            ),
            Memory::Character(who) => (&self.view.people[who].state, self.script.to_string()),
        }
    }
}
