//! The words of a line, and which of them a verb has read.

use std::cell::Cell;

use super::Usage;

/// Signs that stand for a verb, with no blank behind them: habits of every MUD. The curly ones are
/// what a phone makes of the others.
const SIGNS: [(&[char], &str); 2] = [
    (
        &['\'', '"', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}'],
        "say",
    ),
    (&[':', ';'], "emote"),
];

const QUOTES: [char; 3] = ['"', '\u{201c}', '\u{201d}'];

/// A line taken apart: the verb as it was typed, and the rest.
///
/// The table of verbs watches what a verb reads of its words, and refuses a line of which
/// something is left. So a verb that takes no words ignores them, and the player is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words<'a> {
    verb: &'a str,
    rest: &'a str,
    /// How many bytes at the end of the line nobody has read, where somebody watches.
    unread: Option<&'a Cell<usize>>,
}

impl<'a> Words<'a> {
    /// Takes a line apart; one leading `/` is a habit from elsewhere and means nothing. `'hi` says
    /// it, and so does `"hi"`; `:waves` shows it.
    #[must_use]
    pub fn of(line: &'a str) -> Self {
        let line = line.trim();
        let line = line.strip_prefix('/').unwrap_or(line).trim_start();
        for (signs, verb) in SIGNS {
            if let Some(rest) = line.strip_prefix(signs) {
                // Who opens with quotation marks often closes with them.
                let closed = line.starts_with(QUOTES).then(|| rest.strip_suffix(QUOTES));
                let rest = closed.flatten().unwrap_or(rest).trim();
                return Self {
                    verb,
                    rest,
                    unread: None,
                };
            }
        }
        let (verb, rest) = split(line);
        Self {
            verb,
            rest,
            unread: None,
        }
    }

    /// The verb as typed.
    #[must_use]
    pub const fn verb(&self) -> &'a str {
        self.verb
    }

    /// The same line with its verb written out.
    pub(super) const fn written_out(self, verb: &'a str) -> Self {
        Self { verb, ..self }
    }

    /// Whether nothing follows.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Everything after the verb: all of it is read.
    #[must_use]
    pub fn rest(&self) -> &'a str {
        self.read_up_to("");
        self.rest
    }

    /// The same, where a verb means nothing without it.
    ///
    /// # Errors
    /// When nothing follows.
    pub fn some(&self) -> Result<String, Usage> {
        match self.rest() {
            "" => Err(Usage::Show),
            rest => Ok(rest.to_owned()),
        }
    }

    /// The first word after the verb, which is read, and the words after that, which are not yet.
    #[must_use]
    pub fn first(&self) -> (&'a str, Self) {
        let (first, rest) = split(self.rest);
        self.read_up_to(rest);
        (first, Self { rest, ..*self })
    }

    /// The first word after the verb, without reading it.
    #[must_use]
    pub fn peek(&self) -> &'a str {
        split(self.rest).0
    }

    /// The words after a particle that may stand first: `down` in `sit down`.
    #[must_use]
    pub fn after(&self, particle: &str) -> Self {
        if self.peek().eq_ignore_ascii_case(particle) {
            self.first().1
        } else {
            *self
        }
    }

    /// The words one by one, each read when it is asked for.
    pub fn each(self) -> impl Iterator<Item = &'a str> {
        let mut words = self;
        std::iter::from_fn(move || {
            let (first, rest) = words.first();
            words = rest;
            (!first.is_empty()).then_some(first)
        })
    }

    /// The words as a line of its own, whose verb is their first.
    #[must_use]
    pub fn line(&self) -> Self {
        let (verb, words) = self.first();
        Self { verb, ..words }
    }

    /// The same words; `unread` says from now on how much of them nobody has read.
    pub(super) fn watched<'b>(self, unread: &'b Cell<usize>) -> Words<'b>
    where
        'a: 'b,
    {
        unread.set(self.rest.len());
        Words {
            unread: Some(unread),
            ..self
        }
    }

    /// The last so many bytes, as [`watched`](Self::watched) has counted them.
    pub(super) fn last(&self, bytes: usize) -> &'a str {
        &self.rest[self.rest.len() - bytes..]
    }

    fn read_up_to(&self, left: &str) {
        if let Some(unread) = self.unread {
            unread.set(unread.get().min(left.len()));
        }
    }
}

fn split(words: &str) -> (&str, &str) {
    let (first, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    (first, rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_splits_into_verb_and_rest() {
        let words = Words::of("  /whisper   Ann  come   here ");
        assert_eq!(words.verb(), "whisper");
        let (first, words) = words.first();
        assert_eq!((first, words.rest()), ("Ann", "come   here"));
        assert_eq!(Words::of("look").rest(), "");
        assert_eq!(Words::of("/").verb(), "");
    }

    #[test]
    fn signs_stand_for_say_and_emote() {
        for (line, verb, rest) in [
            ("'hi there", "say", "hi there"),
            ("\"hi there\"", "say", "hi there"),
            ("\u{201c}hi\u{201d}", "say", "hi"),
            (" ' hi", "say", "hi"),
            ("'call me \"Ann\"", "say", "call me \"Ann\""),
            (":waves", "emote", "waves"),
            ("; waves to Ann", "emote", "waves to Ann"),
            ("'", "say", ""),
            ("say 'hi'", "say", "'hi'"),
            ("o'clock", "o'clock", ""),
        ] {
            let words = Words::of(line);
            assert_eq!((words.verb(), words.rest()), (verb, rest), "{line}");
        }
    }

    /// What is left of the line when `read` has had it.
    fn left(line: &str, read: impl FnOnce(Words<'_>)) -> String {
        let (words, unread) = (Words::of(line), Cell::new(0));
        read(words.watched(&unread));
        words.last(unread.get()).to_owned()
    }

    #[test]
    fn words_know_which_were_read() {
        let line = "order south  shutdown 60 now please";
        assert_eq!(left(line, |_| ()), "south  shutdown 60 now please");
        assert_eq!(left(line, |words| _ = words.peek()), left(line, |_| ()));
        assert_eq!(
            left(line, |words| _ = words.first().1.line().first()),
            "now please"
        );
        assert_eq!(left(line, |words| _ = words.first().1.rest()), "");
        assert_eq!(left(line, |words| _ = words.each().nth(3)), "please");
        assert_eq!(left("sit Down bob", |words| _ = words.after("down")), "bob");
        assert_eq!(left("sit bob", |words| _ = words.after("down")), "bob");
        // Who looks back reads nothing anew, and nothing is forgotten.
        assert_eq!(left(line, |words| _ = (words.rest(), words.first().0)), "");
    }
}
