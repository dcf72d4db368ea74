//! The checkout as the rules read it.

use std::path::Path;

use toml::Table;

/// The crates and who of ours each may depend on.
pub(super) const CRATES: &[(&str, &[&str])] = &[
    ("engine", &[]),
    ("systems", &["engine"]),
    ("net", &["engine"]),
    ("storage", &["engine"]),
    ("load", &["engine", "systems"]),
    (".", &["engine", "systems", "net", "storage", "load"]),
];

/// A text file of ours.
#[derive(Debug)]
pub(super) struct File {
    /// From the root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

impl File {
    /// Rust, with its tests left out and comments blanked: what runs in the server.
    pub(super) fn shipped(&self) -> String {
        let mut code = String::new();
        let (mut after_cfg, mut in_tests) = (false, false);
        for line in self.text.lines() {
            // A test module that is a file of its own is one line here, and what follows is not.
            in_tests |= after_cfg && line.starts_with("mod ") && line.ends_with('{');
            if !in_tests && !line.trim_start().starts_with("//") {
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

    /// Compiled for tests only.
    pub(super) fn is_test(&self) -> bool {
        let path = &self.path;
        path.contains("/tests/") || path.starts_with("tests/") || path.ends_with("/tests.rs")
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

/// Every Rust file below a folder.
pub(super) fn rust_below(folder: &str) -> Vec<File> {
    let prefix = format!("{folder}/");
    let mut files = files();
    files.retain(|file| file.path.starts_with(&prefix) && file.is_rust());
    assert!(!files.is_empty(), "nothing below {folder}");
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
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    let whole = |line: &str| {
        line.match_indices(part).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + part.len()..].chars().next();
            // `tokio::net::` is not `net::`.
            let starts = before.is_none_or(|c| !joins(c) && c != ':');
            let ends = part.ends_with(':') || after.is_none_or(|c| !joins(c));
            starts && ends
        })
    };
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| whole(line))
        .map(|(number, line)| format!("{path}:{number}: {}", line.trim()))
        .collect()
}

/// What was looked for in vain.
pub(super) fn none(found: impl IntoIterator<Item = String>) {
    let found: Vec<String> = found.into_iter().collect();
    assert!(found.is_empty(), "{found:#?}");
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    const NOT_OURS: &[&str] = &[
        "target",
        "node_modules",
        "data",
        ".git",
        ".cargo",
        "bench-reports",
    ];
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        // Not only folders: in a linked worktree `.git` is a file.
        if NOT_OURS.contains(&name.as_str()) {
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
fn a_whole_word_is_found_and_a_part_of_one_is_not() {
    let found = |line: &str, part: &str| !places("", line, part).is_empty();
    assert!(found("use net::serve;", "net::"));
    assert!(found("(net::serve)", "net::"));
    assert!(!found("use tokio::net::TcpListener;", "net::"));
    assert!(!found("let planet::X;", "net::"));
    assert!(found("Instant::now()", "Instant"));
    assert!(!found("Instantly", "Instant"));
}

#[test]
fn shipped_code_is_all_but_test_modules() {
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
    let file = File {
        path: "net/src/session.rs".to_owned(),
        text: lines.join("\n"),
    };
    let code = file.shipped();
    assert!(code.contains("tokio::net") && code.contains("after"));
    assert!(!code.contains("tested") && !code.contains("unbounded"));
    // So that a place is found in its line.
    assert_eq!(code.lines().count(), lines.len());
}
