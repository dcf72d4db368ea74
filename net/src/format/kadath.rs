//! `kadath.v1`: JSON both ways.

use std::io::Write as _;
use std::sync::Arc;

use engine::port::{Code, Line, LineFault, Note, Refusal, Tick};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{DEPTH_MAX, SharedBytes, too_deep};
use crate::gatekeeper::Secret;

/// A frame without its head: `"event_type":…` to the closing brace, the same for all who get it.
/// `None` if the note can't be written as JSON, which is its maker's mistake.
pub(crate) fn tail(note: &dyn Note, tick: Tick, stamp: &str) -> Option<SharedBytes> {
    let mut json = Vec::with_capacity(256);
    // Event types and stamps are plain ASCII: nothing to escape.
    write!(
        json,
        r#""event_type":"{}","timestamp":"{stamp}","tick":{tick},"data":"#,
        note.event_type()
    )
    .ok()?;
    if let Err(fault) = serde_json::to_writer(&mut json, note.data()) {
        tracing::error!(event_type = note.event_type(), %fault, "note could not be encoded");
        return None;
    }
    if let Some(room) = note.room_id() {
        json.extend_from_slice(br#","room_id":"#);
        serde_json::to_writer(&mut json, room).ok()?;
    }
    if let Some(player) = note.player_id() {
        write!(json, r#","player_id":"{player}""#).ok()?;
    }
    json.push(b'}');
    Some(Arc::new(json.into()))
}

/// What stands before a tail: `{"sequence_number":7,`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    bytes: [u8; Self::LEN_MAX],
    from: usize,
}

impl Head {
    const WORDS: &[u8] = br#"{"sequence_number":"#;
    /// The words, the digits of the largest number, a comma.
    const LEN_MAX: usize = Self::WORDS.len() + 20 + 1;

    /// The head of that number. Written by hand since it is all that is written per client.
    pub(crate) fn new(number: u64) -> Self {
        let mut bytes = [b','; Self::LEN_MAX];
        // From the end: the comma is there already.
        let mut from = Self::LEN_MAX - 1;
        let mut rest = number;
        loop {
            from -= 1;
            bytes[from] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        let digits = from;
        from -= Self::WORDS.len();
        bytes[from..digits].copy_from_slice(Self::WORDS);
        Self { bytes, from }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.from..]
    }
}

/// A frame from the client, understood.
#[derive(Clone, Debug)]
pub(crate) enum ClientFrame {
    Authenticate(Authenticate),
    Command(Command),
    Ping,
}

/// Who the client says it is.
#[derive(Clone, Debug)]
pub(crate) struct Authenticate {
    pub(crate) token: Secret,
    pub(crate) character: Option<Uuid>,
    pub(crate) resume: Option<Resume>,
}

/// Which session goes on, and after which frame.
#[derive(Clone, Debug)]
pub(crate) struct Resume {
    pub(crate) session: Secret,
    pub(crate) last_sequence: u64,
}

/// A line for the world, or why it is none.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) id: Option<u64>,
    pub(crate) line: Result<Line, Refusal>,
}

/// Why a frame is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Defect {
    pub(crate) code: Code,
    pub(crate) message: &'static str,
    pub(crate) field: Option<&'static str>,
    /// The command id, where the frame is a command that has a good one: its answer is then a
    /// `command_response`.
    pub(crate) id: Option<u64>,
}

impl Defect {
    pub(crate) const fn new(
        code: Code,
        field: Option<&'static str>,
        message: &'static str,
    ) -> Self {
        Self {
            code,
            message,
            field,
            id: None,
        }
    }

    pub(crate) fn refusal(&self) -> Refusal {
        Refusal::new(self.code, self.message)
    }
}

/// Command ids must survive a client that keeps numbers as doubles.
pub(super) const ID_MAX: u64 = (1 << 53) - 1;

/// Reads a client's frame.
///
/// # Errors
/// The catalogue code and field of the first thing wrong with it.
pub(super) fn decode(json: &[u8]) -> Result<ClientFrame, Defect> {
    let bad_format = |message| Defect::new(Code::InvalidFormat, None, message);
    // Checked on the bytes: a deep frame must not even be built.
    if too_deep(json, DEPTH_MAX) {
        return Err(bad_format("The frame is nested too deeply."));
    }
    let frame: Value =
        serde_json::from_slice(json).map_err(|_| bad_format("The frame is not valid JSON."))?;
    let Value::Object(frame) = frame else {
        return Err(bad_format("The frame is not a JSON object."));
    };

    let kind = text_of(&frame, "type")?;
    match kind {
        "ping" => Ok(ClientFrame::Ping),
        "authenticate" => authenticate(data(&frame)?).map(ClientFrame::Authenticate),
        "command" => {
            let id = id(&frame)?;
            command(&frame, id)
                .map(ClientFrame::Command)
                .map_err(|defect| Defect { id, ..defect })
        }
        _ => Err(Defect::new(
            Code::InvalidInput,
            Some("type"),
            "There is no frame of that type.",
        )),
    }
}

