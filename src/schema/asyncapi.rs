//! The protocol as an AsyncAPI document.

use engine::port::Publication;
use net::{ClientMessage, Message};
use serde_json::{Map, Value, json};

use super::{PROTOCOL, Shapes, pascal};

/// Frames of the examples, as of this tick and time.
const WHEN: (u64, u64, &str) = (7, 1_000_060, "2026-11-23T21:20:58.000Z");

/// The AsyncAPI document of a server with these events.
pub(super) fn document(events: &[Publication]) -> Value {
    let mut shapes = Shapes::below("/components/schemas");
    let mut messages = Map::new();
    let frames = shapes.frames(events);
    for event in events {
        for event_type in event.types {
            let name = format!("{}Frame", pascal(event_type));
            let payload = frames.get(&name).cloned().unwrap_or_default();
            messages.insert(
                (*event_type).to_owned(),
                message(event_type, payload, examples(event, event_type)),
            );
        }
    }
    let received: Vec<String> = messages.keys().cloned().collect();
    let client = shapes.client_frame();
    let client_examples = ClientMessage::examples();
    let client_examples = client_examples
        .iter()
        .filter_map(|frame| serde_json::to_value(frame).ok());
    messages.insert(
        "client_frame".to_owned(),
        message("client_frame", client, client_examples.collect()),
    );
    let at = |name: &String| json!({"$ref": format!("#/channels/websocket/messages/{name}")});
    let in_channel = |name: &String| {
        let message = json!({"$ref": format!("#/components/messages/{name}")});
        (name.clone(), message)
    };
    let in_channel: Map<String, Value> = messages.keys().map(in_channel).collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Kadath",
            "version": PROTOCOL,
            "description": "The websocket of a persistent multiplayer text world. What the frames mean, and in which order they come, is told in docs/protocol.md.",
            "license": {"name": "MIT OR Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "local": {"host": "127.0.0.1:4000", "protocol": "ws", "description": "A server as it starts without configuration."},
        },
        "channels": {
            "websocket": {
                "address": "/api/ws",
                "description": "One session, one character.",
                "bindings": {"ws": {"method": "GET", "headers": {
                    "type": "object",
                    "properties": {"Sec-WebSocket-Protocol": {"type": "string", "examples": [PROTOCOL]}},
                }}},
                "messages": in_channel,
            },
        },
        "operations": {
            "hear": {
                "action": "receive",
                "summary": "What the server tells the client.",
                "channel": {"$ref": "#/channels/websocket"},
                "messages": received.iter().map(at).collect::<Vec<_>>(),
            },
            "speak": {
                "action": "send",
                "summary": "What the client tells the server.",
                "channel": {"$ref": "#/channels/websocket"},
                "messages": [at(&"client_frame".to_owned())],
            },
        },
        "components": {"messages": messages, "schemas": shapes.taken()},
    })
}

fn message(name: &str, payload: Value, examples: Vec<Value>) -> Value {
    let examples = examples
        .into_iter()
        .map(|payload| json!({"payload": payload}));
    json!({
        "name": name,
        "contentType": "application/json",
        "payload": payload,
        "examples": examples.collect::<Vec<_>>(),
    })
}

/// Whole frames of that type.
fn examples(event: &Publication, event_type: &str) -> Vec<Value> {
    let notes = (event.examples)().into_iter();
    let notes = notes.filter(|note| note.event_type() == event_type);
    let frames = notes.filter_map(|note| net::encoded(PROTOCOL, true, &*note, WHEN));
    frames
        .flatten()
        .filter_map(|message| match message {
            Message::Text(json) => serde_json::from_slice(&json).ok(),
            Message::Binary(_) => None,
        })
        .collect()
}
