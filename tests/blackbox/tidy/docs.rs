//! What the documents promise is there.

use std::collections::BTreeSet;

use super::source::{File, files, none};

/// Underscores from which on a word in code marks is the name of a test: the shortest sentences.
const SENTENCE: usize = 5;

/// Where the proofs are: every name in the third column of its tables is that of a test.
const PROOFS: &str = "docs/proofs.md";

/// Words between single code marks.
fn marked(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// The functions that test code declares, and those that are marked as tests: a test module may
/// be a file of its own.
fn declared(files: &[File]) -> BTreeSet<&str> {
    fn function(line: &str) -> Option<&str> {
        let line = line.trim_start();
        let line = line.strip_prefix("async ").unwrap_or(line);
        line.strip_prefix("fn ")?.split(['(', '<']).next()
    }
    let mut names = BTreeSet::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let (tested, mut marked) = (file.tested(), false);
        for (line, in_tests) in file.text.lines().zip(tested.lines()) {
            let name = function(line).filter(|_| marked || !in_tests.is_empty());
            names.extend(name);
            let line = line.trim_start();
            marked = line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        }
    }
    names
}

/// The names of tests that a document has.
fn named(File { path, text }: &File) -> Vec<&str> {
    let is_name = |name: &&str| {
        let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        name.contains('_') && name.chars().all(is_part) && !name.starts_with("kadath_")
    };
    let last = |word: &'_ str| word.rfind("::").map_or(0, |at| at + 2);
    let names = |text| marked(text).map(move |word: &str| &word[last(word)..]);
    let long = |name: &&str| name.matches('_').count() >= SENTENCE;
    let mut found: Vec<&str> = names(text).filter(is_name).filter(long).collect();
    if path == PROOFS {
        for row in text.lines().filter(|line| line.starts_with("| ")) {
            let shown_by = row.split(" | ").nth(2).unwrap_or_default();
            found.extend(names(shown_by).filter(is_name));
        }
    }
    found
}

/// Tests that a document names and nobody has.
fn missing_tests(files: &[File]) -> Vec<String> {
    let declared = declared(files);
    let documents = files.iter().filter(|file| file.is_markdown());
    let missing = documents.flat_map(|file| {
        let unknown = named(file)
            .into_iter()
            .filter(|name| !declared.contains(name));
        unknown.map(|name| format!("{}: {name}", file.path))
    });
    missing.collect()
}

/// Files and headings that a document links to and that are not there. `is_there` knows the paths.
fn dead_links(files: &[File], is_there: impl Fn(&str) -> bool) -> Vec<String> {
    let mut dead = Vec::new();
    for File { path, text } in files.iter().filter(|file| file.is_markdown()) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap_or_default();
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                file => resolved(folder, file),
            };
            let document = files.iter().find(|file| file.path == target);
            let has_heading = || document.is_none_or(|file| headings(&file.text).contains(heading));
            if !is_there(&target) || (!heading.is_empty() && !has_heading()) {
                dead.push(format!("{path}: {link}"));
            }
        }
    }
    dead
}

/// A path from the root, of one that is relative to a folder.
fn resolved(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The anchors of a document's headings.
fn headings(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| line.starts_with('#'));
    lines
        .map(|line| {
            let words = line.trim_start_matches('#').trim().to_lowercase();
            let kept = words
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

/// Events that are published and that the protocol does not name.
fn unnamed_events(files: &[File], protocol: &str) -> Vec<String> {
    let named: Vec<&str> = marked(protocol).collect();
    let golden = files.iter().filter_map(|file| {
        let name = file.path.strip_prefix("tests/golden/")?;
        name.strip_suffix(".txt")
    });
    let unnamed = golden.filter(|event| !named.contains(event));
    unnamed.map(str::to_owned).collect()
}

fn document<'a>(files: &'a [File], path: &str) -> &'a str {
    &files.iter().find(|file| file.path == path).unwrap().text
}

#[test]
fn every_test_that_the_documents_name_exists() {
    let files = files();
    let proofs = files.iter().find(|file| file.path == PROOFS).unwrap();
    assert!(named(proofs).len() > 150, "{:?}", named(proofs));
    none(missing_tests(&files));
}

#[test]
fn every_file_that_the_documents_link_to_exists() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    none(dead_links(&files(), |path| root.join(path).exists()));
}

#[test]
fn the_protocol_names_every_event_that_is_published() {
    let files = files();
    none(unnamed_events(&files, document(&files, "docs/protocol.md")));
}

#[test]
fn missing_test_is_found() {
    let tests = "#[test]\nfn one_is_so() {}\n    async fn two_of_them_are_as_they_were() {}\n";
    let tests = || File::new("net/tests/gateway/one.rs", tests);
    let row = |name: &str| format!("| 1 | `what_it_is` | `{name}` (net) | once |");
    for (path, text, missing) in [
        (PROOFS, row("one_is_so"), 0),
        (PROOFS, row("gateway::one_is_so"), 0),
        (PROOFS, row("one_was_so"), 1),
        (PROOFS, row("kadath_ticks_total"), 0),
        (
            "docs/why.md",
            "`two_of_them_are_as_they_were`".to_owned(),
            0,
        ),
        ("docs/why.md", "`two_of_them_are_as_they_are`".to_owned(), 1),
        ("docs/why.md", "`database_url`".to_owned(), 0),
    ] {
        let found = missing_tests(&[tests(), File::new(path, &text)]);
        assert_eq!(found.len(), missing, "{text}: {found:?}");
    }
    // What is shipped, or only told of, is no test.
    for text in ["fn one_is_so() {}", "// fn one_is_so() {}"] {
        let shipped = File::new("net/src/one.rs", text);
        let found = missing_tests(&[shipped, File::new(PROOFS, &row("one_is_so"))]);
        assert_eq!(found.len(), 1, "{text}");
    }
}

#[test]
fn dead_link_is_found() {
    let bus = File::new("docs/bus.md", "# The bus\n## Who, and what?\n");
    for (link, is_dead) in [
        ("bus.md", false),
        ("bus.md#who-and-what", false),
        ("bus.md#who", true),
        ("../README.md", false),
        ("https://example.org/nothing", false),
        ("train.md", true),
        ("#here", false),
        ("#there", true),
    ] {
        let text = format!("# Here\n[it]({link})");
        let files = [File::new("docs/why.md", &text), bus.clone()];
        let is_there = |path: &str| ["docs/bus.md", "docs/why.md", "README.md"].contains(&path);
        assert_eq!(!dead_links(&files, is_there).is_empty(), is_dead, "{link}");
    }
}

#[test]
fn unnamed_event_is_found() {
    let events = [File::new("tests/golden/pong.txt", "")];
    assert_eq!(unnamed_events(&events, "pong").len(), 1);
    assert!(unnamed_events(&events, "`pong`").is_empty());
}
