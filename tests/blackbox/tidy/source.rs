//! The checkout as the rules read it.

use std::path::Path;

use toml::Table;

/// The crates and who of ours each may depend on.
pub(super) const CRATES: [(&str, &[&str]); 6] = [
    ("engine", &[]),
    ("systems", &["engine"]),
    ("net", &["engine"]),
    ("storage", &["engine"]),
    ("load", &["engine", "systems"]),
    (".", &["engine", "systems", "net", "storage", "load"]),
];

/// A text file of ours.
#[derive(Clone, Debug)]
pub(super) struct File {
    /// From the root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

impl File {
    /// What the tests of a rule are written in.
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// Rust, with its tests left out and comments blanked: what runs in the server.
    pub(super) fn shipped(&self) -> String {
        self.part(false)
    }

    /// The other part: tests, with what is shipped left out and comments blanked.
    pub(super) fn tested(&self) -> String {
        self.part(true)
    }

    fn part(&self, tested: bool) -> String {
        let whole = self.is_test();
        let mut code = String::new();
        let (mut after_cfg, mut in_tests) = (false, false);
        for line in self.text.lines() {
            // A test module that is a file of its own is one line here, and what follows is not.
            in_tests |= after_cfg && line.starts_with("mod ") && line.ends_with('{');
            if (in_tests || (whole && tested)) == tested && !line.trim_start().starts_with("//") {
                code.push_str(line);
            }
            code.push('\n');
            in_tests &= line != "}";
            after_cfg = line == "#[cfg(test)]";
        }
        code
    }

    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    pub(super) fn is_script(&self) -> bool {
        self.path.ends_with(".js") || self.path.ends_with(".mjs")
    }

    pub(super) fn is_markdown(&self) -> bool {
        self.path.ends_with(".md")
    }

    /// Compiled for tests only.
    pub(super) fn is_test(&self) -> bool {
        let path = &self.path;
        path.contains("/tests/") || path.starts_with("tests/") || path.ends_with("/tests.rs")
    }

    /// Measures, and is not shipped either.
    pub(super) fn is_bench(&self) -> bool {
        self.path.contains("/benches/") || self.path.starts_with("benches/")
    }
}

/// Every text file of the project, in the order of their paths.
pub(super) fn files() -> Vec<File> {
    let mut files = Vec::new();
    walk(Path::new(env!("CARGO_MANIFEST_DIR")), "", &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(files.len() > 100, "only {} files", files.len());
    files
}

/// The manifest of a crate.
pub(super) fn manifest(folder: &str) -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(folder)
        .join("Cargo.toml");
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

/// Every place of a text of this path that has `part` in it as a whole word: `path:line: words`.
pub(super) fn places(path: &str, text: &str, part: &str) -> Vec<String> {
    let found = (1..).zip(text.lines()).filter(|(_, line)| has(line, part));
    found
        .map(|(number, line)| format!("{path}:{number}: {}", line.trim()))
        .collect()
}

fn joins(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether a line has `part` in it as a whole word.
pub(super) fn has(line: &str, part: &str) -> bool {
    line.match_indices(part).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + part.len()..].chars().next();
        // A crate is named first in its path: `tokio::net::` is not `net::`.
        let is_crate = part.ends_with("::");
        let starts = before.is_none_or(|c| !joins(c) && (!is_crate || c != ':'));
        let ends = is_crate || after.is_none_or(|c| !joins(c));
        starts && ends
    })
}

/// Every place of some code that has one of `parts` in it, also by way of a group of imports:
/// `use std::{fs, io};` has `std::fs`.
pub(super) fn mentions(path: &str, code: &str, parts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for part in parts {
        found.extend(places(path, code, part));
    }
    let mut rest = code;
    while let Some(at) = rest.find("use ") {
        let starts = rest[..at].chars().next_back().is_none_or(|c| !joins(c));
        rest = &rest[at + "use ".len()..];
        let tree = rest.split(';').next().unwrap_or_default();
        if !starts || !tree.contains('{') {
            continue;
        }
        for used in imports(tree) {
            if parts.iter().any(|part| has(&used, part)) {
                found.push(format!("{path}: use {used}"));
            }
        }
    }
    found
}

/// The paths of a tree of imports.
fn imports(tree: &str) -> Vec<String> {
    let (mut paths, mut outer, mut name) = (Vec::new(), vec![String::new()], String::new());
    for c in tree.chars() {
        match c {
            '{' => outer.push(format!("{}{}", outer.last().unwrap(), name.trim())),
            ',' | '}' if !name.trim().is_empty() => {
                paths.push(format!("{}{}", outer.last().unwrap(), name.trim()));
            }
            _ => {}
        }
        match c {
            '{' | ',' => name.clear(),
            '}' => {
                name.clear();
                outer.pop();
                if outer.is_empty() {
                    break;
                }
            }
            c => name.push(c),
        }
    }
    paths
}

/// What was looked for in vain.
pub(super) fn none(found: impl IntoIterator<Item = String>) {
    let found: Vec<String> = found.into_iter().collect();
    assert!(found.is_empty(), "{found:#?}");
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    /// What a build or a run leaves in the checkout.
    const NOT_OURS: &[&str] = &["target", "data", ".git", ".cargo", "bench-reports"];
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        // Not only folders: in a linked worktree `.git` is a file.
        if name == "node_modules" || prefix.is_empty() && NOT_OURS.contains(&name.as_str()) {
            continue;
        }
        if entry.path().is_dir() {
            walk(&entry.path(), &format!("{path}/"), files);
        } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
            files.push(File { path, text });
        }
    }
}

#[test]
fn whole_word_is_found_and_part_is_not() {
    assert!(has("use net::serve;", "net::"));
    assert!(has("(net::serve)", "net::"));
    assert!(!has("use tokio::net::TcpListener;", "net::"));
    assert!(!has("let planet::X;", "net::"));
    assert!(has("Instant::now()", "Instant"));
    assert!(has("std::time::Instant::now()", "Instant"));
    assert!(has("mpsc::unbounded_channel()", "unbounded_channel"));
    assert!(!has("Instantly", "Instant"));
}

#[test]
fn grouped_imports_are_mentions() {
    let found = |code: &str| !mentions("", code, &["std::fs", "std::net"]).is_empty();
    assert!(found("use std::fs;"));
    assert!(found("use std::{fs, io};"));
    assert!(found(
        "use std::{\n    io::{self, Read},\n    net::{IpAddr},\n};"
    ));
    assert!(!found("use std::{io, fmt::{self}};"));
    assert!(!found("use tokio::{fs, net};"));
}

#[test]
fn code_is_shipped_or_tested() {
    let lines = [
        "#[cfg(test)]",
        "mod model;",
        "use tokio::net::TcpListener;",
        "// unbounded",
        "#[cfg(test)]",
        "mod tests {",
        "    fn tested() {",
        "    }",
        "}",
        "fn after() {}",
    ];
    let file = File::new("net/src/session.rs", &lines.join("\n"));
    let (shipped, tested) = (file.shipped(), file.tested());
    assert!(shipped.contains("tokio::net") && shipped.contains("after"));
    assert!(!shipped.contains("tested") && !shipped.contains("unbounded"));
    assert!(tested.contains("tested") && !tested.contains("tokio::net"));
    // So that a place is found in its line.
    assert_eq!(shipped.lines().count(), lines.len());
    assert_eq!(tested.lines().count(), lines.len());
    let file = File::new("net/tests/session.rs", &lines.join("\n"));
    assert!(file.tested().contains("tokio::net"));
}
