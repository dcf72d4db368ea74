//! The protocol for machines: JSON Schema, AsyncAPI, OpenAPI and TypeScript, made from the very types that
//! are sent. What plugins declare with `reg.note` is in it, so a server with plugins of its own
//! has schemas of its own.

mod asyncapi;
mod openapi;
mod typescript;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use engine::port::Publication;
use engine::{Engine, Setup};
use net::{ClientMessage, FrameShape};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::Game;
use crate::config::Config;
use crate::game::settings;

/// The subprotocol that is described.
const PROTOCOL: &str = "kadath.v1";

/// In which language the protocol is described.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// JSON Schema of the frames that the server sends
    ServerFrames,
    /// JSON Schema of the frames that clients send
    ClientFrames,
    /// AsyncAPI 3.0, with both
    Asyncapi,
    /// OpenAPI 3.1, of the calls over HTTP
    Openapi,
    /// TypeScript types of all of them
    Typescript,
    /// What scripts of a world may call, as a definition file for editors
    Script,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::ServerFrames,
        Self::ClientFrames,
        Self::Asyncapi,
        Self::Openapi,
        Self::Typescript,
        Self::Script,
    ];
}

/// Prints the protocol of the configured server.
///
/// # Errors
/// When its world can't be loaded, or nothing can be printed.
pub fn run(config: &Config, kind: Kind, game: &Game) -> anyhow::Result<ExitCode> {
    let events = events(config, game)?;
    std::io::stdout()
        .lock()
        .write_all(written(kind, &events).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// What is published of every event that a server with this configuration can send on
/// `kadath.v1`: the gateway's own frames, then the notes of its plugins.
///
/// # Errors
/// When its world can't be loaded.
pub fn events(config: &Config, game: &Game) -> anyhow::Result<Vec<Publication>> {
    let world = game
        .load(&config.server.world, config)
        .map_err(|problems| {
            let all = problems.iter().map(|one| format!("\n  {one}"));
            anyhow::anyhow!("the world has mistakes:{}", all.collect::<String>())
        })?;
    let game = game.over(world, settings(config));
    let engine = Engine::build(Setup::default(), game).context("the plugins don't fit together")?;
    Ok([net::publications(), engine.notes().to_vec()].concat())
}

/// The protocol with these events, as the text of a file.
#[must_use]
pub fn written(kind: Kind, events: &[Publication]) -> String {
    let json = match kind {
        Kind::ServerFrames => server_frames(events),
        Kind::ClientFrames => client_frames(),
        Kind::Asyncapi => asyncapi::document(events),
        Kind::Openapi => openapi::document(),
        Kind::Script => return systems::script::definitions(),
        Kind::Typescript => {
            let all = [server_frames(events), client_frames(), openapi::shapes()];
            return typescript::module(&all);
        }
    };
    format!("{json:#}\n")
}

/// The JSON Schema of the frames that the server sends: one of them per type of event, under its
/// own name in `$defs`.
#[must_use]
pub fn server_frames(events: &[Publication]) -> Value {
    let mut shapes = Shapes::below("/$defs");
    let frames = shapes.frames(events);
    let names = frames
        .keys()
        .map(|name| json!({"$ref": format!("#/$defs/{name}")}));
    let names: Vec<Value> = names.collect();
    let mut defs = shapes.taken();
    defs.extend(frames);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ServerFrame",
        "description": "A frame that the server sends on kadath.v1.",
        "oneOf": names,
        "$defs": defs,
    })
}

/// The JSON Schema of the frames that clients send.
#[must_use]
pub fn client_frames() -> Value {
    let mut shapes = Shapes::below("/$defs");
    let frame = shapes.client_frame();
    let mut schema = json!({"$schema": "https://json-schema.org/draft/2020-12/schema"});
    if let (Some(schema), Value::Object(frame)) = (schema.as_object_mut(), frame) {
        schema.extend(frame);
        schema.insert("$defs".to_owned(), shapes.taken().into());
    }
    schema
}

