//! The one table of verbs.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Bound;

use engine::prelude::*;

use super::{Needs, Words};

/// Letters from which on the beginning of a verb's word may stand for it.
const BEGINNING_CHARS_MIN: usize = 3;

/// A verb is a message that knows how to be read from words.
///
/// The plugin that acts on the verb registers it with [`verb`] and reads its messages in
/// `Simulate`; each must be answered.
pub trait Verb: Message + Sized {
    /// What players type; the first word is the verb's name.
    const WORDS: &'static [&'static str];
    /// How it is used, shown when it is used wrongly: `whisper <name> <words>`.
    const USAGE: &'static str;
    /// What it does, in a few sentences.
    const HELP: &'static str;
    /// It changes something that must last: refused while storage takes no writes.
    const LASTS: bool = false;
    /// The most facts it records: refused while the chronicle has no room for them.
    const FACTS: u32 = 0;
    /// What it takes of whoever uses it.
    const NEEDS: Needs = Needs::LIFE;
    /// Only admins have it; to others it does not exist.
    const ADMIN: bool = false;
    /// Its words are typed whole: what it does is not for somebody who meant another verb.
    const WHOLE: bool = false;
    /// Of what only admins have: designers have it, too.
    const DESIGNER: bool = false;

    /// Whether these words only ask for something: then nothing lasting comes of them, whatever
    /// [`LASTS`](Self::LASTS) and [`FACTS`](Self::FACTS) say of the others, and they are never
    /// refused for what storage does.
    fn asks(_words: Words<'_>) -> bool {
        false
    }

    /// Reads the words. What it leaves unread it did not understand: then the line is refused by
    /// the table, and the player is told which words those are.
    ///
    /// # Errors
    /// When the words are not a use of this verb.
    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage>;
}

/// The words are not a use of the verb.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Usage {
    /// Show how the verb is used.
    Show,
    /// Say this, which is more helpful.
    Say(String),
    /// Show how it is used and name these words, which are more than that. What [`Verb::read`]
    /// leaves unread becomes this.
    Unread(String),
}

