//! Marked text as a terminal shows it: in its colors, within its columns, with its links.

use engine::port::Ink;

use super::codes::put_text;
use super::terminal::ColorDepth;
use crate::format::pieces;

/// How text is laid out for one client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TextLayout {
    pub(super) depth: ColorDepth,
    /// Lines are broken before they are longer; `None`: not at all.
    pub(super) columns: Option<usize>,
    /// Nothing but ASCII can be shown.
    pub(super) ascii: bool,
    /// Ways out can be clicked.
    pub(super) links: bool,
}

const RESET: &str = "\x1b[0m";

/// How a meaning looks: in the sixteen colors of the terminal's owner, in 256, and in all of them.
const fn paint(ink: Ink, depth: ColorDepth) -> &'static str {
    let [sixteen, many, all] = match ink {
        Ink::Title => ["\x1b[1m", "\x1b[1m", "\x1b[1m"],
        Ink::Exit => ["\x1b[36m", "\x1b[38;5;73m", "\x1b[38;2;95;175;175m"],
        Ink::Name => ["\x1b[33m", "\x1b[38;5;179m", "\x1b[38;2;215;175;95m"],
        Ink::Speech => ["\x1b[32m", "\x1b[38;5;108m", "\x1b[38;2;140;180;130m"],
        Ink::Broadcast => ["\x1b[35m", "\x1b[38;5;139m", "\x1b[38;2;178;136;180m"],
        Ink::Whisper => ["\x1b[95m", "\x1b[38;5;183m", "\x1b[38;2;216;176;250m"],
        Ink::System => ["\x1b[94m", "\x1b[38;5;110m", "\x1b[38;2;136;176;216m"],
        Ink::Refusal | Ink::Loss => ["\x1b[31m", "\x1b[38;5;167m", "\x1b[38;2;215;95;95m"],
        Ink::Gain => ["\x1b[92m", "\x1b[38;5;114m", "\x1b[38;2;135;215;135m"],
        Ink::Faint => ["\x1b[2m", "\x1b[38;5;245m", "\x1b[38;2;138;138;138m"],
        _ => ["", "", ""],
    };
    match depth {
        ColorDepth::Plain => "",
        ColorDepth::Sixteen => sixteen,
        ColorDepth::Many => many,
        ColorDepth::True => all,
    }
}

impl TextLayout {
    /// Adds `text`, marked or plain, as the bytes of a telnet stream.
    pub(super) fn put(&self, text: &[u8], out: &mut Vec<u8>) {
        let text = String::from_utf8_lossy(text);
        let mut line = LineBreaker {
            layout: self,
            out,
            word: String::new(),
            width: 0,
            blanks: 0,
            column: 0,
        };
        for piece in pieces(&text) {
            let paint = paint(piece.ink, self.depth);
            let link = self.links && piece.ink == Ink::Exit && is_way(piece.words);
            line.word.push_str(paint);
            if link {
                line.word.push_str("\x1b]8;;send:");
                line.word.push_str(piece.words);
                line.word.push_str("\x1b\\");
            }
            for c in piece.words.chars() {
                line.push(c);
            }
            if link {
                line.word.push_str("\x1b]8;;\x1b\\");
            }
            if !paint.is_empty() {
                line.word.push_str(RESET);
            }
        }
        line.flush();
    }
}

/// Whether words of the ink of ways out can be typed as they are: a link must not type more.
fn is_way(words: &str) -> bool {
    !words.is_empty() && words.len() <= 40 && words.chars().all(|c| c.is_ascii_lowercase())
}

/// Breaks lines at blanks.
struct LineBreaker<'a> {
    layout: &'a TextLayout,
    out: &'a mut Vec<u8>,
    /// What can't be broken, and orders to the terminal, which take no room.
    word: String,
    width: usize,
    /// Blanks before the word, which a break takes the place of.
    blanks: usize,
    column: usize,
}

impl LineBreaker<'_> {
    fn push(&mut self, c: char) {
        match c {
            '\r' => {}
            '\n' => {
                self.flush();
                // Blanks at a line's end are nobody's.
                self.blanks = 0;
                self.column = 0;
                self.out.extend(b"\r\n");
            }
            ' ' => {
                self.flush();
                self.blanks += 1;
            }
            c => {
                let width = columns_of(c);
                if self.layout.ascii && !c.is_ascii() {
                    let stand_in = in_ascii(c);
                    self.word.push_str(stand_in);
                    self.width += stand_in.len();
                } else {
                    self.word.push(c);
                    self.width += width;
                }
            }
        }
    }

    /// Adds the word, on a line where it fits.
    fn flush(&mut self) {
        if self.width > 0 {
            let end = self.column + self.blanks + self.width;
            let over = self.layout.columns.is_some_and(|columns| end > columns);
            if over && self.column > 0 {
                self.out.extend(b"\r\n");
                self.column = 0;
            } else {
                self.out.resize(self.out.len() + self.blanks, b' ');
                self.column += self.blanks;
            }
            self.blanks = 0;
        }
        put_text(self.out, self.word.as_bytes());
        self.column += self.width;
        self.word.clear();
        self.width = 0;
    }
}

