//! The shapes of `kadath.v1` frames, for schemas and for whoever compares frames.

use engine::port::{Note, Tick};
use schemars::JsonSchema;
use serde::Serialize;

use super::kadath::ID_MAX;
use super::{EncodedFrame, EncodedNote, Encoder, Format, Head};

/// What every frame of the server has, whatever its `data`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Envelope")]
pub struct FrameShape {
    /// Grows by exactly 1 per frame of the session; the first `welcome` is 1, frames before
    /// sign-in have 0.
    pub sequence_number: u64,
    /// What it is, and so what `data` is.
    pub event_type: String,
    /// The wall clock at that tick, RFC 3339.
    pub timestamp: String,
    /// The tick that produced the frame; for frames of the gateway's own, the last one it saw.
    pub tick: Tick,
    /// The room it is about, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_id: Option<String>,
    /// The character it is about, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub player_id: Option<String>,
}

/// What a client sends: JSON of at most 10 KiB, nested at most 10 deep.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// Who the client is; the first frame, unless the handshake carried a `bearer` token.
    Authenticate {
        /// Who.
        data: Authentication,
    },
    /// A line for the world.
    Command {
        /// Rises per character, not necessarily by 1. Without it a resend can't be told from a
        /// new command.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1, max = ID_MAX))]
        id: Option<u64>,
        /// The line.
        data: CommandLine,
    },
    /// Asks for a `pong`.
    Ping {
        /// Nothing.
        #[serde(skip_serializing_if = "Option::is_none")]
        data: Option<Nothing>,
    },
}

/// An empty object.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Nothing {}

/// A sign-in, or the resume of a session.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Authentication {
    /// The `access_token` of a sign-in over HTTP.
    pub token: String,
    /// Whom to play; without it, the account's most recently played character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub character_id: Option<uuid::Uuid>,
    /// The session to go on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resume: Option<ResumePoint>,
}

/// Where a session goes on.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ResumePoint {
    /// The `session_id` of its `welcome`.
    pub session_id: String,
    /// The last `sequence_number` that the client has seen.
    pub last_sequence: u64,
}

/// A line as it is typed, or a verb and its words.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum CommandLine {
    /// As it is typed.
    Line {
        /// `say hello`; at most 1,000 characters, none of them a control character.
        line: String,
    },
    /// In pieces; they are joined by spaces.
    Verb {
        /// `say`
        command: String,
        /// `hello`
        #[serde(skip_serializing_if = "Option::is_none")]
        args: Option<Vec<String>>,
    },
}

impl ClientMessage {
    /// Frames as a client might send them, of every kind.
    #[must_use]
    pub fn examples() -> Vec<Self> {
        let session_id = "7a0f469b3188aa56a483809f1dac7d7b".to_owned();
        let resume = ResumePoint {
            session_id,
            last_sequence: 25,
        };
        let sign_in = |character_id, resume| Self::Authenticate {
            data: Authentication {
                token: "eyJ0eXAiOiJKV1QifQ.e30.c2ln".to_owned(),
                character_id,
                resume,
            },
        };
        vec![
            sign_in(Some(uuid::Uuid::from_u128(7)), None),
            sign_in(None, Some(resume)),
            Self::Command {
                id: Some(13),
                data: CommandLine::Line {
                    line: "say hello".to_owned(),
                },
            },
            Self::Command {
                id: None,
                data: CommandLine::Verb {
                    command: "say".to_owned(),
                    args: Some(vec!["hello".to_owned()]),
                },
            },
            Self::Ping {
                data: Some(Nothing {}),
            },
        ]
    }
}

/// One websocket message to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A TEXT frame.
    Text(Vec<u8>),
    /// A BINARY frame.
    Binary(Vec<u8>),
}

/// The messages of one note to a client of that subprotocol, as its `number`th frame; `None`
/// where there is no such subprotocol. `stamp` is the wall clock as RFC 3339. A pure function
/// over the encoders that serve players, made for comparing what they write.
#[must_use]
pub fn encoded(
    subprotocol: &str,
    colour: bool,
    note: &dyn Note,
    (number, tick, stamp): (u64, Tick, &str),
) -> Option<Vec<Message>> {
    let mut encoder = Encoder::new(Format::of(subprotocol)?);
    encoder.colour = colour;
    let mut messages = Vec::new();
    EncodedNote::new(note, tick, stamp).frames(&encoder, |frame| {
        messages.push(match frame {
            EncodedFrame::Numbered(tail) => {
                Message::Text([Head::new(number).as_bytes(), &tail].concat())
            }
            EncodedFrame::Data(bytes) => Message::Text(bytes.to_vec()),
            EncodedFrame::Text(bytes) => Message::Binary(bytes.to_vec()),
        });
    });
    Some(messages)
}
