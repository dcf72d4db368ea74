//! Whether what the server says is what its schemas say.

use std::sync::LazyLock;

use engine::port::Publication;
use kadath::config::{Config, Overrides};
use kadath::schema::{events, server_frames};
use serde_json::Value;

use super::fits::Schema;

/// What is published of every event of the shipped game.
pub(crate) fn published() -> Vec<Publication> {
    let world = concat!(env!("CARGO_MANIFEST_DIR"), "/world");
    let overrides = Overrides {
        world: Some(world.into()),
        ..Overrides::default()
    };
    events(
        &Config::load(None, overrides).unwrap(),
        &kadath::Game::default(),
    )
    .unwrap()
}

/// The schema of the server's frames.
static FRAMES: LazyLock<Value> = LazyLock::new(|| server_frames(&published()));

/// The schema of one type of event's frames. Stricter than what is published: nothing may be sent
/// that no schema tells of.
fn frame_schema(event_type: &str) -> Option<Schema<'static>> {
    let defs = &FRAMES["$defs"];
    let mut frames = defs.as_object().unwrap().values();
    let schema = frames.find(|one| one["properties"]["event_type"]["const"] == event_type)?;
    Some(Schema {
        schema,
        defs,
        closed: true,
    })
}

/// Why the schemas don't tell of a frame of the server, if they don't.
pub(crate) fn frame_unlike_its_schema(frame: &Value) -> Option<String> {
    match frame_schema(frame["event_type"].as_str().unwrap_or_default()) {
        Some(schema) => schema.fault(frame),
        None => Some(format!("no schema tells of {frame}")),
    }
}

/// Why the schemas don't tell of an event with this data, if they don't.
pub(crate) fn data_unlike_its_schema(event_type: &str, data: &Value) -> Option<String> {
    let Some(frame) = frame_schema(event_type) else {
        return Some(format!("no schema tells of {event_type}"));
    };
    let schema = &frame.schema["properties"]["data"];
    Schema { schema, ..frame }.fault(data)
}
