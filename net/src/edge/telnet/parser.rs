//! Telnet's bytes, read one by one: text, commands, negotiations, subnegotiations.
//!
//! Without I/O. What it holds is bounded by [`CONTENT_BYTES_MAX`] and nothing when no subnegotiation
//! is open, wherever the stream is cut and whatever it says.

use super::codes::{IAC, SB, SE, TelnetVerb};
use crate::format::MESSAGE_BYTES_MAX;

/// The longest content of a subnegotiation: GMCP is as long as any message of a client.
pub(super) const CONTENT_BYTES_MAX: usize = MESSAGE_BYTES_MAX;

/// Where in a command the stream stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ParserPlace {
    #[default]
    Text,
    Command,
    Verb(TelnetVerb),
    /// After `IAC SB`: the option's code comes.
    Opened,
    Content(u8),
    /// After an IAC within content.
    ContentCommand(u8),
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TelnetToken {
    /// A byte of text.
    Text(u8),
    /// A command without an option.
    Command(u8),
    /// A command about an option.
    Negotiation(TelnetVerb, u8),
    /// A whole subnegotiation; `None`: its content was longer than any may be.
    Subnegotiation(u8, Option<Vec<u8>>),
}

/// The state of one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TelnetParser {
    place: ParserPlace,
    content: Vec<u8>,
    too_long: bool,
}

impl TelnetParser {
    /// Reads the next byte; answers what it completes.
    pub(super) fn feed(&mut self, byte: u8) -> Option<TelnetToken> {
        match self.place {
            ParserPlace::Text if byte == IAC => self.go(ParserPlace::Command),
            ParserPlace::Text => Some(TelnetToken::Text(byte)),
            ParserPlace::Command => self.command(byte),
            ParserPlace::Verb(verb) => {
                self.place = ParserPlace::Text;
                Some(TelnetToken::Negotiation(verb, byte))
            }
            // A negotiation for IAC is none.
            ParserPlace::Opened if byte == IAC => self.go(ParserPlace::Command),
            ParserPlace::Opened => self.go(ParserPlace::Content(byte)),
            ParserPlace::Content(code) if byte == IAC => self.go(ParserPlace::ContentCommand(code)),
            ParserPlace::Content(_) => self.keep(byte),
            ParserPlace::ContentCommand(code) => match byte {
                IAC => {
                    self.place = ParserPlace::Content(code);
                    self.keep(IAC)
                }
                SE => {
                    self.place = ParserPlace::Text;
                    let content = std::mem::take(&mut self.content);
                    let whole = !std::mem::take(&mut self.too_long);
                    Some(TelnetToken::Subnegotiation(code, whole.then_some(content)))
                }
                // Its end got lost: what was gathered is worth nothing, the command counts.
                _ => {
                    self.content = Vec::new();
                    self.too_long = false;
                    self.command(byte)
                }
            },
        }
    }

    fn command(&mut self, byte: u8) -> Option<TelnetToken> {
        if let Some(verb) = TelnetVerb::of(byte) {
            return self.go(ParserPlace::Verb(verb));
        }
        if byte == SB {
            return self.go(ParserPlace::Opened);
        }
        self.place = ParserPlace::Text;
        Some(match byte {
            IAC => TelnetToken::Text(IAC),
            _ => TelnetToken::Command(byte),
        })
    }

    fn keep(&mut self, byte: u8) -> Option<TelnetToken> {
        if self.content.len() < CONTENT_BYTES_MAX {
            self.content.push(byte);
        } else {
            // No memory for what is not taken anyway.
            self.content = Vec::new();
            self.too_long = true;
        }
        None
    }

    const fn go(&mut self, place: ParserPlace) -> Option<TelnetToken> {
        self.place = place;
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(parser: &mut TelnetParser, bytes: &[u8]) -> Vec<TelnetToken> {
        bytes.iter().filter_map(|byte| parser.feed(*byte)).collect()
    }

    fn tokens(bytes: &[u8]) -> Vec<TelnetToken> {
        read(&mut TelnetParser::default(), bytes)
    }

    #[test]
    fn doubled_iac_is_text_or_content() {
        assert_eq!(tokens(&[IAC, IAC]), [TelnetToken::Text(IAC)]);
        assert_eq!(
            tokens(&[IAC, SB, 31, 0, IAC, IAC, 0, 24, IAC, SE]),
            [TelnetToken::Subnegotiation(31, Some(vec![0, IAC, 0, 24]))]
        );
    }

    #[test]
    fn command_within_content_ends_content() {
        assert_eq!(
            tokens(&[IAC, SB, 201, b'x', IAC, 253, 24, b'y']),
            [
                TelnetToken::Negotiation(TelnetVerb::Do, 24),
                TelnetToken::Text(b'y')
            ]
        );
    }

    #[test]
    fn too_long_content_is_dropped_stream_continues() {
        let mut bytes = vec![IAC, SB, 201];
        bytes.resize(CONTENT_BYTES_MAX * 3, b'x');
        let mut parser = TelnetParser::default();
        assert_eq!(read(&mut parser, &bytes), []);
        assert!(parser.content.capacity() <= 2 * CONTENT_BYTES_MAX);
        assert_eq!(
            read(&mut parser, &[IAC, SE, b'a']),
            [
                TelnetToken::Subnegotiation(201, None),
                TelnetToken::Text(b'a')
            ]
        );
    }

    /// Streams in which commands are as likely as text.
    fn streams() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            3 => Just(IAC),
            2 => 239_u8..=254,
            2 => prop::sample::select(vec![0, 1, 3, 6, 24, 25, 31, 39, 42, 70, 86, 201]),
            3 => any::<u8>(),
        ];
        prop::collection::vec(byte, 0..400)
    }

    proptest! {
        /// A stream cut anywhere says the same as a whole one, since a parser's state is all there
        /// is: it can be copied in between.
        #[test]
        fn cut_stream_reads_like_whole_one(bytes in streams(), at in 0_usize..400) {
            let (first, rest) = bytes.split_at(at.min(bytes.len()));
            let mut parser = TelnetParser::default();
            let mut found = read(&mut parser, first);
            let mut moved = parser.clone();
            found.extend(read(&mut moved, rest));
            prop_assert_eq!(found, tokens(&bytes));
        }

        #[test]
        fn written_content_is_read_back(
            content in prop::collection::vec(any::<u8>(), 0..300), code in 0_u8..IAC,
        ) {
            let mut bytes = vec![IAC, SB, code];
            super::super::codes::put_text(&mut bytes, &content);
            bytes.extend([IAC, SE]);
            prop_assert_eq!(tokens(&bytes), [TelnetToken::Subnegotiation(code, Some(content))]);
        }
    }
}
