//! Who is who in a list: who began it, whom it is aimed at, where, and what carries it.

use engine::prelude::*;
use engine::record::word;
use serde::{Deserialize, Deserializer, Serialize};

use super::EffectList;
use crate::world::RoomIx;

/// The longest cause, in bytes.
pub const CAUSE_MAX: usize = 64;

/// What carries a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carrier {
    /// Its kind and id, which is the cause of whatever its lists change: `hazard:cold`.
    cause: CauseWord,
    /// Its own id, under which its flags are kept.
    pub id: StableId,
    /// What people call it.
    pub name: String,
}

/// A word that lasts as long as the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
struct CauseWord(&'static str);

impl<'de> Deserialize<'de> for CauseWord {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        word::deserialize(from).map(Self)
    }
}

impl Carrier {
    /// The cause of whatever its lists change.
    #[must_use]
    pub const fn cause(&self) -> &'static str {
        self.cause.0
    }

    /// Something of a kind, with an id that is one of its kind's in its place.
    #[must_use]
    pub fn of(kind: &str, place: &str, id: &str, name: &str) -> Self {
        let cause = format!("{kind}:{id}");
        let end = cause.floor_char_boundary(CAUSE_MAX);
        Self {
            cause: CauseWord(word::known(&cause[..end])),
            id: StableId::named(&format!("{kind} {id} of {place}")),
            name: name.to_owned(),
        }
    }
}

/// The parties of a list that is run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parties {
    /// Whoever began it, if anybody did.
    pub actor: Option<Entity>,
    /// Whom it is aimed at, if it is.
    pub target: Option<Entity>,
    /// The room in which it began.
    pub here: Option<RoomIx>,
    /// What carries it.
    pub carrier: Carrier,
    /// The same as somebody, where it lives: `self`.
    pub me: Option<Entity>,
}

/// Run a list: in this tick, whoever says so and in whichever phase before Emit.
#[derive(Message, Clone, Debug, Serialize, Deserialize)]
pub struct RunEffects {
    /// What is to be done.
    pub list: EffectList,
    /// By whom, to whom, where.
    pub parties: Parties,
    /// How many lists led to it, one by the other.
    pub depth: u8,
    /// The moment at which it was due, where that was not the tick's: its dice are that moment's.
    pub moment: Option<WorldTime>,
}

impl RunEffects {
    /// Run a list that nothing but its actor led to.
    #[must_use]
    pub const fn new(list: EffectList, parties: Parties) -> Self {
        Self {
            list,
            parties,
            depth: 0,
            moment: None,
        }
    }
}