fn authenticate(data: &Map<String, Value>) -> Result<Authenticate, Defect> {
    let wrong = |field, message| Defect::new(Code::ValidationError, Some(field), message);
    let token = Secret::new(text_of(data, "token")?);
    let character = match data.get("character_id") {
        None | Some(Value::Null) => None,
        Some(Value::String(id)) => Some(
            Uuid::parse_str(id).map_err(|_| wrong("character_id", "character_id is not an id."))?,
        ),
        Some(_) => return Err(wrong("character_id", "character_id must be a string.")),
    };
    let resume = match data.get("resume") {
        None | Some(Value::Null) => None,
        Some(Value::Object(resume)) => Some(Resume {
            session: Secret::new(text_of(resume, "session_id")?),
            last_sequence: match resume.get("last_sequence") {
                None => return Err(missing("last_sequence")),
                Some(number) => whole(number).ok_or_else(|| {
                    wrong("last_sequence", "last_sequence must be a whole number.")
                })?,
            },
        }),
        Some(_) => return Err(wrong("resume", "resume must be an object.")),
    };
    Ok(Authenticate {
        token,
        character,
        resume,
    })
}

fn command(frame: &Map<String, Value>, id: Option<u64>) -> Result<Command, Defect> {
    let data = data(frame)?;
    let words = if data.contains_key("line") {
        text_of(data, "line")?.to_owned()
    } else if data.contains_key("command") {
        let mut words = text_of(data, "command")?.to_owned();
        match data.get("args") {
            None | Some(Value::Null) => {}
            Some(Value::Array(args)) => {
                for arg in args {
                    let Value::String(arg) = arg else {
                        return Err(bad_args());
                    };
                    words.push(' ');
                    words.push_str(arg);
                }
            }
            Some(_) => return Err(bad_args()),
        }
        words
    } else {
        return Err(missing("line"));
    };
    Ok(Command {
        id,
        line: line(&words),
    })
}

const fn bad_args() -> Defect {
    Defect::new(
        Code::ValidationError,
        Some("args"),
        "args must be a list of strings.",
    )
}

/// Makes a line of the player's words.
///
/// # Errors
/// The refusal that answers them.
pub(super) fn line(words: &str) -> Result<Line, Refusal> {
    Line::new(words).map_err(|fault| match fault {
        LineFault::Empty => Refusal::new(Code::InvalidInput, "There is nothing in that line."),
        LineFault::TooLong => Refusal::new(
            Code::ValidationError,
            "That line is longer than 1000 characters.",
        ),
        LineFault::ControlCharacter => Refusal::new(
            Code::InvalidInput,
            "That line holds a character that can't be typed.",
        ),
        LineFault::Invisible => Refusal::new(
            Code::InvalidInput,
            "That line holds a character that can't be seen.",
        ),
        LineFault::Marks => Refusal::new(
            Code::InvalidInput,
            "That line holds a letter under too many marks.",
        ),
    })
}

/// A whole number, also where a client writes it with a point: to JSON Schema 1.0 is an integer.
fn whole(number: &Value) -> Option<u64> {
    let pointed = || {
        let number = number.as_f64()?;
        let fits = number.fract() == 0.0 && (0.0..=ID_MAX as f64).contains(&number);
        fits.then_some(number as u64)
    };
    number.as_u64().or_else(pointed)
}

fn id(frame: &Map<String, Value>) -> Result<Option<u64>, Defect> {
    match frame.get("id") {
        None | Some(Value::Null) => Ok(None),
        Some(id) => match whole(id) {
            Some(id @ 1..=ID_MAX) => Ok(Some(id)),
            _ => Err(Defect::new(
                Code::ValidationError,
                Some("id"),
                "id must be a whole number from 1 to 2^53-1.",
            )),
        },
    }
}

fn data(frame: &Map<String, Value>) -> Result<&Map<String, Value>, Defect> {
    match frame.get("data") {
        Some(Value::Object(data)) => Ok(data),
        None => Err(missing("data")),
        Some(_) => Err(Defect::new(
            Code::ValidationError,
            Some("data"),
            "data must be an object.",
        )),
    }
}

fn text_of<'a>(object: &'a Map<String, Value>, field: &'static str) -> Result<&'a str, Defect> {
    match object.get(field) {
        Some(Value::String(text)) => Ok(text),
        None | Some(Value::Null) => Err(missing(field)),
        Some(_) => Err(Defect::new(
            Code::ValidationError,
            Some(field),
            "That field must be a string.",
        )),
    }
}

const fn missing(field: &'static str) -> Defect {
    Defect::new(
        Code::MissingRequiredField,
        Some(field),
        "A required field is missing.",
    )
}

#[cfg(test)]
mod tests;
