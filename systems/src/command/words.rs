//! The words of a line.

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words<'a> {
    verb: &'a str,
    rest: &'a str,
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
                return Self { verb, rest };
            }
        }
        let (verb, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        Self {
            verb,
            rest: rest.trim(),
        }
    }

    /// The verb as typed.
    #[must_use]
    pub const fn verb(&self) -> &'a str {
        self.verb
    }

    /// Everything after the verb.
    #[must_use]
    pub const fn rest(&self) -> &'a str {
        self.rest
    }

    /// The first word after the verb, and everything after that.
    #[must_use]
    pub fn first(&self) -> (&'a str, &'a str) {
        let (first, rest) = self
            .rest
            .split_once(char::is_whitespace)
            .unwrap_or((self.rest, ""));
        (first, rest.trim_start())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_verb_and_its_rest() {
        let words = Words::of("  /whisper   Ann  come   here ");
        assert_eq!(words.verb(), "whisper");
        assert_eq!(words.first(), ("Ann", "come   here"));
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
}
