//! Files: how long, and what is never in them.

use super::source::{File, files, none, places};

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

#[test]
fn no_file_is_longer_than_a_story_without_a_reason() {
    let files = files();
    let mut faults: Vec<String> = LONGER
        .iter()
        .filter(|(path, ..)| files.iter().all(|file| file.path != *path))
        .map(|(path, ..)| format!("{path} is no more"))
        .collect();
    for File { path, text } in &files {
        if !(path.ends_with(".rs") || path.ends_with(".js")) {
            continue;
        }
        let length = text.lines().count();
        let longer = LONGER.iter().find(|(known, ..)| known == path);
        let most = longer.map_or(LINES_MAX, |(_, most, _)| *most);
        if length > most {
            faults.push(format!("{path} has {length} lines, {most} at most"));
        } else if longer.is_some() && length <= LINES_MAX {
            faults.push(format!("{path} needs no reason any more"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn no_module_hides_in_a_mod_rs() {
    let hidden: Vec<String> = files()
        .into_iter()
        .map(|file| file.path)
        .filter(|path| path.ends_with("/mod.rs"))
        .collect();
    assert!(hidden.is_empty(), "{hidden:?}");
}

#[test]
fn nothing_is_left_for_later() {
    let promises = |file: File| {
        let of = |promise: &&str| places(&file.path, &file.text, promise);
        PROMISES.iter().flat_map(of).collect::<Vec<_>>()
    };
    none(files().into_iter().flat_map(promises));
}

#[test]
fn nothing_names_a_machine_or_a_registry() {
    let mut found = Vec::new();
    for File { path, text } in files() {
        let named = |line: &&str| PLACES.iter().any(|place| line.contains(place));
        if path != "Cargo.lock" {
            found.extend(
                text.lines()
                    .filter(named)
                    .map(|line| format!("{path}: {line}")),
            );
        }
    }
    none(found);
}

#[test]
fn nothing_is_unbounded_and_nothing_sleeps() {
    let mut found = Vec::new();
    for file in files() {
        if file.is_rust() && !file.is_test() {
            let code = file.shipped();
            for part in ["unbounded", "unbounded_channel", "thread::sleep"] {
                found.extend(places(&file.path, &code, part));
            }
        }
    }
    none(found);
}

#[test]
fn what_clippy_bans_has_a_reason() {
    for file in files()
        .iter()
        .filter(|file| file.path.ends_with("clippy.toml"))
    {
        for (line, words) in (1..).zip(file.text.lines()) {
            let banned = words.contains("path = ");
            assert!(
                !banned || words.contains("reason = \""),
                "{}:{line}",
                file.path
            );
        }
    }
}
