//! What the documents promise is there.

use super::source::{File, files};

/// Underscores from which on a word in code marks is the name of a test: the shortest sentences.
const SENTENCE: usize = 5;

/// Words between single code marks.
fn marked(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2))
}

#[test]
fn every_test_that_the_documents_name_exists() {
    let files = files();
    let mut sources: Vec<&str> = Vec::new();
    for File { path, text } in &files {
        if path.ends_with(".rs") {
            sources.push(text);
        }
    }
    let mut named = 0;
    let mut missing = Vec::new();
    for File { path, text } in files.iter().filter(|file| file.path.ends_with(".md")) {
        for word in marked(text) {
            let name = word.rsplit("::").next().unwrap_or(word);
            let is_name = name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            if !is_name || name.starts_with("kadath_") || name.matches('_').count() < SENTENCE {
                continue;
            }
            named += 1;
            let declared = format!("fn {name}(");
            if !sources.iter().any(|source| source.contains(&declared)) {
                missing.push(format!("{path}: {name}"));
            }
        }
    }
    assert!(named > 50, "only {named} tests are named");
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_number_of_the_shipped_rules_is_in_the_handbook_of_worlds() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(folder.join(path)).unwrap();
    let handbook = read("docs/world.md");
    let documented: Vec<&str> = marked(&handbook).collect();
    let mut missing = Vec::new();
    for file in [
        "body",
        "characters",
        "chat",
        "commands",
        "lucidity",
        "mutes",
        "staff",
    ] {
        let rules: toml::Table = read(&format!("world/rules/{file}.toml")).parse().unwrap();
        for (section, value) in &rules {
            let keys = match value {
                toml::Value::Table(table) if file != "lucidity" => {
                    table.keys().map(|key| format!("{section}.{key}")).collect()
                }
                _ => vec![section.clone()],
            };
            let unknown = keys
                .into_iter()
                .filter(|key| !documented.contains(&key.as_str()));
            missing.extend(unknown.map(|key| format!("rules/{file}.toml: {key}")));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_file_that_the_documents_link_to_exists() {
    let files = files();
    let mut missing = Vec::new();
    for File { path, text } in files.iter().filter(|file| file.path.ends_with(".md")) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in text.split("](").skip(1) {
            let target = link.split([')', '#']).next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let target = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
                .join(folder)
                .join(target);
            if !target.exists() {
                missing.push(format!("{path}: {}", target.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_protocol_names_every_event_that_is_published() {
    let files = files();
    let protocol = files.iter().find(|file| file.path == "docs/protocol.md");
    let named: Vec<&str> = marked(&protocol.unwrap().text).collect();
    let golden = files.iter().filter_map(|file| {
        let name = file.path.strip_prefix("tests/golden/")?;
        name.strip_suffix(".txt")
    });
    let unnamed: Vec<&str> = golden.filter(|event| !named.contains(event)).collect();
    assert!(unnamed.is_empty(), "{unnamed:#?}");
}