/// A verb's row in the table.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its words; the first is its name.
    pub words: &'static [&'static str],
    /// How it is used.
    pub usage: &'static str,
    /// What it does.
    pub help: &'static str,
    /// It changes something that must last.
    pub lasts: bool,
    /// The most facts it records.
    pub facts: u32,
    /// What it takes of whoever uses it.
    pub needs: Needs,
    /// Only admins have it.
    pub admin: bool,
    /// Its words are typed whole.
    pub whole: bool,
    /// And designers.
    pub designer: bool,
    pub(super) asks: fn(Words<'_>) -> bool,
    pub(super) send: fn(&mut Commands<'_, '_>, Order, Words<'_>) -> Result<(), Usage>,
}

impl Entry {
    /// Whether who has this role may use it.
    #[must_use]
    pub fn is_open_to(&self, role: Role) -> bool {
        match role {
            Role::Player => !self.admin,
            Role::Designer => !self.admin || self.designer,
            Role::Admin => true,
        }
    }

    /// Stands for a word that is no verb, where gates are asked.
    pub(super) const UNKNOWN: Self = Self {
        words: &[""],
        usage: "",
        help: "",
        lasts: false,
        facts: 0,
        needs: Needs::MIND,
        admin: false,
        whole: true,
        designer: false,
        asks: |_| true,
        send: |_, _, _| Err(Usage::Show),
    };
}

/// All verbs, by every word that means them.
#[derive(Resource, Default, Debug)]
pub struct Verbs {
    entries: Vec<Entry>,
    by_word: BTreeMap<&'static str, usize>,
    /// Words of the world's own, and the name of the verb that each means.
    more: BTreeMap<String, &'static str>,
}

impl Verbs {
    /// The verb a word means, in any case.
    #[must_use]
    pub fn find(&self, word: &str) -> Option<&Entry> {
        self.get(self.index(word)?)
    }

    /// Which verb a word means, in any case.
    pub(super) fn index(&self, word: &str) -> Option<usize> {
        if let Some(index) = self.by_word.get(word) {
            return Some(*index);
        }
        let word = word.to_ascii_lowercase();
        let index = self
            .by_word
            .get(word.as_str())
            .or_else(|| self.by_word.get(self.more.get(&word)?));
        index.copied()
    }

    pub(super) fn get(&self, index: usize) -> Option<&Entry> {
        self.entries.get(index)
    }

    /// The verbs open to a role, by name.
    pub fn of(&self, role: Role) -> impl Iterator<Item = &Entry> {
        let mut entries: Vec<&Entry> = self
            .entries
            .iter()
            .filter(|entry| entry.is_open_to(role))
            .collect();
        entries.sort_by_key(|entry| entry.words[0]);
        entries.into_iter()
    }

    /// What a word that is none may be the beginning of: the one verb that it can mean and its word,
    /// or every word that it could be. Words of the world's own are no verbs, and keep others from
    /// being meant; so do verbs that are typed whole.
    pub(super) fn begun_by(
        &self,
        word: &str,
        role: Role,
    ) -> Result<(usize, &'static str), Vec<&str>> {
        let word = word.to_ascii_lowercase();
        if word.len() < BEGINNING_CHARS_MIN {
            return Err(Vec::new());
        }
        let open = |index: usize| self.entries[index].is_open_to(role);
        let from = (Bound::Included(word.as_str()), Bound::Unbounded);
        let verbs: Vec<(&'static str, usize)> = self
            .by_word
            .range::<str, _>(from)
            .take_while(|(known, _)| known.starts_with(&word))
            .filter(|(_, index)| open(**index))
            .map(|(known, index)| (*known, *index))
            .collect();
        let own = self.more.range::<str, _>(from).map(|(own, _)| own.as_str());
        let own: Vec<&str> = own.take_while(|own| own.starts_with(&word)).collect();
        // Of words that go on from each other the first is meant: `south`, not `southeast`.
        if let Some((known, index)) = verbs.first().copied()
            && own.is_empty()
            && verbs
                .iter()
                .all(|(other, of)| *of == index && other.starts_with(known))
            && !(self.entries[index].whole || self.entries[index].admin)
        {
            return Ok((index, known));
        }
        Err(verbs
            .into_iter()
            .map(|(known, _)| known)
            .chain(own)
            .collect())
    }

    /// The word closest to a mistyped one, if any is close: of a verb, of the world's own, or of
    /// `more`.
    #[must_use]
    pub fn nearest<'a>(
        &'a self,
        word: &str,
        role: Role,
        more: impl Iterator<Item = &'a str>,
    ) -> Option<&'a str> {
        let open = |index: usize| self.entries[index].is_open_to(role);
        let words = self.by_word.iter().filter(move |(_, index)| open(**index));
        let words = words.map(|(word, _)| *word);
        let own = self.more.keys().map(String::as_str);
        nearest(word, words.chain(own).chain(more))
    }

    fn add(&mut self, entry: Entry) -> Option<String> {
        let index = self.entries.len();
        self.entries.push(entry);
        let clash = |word: &&'static str| self.by_word.insert(word, index).is_some();
        let clashes: Vec<&str> = entry.words.iter().copied().filter(clash).collect();
        (!clashes.is_empty()).then(|| {
            format!(
                "two verbs are called by the same words: {}",
                clashes.join(", ")
            )
        })
    }
}

/// The one of `known` closest to a mistyped word, if any is close: one slip away, or two from six
/// letters on. A short word that begins otherwise is another word and no slip.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let begins_alike = |known: &str| word.bytes().next() == known.bytes().next();
    let close = known.filter_map(|known| {
        let slips = slips(&word, known)?;
        let distance = strsim::osa_distance(&word, known);
        (distance <= slips).then_some((distance, !begins_alike(known), known))
    });
    close.min().map(|(_, _, known)| known)
}

/// How many slips may lie between a word and a known one; `None`: they are too different for any
/// number, which costs next to nothing to see. A typo must not cost more than what was meant.
fn slips(word: &str, known: &str) -> Option<usize> {
    let (shorter, longer) = (word.len().min(known.len()), word.len().max(known.len()));
    let slips = if shorter < 6 { 1 } else { 2 };
    if shorter < 2 || longer - shorter > slips {
        return None;
    }
    let first = |word: &str| word.as_bytes()[0];
    let swapped = word.as_bytes()[..2].iter().rev().eq(&known.as_bytes()[..2]);
    if shorter < 6 && first(word) != first(known) && !swapped {
        return None;
    }
    // A slip puts one letter for another at most.
    let letters = |word: &str| word.bytes().fold(0_u32, |set, byte| set | 1 << (byte & 31));
    let unlike = (letters(word) ^ letters(known)).count_ones() as usize;
    (unlike <= 2 * slips).then_some(slips)
}

