//! The frames that the gateway itself makes. Their shapes are the protocol's; schemas are
//! generated from them.

mod examples;

pub use examples::publications;

use engine::port::{Admission, Code, CommandData, Gmcp, Ink, Note, Outcome, Prose, Refusal, Tick};
use schemars::JsonSchema;
use serde::Serialize;

/// `welcome`: the session holds its character.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Welcome {
    /// Names the session; with it a cut client resumes. As secret as a token.
    pub session_id: String,
    /// The character.
    pub player_id: String,
    /// The character's name.
    pub player_name: String,
    /// This process, as 16 hexadecimal digits.
    pub run: String,
    /// The missed frames follow, nothing else does.
    pub resumed: bool,
    /// The highest command id of the character that was executed; 0 if none.
    pub last_command_id: u64,
    /// Every effect of this run up to this tick is durable.
    pub durable_tick: Tick,
    /// What of the run before survived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovered: Option<Recovered>,
    /// The subprotocol in use.
    pub protocol: &'static str,
}

/// What of an earlier run survived.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Recovered {
    /// That run.
    pub run: String,
    /// Exactly its effects up to this tick.
    pub tick: Tick,
}

impl Welcome {
    pub(crate) fn new(
        session_id: String,
        player_name: &str,
        admission: &Admission,
        resumed: bool,
        protocol: &'static str,
    ) -> Self {
        Self {
            session_id,
            player_id: admission.player.to_string(),
            player_name: player_name.to_owned(),
            run: admission.run.to_string(),
            resumed,
            last_command_id: admission.last_command_id,
            durable_tick: admission.durable_tick,
            recovered: admission.recovered.map(|(run, tick)| Recovered {
                run: run.to_string(),
                tick,
            }),
            protocol,
        }
    }
}

impl Note for Welcome {
    fn event_type(&self) -> &'static str {
        "welcome"
    }

    fn data(&self) -> &dyn erased_serde::Serialize {
        self
    }

    fn prose(&self) -> Option<Prose> {
        Some(
            Prose::of(Ink::System, "Welcome, ")
                .with(Ink::Name, self.player_name.clone())
                .with(Ink::System, "."),
        )
    }
}

/// `durable`: what was done up to a tick survives a crash.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Durable {
    /// The process whose ticks are meant.
    pub run: String,
    /// Every effect with a tick up to this one.
    pub through_tick: Tick,
}

impl Note for Durable {
    fn event_type(&self) -> &'static str {
        "durable"
    }

    fn data(&self) -> &dyn erased_serde::Serialize {
        self
    }

    fn coalesce(&self) -> Option<&'static str> {
        Some("durable")
    }
}

/// `command_response`: the one outcome of a command.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CommandResponse {
    /// The client's id; `null` where it gave none.
    pub id: Option<u64>,
    /// It was done.
    pub ok: bool,
    /// This is the outcome of an earlier execution; nothing was done now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub repeated: bool,
    /// The text to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// What the text says, for programs, where the command has it. Not repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<CommandData>,
    /// Why it was not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Reason>,
}

/// Why something was not done.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Reason {
    /// The catalogue word.
    pub code: Code,
    /// A sentence for a person.
    pub message: String,
    /// How long to wait before trying again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl From<Refusal> for Reason {
    fn from(refusal: Refusal) -> Self {
        Self {
            code: refusal.code,
            message: refusal.message,
            retry_after_ms: refusal.retry_after_ms,
        }
    }
}

impl From<Outcome> for CommandResponse {
    fn from(outcome: Outcome) -> Self {
        let (ok, result, error) = match outcome.result {
            Ok(text) => (true, text, None),
            Err(refusal) => (false, None, Some(refusal.into())),
        };
        Self {
            id: outcome.id,
            ok,
            repeated: outcome.repeated,
            result,
            data: outcome.data,
            error,
        }
    }
}

impl CommandResponse {
    /// A refusal by the gateway itself.
    pub(crate) fn refused(id: Option<u64>, refusal: Refusal, repeated: bool) -> Self {
        Self {
            id,
            ok: false,
            repeated,
            result: None,
            data: None,
            error: Some(refusal.into()),
        }
    }
}

impl Note for CommandResponse {
    fn event_type(&self) -> &'static str {
        "command_response"
    }

    fn data(&self) -> &dyn erased_serde::Serialize {
        self
    }

    fn prose(&self) -> Option<Prose> {
        match (&self.result, &self.error) {
            (Some(text), _) if !text.is_empty() => Some(Prose::of(Ink::Plain, text.clone())),
            (_, Some(reason)) => Some(refused(&reason.message, reason.retry_after_ms)),
            _ => None,
        }
    }
}

/// A refusal to read, with the time to wait, which the message itself never names.
fn refused(message: &str, retry_after_ms: Option<u64>) -> Prose {
    let Some(wait) = retry_after_ms else {
        return Prose::of(Ink::Refusal, message.to_owned());
    };
    let (seconds, minutes) = (wait.div_ceil(1_000), wait.div_ceil(60_000));
    let (count, unit) = match (seconds, minutes) {
        (..=99, _) => (seconds, "second"),
        (_, ..=99) => (minutes, "minute"),
        _ => (minutes.div_ceil(60), "hour"),
    };
    let plural = if count == 1 { "" } else { "s" };
    let text = format!("{message} Try again in {count} {unit}{plural}.");
    Prose::of(Ink::Refusal, text)
}

/// `error`: something was refused that has no answer of its own, or the socket is about to close.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ErrorNote {
    /// The catalogue word.
    pub code: Code,
    /// A sentence for a person.
    pub message: String,
    /// The field at fault, where one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
    /// How long to wait before trying again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl ErrorNote {
    pub(crate) fn of(code: Code) -> Self {
        Refusal::of(code).into()
    }
}

impl From<Refusal> for ErrorNote {
    fn from(refusal: Refusal) -> Self {
        Self {
            code: refusal.code,
            message: refusal.message,
            field: None,
            retry_after_ms: refusal.retry_after_ms,
        }
    }
}

impl Note for ErrorNote {
    fn event_type(&self) -> &'static str {
        "error"
    }

    fn data(&self) -> &dyn erased_serde::Serialize {
        self
    }

    fn prose(&self) -> Option<Prose> {
        Some(refused(&self.message, self.retry_after_ms))
    }
}

/// `pong`: the answer to a `ping`.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
pub struct Pong {}

impl Note for Pong {
    fn event_type(&self) -> &'static str {
        "pong"
    }

    fn data(&self) -> &dyn erased_serde::Serialize {
        self
    }

    fn gmcp(&self) -> Vec<Gmcp> {
        vec![Gmcp {
            package: "Core.Ping",
            data: serde_json::Value::Null,
        }]
    }
}
