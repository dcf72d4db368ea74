//! Names: what a test and a type may be called.

use std::collections::BTreeMap;

use super::rust::{bare, line, shipped, word};
use super::source::{CRATES, File, files, none};

/// The most a test's name may have.
const WORDS_MAX: usize = 8;
const CHARS_MAX: usize = 60;

/// A name says what it is about: these say it of something named elsewhere.
const PRONOUNS: &[&str] = &[
    "anybody",
    "everybody",
    "he",
    "her",
    "him",
    "his",
    "it",
    "its",
    "nobody",
    "she",
    "somebody",
    "their",
    "them",
    "they",
    "we",
    "what",
    "whatever",
    "whoever",
    "whom",
    "whose",
];

/// Folders with tests that still are named otherwise, and how many. No number may grow.
const SENTENCES: &[(&str, usize)] = &[
    ("engine/src", 7),
    ("engine/tests", 112),
    ("net/src", 63),
    ("net/tests", 68),
    ("systems/src", 41),
    ("systems/tests", 129),
    ("tests/blackbox", 112),
    ("tests/bus", 33),
    ("tests/survival", 28),
];

/// Names of types that still are declared twice. None may be added, and one that is not goes.
const TWICE: &[&str] = &[
    "Account",
    "Admission",
    "Answer",
    "Asked",
    "Asks",
    "Awake",
    "Behind",
    "Body",
    "CameOrWent",
    "Cause",
    "Change",
    "Character",
    "Check",
    "Content",
    "Detail",
    "Durable",
    "Earned",
    "Ears",
    "Ended",
    "Entry",
    "Envelope",
    "Exit",
    "Frame",
    "Gate",
    "Gates",
    "Ground",
    "Hands",
    "Heard",
    "Held",
    "Inner",
    "Kept",
    "Known",
    "Line",
    "Link",
    "LoadFault",
    "Metrics",
    "Minds",
    "Next",
    "Outbox",
    "Outgoing",
    "Pace",
    "Packet",
    "Place",
    "Profession",
    "Pulse",
    "Received",
    "Recovered",
    "Remembered",
    "Rest",
    "Rules",
    "Running",
    "Said",
    "Seat",
    "Section",
    "Shared",
    "Source",
    "Stage",
    "Standing",
    "Step",
    "Told",
    "Topic",
    "Waiting",
    "Way",
    "Wish",
    "Words",
];

/// The tests of a file and their lines, also those that a macro makes for both databases.
fn tests(text: &str) -> Vec<(String, usize)> {
    let (code, mut tests, mut marked, mut listed) = (bare(text), Vec::new(), false, false);
    for (number, line) in (1..).zip(code.lines()) {
        let line = line.trim_start();
        if let Some(attribute) = line.strip_prefix("#[") {
            let end = attribute.find(|c: char| !c.is_alphanumeric() && c != ':' && c != '_');
            let path = &attribute[..end.unwrap_or(attribute.len())];
            marked |= path.rsplit(':').next() == Some("test");
        }
        let rest = match line.strip_prefix("on_both!(") {
            Some(rest) => {
                listed = true;
                rest
            }
            None => line,
        };
        if listed {
            let names = rest.split(')').next().unwrap_or_default().split(',');
            let names = names.map(str::trim).filter(|name| !name.is_empty());
            tests.extend(names.map(|name| (name.to_owned(), number)));
            listed = !rest.contains(')');
        }
        let declared = ["fn ", "async fn ", "pub fn ", "pub async fn "];
        let name = declared.iter().find_map(|start| line.strip_prefix(start));
        if let Some(name) = name.filter(|_| marked) {
            tests.push((word(name).to_owned(), number));
            marked = false;
        }
    }
    tests
}

/// What is wrong with the name of a test.
fn fault_of(name: &str) -> Option<String> {
    let words: Vec<&str> = name.split('_').collect();
    if words.len() > WORDS_MAX {
        return Some(format!("has {} words, {WORDS_MAX} at most", words.len()));
    }
    if name.len() > CHARS_MAX {
        return Some(format!("has {} letters, {CHARS_MAX} at most", name.len()));
    }
    let pronoun = words.iter().find(|word| PRONOUNS.contains(word));
    pronoun.map(|word| format!("says `{word}`"))
}

fn sentences(files: &[File], known: &[(&str, usize)]) -> Vec<String> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for File { path, text } in files.iter().filter(|file| file.is_rust()) {
        let folder = path.split('/').take(2).collect::<Vec<_>>().join("/");
        for (name, number) in tests(text) {
            if let Some(fault) = fault_of(&name) {
                let fault = format!("{path}:{number}: {name} {fault}");
                found.entry(folder.clone()).or_default().push(fault);
            }
        }
    }
    let mut faults = Vec::new();
    for (folder, due) in known {
        let left = found.remove(*folder).unwrap_or_default();
        if left.len() > *due {
            faults.extend(left);
            faults.push(format!("{folder}: no more than {due}"));
        } else if left.len() < *due {
            faults.push(format!(
                "{folder}: only {} left, no longer {due}",
                left.len()
            ));
        }
    }
    faults.extend(found.into_values().flatten());
    faults
}