/// Lets more words, which the world's files give as `T`, mean a verb. A word that is a verb's own
/// stays so: no file can take a verb away.
pub fn more_words<V: Verb, T: Send + Sync + 'static>(
    reg: &mut Registrar<'_>,
    words: fn(&T) -> Vec<String>,
) {
    if reg.is_off() {
        return;
    }
    reg.rederive(move |content, verbs: &mut Verbs| {
        let name = V::WORDS[0];
        verbs.more.retain(|_, verb| *verb != name);
        let words = content.get::<T>().map(words).unwrap_or_default();
        verbs
            .more
            .extend(words.into_iter().map(|word| (word, name)));
    });
}

/// Adds a verb: its words, its help, and its message.
pub fn verb<V: Verb>(reg: &mut Registrar<'_>) {
    if reg.is_off() {
        reg.verb::<V>(V::WORDS);
        return;
    }
    let entry = Entry {
        words: V::WORDS,
        usage: V::USAGE,
        help: V::HELP,
        lasts: V::LASTS,
        facts: V::FACTS,
        needs: V::NEEDS,
        admin: V::ADMIN,
        whole: V::WHOLE,
        designer: V::DESIGNER,
        asks: V::asks,
        send: |commands, order, words| {
            let unread = Cell::new(0);
            let message = V::read(order, words.watched(&unread))?;
            if unread.get() > 0 {
                return Err(Usage::Unread(words.last(unread.get()).to_owned()));
            }
            commands.queue(move |world: &mut World| {
                world.write_message(message);
            });
            Ok(())
        },
    };
    let mut clash = None;
    reg.verb::<V>(V::WORDS)
        .fill(|verbs: &mut Verbs| clash = verbs.add(entry));
    if let Some(clash) = clash {
        reg.mistake(clash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of the shipped world's gestures, and those of some verbs.
    fn known() -> Vec<&'static str> {
        let gestures = include_str!("../../../world/rules/emotes.toml").lines();
        let gestures = gestures.filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'));
        let verbs = "look l examine go north n east e south s west w up down say local global \
            whisper tell reply who quit logout status score whoami help commands time map sit \
            stand lie rest respawn pray meditate group_solace therapy folk_tonic debrief ward \
            ground rescue awaken cry mute unmute mutes channel history recall emote me pose alias \
            unalias";
        gestures.chain(verbs.split_whitespace()).collect()
    }

    #[test]
    fn suggestion_is_a_slip_away_or_none() {
        for (typed, meant) in [
            ("lokk", Some("look")),
            ("olok", Some("look")),
            ("wisper", Some("whisper")),
            ("qhisper", Some("whisper")),
            ("whsiepr", Some("whisper")),
            ("nroth", Some("north")),
            ("globl", Some("global")),
            ("meditaet", Some("meditate")),
            ("grond", Some("ground")),
            ("sa", Some("say")),
        ] {
            assert_eq!(nearest(typed, known().into_iter()), meant, "{typed}");
        }
        for typed in [
            "kick", "run", "drink", "sleep", "read", "give", "ring", "get", "dance", "exit", "out",
            "shout", "cast", "hit", "kill", "brief", "ask", "buy", "attack", "x", "", "\u{e9}",
        ] {
            assert_eq!(nearest(typed, known().into_iter()), None, "{typed}");
        }
    }

    #[test]
    fn unknown_words_are_compared_with_few() {
        let compared = |word: &str| {
            let known = known();
            assert!(known.len() > 90);
            known
                .iter()
                .filter(|known| slips(word, known).is_some())
                .count()
        };
        assert_eq!(compared(&"x".repeat(990)), 0);
        for word in [
            "xyzzyplugh",
            "lokk",
            "wisper",
            "medtate",
            "strangers",
            "aeiou",
            "sstt",
        ] {
            assert!(compared(word) <= 6, "{word}: {}", compared(word));
        }
        assert!(compared("wisper") > 0);
    }
}