/// How many columns a character takes, nearly: marks none, the wide ones of East Asia two.
const fn columns_of(c: char) -> usize {
    match c as u32 {
        0x300..=0x36f | 0x200b..=0x200f | 0x20d0..=0x20ff | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// What stands for a character where there is only ASCII.
const fn in_ascii(c: char) -> &'static str {
    match c {
        '‘' | '’' | '′' => "'",
        '“' | '”' | '«' | '»' | '″' => "\"",
        '–' | '—' | '−' => "-",
        '…' => "...",
        '•' | '·' => "*",
        '→' => "->",
        '←' => "<-",
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => "a",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => "o",
        'ù' | 'ú' | 'û' | 'ü' => "u",
        'ç' => "c",
        'ñ' => "n",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'À' | 'Á' | 'Â' | 'Ã' | 'Ä' | 'Å' => "A",
        'È' | 'É' | 'Ê' | 'Ë' => "E",
        'Ö' | 'Ó' | 'Ô' => "O",
        'Ü' | 'Ú' => "U",
        '\u{a0}' => " ",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn laid_out(text: &str, layout: TextLayout) -> String {
        let mut out = Vec::new();
        layout.put(text.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    fn wrapped(text: &str, columns: usize) -> String {
        let columns = Some(columns);
        laid_out(
            text,
            TextLayout {
                columns,
                ..TextLayout::default()
            },
        )
    }

    #[test]
    fn lines_break_at_blanks_within_columns() {
        assert_eq!(wrapped("the sea is grey\n", 8), "the sea\r\nis grey\r\n");
        assert_eq!(wrapped("the sea is grey\n", 15), "the sea is grey\r\n");
        assert_eq!(wrapped("  inset  wide\n", 40), "  inset  wide\r\n");
        assert_eq!(
            wrapped("unbreakable as\nit is", 4),
            "unbreakable\r\nas\r\nit\r\nis"
        );
        assert_eq!(wrapped("a\r\nb\n\n", 80), "a\r\nb\r\n\r\n");
    }

    #[test]
    fn inks_become_colors_of_terminal() {
        let text = "\x0eAHall\x0f, \x0eBnorth\x0f\n";
        for (depth, expected) in [
            (ColorDepth::Plain, "Hall, north\r\n"),
            (
                ColorDepth::Sixteen,
                "\x1b[1mHall\x1b[0m, \x1b[36mnorth\x1b[0m\r\n",
            ),
            (
                ColorDepth::Many,
                "\x1b[1mHall\x1b[0m, \x1b[38;5;73mnorth\x1b[0m\r\n",
            ),
            (
                ColorDepth::True,
                "\x1b[1mHall\x1b[0m, \x1b[38;2;95;175;175mnorth\x1b[0m\r\n",
            ),
        ] {
            let layout = TextLayout {
                depth,
                // Orders to the terminal take no room.
                columns: Some(11),
                ..TextLayout::default()
            };
            assert_eq!(laid_out(text, layout), expected);
        }
    }

    #[test]
    fn ways_out_are_links_that_type() {
        let layout = TextLayout {
            links: true,
            ..TextLayout::default()
        };
        assert_eq!(
            laid_out("\x0eBnorth\x0f \x0eBNot a; way\x0f", layout),
            "\x1b]8;;send:north\x1b\\north\x1b]8;;\x1b\\ Not a; way"
        );
    }

    #[test]
    fn ascii_terminal_gets_stand_ins() {
        let layout = TextLayout {
            ascii: true,
            ..TextLayout::default()
        };
        assert_eq!(laid_out("“Café” … ☃\n", layout), "\"Cafe\" ... ?\r\n");
    }

    proptest! {
        /// Nothing but blanks and line ends differs, and no line is too long that could be broken.
        #[test]
        fn wrapped_text_keeps_all_words(text in "[a-zé ☃\n]{0,300}", columns in 20_usize..120) {
            let wrapped = wrapped(&text, columns);
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words(&wrapped), words(&text));
            for line in wrapped.lines() {
                prop_assert!(line.chars().count() <= columns || !line.trim().contains(' '));
            }
        }
    }
}
