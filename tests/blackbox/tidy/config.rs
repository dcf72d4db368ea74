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

fn handbook() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md");
    std::fs::read_to_string(path).unwrap()
}

/// Every row of a table whose first cell is a key.
fn documented(text: &str) -> BTreeMap<String, String> {
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

/// What the handbook does not say as it is: a key that it lacks, another default, and a key that
/// is none.
fn faults(defaults: &BTreeMap<String, String>, handbook: &str) -> Vec<String> {
    let documented = documented(handbook);
    let mut faults = Vec::new();
    for (key, default) in defaults {
        match documented.get(key) {
            None => faults.push(format!("{key} is not there")),
            Some(said) if said != default => faults.push(format!("{key}: {said}, not {default}")),
            Some(_) => {}
        }
    }
    // Files, too, have names with a dot.
    let is_of_a_section = |key: &String| {
        let section = key.split_inclusive('.').next().unwrap_or_default();
        defaults.keys().any(|known| known.starts_with(section))
    };
    let invented = documented
        .keys()
        .filter(|key| is_of_a_section(key) && !defaults.contains_key(*key));
    faults.extend(invented.map(|key| format!("{key} is none")));
    faults
}

#[test]
fn handbook_has_every_key_with_default() {
    let defaults = defaults();
    assert!(defaults.len() > 30, "{defaults:?}");
    let faults = faults(&defaults, &handbook());
    assert!(faults.is_empty(), "docs/operations.md: {faults:#?}");
}

#[test]
fn handbook_that_is_wrong_is_found() {
    let defaults = BTreeMap::from([
        ("log.level".to_owned(), "info".to_owned()),
        ("log.format".to_owned(), "human".to_owned()),
    ]);
    let (level, format) = ("| `log.level` | `info` | |", "| `log.format` | `human` | |");
    for (handbook, found) in [
        (format!("{level}\n{format}"), 0),
        (
            format!("{level}\n{format}\n| `kadath.db` | the database |"),
            0,
        ),
        (level.to_owned(), 1),
        (format!("{level}\n| `log.format` | `json` | |"), 1),
        (format!("{level}\n{format}\n| `log.color` | `true` | |"), 1),
    ] {
        let faults = faults(&defaults, &handbook);
        assert_eq!(faults.len(), found, "{handbook}: {faults:?}");
    }
}
