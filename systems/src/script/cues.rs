//! What functions of scripts are called with.

use rhai::{Dynamic, INT, Map};

use super::declare::ScriptEvent;
use super::machine::ScriptCode;
use super::view::{PersonHandle, WorldView};
use crate::world::RoomIx;

/// What a function is called with: one map, or nothing where it takes nothing.
pub(super) fn arguments(code: &ScriptCode, function: &str, event: Map) -> Vec<Dynamic> {
    match code.takes(function) {
        0 => Vec::new(),
        _ => vec![Dynamic::from_map(event)],
    }
}

/// What a function learns of an event.
pub(super) fn event(
    view: &WorldView,
    who: Option<PersonHandle>,
    room: Option<RoomIx>,
    more: impl IntoIterator<Item = (&'static str, Dynamic)>,
) -> Map {
    let mut event = Map::new();
    event.insert("who".into(), who.map_or(Dynamic::UNIT, Dynamic::from));
    let room = room.map_or(Dynamic::UNIT, |room| view.rooms.id(room).into());
    event.insert("room".into(), room);
    let more = more.into_iter().map(|(key, value)| (key.into(), value));
    event.extend(more);
    event
}

/// The keys that an event has besides `who` and `room`.
pub(super) fn more(
    view: &WorldView,
    of: ScriptEvent,
    other: Option<RoomIx>,
    text: &str,
) -> Vec<(&'static str, Dynamic)> {
    let room = || other.map_or(Dynamic::UNIT, |room| view.rooms.id(room).into());
    match of {
        ScriptEvent::Enter => vec![("from", room())],
        ScriptEvent::Leave => vec![("to", room())],
        ScriptEvent::Said
        | ScriptEvent::Looked
        | ScriptEvent::Touched
        | ScriptEvent::Read
        | ScriptEvent::Rung => vec![("text", text.into())],
        ScriptEvent::Published => vec![("revision", view.revision.into())],
        ScriptEvent::Hour => vec![("hour", INT::from(view.hour).into())],
        ScriptEvent::Arrived | ScriptEvent::Died => Vec::new(),
    }
}
