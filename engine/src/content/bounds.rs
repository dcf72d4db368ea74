//! The bounds that a type's schema gives its keys, checked where they are written.
//!
//! `#[schemars(range(min = 1, max = 500))]` on a field is its bound, its row in the reference, and
//! what `kadath check` says. The type itself is read by serde: wrong types and unknown keys never
//! come here.

use serde_json::Value;
use toml::de::DeValue;

use super::At;

/// Tells of every number, text and list that is out of the bounds of `schema`, whose `$defs` are
/// those of `root`.
pub fn check(root: &Value, schema: &Value, at: &At<'_>) {
    let Some(value) = at.value() else { return };
    let schema = resolve(root, schema, value);
    match value {
        DeValue::Integer(number) => {
            let digits = number.as_str().replace('_', "");
            let read = i128::from_str_radix(&digits, number.radix());
            #[expect(clippy::cast_precision_loss, reason = "bounds are far below 2^53")]
            within(
                schema,
                at,
                read.map_or(f64::NAN, |number| number as f64),
                &digits,
            );
        }
        DeValue::Float(number) => {
            let digits = number.as_str().replace('_', "");
            within(schema, at, digits.parse().unwrap_or(f64::NAN), &digits);
        }
        DeValue::String(text) => {
            let length = text.trim().chars().count();
            sized(schema, at, length, ["minLength", "maxLength"], "characters");
        }
        DeValue::Array(items) => {
            sized(schema, at, items.len(), ["minItems", "maxItems"], "entries");
            for index in 0..items.len() {
                let tuple = schema["prefixItems"].get(index);
                if let Some(item) = tuple.or_else(|| schema.get("items")) {
                    check(root, item, &at.item(index));
                }
            }
        }
        DeValue::Table(table) => {
            for (key, _) in table {
                let key: &str = key.as_ref();
                let known = schema["properties"].get(key);
                if let Some(known) = known.or_else(|| schema.get("additionalProperties")) {
                    check(root, known, &at.key(key));
                }
            }
        }
        DeValue::Boolean(_) | DeValue::Datetime(_) => {}
    }
}

/// Follows references, and of alternatives takes the one that the value is.
pub(super) fn resolve<'a>(root: &'a Value, schema: &'a Value, value: &DeValue<'_>) -> &'a Value {
    let schema = follow(root, schema);
    for of in ["anyOf", "oneOf"] {
        let alternatives = schema[of].as_array().into_iter().flatten();
        for one in alternatives {
            let one = follow(root, one);
            if is_of(one, value) {
                return resolve(root, one, value);
            }
        }
    }
    schema
}

/// What a `$ref` points to.
pub(super) fn follow<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let target = schema["$ref"]
        .as_str()
        .and_then(|path| path.strip_prefix('#'));
    match target.and_then(|path| root.pointer(path)) {
        Some(target) => follow(root, target),
        None => schema,
    }
}

fn is_of(schema: &Value, value: &DeValue<'_>) -> bool {
    let types: &[&str] = match value {
        DeValue::String(_) | DeValue::Datetime(_) => &["string"],
        DeValue::Integer(_) => &["integer", "number"],
        DeValue::Float(_) => &["number"],
        DeValue::Boolean(_) => &["boolean"],
        DeValue::Array(_) => &["array"],
        DeValue::Table(_) => &["object"],
    };
    match &schema["type"] {
        Value::String(one) => types.contains(&one.as_str()),
        Value::Array(many) => many
            .iter()
            .filter_map(Value::as_str)
            .any(|one| types.contains(&one)),
        _ => false,
    }
}

fn within(schema: &Value, at: &At<'_>, number: f64, written: &str) {
    let bound = |key: &str| schema[key].as_f64();
    let (min, max) = (bound("minimum"), bound("maximum"));
    let holds = min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max);
    if holds && !number.is_nan() {
        return;
    }
    let words = match (min, max) {
        (Some(min), Some(max)) => format!("not within {min} to {max}"),
        (Some(min), None) => format!("not at least {min}"),
        (None, Some(max)) => format!("more than {max}"),
        (None, None) => "no number to reckon with".to_owned(),
    };
    at.problem(format!("`{}` is {written}, {words}", at.dotted()));
}

fn sized(schema: &Value, at: &At<'_>, size: usize, keys: [&str; 2], of: &str) {
    let [min, max] = keys.map(|key| schema[key].as_u64());
    let size = size as u64;
    let (min, max) = (min.unwrap_or(0), max.unwrap_or(u64::MAX));
    if !(min..=max).contains(&size) {
        let key = at.dotted();
        at.problem(match max {
            u64::MAX => format!("`{key}` has {size} {of}, not at least {min}"),
            _ => format!("`{key}` has {size} {of}, not {min} to {max}"),
        });
    }
}
