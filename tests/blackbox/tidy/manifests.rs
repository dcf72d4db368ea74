//! Whom the manifests let in.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::source::{CRATES, manifest, none};

/// What speaks to databases, brokers and browsers.
const OUTSIDE: &[&str] = &[
    "async-nats",
    "axum",
    "hyper",
    "reqwest",
    "rustls",
    "sqlx",
    "tokio-tungstenite",
];

/// What can wait besides, and so has no place in the rules of the game.
const WAITS: &[&str] = &["crossbeam-channel", "tokio", "tokio-util"];

/// Everything a crate is built from, also for one target only, by its own name.
fn dependencies(manifest: &Table) -> Vec<String> {
    let sections = |table: &Table| {
        ["dependencies", "build-dependencies"]
            .into_iter()
            .filter_map(|section| table.get(section)?.as_table().cloned())
            .collect::<Vec<_>>()
    };
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets.into_iter().flat_map(Table::values);
    let mut all = sections(manifest);
    all.extend(targets.filter_map(Value::as_table).flat_map(sections));
    let own_name = |(known, value): (&String, &Value)| {
        let package = value.get("package").and_then(Value::as_str);
        package.unwrap_or(known).to_owned()
    };
    all.iter().flatten().map(own_name).collect()
}

/// Those of ours that `folder` may not know.
fn strangers(folder: &str, allowed: &[&str], manifest: &Table) -> Vec<String> {
    let is_ours = |name: &String| CRATES.iter().any(|(known, _)| known == name);
    let strange = |name: &String| is_ours(name) && !allowed.contains(&name.as_str());
    let all = dependencies(manifest).into_iter();
    all.filter(strange)
        .map(|name| format!("{folder}/Cargo.toml depends on {name}"))
        .collect()
}

/// What a crate depends on that has no place in it.
fn misplaced(folder: &str, manifest: &Table) -> Vec<String> {
    let banned: Vec<&str> = match folder {
        "systems" => [OUTSIDE, WAITS].concat(),
        "engine" => OUTSIDE.to_vec(),
        "net" | "storage" => vec!["bevy_ecs"],
        _ => Vec::new(),
    };
    let all = dependencies(manifest).into_iter();
    all.filter(|name| banned.contains(&name.as_str()))
        .map(|name| format!("{folder}/Cargo.toml depends on {name}"))
        .collect()
}

/// Everything that `root` is built and tested from, by way of whomever.
fn reached<'a>(lock: &'a Table, root: &'a str) -> BTreeSet<&'a str> {
    let packages = lock["package"].as_array().unwrap();
    let mut met = BTreeSet::new();
    let mut next = vec![root];
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
    met
}

/// What `root` reaches of the outside.
fn reached_outside(lock: &Table, root: &str) -> Vec<String> {
    let is_outside = |name: &&str| {
        name.starts_with("sqlx") || OUTSIDE.contains(name) || ["net", "storage"].contains(name)
    };
    let reached = reached(lock, root).into_iter();
    reached
        .filter(is_outside)
        .map(|name| format!("{root}: {name}"))
        .collect()
}

/// What a member's manifest does not take from the workspace.
fn of_its_own(member: &str, manifest: &Table) -> Vec<String> {
    let inherits = |value: Option<&Value>| {
        let workspace = value.and_then(|value| value.get("workspace"));
        workspace.and_then(Value::as_bool) == Some(true)
    };
    let license = manifest.get("package").and_then(|own| own.get("license"));
    let mut faults = Vec::new();
    if !inherits(license) {
        faults.push(format!("{member} has no license"));
    }
    if !inherits(manifest.get("lints")) {
        faults.push(format!("{member} has lints of its own"));
    }
    faults
}

#[test]
fn manifests_name_only_allowed_dependencies() {
    for (folder, allowed) in CRATES {
        let manifest = manifest(folder);
        none(strangers(folder, allowed, &manifest));
        none(misplaced(folder, &manifest));
    }
}

#[test]
fn forbidden_dependency_is_found() {
    let sections = [
        "[dependencies]\nNAME = \"1\"",
        "[dependencies]\nNAME.workspace = true",
        "[dependencies.NAME]\nversion = \"1\"",
        "[build-dependencies]\nNAME = \"1\"",
        "[target.'cfg(unix)'.dependencies]\nNAME = \"1\"",
        "[dependencies]\nharmless = { package = \"NAME\", version = \"1\" }",
    ];
    for section in sections {
        let with = |name: &str| section.replace("NAME", name).parse::<Table>().unwrap();
        let ours = |name: &str| strangers("net", &["engine"], &with(name)).len();
        assert_eq!((ours("engine"), ours("systems")), (0, 1), "{section}");
        let misplaced = |folder: &str, name: &str| misplaced(folder, &with(name)).len();
        assert_eq!(misplaced("systems", "tokio"), 1, "{section}");
        assert_eq!(misplaced("engine", "sqlx"), 1, "{section}");
        assert_eq!(misplaced("storage", "bevy_ecs"), 1, "{section}");
        assert_eq!(misplaced("storage", "sqlx"), 0, "{section}");
    }
}

/// Not even by way of somebody else, nor for its tests: the lock file knows everybody.
#[test]
fn game_dependencies_reach_no_database_or_network() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    let lock: Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let met = reached(&lock, "systems");
    assert!(met.contains("engine") && met.len() > 20, "{met:?}");
    none(reached_outside(&lock, "systems"));
    // The same question about those who do reach them.
    assert!(reached_outside(&lock, "storage").len() > 1);
    assert!(reached_outside(&lock, "net").len() > 1);
}

#[test]
fn every_crate_has_license_and_workspace_lints() {
    let root = manifest(".");
    let license = &root["workspace"]["package"]["license"];
    assert_eq!(license.as_str(), Some("MIT OR Apache-2.0"));
    let members = root["workspace"]["members"].as_array().unwrap();
    let members = members.iter().filter_map(Value::as_str);
    for member in members.chain(["."]) {
        none(of_its_own(member, &manifest(member)));
    }
    assert_eq!(
        root["workspace"]["lints"]["rust"]["unsafe_code"].as_str(),
        Some("deny")
    );
}

/// The one file that may: it installs a handler of signals.
const UNSAFE: &str = "src/server/last_words.rs";

#[test]
fn unsafe_code_is_in_one_file_only() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for member in ["engine", "systems", "net", "storage", "load"] {
        let lib = std::fs::read_to_string(root.join(member).join("src/lib.rs")).unwrap();
        assert!(lib.contains("\n#![forbid(unsafe_code)]\n"), "{member}");
    }
    let mut found = Vec::new();
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read_to_string(&path).unwrap().contains("unsafe") {
                found.push(path.strip_prefix(root).unwrap().display().to_string());
            }
        }
    }
    assert_eq!(found, [UNSAFE]);
}

#[test]
fn crate_without_license_or_lints_is_found() {
    for (manifest, faults) in [
        (
            "package.license.workspace = true\nlints.workspace = true",
            0,
        ),
        ("package.license = \"MIT\"\nlints.workspace = true", 1),
        (
            "package.license.workspace = true\nlints.workspace = false",
            1,
        ),
        (
            "package.name = \"one\"\n[lints.rust]\nunsafe_code = \"allow\"",
            2,
        ),
    ] {
        let found = of_its_own("one", &manifest.parse().unwrap());
        assert_eq!(found.len(), faults, "{manifest}: {found:?}");
    }
}
