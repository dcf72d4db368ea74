//! The shipped world with nobody and nothing in it, and no sound: what is counted there is what
//! players do.

use std::path::Path;

use toml::{Table, Value};

/// The only thing that some list of effects in the shipped world refers to.
const REFERRED: &str = "locker.tallyman";

/// Writes it.
pub(super) fn write(folder: &Path) {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("world");
    write_below(&shipped, folder);
}

fn write_below(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            write_below(&path, &to);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let text = match path.components().any(|part| part.as_os_str() == "zones") {
            true => emptied(&text),
            false if path.ends_with("rules/conditions.toml") => silenced(&text),
            false => text,
        };
        std::fs::write(to, text).unwrap();
    }
}

fn emptied(text: &str) -> String {
    let mut table: Table = toml::from_str(text).unwrap();
    table.remove("spawns");
    table.remove("ambient");
    let rooms = table.get_mut("rooms").and_then(Value::as_array_mut);
    for room in rooms.into_iter().flatten().filter_map(Value::as_table_mut) {
        room.remove("things");
        room.remove("ambient");
        if let Some(standing) = room.get_mut("containers").and_then(Value::as_array_mut) {
            standing.retain(|one| one["id"].as_str() == Some(REFERRED));
        }
    }
    toml::to_string(&table).unwrap()
}

/// Nobody is told that a condition is over: the grace of newcomers, which all have, ends in time.
fn silenced(text: &str) -> String {
    let mut table: Table = toml::from_str(text).unwrap();
    let rules = table.get_mut("conditions").and_then(Value::as_array_mut);
    for rule in rules.unwrap().iter_mut().filter_map(Value::as_table_mut) {
        rule.remove("on_end");
    }
    toml::to_string(&table).unwrap()
}
