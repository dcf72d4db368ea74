//! Which options are on, on either side: a simple reading of RFC 1143.
//!
//! Plain data, so that a connection can be handed on with what it has agreed on. Nothing that is on
//! is confirmed again, so two sides can't answer each other for ever; and what is not spoken here is
//! refused once, so a storm of requests gets no storm of answers.

use super::codes::{TIMING_MARK, TelnetOption, TelnetVerb};

/// How an option stands on one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum OptionState {
    #[default]
    Off,
    /// We have asked and wait for the answer.
    Asked,
    On,
}

/// Options of a byte's range, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct CodeSet([u64; 4]);

impl CodeSet {
    /// Adds a code; answers whether it is new.
    const fn add(&mut self, code: u8) -> bool {
        let (word, bit) = ((code / 64) as usize, 1_u64 << (code % 64));
        let new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        new
    }
}

/// The options of one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TelnetOptions {
    ours: [OptionState; TelnetOption::ALL.len()],
    theirs: [OptionState; TelnetOption::ALL.len()],
    refused: [CodeSet; 2],
    /// How often each was turned on, on either side.
    turns: [u8; TelnetOption::ALL.len()],
    /// It has negotiated at all, so it understands telnet.
    speaks: bool,
}

/// What a negotiation has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OptionChange {
    /// We do it now.
    Ours(TelnetOption, bool),
    /// The client does it now.
    Theirs(TelnetOption, bool),
    /// The client has answered a timing mark.
    Marked,
}

/// What is to be sent, and what has changed.
pub(super) type Negotiated = (Option<(TelnetVerb, u8)>, Option<OptionChange>);

impl TelnetOptions {
    /// What we begin with: offers and requests.
    pub(super) fn greet(&mut self) -> Vec<(TelnetVerb, u8)> {
        let mut said = Vec::new();
        for option in [
            TelnetOption::TerminalType,
            TelnetOption::WindowSize,
            TelnetOption::Environment,
        ] {
            self.theirs[option as usize] = OptionState::Asked;
            said.push((TelnetVerb::Do, option.code()));
        }
        for option in [
            TelnetOption::Charset,
            TelnetOption::EndOfRecord,
            TelnetOption::ServerStatus,
            TelnetOption::Gmcp,
        ] {
            said.extend(self.offer(option));
        }
        said
    }

    /// Offers to do something, unless that is known already.
    pub(super) fn offer(&mut self, option: TelnetOption) -> Option<(TelnetVerb, u8)> {
        let state = &mut self.ours[option as usize];
        (*state == OptionState::Off).then(|| {
            *state = OptionState::Asked;
            (TelnetVerb::Will, option.code())
        })
    }

    /// Stops doing something.
    pub(super) fn withdraw(&mut self, option: TelnetOption) -> Option<(TelnetVerb, u8)> {
        let state = &mut self.ours[option as usize];
        (*state != OptionState::Off).then(|| {
            *state = OptionState::Off;
            (TelnetVerb::Wont, option.code())
        })
    }

    /// Hears what the client says of an option.
    pub(super) fn receive(&mut self, verb: TelnetVerb, code: u8) -> Negotiated {
        self.speaks = true;
        if code == TIMING_MARK {
            return match verb {
                // Whatever was before it has been read.
                TelnetVerb::Do => (Some((TelnetVerb::Will, code)), None),
                TelnetVerb::Dont => (None, None),
                TelnetVerb::Will | TelnetVerb::Wont => (None, Some(OptionChange::Marked)),
            };
        }
        let option = TelnetOption::of(code);
        match verb {
            TelnetVerb::Do => match option.filter(|option| may_be_ours(*option)) {
                Some(option) => self.begin(option, true),
                None => self.refuse(TelnetVerb::Wont, code),
            },
            TelnetVerb::Will => match option.filter(|option| may_be_theirs(*option)) {
                Some(option) => self.begin(option, false),
                None => self.refuse(TelnetVerb::Dont, code),
            },
            TelnetVerb::Dont => option.map_or((None, None), |option| self.end(option, true)),
            TelnetVerb::Wont => option.map_or((None, None), |option| self.end(option, false)),
        }
    }

    /// Whether we do it.
    pub(super) const fn ours(&self, option: TelnetOption) -> bool {
        matches!(self.ours[option as usize], OptionState::On)
    }

    /// Whether the client does it.
    pub(super) const fn theirs(&self, option: TelnetOption) -> bool {
        matches!(self.theirs[option as usize], OptionState::On)
    }

    /// Whether the client understands telnet, as far as it has shown.
    pub(super) const fn speaks(&self) -> bool {
        self.speaks
    }

    fn begin(&mut self, option: TelnetOption, ours: bool) -> Negotiated {
        let (states, yes, no) = if ours {
            (&mut self.ours, TelnetVerb::Will, TelnetVerb::Wont)
        } else {
            (&mut self.theirs, TelnetVerb::Do, TelnetVerb::Dont)
        };
        let state = &mut states[option as usize];
        let turns = &mut self.turns[option as usize];
        let answer = match *state {
            OptionState::On => return (None, None),
            OptionState::Asked => None,
            // Nobody but us decides when passwords are typed.
            OptionState::Off if option == TelnetOption::Echo || *turns >= turns_max(option) => {
                return self.refuse(no, option.code());
            }
            OptionState::Off => Some((yes, option.code())),
        };
        *state = OptionState::On;
        *turns = turns.saturating_add(1);
        let change = if ours {
            OptionChange::Ours(option, true)
        } else {
            OptionChange::Theirs(option, true)
        };
        (answer, Some(change))
    }

    fn end(&mut self, option: TelnetOption, ours: bool) -> Negotiated {
        let (states, no) = if ours {
            (&mut self.ours, TelnetVerb::Wont)
        } else {
            (&mut self.theirs, TelnetVerb::Dont)
        };
        let state = std::mem::take(&mut states[option as usize]);
        if state != OptionState::On {
            return (None, None);
        }
        let change = if ours {
            OptionChange::Ours(option, false)
        } else {
            OptionChange::Theirs(option, false)
        };
        (Some((no, option.code())), Some(change))
    }

    fn refuse(&mut self, no: TelnetVerb, code: u8) -> Negotiated {
        let side = usize::from(no == TelnetVerb::Dont);
        let new = self.refused[side].add(code);
        (new.then_some((no, code)), None)
    }
}

/// How often an option may be turned on: beyond that, somebody plays with the switch. A stream is
/// compressed once, since that costs memory and time.
const fn turns_max(option: TelnetOption) -> u8 {
    match option {
        TelnetOption::Compress => 1,
        // Once for each password, and more than anybody may try.
        TelnetOption::Echo => u8::MAX,
        _ => 16,
    }
}

/// What we may do when a client asks.
const fn may_be_ours(option: TelnetOption) -> bool {
    matches!(
        option,
        TelnetOption::Binary
            | TelnetOption::Echo
            | TelnetOption::SuppressGoAhead
            | TelnetOption::EndOfRecord
            | TelnetOption::Charset
            | TelnetOption::ServerStatus
            | TelnetOption::Compress
            | TelnetOption::Gmcp
    )
}

/// What a client may do.
const fn may_be_theirs(option: TelnetOption) -> bool {
    matches!(
        option,
        TelnetOption::Binary
            | TelnetOption::SuppressGoAhead
            | TelnetOption::TerminalType
            | TelnetOption::WindowSize
            | TelnetOption::Environment
            | TelnetOption::Charset
    )
}
