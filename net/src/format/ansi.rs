//! Text for terminals: prose in colours, or without.

use std::sync::Arc;

use engine::port::{Ink, Note};

use super::SharedBytes;

const RESET: &str = "\x1b[0m";

/// The text of a note, ending its line; `None` if there is nothing to read.
pub(crate) fn text(note: &dyn Note, colour: bool) -> Option<SharedBytes> {
    let prose = note.prose()?;
    let mut text = String::with_capacity(128);
    for (ink, words) in prose.pieces() {
        let paint = if colour { paint(ink) } else { "" };
        text.push_str(paint);
        for c in words.chars() {
            match c {
                '\n' => text.push_str("\r\n"),
                '\t' => text.push(' '),
                // What a terminal would take for an order must not come from a player or a file.
                c if c.is_control() => {}
                c => text.push(c),
            }
        }
        if !paint.is_empty() {
            text.push_str(RESET);
        }
    }
    text.push_str("\r\n");
    Some(Arc::new(text.into_bytes().into()))
}

/// How a meaning looks. The sixteen classic colours: every terminal's owner has made those
/// readable on their background.
const fn paint(ink: Ink) -> &'static str {
    match ink {
        Ink::Title => "\x1b[1m",
        Ink::Exit => "\x1b[36m",
        Ink::Name => "\x1b[33m",
        Ink::Speech => "\x1b[32m",
        Ink::Broadcast => "\x1b[35m",
        Ink::Whisper => "\x1b[95m",
        Ink::System => "\x1b[94m",
        Ink::Refusal | Ink::Loss => "\x1b[31m",
        Ink::Gain => "\x1b[92m",
        Ink::Faint => "\x1b[2m",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use engine::port::{Code, Refusal};

    use super::text;
    use crate::payload::{CommandResponse, ErrorNote};

    fn note(message: &str) -> ErrorNote {
        Refusal::new(Code::InvalidInput, message).into()
    }

    fn check(message: &str, colour: bool, expected: &str) {
        let text = text(&note(message), colour).unwrap();
        assert_eq!(str::from_utf8(&text), Ok(expected));
    }

    #[test]
    fn plain_text_has_no_colours() {
        check("no", false, "no\r\n");
        check("no", true, "\x1b[31mno\x1b[0m\r\n");
    }

    #[test]
    fn orders_to_the_terminal_do_not_get_through() {
        check("a\x1b[2Jb\x07\nc", false, "a[2Jb\r\nc\r\n");
    }

    #[test]
    fn an_answer_without_words_is_silent() {
        let silent = CommandResponse {
            id: None,
            ok: true,
            repeated: false,
            result: None,
            data: None,
            error: None,
        };
        assert!(text(&silent, true).is_none());
    }
}
