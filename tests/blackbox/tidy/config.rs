//! The operator's handbook and the configuration say the same.

use std::collections::BTreeMap;

use kadath::config::Config;
use serde_json::Value;

/// `section.key` and its default, as the handbook writes it.
fn defaults() -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    flatten(
        "",
        &serde_json::to_value(Config::default()).unwrap(),
        &mut keys,
    );
    keys
}

fn flatten(name: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    let written = match value {
        Value::Object(section) => {
            for (key, value) in section {
                let name = if name.is_empty() {
                    key.clone()
                } else {
                    format!("{name}.{key}")
                };
                flatten(&name, value, into);
            }
            return;
        }
        Value::Null => "none".to_owned(),
        Value::String(text) if text.is_empty() => "empty".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    into.insert(name.to_owned(), written);
}

/// Every row of a table whose first cell is a key.
fn documented() -> BTreeMap<String, String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md");
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let key = cells.next()?.strip_suffix('`')?;
        let default = cells.next()?.trim_matches('`');
        let is_key = key.contains('.')
            && key
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c));
        is_key.then(|| (key.to_owned(), default.to_owned()))
    });
    rows.collect()
}

#[test]
fn every_key_is_in_the_handbook_with_its_default() {
    let (defaults, documented) = (defaults(), documented());
    assert!(defaults.len() > 30, "{defaults:?}");
    let missing: Vec<&String> = defaults
        .keys()
        .filter(|key| !documented.contains_key(*key))
        .collect();
    assert!(missing.is_empty(), "not in docs/operations.md: {missing:?}");
    for (key, default) in &defaults {
        assert_eq!(
            &documented[key], default,
            "docs/operations.md is wrong about {key}"
        );
    }
}

#[test]
fn the_handbook_names_no_key_that_is_none() {
    let defaults = defaults();
    // Files, too, have names with a dot.
    let is_of_a_section = |key: &String| {
        let section = key.split_inclusive('.').next().unwrap_or_default();
        defaults.keys().any(|known| known.starts_with(section))
    };
    let invented: Vec<String> = documented()
        .into_keys()
        .filter(|key| is_of_a_section(key) && !defaults.contains_key(key))
        .collect();
    assert!(
        invented.is_empty(),
        "in docs/operations.md only: {invented:?}"
    );
}
