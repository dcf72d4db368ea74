//! The protocol as TypeScript types.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Map, Value};

/// A module of types: every shape by its name, and `ServerFrame` and `ClientFrame`.
pub(super) fn module(schemas: &[Value]) -> String {
    let mut shapes: BTreeMap<&str, &Value> = BTreeMap::new();
    for schema in schemas {
        let defs = schema["$defs"].as_object().into_iter().flatten();
        shapes.extend(defs.map(|(name, shape)| (name.as_str(), shape)));
        shapes.extend(schema["title"].as_str().map(|name| (name, schema)));
    }
    let mut text = String::from(
        "// The frames of kadath.v1 and the answers over HTTP, made from the server's own types. Not to be edited:\n\
         // `UPDATE=1 cargo test --test blackbox schema` writes it anew.\n",
    );
    for (name, shape) in shapes {
        text.push('\n');
        doc(&mut text, "", shape);
        // Writing to a string can't fail.
        let _ = writeln!(text, "export type {name} = {};", written(shape, ""));
    }
    text
}

/// The type of a schema; continued lines begin with `indent`.
fn written(schema: &Value, indent: &str) -> String {
    let Some(schema) = schema.as_object() else {
        return "unknown".to_owned();
    };
    if let Some(path) = schema.get("$ref").and_then(Value::as_str) {
        return path.rsplit('/').next().unwrap_or(path).to_owned();
    }
    if let Some(value) = schema.get("const") {
        return value.to_string();
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        return union(values.iter().map(Value::to_string));
    }
    for options in ["oneOf", "anyOf"] {
        if let Some(Value::Array(options)) = schema.get(options) {
            let options = union(options.iter().map(|option| written(option, indent)));
            return match object(schema, indent) {
                Some(shared) => format!("{shared} & ({options})"),
                None => options,
            };
        }
    }
    if let Some(Value::Array(parts)) = schema.get("allOf") {
        let parts = parts.iter().map(|part| written(part, indent));
        let parts: Vec<String> = parts.chain(object(schema, indent)).collect();
        return parts.join(" & ");
    }
    match schema.get("type") {
        Some(Value::Array(types)) => union(types.iter().map(|one| {
            let mut schema = schema.clone();
            schema.insert("type".to_owned(), one.clone());
            written(&Value::Object(schema), indent)
        })),
        Some(Value::String(one)) => match one.as_str() {
            "integer" => "number".to_owned(),
            "array" => {
                let items = schema
                    .get("items")
                    .map_or("unknown".to_owned(), |items| written(items, indent));
                if items.contains([' ', '{']) {
                    format!("Array<{items}>")
                } else {
                    format!("{items}[]")
                }
            }
            "object" => object(schema, indent).unwrap_or_else(|| dictionary(schema, indent)),
            other => other.to_owned(),
        },
        _ => "unknown".to_owned(),
    }
}

fn union(options: impl Iterator<Item = String>) -> String {
    options.collect::<Vec<_>>().join(" | ")
}

/// An object of known fields, if it is one.
fn object(schema: &Map<String, Value>, indent: &str) -> Option<String> {
    let fields = schema.get("properties")?.as_object()?;
    let required = schema.get("required").and_then(Value::as_array);
    let inner = format!("{indent}  ");
    let mut text = String::from("{\n");
    for (name, field) in fields {
        let is_required = required.is_some_and(|all| all.iter().any(|one| one == name));
        let mark = if is_required { "" } else { "?" };
        doc(&mut text, &inner, field);
        // Writing to a string can't fail.
        let _ = writeln!(text, "{inner}{name}{mark}: {};", written(field, &inner));
    }
    text.push_str(indent);
    text.push('}');
    Some(text)
}

fn dictionary(schema: &Map<String, Value>, indent: &str) -> String {
    match schema.get("additionalProperties") {
        Some(values @ Value::Object(_)) => format!("Record<string, {}>", written(values, indent)),
        _ => "Record<string, never>".to_owned(),
    }
}

fn doc(text: &mut String, indent: &str, schema: &Value) {
    if let Some(words) = schema["description"].as_str() {
        let lines: Vec<&str> = words.lines().filter(|line| !line.is_empty()).collect();
        let words = lines.join(&format!("\n{indent} * "));
        // Writing to a string can't fail.
        let _ = writeln!(text, "{indent}/** {words} */");
    }
}
