//! Verbs of the world's own: words and closures that come with its files.

use std::sync::Arc;

use engine::prelude::*;

use super::table::{Begin, TableText};
use super::{Entry, Needs, Usage, Verbs, Words};

/// A verb of the world's own, which its scripts act on.
#[derive(Debug)]
pub struct Scripted {
    entry: Entry,
    replaces: bool,
}

impl Scripted {
    /// A verb of one word. `begin` sends what its owner reads in `Simulate`.
    pub fn new(
        word: &str,
        usage: &str,
        help: &str,
        needs: Needs,
        begin: impl Fn(&mut Commands<'_, '_>, Order, Words<'_>) -> Result<(), Usage>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let own = |text: &str| TableText::Owned(text.to_owned());
        let entry = Entry {
            words: vec![own(word)],
            usage: own(usage),
            help: own(help),
            needs,
            begin: Begin::World(Arc::new(begin)),
            ..Entry::UNKNOWN
        };
        Self {
            entry,
            replaces: false,
        }
    }

    /// Says whether it takes its word from the server where that has it, too.
    #[must_use]
    pub fn replacing(self, replaces: bool) -> Self {
        Self { replaces, ..self }
    }
}

/// Adds the verbs that the world's files give as `T`, anew whenever they change.
pub fn scripted_verbs<T: Send + Sync + 'static>(
    reg: &mut Registrar<'_>,
    verbs_of: impl Fn(&T) -> Vec<Scripted> + Send + Sync + 'static,
) {
    if reg.is_off() {
        return;
    }
    reg.rederive(move |content, verbs: &mut Verbs| {
        let all = content.get::<T>().map(&verbs_of).unwrap_or_default();
        let first = verbs.entries.len();
        let word = |(at, one): (usize, &Scripted)| {
            (one.entry.name().to_owned(), (first + at, one.replaces))
        };
        verbs.of_scripts = all.iter().enumerate().map(word).collect();
        verbs.scripted = all.into_iter().map(|one| one.entry).collect();
    });
}
