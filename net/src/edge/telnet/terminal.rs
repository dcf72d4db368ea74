//! What the client has said of its terminal: how wide it is, what it can show, who is behind it.
//!
//! Told by NAWS, by TTYPE with the bits of MTTS in its third answer, and by the variables of MNES.
//! Whatever is told last counts.

use super::codes::{TelnetOption, put_subnegotiation};

/// TTYPE, NEW-ENVIRON and CHARSET: a question, or an answer.
const IS: u8 = 0;
const SEND: u8 = 1;

/// NEW-ENVIRON: what a string within is.
const VAR: u8 = 0;
const VALUE: u8 = 1;
const ESCAPE: u8 = 2;
const USERVAR: u8 = 3;
const INFO: u8 = 2;

/// CHARSET: what is said.
const REQUEST: u8 = 1;
const ACCEPTED: u8 = 2;
const REJECTED: u8 = 3;

/// The longest name or value that is looked at, in bytes.
const WORD_BYTES_MAX: usize = 64;
/// Variables that are looked at in one answer.
const VARIABLES_MAX: usize = 64;
/// How often the type is asked for: the client's name, the terminal's, the bits of MTTS.
const TYPES_MAX: u8 = 3;
/// Windows narrower than this are not wrapped for: no line would hold a sentence.
const COLUMNS_MIN: u16 = 20;

/// The bits of MTTS that mean something here.
mod mtts {
    pub(super) const ANSI: u32 = 1;
    pub(super) const UTF_8: u32 = 4;
    pub(super) const COLORS_256: u32 = 8;
    pub(super) const SCREEN_READER: u32 = 64;
    pub(super) const TRUE_COLOR: u32 = 256;
}

/// What MNES is asked for.
const VARIABLES: [&str; 8] = [
    "CHARSET",
    "CLIENT_NAME",
    "CLIENT_VERSION",
    "MTTS",
    "OSC_HYPERLINKS_SEND",
    "SCREEN_READER",
    "TERMINAL_TYPE",
    "WORD_WRAP",
];

/// Which colors a terminal shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ColorDepth {
    /// None, or nobody knows.
    #[default]
    Plain,
    /// The sixteen that its owner has chosen.
    Sixteen,
    /// 256.
    Many,
    /// All of them.
    True,
}

/// A client's terminal, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TerminalInfo {
    columns: u16,
    /// Answers to TTYPE so far.
    types: u8,
    last_type: Vec<u8>,
    depth: ColorDepth,
    /// The client's charset is known, and not UTF-8.
    ascii: bool,
    reader: bool,
    links: bool,
}

impl TerminalInfo {
    /// The columns that text is wrapped to; `None`: the client does that, or has not said.
    pub(super) const fn columns(&self) -> Option<usize> {
        if self.columns >= COLUMNS_MIN {
            Some(self.columns as usize)
        } else {
            None
        }
    }

    /// The colors it shows.
    pub(super) const fn depth(&self) -> ColorDepth {
        self.depth
    }

    /// Whether its text must be ASCII.
    pub(super) const fn is_ascii(&self) -> bool {
        self.ascii
    }

    /// Whether a screen reader reads it.
    pub(super) const fn is_read_aloud(&self) -> bool {
        self.reader
    }

    /// Whether it makes links of OSC 8 whose target begins with `send:`.
    pub(super) const fn has_links(&self) -> bool {
        self.links
    }

    /// What is asked when the client agrees to tell of an option.
    pub(super) fn ask(option: TelnetOption, out: &mut Vec<u8>) {
        match option {
            TelnetOption::TerminalType => put_subnegotiation(out, option, &[SEND]),
            TelnetOption::Environment => {
                let mut content = vec![SEND];
                for name in VARIABLES {
                    content.push(VAR);
                    content.extend(name.bytes());
                }
                put_subnegotiation(out, option, &content);
            }
            TelnetOption::Charset => put_subnegotiation(out, option, b"\x01;UTF-8"),
            _ => {}
        }
    }

