//! No dead vocabulary: every word is reached by the shipped world.

use std::collections::BTreeSet;
use std::path::Path;

use systems::effects::{EFFECTS, PREDICATES, VocabularyWord};
use toml::Value;

fn files_below(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "toml") {
            found.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

/// Gathers what effects do and what predicates ask.
fn gather(value: &Value, acts: &mut BTreeSet<String>, asked: &mut BTreeSet<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| gather(one, acts, asked)),
        Value::Table(table) => {
            for (key, value) in table {
                if key == "do"
                    && let Some(word) = value.as_str()
                {
                    acts.insert(word.to_owned());
                }
                if ["if", "when", "requires"].contains(&key.as_str()) {
                    ask(value, asked);
                }
                gather(value, acts, asked);
            }
        }
        _ => {}
    }
}

fn ask(value: &Value, asked: &mut BTreeSet<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| ask(one, asked)),
        Value::Table(table) => {
            for (key, value) in table {
                asked.insert(key.clone());
                if ["all", "any", "not"].contains(&key.as_str()) {
                    ask(value, asked);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn every_word_is_reached_by_shipped_world() {
    let mut files = Vec::new();
    files_below(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("../world"),
        &mut files,
    );
    let (mut acts, mut asked) = (BTreeSet::new(), BTreeSet::new());
    for text in files {
        let table: toml::Table = toml::from_str(&text).unwrap();
        gather(&Value::Table(table), &mut acts, &mut asked);
    }
    let missing = |all: &[VocabularyWord], used: &BTreeSet<String>| -> Vec<&'static str> {
        let words = all.iter().map(|one| one.word);
        words.filter(|word| !used.contains(*word)).collect()
    };
    assert_eq!(missing(&EFFECTS, &acts), [] as [&str; 0], "effects");
    assert_eq!(missing(&PREDICATES, &asked), [] as [&str; 0], "predicates");
}
