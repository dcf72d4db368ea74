//! Every function of a script called once against a sample world, so that what does not exist is
//! found when a world is checked; and its tests, written down.

use std::sync::Arc;

use engine::prelude::*;
use rhai::Dynamic;

use super::cues::{arguments, event, more};
use super::declare::{Declarations, ScriptEvent};
use super::frame::{CallFrame, ScriptWish, WishedEffect, Wishes};
use super::machine::{Machine, ScriptCode, ScriptFault};
use super::state::{Declared, ScriptState};
use super::tests_of::{ScriptTest, Tape};
use super::view::{PersonHandle, PersonView, RoomTable, WorldView};
use crate::world::Atlas;

/// What a call against the sample world may spend, whatever the operator allows.
const SAMPLE_OPERATIONS: u64 = 20_000;

/// A frame without a world, for the top of a script.
pub(super) fn top(name: &str, view: &Arc<WorldView>) -> CallFrame {
    CallFrame {
        script: name.into(),
        constants: Arc::default(),
        declared: Arc::default(),
        view: Arc::clone(view),
        own: ScriptState::default(),
        dice: None,
        throws: 0,
        actor: None,
        here: None,
        wishes: Wishes::default(),
        declares: Some(Declarations::default()),
    }
}

/// A world with two people in it, who are in the same room.
pub(super) fn sample(atlas: &Atlas, rooms: Arc<RoomTable>) -> Arc<WorldView> {
    let person = |name: &str, index: u32| PersonView {
        entity: Entity::from_raw_u32(index).unwrap_or(Entity::PLACEHOLDER),
        id: StableId::named(name),
        name: name.into(),
        room: atlas.default_room(),
        dp: 20,
        max_dp: 20,
        lucidity: 100,
        posture: "standing",
        profession: "tramp".into(),
        is_admin: false,
        hears_faults: false,
        state: ScriptState::default(),
    };
    let view = WorldView {
        rooms,
        hour: 12,
        daypart: "day",
        season: "winter",
        ..WorldView::default()
    };
    Arc::new(view.with(vec![person("Ann", 1), person("Bob", 2)]))
}

/// A frame of a call against the sample world.
fn sampled(code: &ScriptCode, view: &Arc<WorldView>) -> CallFrame {
    let first = view.people.first();
    CallFrame {
        constants: Arc::clone(&code.constants),
        declared: Arc::clone(&code.declared),
        actor: first.map(|one| one.entity),
        here: first.map(|one| one.room),
        declares: None,
        ..top(&code.name, view)
    }
}

/// Calls every function that the world may call; answers what went wrong, and the effects that
/// were asked for.
pub(super) fn rehearse(
    machine: &Machine,
    code: &ScriptCode,
    view: &Arc<WorldView>,
) -> (Vec<ScriptFault>, Vec<WishedEffect>) {
    let who = (!view.people.is_empty()).then_some(PersonHandle(0));
    let room = view.people.first().map(|one| one.room);
    let told = |more: Vec<(&'static str, Dynamic)>| event(view, who, room, more);
    let made = &code.made;
    let mut calls: Vec<(&str, Vec<Dynamic>)> = Vec::new();
    calls.extend(
        made.timers
            .iter()
            .map(|one| (one.function.as_str(), Vec::new())),
    );
    for (on, function) in &made.hooks {
        let event = match on {
            ScriptEvent::Hour | ScriptEvent::Published => {
                event(view, None, None, more(view, *on, None, ""))
            }
            _ => told(more(view, *on, room, "hello")),
        };
        calls.push((function, arguments(code, function, event)));
    }
    for verb in &made.verbs {
        let event = told(vec![("words", "bell".into())]);
        calls.push((&verb.function, arguments(code, &verb.function, event)));
    }
    let (mut faults, mut effects) = (Vec::new(), Vec::new());
    for (function, arguments) in calls {
        let frame = sampled(code, view);
        let called = machine.call(code, function, arguments, frame, SAMPLE_OPERATIONS);
        match called.result {
            Ok((_, wishes)) => effects.extend(wishes.all.into_iter().filter_map(|one| match one {
                ScriptWish::Effect(effect) => Some(effect),
                ScriptWish::Tell(..) => None,
            })),
            Err(fault) => faults.push(fault),
        }
    }
    (faults, effects)
}

/// Writes down the steps of a script's tests.
pub(super) fn record(
    machine: &Machine,
    code: &ScriptCode,
    view: &Arc<WorldView>,
    faults: &mut Vec<ScriptFault>,
) -> Vec<ScriptTest> {
    let mut tests = Vec::new();
    for (name, function) in &code.made.tests {
        let frame = CallFrame {
            declares: Some(Declarations {
                declared: Declared::default(),
                ..Declarations::default()
            }),
            ..sampled(code, view)
        };
        let arguments = match code.takes(function) {
            0 => Vec::new(),
            _ => vec![Dynamic::from(Tape)],
        };
        match machine
            .call(code, function, arguments, frame, SAMPLE_OPERATIONS)
            .result
        {
            Ok((_, wishes)) => tests.push(ScriptTest {
                file: code.file.clone(),
                name: name.clone(),
                steps: wishes.tape,
            }),
            Err(fault) => faults.push(fault),
        }
    }
    tests
}
