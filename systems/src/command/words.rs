//! The words of a line.

/// A line taken apart: the verb as it was typed, and the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words<'a> {
    verb: &'a str,
    rest: &'a str,
}

impl<'a> Words<'a> {
    /// Takes a line apart; one leading `/` is a habit from elsewhere and means nothing.
    #[must_use]
    pub fn of(line: &'a str) -> Self {
        let line = line.trim();
        let line = line.strip_prefix('/').unwrap_or(line).trim_start();
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
}