    /// Hears a subnegotiation; what it asks in return is added to `out`.
    pub(super) fn receive(&mut self, option: TelnetOption, content: &[u8], out: &mut Vec<u8>) {
        match (option, content) {
            (TelnetOption::WindowSize, [high, low, _, _]) => {
                self.columns = u16::from_be_bytes([*high, *low]);
            }
            (TelnetOption::TerminalType, [IS, name @ ..]) => self.named(name, out),
            (TelnetOption::Environment, [IS | INFO, variables @ ..]) => self.environment(variables),
            (TelnetOption::Charset, [ACCEPTED, name @ ..]) => self.ascii = !is_utf_8(name),
            (TelnetOption::Charset, [REJECTED, ..]) => self.ascii = true,
            (TelnetOption::Charset, [REQUEST, separator, names @ ..]) => {
                // Theirs may be the only offer: the server asks, and takes what it understands.
                let found = names
                    .split(|byte| byte == separator)
                    .find(|name| is_utf_8(name));
                let answer = match found {
                    Some(name) => [&[ACCEPTED], name].concat(),
                    None => vec![REJECTED],
                };
                put_subnegotiation(out, option, &answer);
            }
            _ => {}
        }
    }

    /// A terminal's type: the client's name first, then what it is like, then what it can.
    fn named(&mut self, name: &[u8], out: &mut Vec<u8>) {
        let name = &name[..name.len().min(WORD_BYTES_MAX)];
        self.types = self.types.saturating_add(1);
        let word = String::from_utf8_lossy(name).to_ascii_uppercase();
        if let Some(bits) = word.strip_prefix("MTTS ") {
            self.bits(bits);
        } else {
            let depth = if word.contains("TRUECOLOR") || word.contains("24BIT") {
                ColorDepth::True
            } else if word.contains("256COLOR") {
                ColorDepth::Many
            } else if [
                "ANSI", "XTERM", "VT1", "VT2", "LINUX", "SCREEN", "TMUX", "RXVT",
            ]
            .iter()
            .any(|known| word.starts_with(known))
            {
                ColorDepth::Sixteen
            } else {
                ColorDepth::Plain
            };
            self.depth = self.depth.max(depth);
        }
        // A type that comes twice is the last.
        if self.types < TYPES_MAX && self.last_type != name {
            put_subnegotiation(out, TelnetOption::TerminalType, &[SEND]);
        }
        name.clone_into(&mut self.last_type);
        if self.types >= TYPES_MAX {
            self.last_type = Vec::new();
        }
    }

    fn bits(&mut self, bits: &str) {
        let Ok(bits) = bits.trim().parse::<u32>() else {
            return;
        };
        self.depth = if bits & mtts::TRUE_COLOR != 0 {
            ColorDepth::True
        } else if bits & mtts::COLORS_256 != 0 {
            ColorDepth::Many
        } else if bits & mtts::ANSI != 0 {
            ColorDepth::Sixteen
        } else {
            ColorDepth::Plain
        };
        self.ascii = bits & mtts::UTF_8 == 0;
        self.reader = bits & mtts::SCREEN_READER != 0;
    }

    fn environment(&mut self, variables: &[u8]) {
        let of_kind = |byte: &u8| matches!(*byte, VAR | USERVAR);
        for variable in variables.split(of_kind).take(VARIABLES_MAX) {
            let mut parts = variable.splitn(2, |byte| *byte == VALUE);
            let (Some(name), Some(value)) = (parts.next(), parts.next()) else {
                continue;
            };
            if value.len() > WORD_BYTES_MAX || value.contains(&ESCAPE) {
                continue;
            }
            let value = String::from_utf8_lossy(value);
            let on = value == "1" || value.eq_ignore_ascii_case("true");
            match name {
                b"MTTS" => self.bits(&value),
                b"CHARSET" => self.ascii = !is_utf_8(value.as_bytes()),
                b"SCREEN_READER" => self.reader = on,
                b"OSC_HYPERLINKS_SEND" => self.links = on,
                _ => {}
            }
        }
    }
}

