//! The reference of the vocabulary, as Markdown.

use super::words::{EFFECTS, PREDICATES, VocabularyWord};

/// The tables of the reference, as Markdown, each under its name.
#[must_use]
pub fn tables() -> [(&'static str, String); 2] {
    let mut effects = "| `do` | keys (what holds without them) | written by | refused when |\n|---|---|---|---|\n".to_owned();
    for VocabularyWord {
        word,
        keys,
        owner,
        refused,
    } in EFFECTS
    {
        effects.push_str(&format!("| `{word}` | {keys} | {owner} | {refused} |\n"));
    }
    let mut predicates = "| key | value | kept by | holds when |\n|---|---|---|---|\n".to_owned();
    for VocabularyWord {
        word,
        keys,
        owner,
        refused,
    } in PREDICATES
    {
        let owner = if owner.is_empty() { "none" } else { owner };
        predicates.push_str(&format!("| `{word}` | {keys} | {owner} | {refused} |\n"));
    }
    [("effects", effects), ("predicates", predicates)]
}
