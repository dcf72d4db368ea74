//! The reference of every key, made from the types that read them.

use serde_json::Value;

use super::bounds::follow;

/// Every key of a file, or of a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyTable {
    /// Which: `rules/chat.toml`.
    pub title: String,
    /// Its keys.
    pub rows: Vec<KeyRow>,
}

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// Dotted; `NAME` stands for any name, `[]` for each entry of a list.
    pub key: String,
    /// What holds where it is not written; `None`: it must be written.
    pub usual: Option<String>,
    /// What it may be; empty: the type does not say.
    pub bounds: String,
    /// What it means; empty: nobody has said.
    pub meaning: String,
}

impl KeyTable {
    /// Of the type of this schema.
    #[must_use]
    pub fn of(title: &str, schema: &Value) -> Self {
        Self::below(title, "", schema)
    }

    /// Of a table of such, each under a name.
    #[must_use]
    pub fn of_each(title: &str, name: &str, schema: &Value) -> Self {
        Self::below(title, &format!("{name}."), schema)
    }

    /// Of one value under a key.
    #[must_use]
    pub fn of_value(title: &str, key: &str, schema: &Value) -> Self {
        let mut rows = Vec::new();
        key_of(schema, schema, (key, None, false), &mut rows);
        Self {
            title: title.to_owned(),
            rows,
        }
    }

    fn below(title: &str, prefix: &str, schema: &Value) -> Self {
        let mut rows = Vec::new();
        table(schema, schema, (prefix, None), &mut rows);
        Self {
            title: title.to_owned(),
            rows,
        }
    }

    /// As Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = "| key | usual | bounds | |\n|---|---|---|---|\n".to_owned();
        for KeyRow {
            key,
            usual,
            bounds,
            meaning,
        } in &self.rows
        {
            let usual = usual.as_deref().unwrap_or("must be written");
            text.push_str(&format!("| `{key}` | {usual} | {bounds} | {meaning} |\n"));
        }
        text
    }

    /// What a reader would miss: a key without a meaning, or without bounds.
    #[must_use]
    pub fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        for row in &self.rows {
            if row.meaning.is_empty() {
                gaps.push(format!("{}: `{}` has no sentence", self.title, row.key));
            }
            if row.bounds.is_empty() {
                gaps.push(format!("{}: `{}` has no bounds", self.title, row.key));
            }
        }
        gaps
    }
}

/// The keys of a table, which is usually `usual` as a whole.
fn table(
    root: &Value,
    schema: &Value,
    (prefix, usual): (&str, Option<&Value>),
    rows: &mut Vec<KeyRow>,
) {
    let schema = solid(root, schema);
    if let Some(properties) = schema["properties"].as_object() {
        let required = schema["required"].as_array();
        for (key, one) in properties {
            let must = required.is_some_and(|all| all.iter().any(|other| other == key));
            let usual = usual.and_then(|whole| whole.get(key));
            key_of(root, one, (&format!("{prefix}{key}"), usual, must), rows);
        }
    }
    if let Some(each) = schema
        .get("additionalProperties")
        .filter(|one| one.is_object())
    {
        let name = schema["x-name"].as_str().unwrap_or("NAME");
        key_of(root, each, (&format!("{prefix}{name}"), None, false), rows);
    }
}

fn key_of(
    root: &Value,
    schema: &Value,
    (key, usual, must): (&str, Option<&Value>, bool),
    rows: &mut Vec<KeyRow>,
) {
    let usual = usual.or_else(|| schema.get("default"));
    let solid_one = solid(root, schema);
    let nested =
        solid_one["properties"].is_object() || solid_one["additionalProperties"].is_object();
    if nested && schema.get("x-bounds").is_none() {
        return table(root, solid_one, (&format!("{key}."), usual), rows);
    }
    let each = solid_one.get("items").map(|items| solid(root, items));
    if let Some(each) = each.filter(|each| each["properties"].is_object()) {
        return table(root, each, (&format!("{key}[]."), None), rows);
    }
    let own = |name: &str| schema[name].as_str().or_else(|| solid_one[name].as_str());
    let usual = match (own("x-usual"), usual) {
        (Some(usual), _) => Some(usual.to_owned()),
        (None, None) if must => None,
        (None, value) => Some(value.map_or_else(|| "none".to_owned(), shown)),
    };
    rows.push(KeyRow {
        key: key.to_owned(),
        usual,
        bounds: own("x-bounds").map_or_else(|| bounds(root, solid_one), str::to_owned),
        meaning: meaning(own("description").unwrap_or_default()),
    });
}

/// A schema behind references, and without the `null` of what may be missing.
fn solid<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = follow(root, schema);
    let alternatives = schema["anyOf"].as_array().into_iter().flatten();
    let mut solid_ones = alternatives.filter(|one| one["type"] != "null");
    match (solid_ones.next(), solid_ones.next()) {
        (Some(only), None) => solid(root, only),
        _ => schema,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Array(all) if all.is_empty() => "none".to_owned(),
        Value::String(text) if text.is_empty() => "none".to_owned(),
        other => format!("`{other}`"),
    }
}

fn bounds(root: &Value, schema: &Value) -> String {
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null"),
        one => Some(one),
    };
    let words = one_of(schema);
    if !words.is_empty() {
        return words.join(", ");
    }
    match kind.and_then(Value::as_str) {
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("integer" | "number") => match (&schema["minimum"], &schema["maximum"]) {
            (Value::Number(min), Value::Number(max)) => format!("{min} to {max}"),
            _ => String::new(),
        },
        Some("string") => match (&schema["minLength"], &schema["maxLength"]) {
            (Value::Number(min), Value::Number(max)) => format!("{min} to {max} characters"),
            (Value::Null, Value::Number(max)) => format!("at most {max} characters"),
            _ => String::new(),
        },
        Some("array") => {
            let tuple = schema["prefixItems"].as_array();
            let each = tuple.and_then(|all| all.first());
            let each = each.or_else(|| schema.get("items"));
            let each = each.map(|each| bounds(root, solid(root, each)));
            let count = match (&schema["minItems"], &schema["maxItems"]) {
                (Value::Number(min), Value::Number(max)) if min == max => format!("{min}, "),
                (min, Value::Number(max)) => {
                    format!("{} to {max}, ", min.as_u64().unwrap_or(0))
                }
                _ => "a list, ".to_owned(),
            };
            match each.filter(|each| !each.is_empty()) {
                Some(each) => format!("{count}each {each}"),
                None => String::new(),
            }
        }
        _ => String::new(),
    }
}

/// The words of an enumeration.
fn one_of(schema: &Value) -> Vec<String> {
    let plain = schema["enum"].as_array().into_iter().flatten();
    let plain = plain.filter(|one| one.is_string());
    let each = schema["oneOf"].as_array().into_iter().flatten();
    let each = each.flat_map(|one| {
        let many = one["enum"].as_array().into_iter().flatten();
        many.chain(one.get("const")).filter(|one| one.is_string())
    });
    plain.chain(each).map(|word| format!("`{word}`")).collect()
}

/// A doc comment as the cell of a table.
fn meaning(text: &str) -> String {
    text.replace('\n', " ").trim_end_matches('.').to_owned()
}