/// Collects shapes for one document.
struct Shapes {
    generator: SchemaGenerator,
}

impl Shapes {
    /// Shared shapes will stand at `path` of the document.
    fn below(path: &'static str) -> Self {
        let mut settings = SchemaSettings::draft2020_12().for_serialize();
        settings.definitions_path = path.into();
        settings.meta_schema = None;
        Self {
            generator: settings.into_generator(),
        }
    }

    /// The frame of each event, by the name of its shape.
    fn frames(&mut self, events: &[Publication]) -> Map<String, Value> {
        let envelope = self.generator.subschema_for::<FrameShape>();
        let mut frames = Map::new();
        for event in events {
            let data = (event.schema)(&mut self.generator);
            for event_type in event.types {
                frames.insert(
                    format!("{}Frame", pascal(event_type)),
                    framed(&envelope, event_type, &data),
                );
            }
        }
        self.results(events);
        for shape in self.generator.definitions_mut().values_mut() {
            never_null(shape);
            without_notes(shape);
        }
        frames
    }

    /// Which data a command may answer with: those that its plugins declare.
    fn results(&mut self, events: &[Publication]) {
        let results = events.iter().filter(|event| event.types.is_empty());
        let results: Vec<Schema> = results
            .map(|event| (event.schema)(&mut self.generator))
            .collect();
        if results.is_empty() {
            return;
        }
        let shapes = self.generator.definitions_mut();
        let Some(data) = shapes
            .get_mut("CommandResponse")
            .and_then(|shape| shape.pointer_mut("/properties/data"))
            .and_then(Value::as_object_mut)
        else {
            return;
        };
        data.remove("type");
        data.insert("anyOf".to_owned(), json!(results));
    }

    fn client_frame(&mut self) -> Value {
        let mut frame = ClientMessage::json_schema(&mut self.generator);
        frame.insert("title".to_owned(), "ClientFrame".into());
        frame.to_value()
    }

    /// The shapes that the others refer to.
    fn taken(&mut self) -> Map<String, Value> {
        self.generator.take_definitions(true)
    }
}

/// Takes out what only the reference of a world's files says.
fn without_notes(shape: &mut Value) {
    match shape {
        Value::Object(keys) => {
            keys.retain(|key, _| !key.starts_with("x-"));
            keys.values_mut().for_each(without_notes);
        }
        Value::Array(all) => all.iter_mut().for_each(without_notes),
        _ => {}
    }
}

/// The schema of a frame: the envelope, with the type and the data of one event.
fn framed(envelope: &Schema, event_type: &str, data: &Schema) -> Value {
    json!({
        "description": format!("`{event_type}`"),
        "type": "object",
        "allOf": [envelope],
        "properties": {"event_type": {"const": event_type}, "data": data},
        "required": ["event_type", "data"],
    })
}

/// A field that the server may leave out is left out, never `null`; derived schemas allow for both.
fn never_null(shape: &mut Value) {
    let Some(object) = shape.as_object_mut() else {
        return;
    };
    let required = object.get("required").cloned().unwrap_or_default();
    let is_required =
        |name: &str| (required.as_array()).is_some_and(|all| all.iter().any(|one| one == name));
    let properties = object.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        if !is_required(name) {
            without_null(property);
        }
    }
}

fn without_null(property: &mut Value) {
    let Some(property) = property.as_object_mut() else {
        return;
    };
    if let Some(Value::Array(types)) = property.get_mut("type") {
        types.retain(|one| one != "null");
        if let [one] = &types[..] {
            let one = one.clone();
            property.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(options)) = property.get_mut("anyOf") {
        options.retain(|one| one["type"] != "null");
        if let [Value::Object(one)] = &options[..] {
            let one = one.clone();
            property.remove("anyOf");
            property.extend(one);
        }
    }
}

/// `player_entered` as `PlayerEntered`.
fn pascal(event_type: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        format!("{}{rest}", first.to_ascii_uppercase())
    };
    event_type.split('_').map(word).collect()
}