fn is_utf_8(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"UTF-8") || name.eq_ignore_ascii_case(b"UTF8")
}

#[cfg(test)]
mod tests {
    use super::super::codes::{IAC, SE};
    use super::*;

    fn told(said: &[(TelnetOption, &[u8])]) -> (TerminalInfo, Vec<u8>) {
        let (mut terminal, mut out) = (TerminalInfo::default(), Vec::new());
        for (option, content) in said {
            terminal.receive(*option, content, &mut out);
        }
        (terminal, out)
    }

    #[test]
    fn mtts_bits_decide_colors_charset_and_reader() {
        use TelnetOption::TerminalType;
        for (bits, depth, ascii, reader) in [
            ("0", ColorDepth::Plain, true, false),
            ("1", ColorDepth::Sixteen, true, false),
            ("13", ColorDepth::Many, false, false),
            ("2349", ColorDepth::True, false, false),
            ("69", ColorDepth::Sixteen, false, true),
        ] {
            let answer = [&[IS], b"MTTS ".as_slice(), bits.as_bytes()].concat();
            let (terminal, out) = told(&[
                (TerminalType, b"\0MUDLET"),
                (TerminalType, b"\0XTERM-256COLOR"),
                (TerminalType, &answer),
            ]);
            assert_eq!(terminal.depth(), depth, "{bits}");
            assert_eq!(terminal.is_ascii(), ascii, "{bits}");
            assert_eq!(terminal.is_read_aloud(), reader, "{bits}");
            // Asked twice more, and then no more.
            let asked = [IAC, 250, 24, SEND, IAC, SE];
            assert_eq!(out, [asked, asked].concat());
        }
    }

    #[test]
    fn repeated_terminal_type_ends_the_questions() {
        let (terminal, out) = told(&[
            (TelnetOption::TerminalType, b"\0xterm"),
            (TelnetOption::TerminalType, b"\0xterm"),
            (TelnetOption::TerminalType, b"\0xterm"),
        ]);
        assert_eq!(terminal.depth(), ColorDepth::Sixteen);
        assert_eq!(out.len(), 6, "{out:?}");
    }

    #[test]
    fn window_below_twenty_columns_is_not_wrapped() {
        let columns = |size: &[u8]| told(&[(TelnetOption::WindowSize, size)]).0.columns();
        assert_eq!(columns(&[0, 80, 0, 24]), Some(80));
        assert_eq!(columns(&[0, 0, 0, 0]), None);
        assert_eq!(columns(&[0, 1, 0, 24]), None);
        assert_eq!(columns(&[0, 80]), None);
    }

    #[test]
    fn environment_variables_are_read() {
        let said = b"\0\0MTTS\x01269\x03OSC_HYPERLINKS_SEND\x011\0SCREEN_READER\x01";
        let (terminal, _) = told(&[(TelnetOption::Environment, said)]);
        assert_eq!(terminal.depth(), ColorDepth::True);
        assert!(terminal.has_links() && !terminal.is_read_aloud() && !terminal.is_ascii());
        let (terminal, _) = told(&[(TelnetOption::Environment, b"\x02\0SCREEN_READER\x011")]);
        assert!(terminal.is_read_aloud());
    }

    #[test]
    fn charset_is_agreed_on_from_either_side() {
        let charset = |said: &[u8]| told(&[(TelnetOption::Charset, said)]);
        assert!(!charset(b"\x02UTF-8").0.is_ascii());
        assert!(charset(b"\x03").0.is_ascii());
        let (_, out) = charset(b"\x01;latin1;utf-8");
        assert_eq!(
            out,
            [b"\xff\xfa\x2a\x02utf-8".as_slice(), &[IAC, SE]].concat()
        );
        assert_eq!(charset(b"\x01;latin1").1, [IAC, 250, 42, REJECTED, IAC, SE]);
    }
}
