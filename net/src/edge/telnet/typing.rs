//! From bytes of text to lines.
//!
//! A line ends with CR LF, CR NUL, LF or CR, as clients of all ages send it. Whoever sends each key as
//! it is pressed may take letters back.

use bytes::Bytes;

/// The longest line that is kept, in bytes: a thousand characters of the longest kind, and one more,
/// so that a longer one is refused and not cut.
const LINE_BYTES_MAX: usize = 4 * 1_001;

const BACKSPACE: u8 = 8;
const DELETE: u8 = 127;

/// The line that is being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LineInput {
    line: Vec<u8>,
    after_return: bool,
}

impl LineInput {
    /// Takes a byte; answers the line that it ends, without its end.
    pub(super) fn feed(&mut self, byte: u8) -> Option<Bytes> {
        let after_return = std::mem::take(&mut self.after_return);
        match byte {
            b'\n' | 0 if after_return => None,
            b'\r' => {
                self.after_return = true;
                Some(self.take())
            }
            b'\n' => Some(self.take()),
            BACKSPACE | DELETE => {
                self.take_back();
                None
            }
            // Not a line's business, and no reason to refuse it.
            0 => None,
            _ => {
                if self.line.len() < LINE_BYTES_MAX {
                    self.line.push(byte);
                }
                None
            }
        }
    }

    /// A line of another charset is read as Latin-1: every byte is a character there.
    fn take(&mut self) -> Bytes {
        let line = std::mem::take(&mut self.line);
        match String::from_utf8(line) {
            Ok(line) => line.into(),
            Err(other) => {
                let line: String = other.as_bytes().iter().copied().map(char::from).collect();
                line.into()
            }
        }
    }

    fn take_back(&mut self) {
        while let Some(byte) = self.line.pop() {
            // Not the middle of a character.
            if byte & 0b1100_0000 != 0b1000_0000 {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(typed: &[u8]) -> Vec<String> {
        let mut input = LineInput::default();
        let lines = typed.iter().filter_map(|byte| input.feed(*byte));
        lines
            .map(|line| String::from_utf8(line.to_vec()).unwrap())
            .collect()
    }

    #[test]
    fn every_line_ending_ends_one_line() {
        assert_eq!(lines(b"a\r\nb\r\0c\nd\re\n"), ["a", "b", "c", "d", "e"]);
        assert_eq!(lines(b"\r\n\r\n\n"), ["", "", ""]);
    }

    #[test]
    fn backspace_takes_whole_character_back() {
        assert_eq!(lines("xé\x08\x7fab\x08\n".as_bytes()), ["a"]);
        assert_eq!(lines(b"\x08\x08a\n"), ["a"]);
    }

    #[test]
    fn line_beyond_utf_8_reads_as_latin_1() {
        assert_eq!(lines(b"caf\xe9\n"), ["café"]);
        assert_eq!(lines("café\n".as_bytes()), ["café"]);
    }

    #[test]
    fn endless_line_is_kept_up_to_bound() {
        let typed = [vec![b'x'; 100_000], vec![b'\n']].concat();
        assert_eq!(lines(&typed)[0].len(), LINE_BYTES_MAX);
    }
}
