//! Who may know whom.

use toml::{Table, Value};

use super::source::{CRATES, manifest, none, places, rust_below};

/// What can wait, and so has no place in the rules of the game.
const WAITS: &[&str] = &[
    "async-nats",
    "axum",
    "crossbeam-channel",
    "hyper",
    "reqwest",
    "sqlx",
    "tokio",
    "tokio-tungstenite",
    "tokio-util",
];

fn dependencies(manifest: &Table) -> Vec<String> {
    ["dependencies", "build-dependencies"]
        .into_iter()
        .filter_map(|section| manifest.get(section)?.as_table())
        .flat_map(|section| section.keys().cloned())
        .collect()
}

#[test]
fn manifests_name_only_whom_the_house_allows() {
    for (folder, allowed) in CRATES {
        for dependency in dependencies(&manifest(folder)) {
            let ours = CRATES.iter().any(|(known, _)| *known == dependency);
            assert!(
                !ours || allowed.contains(&dependency.as_str()),
                "{folder}/Cargo.toml depends on {dependency}"
            );
        }
    }
}

#[test]
fn the_game_and_the_world_depend_on_nothing_that_speaks_to_the_outside() {
    for dependency in dependencies(&manifest("systems")) {
        assert!(
            !WAITS.contains(&dependency.as_str()),
            "systems: {dependency}"
        );
    }
    for dependency in dependencies(&manifest("engine")) {
        let speaks = [
            "axum",
            "hyper",
            "sqlx",
            "tokio-tungstenite",
            "async-nats",
            "reqwest",
        ];
        assert!(
            !speaks.contains(&dependency.as_str()),
            "engine: {dependency}"
        );
    }
    for edge in ["net", "storage"] {
        let dependencies = dependencies(&manifest(edge));
        assert!(
            !dependencies.contains(&"bevy_ecs".to_owned()),
            "{edge}: bevy_ecs"
        );
    }
}

/// Not even by way of somebody else, nor for its tests: the lock file knows everybody.
#[test]
fn nothing_that_the_game_is_built_from_reaches_a_database_or_a_network() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    let lock: Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    let mut met = std::collections::BTreeSet::new();
    let mut next = vec!["systems"];
    while let Some(name) = next.pop() {
        if !met.insert(name) {
            continue;
        }
        let named = packages
            .iter()
            .filter(|package| package["name"].as_str() == Some(name));
        let needed = named
            .filter_map(|package| package.get("dependencies")?.as_array())
            .flatten()
            .filter_map(|needed| needed.as_str()?.split(' ').next());
        next.extend(needed);
    }
    assert!(met.contains("engine") && met.len() > 20, "{met:?}");
    let outside = ["async-nats", "axum", "hyper", "reqwest", "net", "storage"];
    for name in met {
        assert!(
            !name.starts_with("sqlx") && !outside.contains(&name),
            "systems: {name}"
        );
    }
}

/// A thread that waits for a future is a process's first, or the load driver's own.
#[test]
fn only_where_a_process_begins_is_a_future_waited_for() {
    let mut found = Vec::new();
    for folder in ["engine", "systems", "net", "storage", "load"] {
        for file in rust_below(&format!("{folder}/src")) {
            if file.is_test() || file.path == "load/src/bench.rs" {
                continue;
            }
            for part in ["block_on", "Runtime::new", "Builder::new_current_thread"] {
                found.extend(places(&file.path, &file.shipped(), part));
            }
        }
    }
    none(found);
}

#[test]
fn sources_see_only_whom_the_house_allows() {
    let mut found = Vec::new();
    for (folder, allowed) in CRATES.iter().filter(|(folder, _)| *folder != ".") {
        let strangers = CRATES
            .iter()
            .map(|(stranger, _)| *stranger)
            .filter(|stranger| stranger != folder && !allowed.contains(stranger));
        for stranger in strangers {
            found.extend(shipped_with(folder, &[&format!("{stranger}::")]));
        }
    }
    none(found);
}

#[test]
fn the_edges_see_of_the_engine_its_port_only() {
    let found = ["net", "storage"].map(|edge| shipped_with(edge, &["engine::"]));
    let inside = |place: &String| place.replace("engine::port", "").contains("engine::");
    none(found.into_iter().flatten().filter(inside));
}

#[test]
fn the_game_never_looks_outside() {
    none(shipped_with(
        "systems",
        &[
            "std::fs",
            "std::net",
            "std::thread",
            "std::process",
            "std::env",
            "std::sync::mpsc",
            "Instant",
            "SystemTime",
            "async",
            "tokio::",
            "sqlx::",
        ],
    ));
}

/// The tick is a function of its input: clocks and threads are the runner's, waiting is the port's.
#[test]
fn the_engine_waits_and_reads_clocks_only_in_its_runner() {
    let found = shipped_with(
        "engine",
        &[
            "Instant",
            "SystemTime",
            "std::thread",
            "std::fs",
            "std::net",
            "await",
        ],
    );
    let elsewhere = |place: &String| {
        !place.starts_with("engine/src/runner") && !place.starts_with("engine/src/port")
    };
    none(found.into_iter().filter(elsewhere));
}

/// Every place of what a crate ships that has one of `parts` in it.
fn shipped_with(folder: &str, parts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in rust_below(&format!("{folder}/src")) {
        let code = file.shipped();
        for part in parts {
            found.extend(places(&file.path, &code, part));
        }
    }
    found
}

#[test]
fn every_crate_is_licensed_and_keeps_the_workspace_s_lints() {
    let root = manifest(".");
    let license = &root["workspace"]["package"]["license"];
    assert_eq!(license.as_str(), Some("MIT OR Apache-2.0"));
    let members = root["workspace"]["members"].as_array().unwrap();
    let members = members.iter().filter_map(Value::as_str);
    for member in members.chain(["."]) {
        let manifest = manifest(member);
        let inherits = |value: Option<&Value>| {
            value
                .and_then(|value| value.get("workspace"))
                .and_then(Value::as_bool)
                == Some(true)
        };
        let license = manifest["package"].get("license");
        assert!(inherits(license), "{member} has no license");
        assert!(
            inherits(manifest.get("lints")),
            "{member} has lints of its own"
        );
    }
    assert_eq!(
        root["workspace"]["lints"]["rust"]["unsafe_code"].as_str(),
        Some("forbid")
    );
}
