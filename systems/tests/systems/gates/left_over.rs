//! Words of a line that a verb has no use for, for every verb there is.

use std::collections::HashSet;

use engine::prelude::*;
use engine::stage::SavedRows;
use systems::command::{Entry, Verbs};

use crate::town::{Town, clock, settle};

/// The verbs that take any words: what is said, shown, called, looked for or given as a reason is
/// the player's own.
const FREE: [&str; 22] = [
    "admins", "alias", "ban", "bug", "chat", "cry", "describe", "emote", "global", "herald",
    "idea", "local", "password", "pose", "reply", "revoke", "say", "summon", "system", "typo",
    "unban", "who",
];

/// Where a verb can't be done at all, that comes first.
const NOT_NOW: &str = "You are in no fight.";

#[test]
fn words_no_verb_uses_are_told() {
    let town = Town::of(&[("here", "indoors"), ("there", "indoors")]);
    let mut stage = town.stage(SavedRows::new(), clock(12, 0));
    let verbs = stage.engine().world().resource::<Verbs>();
    let verbs: Vec<Entry> = verbs.of(Role::Admin).cloned().collect();
    assert!(verbs.len() > 40);
    let name = |word: &str| format!("P{word}");
    let mut saved = SavedRows::new();
    let words = || {
        verbs
            .iter()
            .flat_map(|verb| verb.words.iter().map(AsRef::as_ref))
    };
    for word in words() {
        // A cry takes words of the lost only.
        let points = if word == "cry" { 0 } else { 100 };
        settle(&mut saved, &name(word), "here", points);
    }
    let mut stage = town.stage(saved, clock(12, 0));
    for word in words() {
        stage.enter_as(&name(word), Role::Admin);
    }
    for word in words() {
        stage.says(&name(word), &format!("{word} zyx zyxa zyxb zyxc"));
    }
    stage.tick();
    // A word may be of two verbs: for an admin the later one's.
    let (mut heard, mut wrong) = (HashSet::new(), Vec::new());
    for verb in verbs.iter().rev() {
        for word in &verb.words {
            if !heard.insert(word) {
                continue;
            }
            let ears = stage.ears(&name(word));
            let free = FREE.contains(&verb.name());
            let [outcome, ..] = ears.outcomes.as_slice() else {
                panic!("`{word}` was not answered");
            };
            match &outcome.result {
                Ok(_) if free => {}
                Ok(said) => wrong.push(format!("`{word}` took the words: {said:?}")),
                Err(refusal) => {
                    let said = &refusal.message;
                    let told = ["zyx", "Usage: ", NOT_NOW].iter();
                    let told = told.copied().any(|words| said.contains(words));
                    if !free && !told {
                        wrong.push(format!("`{word}`: {said}"));
                    }
                }
            }
            assert_eq!(ears.closed, None, "`{word}` ended the session");
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
