//! A `Local` may only be scratch: no checkpoint can hold it, so what lasts in one is lost to a
//! replay.

use super::source::{File, files, none};

/// Not emptied, and why nothing hangs on them from one run to the next.
const KEPT: &[(&str, &str, &str)] = &[
    (
        "systems/src/lucidity/flux.rs",
        "tick",
        "only ever compared with the present tick",
    ),
    (
        "systems/src/lucidity/rescue.rs",
        "in_tick",
        "only ever compared with the present tick",
    ),
    (
        "systems/src/place/rooms.rs",
        "known",
        "made anew by each run of its system, which it names",
    ),
];

/// Every `Local` of what is shipped that is not emptied where it is used.
fn lasting(files: &[File], kept: &[(&str, &str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    let shipped = files
        .iter()
        .filter(|file| file.is_rust() && file.path.contains("src/"));
    for file in shipped {
        let code = file.shipped();
        for (line, text) in (1..).zip(code.lines()) {
            let Some((name, _)) = text.split_once(": Local<") else {
                continue;
            };
            let name = name.rsplit([' ', '(']).next().unwrap_or(name);
            let emptied = [
                format!("{name}.drain("),
                format!("{name}.clear("),
                format!("take(&mut {name})"),
                format!("take(&mut *{name})"),
            ];
            let known = kept
                .iter()
                .any(|(path, one, _)| *path == file.path && *one == name);
            if !known && !emptied.iter().any(|way| code.contains(way)) {
                found.push(format!("{}:{line}: `{name}` lasts", file.path));
            }
        }
    }
    found
}

#[test]
fn local_state_of_systems_is_scratch() {
    none(lasting(&files(), KEPT));
}

#[test]
fn lasting_local_is_found() {
    let file = |code: &str| [File::new("systems/src/x.rs", code)];
    let bad = file("fn f(mut seen: Local<u64>) {\n    *seen += 1;\n}\n");
    assert_eq!(lasting(&bad, &[]), ["systems/src/x.rs:1: `seen` lasts"]);
    assert!(lasting(&bad, &[("systems/src/x.rs", "seen", "why")]).is_empty());
    let good = file("fn f(mut queue: Local<Vec<u64>>) {\n    queue.drain(..);\n}\n");
    assert!(lasting(&good, &[]).is_empty());
}