/// The types that bare code declares at the beginning of a line of their own.
fn types(code: &str) -> Vec<(&str, usize)> {
    let mut types = Vec::new();
    let mut at = 0;
    for whole in code.split_inclusive('\n') {
        let mut rest = whole.trim_start();
        // Of a trait or an impl it is not a name for all to use.
        let associated = whole.starts_with(' ') && rest.starts_with("type ");
        if let Some(behind) = rest.strip_prefix("pub") {
            let scope = behind.starts_with('(').then(|| behind.find(')')).flatten();
            rest = behind[scope.map_or(0, |end| end + 1)..].trim_start();
        }
        for kind in ["struct ", "enum ", "trait ", "union ", "type "] {
            // Of a macro's pattern there is no name yet.
            let name = rest.strip_prefix(kind).map_or("", word);
            if !name.is_empty() && !associated {
                types.push((name, line(code, at)));
            }
        }
        at += whole.len();
    }
    types
}

fn twice(files: &[File], known: &[&str]) -> Vec<String> {
    let mut declared: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in CRATES.iter().flat_map(|(folder, _)| shipped(files, folder)) {
        for (name, number) in types(&source.code) {
            let place = format!("{}:{number}", source.path);
            declared.entry(name.to_owned()).or_default().push(place);
        }
    }
    declared.retain(|_, places| places.len() > 1);
    let once = known.iter().filter(|name| !declared.contains_key(**name));
    let mut faults: Vec<String> = once
        .map(|name| format!("{name} is declared once"))
        .collect();
    declared.retain(|name, _| !known.contains(&name.as_str()));
    let more = declared
        .iter()
        .map(|(name, places)| format!("{name}: {}", places.join(", ")));
    faults.extend(more);
    faults
}

#[test]
fn test_names_are_short_and_name_their_subject() {
    none(sentences(&files(), SENTENCES));
}

#[test]
fn type_name_has_one_meaning() {
    none(twice(&files(), TWICE));
}

#[test]
fn long_test_name_is_found() {
    let long = "a_journal_at_its_limit_waits_for_the_database";
    let wide = "overcommitted_multiplication_misrepresents_straightforwardness";
    for name in [long, wide, "what_comes_back_is_whole"] {
        for before in [
            "#[test]\nfn ",
            "    #[tokio::test]\n    async fn ",
            "#[tokio::test(flavor = \"multi_thread\")]\nasync fn ",
            "#[test]\n#[should_panic(expected = \"no\")]\nfn ",
            "#[tokio::test(\n    start_paused = true,\n)]\n#[ignore]\nasync fn ",
        ] {
            let text = format!("{before}{name}() {{}}\n");
            let file = [File::new("net/tests/gateway/pings.rs", &text)];
            assert_eq!(sentences(&file, &[]).len(), 1, "{text}");
            assert!(sentences(&file, &[("net/tests", 1)]).is_empty(), "{text}");
            assert_eq!(sentences(&file, &[("net/tests", 2)]).len(), 1, "{text}");
            assert_eq!(sentences(&file, &[("net/tests", 0)]).len(), 2, "{text}");
        }
        for list in ["on_both!(@);\n", "on_both!(\n    short,\n    @,\n);\n"] {
            let text = list.replace('@', name);
            let file = [File::new("storage/tests/storage/roles.rs", &text)];
            assert_eq!(sentences(&file, &[]).len(), 1, "{text}");
        }
        for text in [
            format!("fn {name}() {{}}\n"),
            format!("on_both!(short);\n{name}();\n"),
            format!("// #[test]\nfn {name}() {{}}\n"),
            format!("#[test]\nfn short() {{}}\nfn {name}() {{}}\n"),
            format!("#[cfg(test)]\nfn {name}() {{}}\n"),
        ] {
            let file = [File::new("net/tests/gateway/pings.rs", &text)];
            assert!(sentences(&file, &[]).is_empty(), "{text}");
        }
    }
}

#[test]
fn second_declaration_of_a_type_is_found() {
    let file = |path: &str, text: &str| File::new(path, text);
    let first = || file("net/src/hub.rs", "pub struct Kept;\nstruct Other;\n");
    for text in [
        "struct Kept {}",
        "pub(crate) enum Kept {}",
        "mod inner {\n    pub(in crate::hub) trait Kept {}\n}",
        "type Kept = u8;",
        "fn f() {\n    struct Kept;\n}",
    ] {
        let files = [first(), file("storage/src/store.rs", text)];
        assert_eq!(twice(&files, &[]).len(), 1, "{text}");
        assert!(twice(&files, &["Kept"]).is_empty(), "{text}");
        assert_eq!(twice(&files[..1], &["Kept"]).len(), 1, "{text}");
    }
    for text in [
        "// struct Kept;",
        "struct Keptness;",
        "#[cfg(test)]\nmod tests {\n    struct Kept;\n}",
        "impl A for B {\n    type Kept = u8;\n}",
        "use net::Kept;",
        "macro_rules! kept {\n    ($a:ident) => {\n        struct $a;\n        struct $b;\n    };\n}",
    ] {
        let files = [first(), file("storage/src/store.rs", text)];
        assert!(twice(&files, &[]).is_empty(), "{text}");
    }
}
