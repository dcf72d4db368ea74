//! The bytes of telnet (RFC 854) and the options that are spoken here.

/// Interpret as command: what follows is no text.
pub(super) const IAC: u8 = 255;
/// Begins a subnegotiation.
pub(super) const SB: u8 = 250;
/// Ends a subnegotiation.
pub(super) const SE: u8 = 240;
/// Go ahead: it is the other side's turn.
pub(super) const GA: u8 = 249;
/// End of record (RFC 885): a prompt ends here.
pub(super) const EOR: u8 = 239;
/// Are you there?
pub(super) const AYT: u8 = 246;

/// What is asked for or told of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TelnetVerb {
    /// The speaker does it, or offers to.
    Will,
    /// The speaker does not.
    Wont,
    /// The other side is asked to, or may.
    Do,
    /// The other side is asked not to.
    Dont,
}

impl TelnetVerb {
    pub(super) const fn of(byte: u8) -> Option<Self> {
        match byte {
            251 => Some(Self::Will),
            252 => Some(Self::Wont),
            253 => Some(Self::Do),
            254 => Some(Self::Dont),
            _ => None,
        }
    }

    pub(super) const fn byte(self) -> u8 {
        match self {
            Self::Will => 251,
            Self::Wont => 252,
            Self::Do => 253,
            Self::Dont => 254,
        }
    }
}

/// An option that means something here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TelnetOption {
    /// Eight bits in text (RFC 856), which are always spoken.
    Binary,
    /// The server shows what is typed (RFC 857): it says so and does not, for passwords.
    Echo,
    /// No go-aheads (RFC 858).
    SuppressGoAhead,
    /// What terminal there is (RFC 1091), and what it can: MTTS.
    TerminalType,
    /// Prompts end with EOR (RFC 885).
    EndOfRecord,
    /// The window's size (RFC 1073).
    WindowSize,
    /// The client's environment (RFC 1572): MNES.
    Environment,
    /// In which charset text is (RFC 2066).
    Charset,
    /// What crawlers want to know: MSSP.
    ServerStatus,
    /// Compression from the server: MCCP2.
    Compress,
    /// Data beside the text: GMCP.
    Gmcp,
}

impl TelnetOption {
    pub(super) const ALL: [Self; 11] = [
        Self::Binary,
        Self::Echo,
        Self::SuppressGoAhead,
        Self::TerminalType,
        Self::EndOfRecord,
        Self::WindowSize,
        Self::Environment,
        Self::Charset,
        Self::ServerStatus,
        Self::Compress,
        Self::Gmcp,
    ];

    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Binary => 0,
            Self::Echo => 1,
            Self::SuppressGoAhead => 3,
            Self::TerminalType => 24,
            Self::EndOfRecord => 25,
            Self::WindowSize => 31,
            Self::Environment => 39,
            Self::Charset => 42,
            Self::ServerStatus => 70,
            Self::Compress => 86,
            Self::Gmcp => 201,
        }
    }

    pub(super) fn of(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|option| option.code() == code)
    }
}

/// The option that is no state but a question (RFC 860): whoever answers has read what stood before.
pub(super) const TIMING_MARK: u8 = 6;

/// Adds `bytes` as text: what looks like a command is doubled.
pub(super) fn put_text(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        out.push(*byte);
        if *byte == IAC {
            out.push(IAC);
        }
    }
}

/// Adds a whole subnegotiation.
pub(super) fn put_subnegotiation(out: &mut Vec<u8>, option: TelnetOption, content: &[u8]) {
    out.extend([IAC, SB, option.code()]);
    put_text(out, content);
    out.extend([IAC, SE]);
}

/// Adds a command about an option.
pub(super) fn put_verb(out: &mut Vec<u8>, verb: TelnetVerb, code: u8) {
    out.extend([IAC, verb.byte(), code]);
}
