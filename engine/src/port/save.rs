//! What the world hands to storage, and what comes back.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    AccountOrder, Correlation, Refusal, SessionId, StableId, Standings, Tick, Unheeded, WorldTime,
};

/// Everything that changed since the batch before, as of one tick.
///
/// A batch covers every tick before it, so one watermark speaks for all of them. Values are
/// copies; encoding and syncing happen on other threads, which share the columns.
#[derive(Clone, Debug, Default)]
pub struct SaveBatch {
    /// The tick as of which this is the whole change.
    pub tick: Tick,
    /// World time of that tick.
    pub now: WorldTime,
    /// What changed hands or is new. It came before every removal and value below.
    pub transfers: Vec<Transfer>,
    /// Changed values, a column per component.
    pub columns: Vec<Arc<dyn Column>>,
    /// What was removed. A removal of a key that a column also holds came first.
    pub tombstones: Vec<Tombstone>,
    /// Rows that are only ever appended.
    pub facts: Vec<Fact>,
    /// The commands whose effects are in here, so that logs can follow them.
    pub commands: Vec<CommandMark>,
    /// The world stops with this batch; nothing comes after it.
    pub last: bool,
}

impl SaveBatch {
    /// How many component values are in it.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.iter().map(|column| column.len()).sum()
    }
}

/// The changed values of one component.
pub trait Column: Send + Sync + fmt::Debug {
    /// The component's saved name.
    fn component(&self) -> &'static str;
    /// The version of the component's shape.
    fn version(&self) -> u32;
    /// How many values.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Shows each value once, in no promised order.
    fn visit(&self, see: &mut dyn FnMut(RowRef<'_>));
}

/// One value of a column.
#[derive(Clone, Copy)]
pub struct RowRef<'a> {
    /// Whose value.
    pub id: StableId,
    /// To whose rows it belongs.
    pub owner: Owner,
    /// The value; becomes JSON.
    pub body: &'a dyn erased_serde::Serialize,
}

/// To whose rows an entity belongs: with whom it is loaded, unloaded, leased and fenced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Owner {
    /// The world: loaded at start; where nodes share a database, the elected one writes it.
    World,
    /// The node that wrote it: loaded at its start, and no other has anything to do with it.
    Node,
    /// A character, itself included: loaded at its sign-in, unloaded with it, under its lease.
    Character(StableId),
}

impl Owner {
    /// The character, if it is one's.
    #[must_use]
    pub const fn character(self) -> Option<StableId> {
        match self {
            Self::Character(id) => Some(id),
            Self::World | Self::Node => None,
        }
    }
}

/// An entity that somebody can hold is new, or belongs to another owner than before. All its rows go
/// along.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// What.
    pub id: StableId,
    /// Whose it was at the batch before; `None`: it is new.
    pub from: Option<Owner>,
    /// Whose it is.
    pub to: Owner,
    /// Characters that had it in between.
    pub through: Vec<StableId>,
}

/// One saved value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Whose value.
    pub id: StableId,
    /// The component's saved name.
    pub component: String,
    /// The version of its shape when it was written.
    pub version: u32,
    /// To whose rows it belongs.
    pub owner: Owner,
    /// The value as JSON.
    pub body: String,
}

/// A removal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tombstone {
    /// Whose value.
    pub id: StableId,
    /// Which component; `None`: the whole entity, all its rows.
    pub component: Option<Cow<'static, str>>,
    /// To whose rows it belonged.
    pub owner: Owner,
}

/// A row that is only ever appended: a lucidity adjustment, an audit entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What kind, at most 64 characters.
    pub kind: Cow<'static, str>,
    /// Whom it is about.
    pub subject: StableId,
    /// When (the last time, where several were merged): by world time where a plugin records it, by
    /// the wall clock once it leaves the world.
    pub at: WorldTime,
    /// How many happenings this row stands for.
    pub count: u32,
    /// The sum of what they changed, in the kind's own unit.
    pub sum: i64,
    /// The rest, as JSON.
    pub detail: Cow<'static, str>,
    /// While it waits it is summed with others of equal kind, subject and detail: for small
    /// things that happen to everybody all the time.
    pub merges: bool,
}

impl Fact {
    /// What facts that merge have in common.
    #[must_use]
    pub fn key(&self) -> (Cow<'static, str>, StableId, Cow<'static, str>) {
        (self.kind.clone(), self.subject, self.detail.clone())
    }

    /// Sums a later one of the same key into this one.
    pub const fn absorb(&mut self, later: &Self) {
        self.count = self.count.saturating_add(later.count);
        self.sum = self.sum.saturating_add(later.sum);
        self.at = later.at;
    }
}

/// A command that took effect in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandMark {
    /// The connection it came by.
    pub correlation: Correlation,
    /// The client's id; 0 where it gave none.
    pub command_id: u64,
    /// The tick that executed it.
    pub tick: Tick,
}

/// What the world asks of storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreAsk {
    /// The newest saved rows of a character and of all it owns, whether or not the database has them
    /// yet.
    Load {
        /// Whose rows.
        character: StableId,
        /// For whom, to be given back in the reply.
        session: SessionId,
    },
    /// The answer to [`StoreReply::Wanted`] and [`StoreReply::Lost`]: nobody plays the character
    /// here any more. Of one that was wanted everything is durable and out of memory.
    Release {
        /// Who.
        character: StableId,
    },
    /// The answer to [`StoreReply::Reverted`]: the entity is here as it was said to be.
    Reverted {
        /// What.
        entity: StableId,
    },
    /// Whom the account store sets apart. Answered when the database answers, or never.
    Standings {
        /// This tick.
        asked: Tick,
    },
}

/// What storage answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoreReply {
    /// The rows; none for a character who was never in the world.
    Loaded {
        /// Whose rows.
        character: StableId,
        /// Who asked.
        session: SessionId,
        /// The rows, of the character and of all it owns.
        rows: Vec<Row>,
    },
    /// They can't be had now.
    Unavailable {
        /// Whose rows.
        character: StableId,
        /// Who asked.
        session: SessionId,
        /// Why, and when to try again.
        refusal: Refusal,
    },
    /// Unasked, and again until it is released: another node that shares the database waits for
    /// this character.
    Wanted {
        /// Who.
        character: StableId,
    },
    /// Unasked, and again until it is released: another node has taken this character. What
    /// happens to it here is not saved any more.
    Lost {
        /// Who.
        character: StableId,
    },
    /// Unasked, and again until it is answered: a change of hands came under a lease that was over,
    /// so the database keeps the entity as it was. What it was here is not saved.
    Reverted {
        /// What.
        entity: StableId,
        /// As the database has it, where its owner is on this node; else none.
        rows: Vec<Row>,
    },
    /// Whom the account store sets apart.
    Standings(Standings),
    /// An order of this world about an account changed nothing.
    Unheeded {
        /// The order.
        order: AccountOrder,
        /// Why.
        why: Unheeded,
    },
}

/// How storage stands, as the world sees it at a tick. An input like any other, so that a replay
/// sees the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageState {
    /// The last batch handed over with a tick up to this one is durable.
    pub durable_tick: Tick,
    /// Durable actions are welcome. `false`: the disk is full or failing, the journal at its limit.
    pub accepting: bool,
    /// How many more facts storage can hold before it has written some.
    pub facts_room: u32,
}

impl Default for StorageState {
    fn default() -> Self {
        Self {
            durable_tick: 0,
            accepting: true,
            facts_room: u32::MAX,
        }
    }
}
