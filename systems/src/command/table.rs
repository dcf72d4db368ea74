//! The one table of verbs.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use engine::prelude::*;

use super::nearest::nearest;
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

/// A word or sentence of the table: the server's own, or the world's.
pub(super) type TableText = Cow<'static, str>;

/// What begins a use of a verb.
#[derive(Clone)]
pub(super) enum Begin {
    Server(fn(&mut Commands<'_, '_>, Order, Words<'_>) -> Result<(), Usage>),
    World(Arc<BeginScripted>),
}

type BeginScripted =
    dyn Fn(&mut Commands<'_, '_>, Order, Words<'_>) -> Result<(), Usage> + Send + Sync;

impl fmt::Debug for Begin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server(_) => "server",
            Self::World(_) => "world",
        })
    }
}

/// A verb's row in the table.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its words; the first is its name.
    pub words: Vec<Cow<'static, str>>,
    /// How it is used.
    pub usage: Cow<'static, str>,
    /// What it does.
    pub help: Cow<'static, str>,
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
    pub(super) begin: Begin,
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
        words: Vec::new(),
        usage: Cow::Borrowed(""),
        help: Cow::Borrowed(""),
        lasts: false,
        facts: 0,
        needs: Needs::MIND,
        admin: false,
        whole: true,
        designer: false,
        asks: |_| true,
        begin: Begin::Server(|_, _, _| Err(Usage::Show)),
    };

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        self.words.first().map_or("", AsRef::as_ref)
    }

    /// Sends its message, or says why the words make none.
    pub(super) fn send(
        &self,
        commands: &mut Commands<'_, '_>,
        order: Order,
        words: Words<'_>,
    ) -> Result<(), Usage> {
        match &self.begin {
            Begin::Server(begin) => begin(commands, order, words),
            Begin::World(begin) => begin(commands, order, words),
        }
    }
}

/// All verbs, by every word that means them.
#[derive(Resource, Default, Debug)]
pub struct Verbs {
    pub(super) entries: Vec<Entry>,
    by_word: BTreeMap<&'static str, usize>,
    /// Words that mean another verb to those who have the verbs of admins.
    staff: BTreeMap<&'static str, usize>,
    /// Words of the world's own, and the name of the verb that each means.
    more: BTreeMap<String, &'static str>,
    /// The verbs of the world's scripts, behind those of the server.
    pub(super) scripted: Vec<Entry>,
    /// Their words. One that a script may take from the server comes first.
    pub(super) of_scripts: BTreeMap<String, (usize, bool)>,
}

impl Verbs {
    /// The verb a word means, in any case.
    #[must_use]
    pub fn find(&self, word: &str) -> Option<&Entry> {
        self.get(self.index(word)?)
    }

    /// The verb a word means to somebody of a role, in any case.
    pub fn find_for(&self, word: &str, role: Role) -> Option<&Entry> {
        let entry = self.get(self.index_for(word, role)?)?;
        entry.is_open_to(role).then_some(entry)
    }

    /// The same by its place. Of a word that a verb of admins and one of players have, each is meant
    /// by those who have it.
    pub(super) fn index_for(&self, word: &str, role: Role) -> Option<usize> {
        let known = self.index(word)?;
        let staff = self.staff.get(word.to_ascii_lowercase().as_str()).copied();
        let staff = staff.filter(|index| self.entries[*index].is_open_to(role));
        Some(staff.unwrap_or(known))
    }

    /// Which verb a word means to players, in any case.
    pub(super) fn index(&self, word: &str) -> Option<usize> {
        let of_server = |word: &str| self.by_word.get(word).copied();
        if self.of_scripts.is_empty()
            && let Some(index) = of_server(word)
        {
            return Some(index);
        }
        let word = word.to_ascii_lowercase();
        let scripted = self.of_scripts.get(&word);
        if let Some((index, true)) = scripted {
            return Some(*index);
        }
        of_server(&word)
            .or(scripted.map(|(index, _)| *index))
            .or_else(|| of_server(self.more.get(&word)?))
    }

    pub(super) fn get(&self, index: usize) -> Option<&Entry> {
        let scripted = index.checked_sub(self.entries.len());
        match scripted {
            Some(index) => self.scripted.get(index),
            None => self.entries.get(index),
        }
    }

    /// Every word that means a verb of the server.
    pub fn words(&self) -> impl Iterator<Item = &'static str> {
        self.by_word.keys().copied()
    }

    /// The verbs open to a role, by name.
    pub fn of(&self, role: Role) -> impl Iterator<Item = &Entry> {
        let replaced = |entry: &Entry| {
            let taken = self.of_scripts.get(entry.name());
            matches!(taken, Some((_, true)))
        };
        let of_server = self.entries.iter().filter(|entry| !replaced(entry));
        let all = of_server.chain(&self.scripted);
        let mut entries: Vec<&Entry> = all.filter(|entry| entry.is_open_to(role)).collect();
        entries.sort_by(|one, other| one.name().cmp(other.name()));
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
        let begun = |own: &&str| own.starts_with(&word);
        let more = self.more.range::<str, _>(from).map(|(own, _)| own.as_str());
        let scripted = self.of_scripts.range::<str, _>(from);
        let scripted = scripted.map(|(own, _)| own.as_str());
        let own: Vec<&str> = more
            .take_while(begun)
            .chain(scripted.take_while(begun))
            .collect();
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
        let own = self
            .more
            .keys()
            .chain(self.of_scripts.keys())
            .map(String::as_str);
        nearest(word, words.chain(own).chain(more))
    }

    /// Lets a word mean a verb; answers whether it means another already.
    fn put(&mut self, word: &'static str, index: usize) -> bool {
        let known = self.by_word.get(word).copied();
        let is_staff = |index: usize| self.entries[index].admin;
        match known {
            Some(known) if is_staff(known) != is_staff(index) => {
                let (players, staff) = match is_staff(index) {
                    true => (known, index),
                    false => (index, known),
                };
                self.by_word.insert(word, players);
                self.staff.insert(word, staff).is_some()
            }
            known => {
                self.by_word.insert(word, index);
                known.is_some()
            }
        }
    }

    fn add(&mut self, words: &[&'static str], entry: Entry) -> Option<String> {
        let index = self.entries.len();
        self.entries.push(entry);
        let clash = |word: &&'static str| self.put(word, index);
        let clashes: Vec<&str> = words.iter().copied().filter(clash).collect();
        (!clashes.is_empty()).then(|| {
            format!(
                "two verbs are called by the same words: {}",
                clashes.join(", ")
            )
        })
    }
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
        words: V::WORDS
            .iter()
            .map(|word| TableText::Borrowed(word))
            .collect(),
        usage: TableText::Borrowed(V::USAGE),
        help: TableText::Borrowed(V::HELP),
        lasts: V::LASTS,
        facts: V::FACTS,
        needs: V::NEEDS,
        admin: V::ADMIN,
        whole: V::WHOLE,
        designer: V::DESIGNER,
        asks: V::asks,
        begin: Begin::Server(|commands, order, words| {
            let unread = Cell::new(0);
            let message = V::read(order, words.watched(&unread))?;
            if unread.get() > 0 {
                return Err(Usage::Unread(words.last(unread.get()).to_owned()));
            }
            commands.queue(move |world: &mut World| {
                world.write_message(message);
            });
            Ok(())
        }),
    };
    let mut clash = None;
    reg.verb::<V>(V::WORDS)
        .fill(|verbs: &mut Verbs| clash = verbs.add(V::WORDS, entry));
    if let Some(clash) = clash {
        reg.mistake(clash);
    }
}
