//! The vocabulary of effects: its reference, and no dead word in it.

use std::collections::BTreeSet;

use systems::effects::{EFFECTS, PREDICATES, VocabularyWord};
use toml::Value;

use crate::harness::{kept, shipped_sources};

/// The tables of docs/effects.md are made from the vocabulary itself.
#[test]
fn effects_reference_has_every_word() {
    let path = "docs/effects.md";
    let mut text = std::fs::read_to_string(path).unwrap();
    for (name, table) in systems::effects::tables() {
        let head = format!("<!-- words: {name} -->\n");
        let begins = text.find(&head).map(|at| at + head.len());
        let begins = begins.unwrap_or_else(|| panic!("{path} has no table of {name}"));
        let length = text[begins..].find("<!-- end -->").expect("a table ends");
        text.replace_range(begins..begins + length, &table);
    }
    kept(path, &text, "effects");
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
    let (mut acts, mut asked) = (BTreeSet::new(), BTreeSet::new());
    let sources = shipped_sources();
    for source in sources.iter().filter(|one| one.path.ends_with(".toml")) {
        let table: toml::Table = toml::from_str(&source.text).unwrap();
        gather(&Value::Table(table), &mut acts, &mut asked);
    }
    let missing = |all: &[VocabularyWord], used: &BTreeSet<String>| -> Vec<&'static str> {
        let words = all.iter().map(|one| one.word);
        words.filter(|word| !used.contains(*word)).collect()
    };
    assert_eq!(missing(&EFFECTS, &acts), [] as [&str; 0], "effects");
    assert_eq!(missing(&PREDICATES, &asked), [] as [&str; 0], "predicates");
}
