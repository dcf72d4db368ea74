//! The calls over HTTP as an OpenAPI document.

use net::{HTTP_CALLS, HttpCall, refusal_shape};
use serde_json::{Map, Value, json};

use super::{Shapes, never_null};

/// Where the shapes of all calls stand.
const SHAPES: &str = "/components/schemas";

/// The OpenAPI document of a server.
pub(super) fn document() -> Value {
    let mut shapes = Shapes::below(SHAPES);
    let refusal = refusal_shape(&mut shapes.generator).to_value();
    let mut paths: Map<String, Value> = Map::new();
    for call in HTTP_CALLS {
        let answer = call.answer.map(|shape| shape(&mut shapes.generator));
        let described = described(call, answer.map(|shape| shape.to_value()), &refusal);
        let path = paths.entry(call.path).or_insert_with(|| json!({}));
        path[call.method] = described;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Kadath",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Accounts and characters of a persistent multiplayer text world. What the values must be, and which refusal means what, is told in docs/protocol.md.",
            "license": {"name": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "http://127.0.0.1:4000", "description": "A server as it starts without configuration."}],
        "paths": paths,
        "components": {
            "schemas": without_nulls(shapes.taken()),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    })
}

/// The shapes of what is answered, as `$defs`.
pub(super) fn shapes() -> Value {
    let mut shapes = Shapes::below("/$defs");
    refusal_shape(&mut shapes.generator);
    for shape in HTTP_CALLS.iter().filter_map(|call| call.answer) {
        shape(&mut shapes.generator);
    }
    json!({"$defs": without_nulls(shapes.taken())})
}

fn without_nulls(mut shapes: Map<String, Value>) -> Map<String, Value> {
    // What may be `null` in a character is always there.
    shapes.values_mut().for_each(never_null);
    shapes
}

fn described(call: &HttpCall, answer: Option<Value>, refusal: &Value) -> Value {
    let mut good = json!({"description": call.summary});
    if let Some(answer) = answer {
        good["content"] = json!({"application/json": {"schema": answer}});
    }
    let bad = json!({
        "description": "A refusal; its code says why.",
        "content": {"application/json": {"schema": refusal}},
    });
    let mut described = json!({
        "summary": call.summary,
        "responses": {call.status.to_string(): good, "default": bad},
    });
    if call.token {
        described["security"] = json!([{"token": []}]);
    }
    if call.path.contains("{id}") {
        described["parameters"] =
            json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}]);
    }
    if !call.fields.is_empty() {
        described["requestBody"] = json!({"content": {"application/json": {"schema": body(call)}}});
    }
    described
}

fn body(call: &HttpCall) -> Value {
    let field = |(name, _): &(&str, bool)| ((*name).to_owned(), json!({"type": "string"}));
    let fields: Map<String, Value> = call.fields.iter().map(field).collect();
    let required = call.fields.iter().filter(|(_, required)| *required);
    let required: Vec<&str> = required.map(|(name, _)| *name).collect();
    json!({"type": "object", "properties": fields, "required": required})
}
