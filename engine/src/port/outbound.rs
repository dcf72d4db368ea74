//! What the world tells the gateway.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    AccountId, Banned, Code, CommandData, Leaving, Note, RunId, SessionId, StableId, Tick,
    WorldTime,
};

/// Everything one tick says, in order.
#[derive(Debug, Default)]
pub struct Emission {
    /// The tick that said it.
    pub tick: Tick,
    /// The wall clock at that tick, for `timestamp`.
    pub wall: WorldTime,
    /// What is said.
    pub said: Vec<Outbound>,
    /// Output of ticks before this one was lost on the way: no session can be resumed across it.
    pub torn: bool,
}

/// One thing said.
#[derive(Debug, Clone)]
pub enum Outbound {
    /// A note to everyone in the audience.
    Note {
        /// Who hears it.
        to: Audience,
        /// The fact.
        note: Arc<dyn Note>,
    },
    /// The one outcome of a command.
    Outcome {
        /// Who asked.
        session: SessionId,
        /// What came of it.
        outcome: Outcome,
    },
    /// The one answer to an `Inbound::Ask`.
    Reply {
        /// Which.
        ask: u64,
        /// What was asked for, or why not.
        answer: Result<Arc<dyn Reply>, Refusal>,
    },
    /// The session holds its character; becomes the `welcome` frame.
    Admitted {
        /// Which session.
        session: SessionId,
        /// What the welcome says.
        admission: Admission,
    },
    /// The session does not get its character and is to be closed.
    Refused {
        /// Which session.
        session: SessionId,
        /// Why.
        refusal: Refusal,
    },
    /// Let the world know, by `Inbound::Received`, when the client has read everything said to the
    /// session before. Of several under way only the last need be answered; none is when the
    /// session ends before.
    Receipt {
        /// Which session.
        session: SessionId,
    },
    /// Nobody of this account may act from now on, or again; the account store may not have it yet.
    Ban {
        /// Which account.
        account: AccountId,
        /// Until when and why; `None`: the ban is lifted.
        ban: Option<Banned>,
    },
    /// The session is over; everything said to it before comes first.
    Close {
        /// Which session.
        session: SessionId,
        /// Why.
        why: Leaving,
        /// What the player is told, where the usual words for `why` don't do.
        told: Option<String>,
    },
}

/// What was asked for. The gateway writes it; the tick thread never serialises.
pub trait Reply: fmt::Debug + Send + Sync + 'static {
    /// The answer's JSON.
    fn data(&self) -> &dyn erased_serde::Serialize;
}

impl<T: Serialize + fmt::Debug + Send + Sync + 'static> Reply for T {
    fn data(&self) -> &dyn erased_serde::Serialize {
        self
    }
}

/// Who hears a note. Rooms are resolved inside the tick.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Audience {
    /// One session.
    One(SessionId),
    /// Several; shared, so that a room's list is built once.
    Many(Arc<[SessionId]>),
    /// Several but one: the usual "everybody else here".
    Except(Arc<[SessionId]>, SessionId),
}

impl Audience {
    /// The sessions, each once.
    pub fn sessions(&self) -> impl Iterator<Item = SessionId> + '_ {
        let (list, skip): (&[SessionId], _) = match self {
            Self::One(session) => (std::slice::from_ref(session), None),
            Self::Many(list) => (list, None),
            Self::Except(list, one) => (list, Some(*one)),
        };
        list.iter()
            .copied()
            .filter(move |session| Some(*session) != skip)
    }
}

/// What came of a command.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The client's id, where it gave one.
    pub id: Option<u64>,
    /// The text to show on success, or why not.
    pub result: Result<Option<String>, Refusal>,
    /// The same for programs, where the command has it; what is repeated has none.
    pub data: Option<CommandData>,
    /// This is the stored outcome of an earlier execution; nothing was done now.
    pub repeated: bool,
}

/// A no, with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The catalogue word.
    pub code: Code,
    /// A sentence for a person.
    pub message: String,
    /// How long to wait before trying again, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl Refusal {
    /// A refusal in the catalogue's own words.
    #[must_use]
    pub fn of(code: Code) -> Self {
        Self::new(code, code.message())
    }

    /// A refusal in better words than the catalogue's.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            retry_after_ms: None,
        }
    }

    /// The refusal with a time to wait, in milliseconds.
    #[must_use]
    pub const fn after_ms(mut self, wait: u64) -> Self {
        self.retry_after_ms = Some(wait);
        self
    }
}

/// What a session is told when it holds its character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// The character.
    pub player: StableId,
    /// The run of this process.
    pub run: RunId,
    /// The highest command id of this character that was executed; 0 if none.
    pub last_command_id: u64,
    /// Every effect of this run up to this tick is durable.
    pub durable_tick: Tick,
    /// The run before this one, and the last tick of it that survived.
    pub recovered: Option<(RunId, Tick)>,
    /// The same session goes on after a cut.
    pub returned: bool,
}
