//! Text whose look is left open: what each piece means stands in it as a mark, for a door that knows
//! the client's terminal and chooses the colors itself.
//!
//! A mark is `SO` and a letter, and `SI` ends the piece. No control character of a player or a file
//! gets this far, so marks can't be forged.

use std::sync::Arc;

use engine::port::{Ink, Note};

use super::SharedBytes;

const BEGIN: char = '\x0e';
const END: char = '\x0f';

/// Every meaning that has a mark, in the order of their letters.
const INKS: [Ink; 11] = [
    Ink::Title,
    Ink::Exit,
    Ink::Name,
    Ink::Speech,
    Ink::Broadcast,
    Ink::Whisper,
    Ink::System,
    Ink::Refusal,
    Ink::Loss,
    Ink::Gain,
    Ink::Faint,
];

/// The text of a note, ending its line with `\n`; `None` if there is nothing to read.
pub(crate) fn text(note: &dyn Note) -> Option<SharedBytes> {
    let prose = note.prose()?;
    let mut text = String::with_capacity(128);
    for (ink, words) in prose.pieces() {
        let letter = (b'A'..).zip(INKS).find(|(_, known)| *known == ink);
        if let Some((letter, _)) = letter {
            text.extend([BEGIN, char::from(letter)]);
        }
        for c in words.chars() {
            match c {
                '\n' => text.push('\n'),
                '\t' => text.push(' '),
                // What a terminal would take for an order must not come from a player or a file.
                c if c.is_control() => {}
                c => text.push(c),
            }
        }
        if letter.is_some() {
            text.push(END);
        }
    }
    text.push('\n');
    Some(Arc::new(text.into_bytes().into()))
}

/// A piece of marked text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MarkedPiece<'a> {
    pub(crate) ink: Ink,
    pub(crate) words: &'a str,
}

/// The pieces of marked text. Plain text, whose lines end in `\r\n`, is one piece.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = MarkedPiece<'_>> {
    text.split_inclusive(END).flat_map(|part| {
        let (before, marked) = part.split_once(BEGIN).unwrap_or((part, ""));
        let mut rest = marked.chars();
        let ink = rest.next().and_then(|letter| {
            let at = u32::from(letter).checked_sub(u32::from(b'A'))?;
            INKS.get(usize::try_from(at).ok()?).copied()
        });
        let plain = MarkedPiece {
            ink: Ink::Plain,
            words: before.trim_end_matches(END),
        };
        let marked = MarkedPiece {
            ink: ink.unwrap_or(Ink::Plain),
            words: rest.as_str().trim_end_matches(END),
        };
        [plain, marked]
            .into_iter()
            .filter(|piece| !piece.words.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use engine::port::{Code, Ink, Prose, Refusal};

    use super::{INKS, pieces, text};
    use crate::payload::ErrorNote;

    /// A note of many inks.
    #[derive(Debug)]
    struct Painted(Prose);

    impl engine::port::Note for Painted {
        fn event_type(&self) -> &'static str {
            "painted"
        }

        fn data(&self) -> &dyn erased_serde::Serialize {
            &()
        }

        fn prose(&self) -> Option<Prose> {
            Some(self.0.clone())
        }
    }

    #[test]
    fn marked_pieces_are_read_back() {
        let mut prose = Prose::new();
        for ink in INKS {
            prose = prose
                .with(ink, format!("{ink:?}\nx"))
                .with(Ink::Plain, ", ");
        }
        let marked = text(&Painted(prose.clone())).unwrap();
        let marked = str::from_utf8(&marked).unwrap();
        let read: Vec<_> = pieces(marked)
            .map(|piece| (piece.ink, piece.words))
            .collect();
        let mut written: Vec<_> = prose.pieces().collect();
        *written.last_mut().unwrap() = (Ink::Plain, ", \n");
        assert_eq!(read, written);
    }

    #[test]
    fn forged_marks_do_not_get_through() {
        let note = ErrorNote::from(Refusal::new(Code::InvalidInput, "a\x0eCb\x0f\x1b[2J\nc"));
        let marked = text(&note).unwrap();
        assert_eq!(&**marked, b"\x0eHaCb[2J\nc\x0f\n".as_slice());
    }
}
