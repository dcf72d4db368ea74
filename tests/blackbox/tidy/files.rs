//! Files: how long, and what is never in them.

use super::source::{File, files, mentions, none, places};

/// Lines after which a file is looked at for a second story.
const LINES_MAX: usize = 400;

/// Files that tell one story in more lines, with the lines they may have and why.
const LONGER: &[(&str, usize, &str)] = &[];

/// Words that are a promise to somebody who is not reading. Written apart here, or this file
/// would hold them.
const PROMISES: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
];
/// Paths and hosts of a machine, which mean nothing on another.
const PLACES: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("registry.npm", "js.org"),
    concat!("index.crates", ".io"),
];

/// Lanes without a bound.
const UNBOUNDED: &[&str] = &["unbounded", "unbounded_channel", "std::sync::mpsc::channel"];

fn long(files: &[File], longer: &[(&str, usize, &str)]) -> Vec<String> {
    let mut faults: Vec<String> = longer
        .iter()
        .filter(|(path, ..)| files.iter().all(|file| file.path != *path))
        .map(|(path, ..)| format!("{path} is no more"))
        .collect();
    let told = |file: &&File| file.is_rust() || file.is_script() || file.path.ends_with(".css");
    for File { path, text } in files.iter().filter(told) {
        let length = text.lines().count();
        let longer = longer.iter().find(|(known, ..)| known == path);
        let most = longer.map_or(LINES_MAX, |(_, most, _)| *most);
        if length > most {
            faults.push(format!("{path} has {length} lines, {most} at most"));
        } else if longer.is_some() && length <= LINES_MAX {
            faults.push(format!("{path} needs no reason any more"));
        }
    }
    faults
}

fn hidden(files: &[File]) -> Vec<String> {
    let paths = files.iter().map(|file| file.path.clone());
    paths.filter(|path| path.ends_with("/mod.rs")).collect()
}

fn promises(files: &[File]) -> Vec<String> {
    let of = |file: &File| {
        let of = |promise: &&str| places(&file.path, &file.text, promise);
        PROMISES.iter().flat_map(of).collect::<Vec<_>>()
    };
    files.iter().flat_map(of).collect()
}

fn machines(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for File { path, text } in files.iter().filter(|file| file.path != "Cargo.lock") {
        let named = |line: &&str| PLACES.iter().any(|place| line.contains(place));
        let lines = text.lines().filter(named);
        found.extend(lines.map(|line| format!("{path}: {line}")));
    }
    found
}

/// Lines that a merge has left for somebody to choose from.
fn unmerged(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for File { path, text } in files {
        let marks = (1..).zip(text.lines());
        let marks =
            marks.filter(|(_, line)| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> "));
        found.extend(marks.map(|(number, _)| format!("{path}:{number}: a merge was left here")));
    }
    found
}

/// What is never shipped: a lane without a bound, a thread that sleeps.
fn careless(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    let shipped = |file: &&File| file.is_rust() && !file.is_test() && !file.is_bench();
    for file in files.iter().filter(shipped) {
        let code = file.shipped();
        found.extend(mentions(&file.path, &code, UNBOUNDED));
        found.extend(places(&file.path, &code, "thread::sleep"));
    }
    found
}

/// Bans without a reason.
fn bare_bans(files: &[File]) -> Vec<String> {
    let bans = |file: &File| places(&file.path, &file.text, "path");
    let lists = files
        .iter()
        .filter(|file| file.path.ends_with("clippy.toml"));
    let mut found: Vec<String> = lists.flat_map(bans).collect();
    found.retain(|ban| !ban.contains("reason = \""));
    found
}

#[test]
fn file_over_limit_has_reason() {
    none(long(&files(), LONGER));
}

#[test]
fn no_module_hides_in_a_mod_rs() {
    none(hidden(&files()));
}

#[test]
fn nothing_is_left_for_later() {
    none(promises(&files()));
}

#[test]
fn nothing_names_a_machine_or_a_registry() {
    none(machines(&files()));
}

#[test]
fn merges_are_brought_to_an_end() {
    none(unmerged(&files()));
}

#[test]
fn nothing_shipped_is_unbounded_or_sleeps() {
    none(careless(&files()));
}

#[test]
fn clippy_bans_have_reasons() {
    none(bare_bans(&files()));
}

#[test]
fn file_that_is_too_long_is_found() {
    let (fits, longer) = ("//\n".repeat(LINES_MAX), "//\n".repeat(LINES_MAX + 1));
    for path in ["src/a.rs", "client/a.js", "examples/a.mjs", "client/a.css"] {
        let file = |text: &str| [File::new(path, text)];
        assert_eq!(long(&file(&longer), &[]).len(), 1, "{path}");
        assert!(long(&file(&fits), &[]).is_empty(), "{path}");
        let reason: &[_] = &[(path, LINES_MAX + 1, "a table")];
        assert!(long(&file(&longer), reason).is_empty(), "{path}");
        assert_eq!(long(&file(&fits), reason).len(), 1, "{path}");
        assert_eq!(long(&[], reason).len(), 1, "{path}");
    }
}

#[test]
fn file_that_breaks_a_rule_is_found() {
    type Rule = fn(&[File]) -> Vec<String>;
    let (promise, other) = (
        format!("{}: why", PROMISES[0]),
        format!("({})", PROMISES[1]),
    );
    let (place, host) = (format!("see {}x", PLACES[0]), format!("//{}/x", PLACES[3]));
    for (rule, path, text) in [
        (hidden as Rule, "net/src/bridge/mod.rs", ""),
        (unmerged, "CHANGELOG.md", ">>>>>>> theirs"),
        (promises, "docs/why.md", &promise),
        (promises, "src/main.rs", &other),
        (machines, "docs/why.md", &place),
        (machines, "client/package-lock.json", &host),
        (
            careless,
            "net/src/hub.rs",
            "let lane = tokio::sync::mpsc::unbounded_channel();",
        ),
        (
            careless,
            "src/server.rs",
            "let lane = crossbeam_channel::unbounded();",
        ),
        (
            careless,
            "storage/src/journal.rs",
            "use std::sync::{Arc, mpsc::channel};",
        ),
        (
            careless,
            "engine/src/runner.rs",
            "std::thread::sleep(SLOT);",
        ),
        (
            careless,
            "net/src/session.rs",
            "#[cfg(test)]\nmod model;\nthread::sleep(SLOT);",
        ),
        (
            bare_bans,
            "systems/clippy.toml",
            "  { path = \"std::fs::read\" },",
        ),
    ] {
        let found = rule(&[File::new(path, text)]);
        assert_eq!(found.len(), 1, "{path}: {text}: {found:?}");
    }
}
