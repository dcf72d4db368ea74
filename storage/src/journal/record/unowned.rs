//! Batches of servers that knew no owners. They are read for ever, and never written.

use std::borrow::Cow;

use engine::port::{CommandMark, Fact, Owner, Row, RunId, StableId, Tick, Tombstone, WorldTime};
use serde::{Deserialize, Serialize};

use crate::batch::EncodedBatch;

/// A batch, in the order of its fields as they were written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UnownedBatch {
    sequence: u64,
    tick: Tick,
    now: WorldTime,
    run: RunId,
    upserts: Vec<UnownedRow>,
    tombstones: Vec<UnownedTombstone>,
    facts: Vec<Fact>,
    commands: Vec<CommandMark>,
    last: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct UnownedRow {
    id: StableId,
    component: String,
    version: u32,
    scope: Scope,
    body: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct UnownedTombstone {
    id: StableId,
    component: Option<Cow<'static, str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Scope {
    World,
    Character,
    Node,
}

impl From<UnownedBatch> for EncodedBatch {
    fn from(old: UnownedBatch) -> Self {
        let upserts = old.upserts.into_iter().map(|row| Row {
            id: row.id,
            component: row.component,
            version: row.version,
            owner: match row.scope {
                Scope::World => Owner::World,
                Scope::Node => Owner::Node,
                Scope::Character => Owner::Character(row.id),
            },
            body: row.body,
        });
        let tombstones = old.tombstones.into_iter().map(|stone| Tombstone {
            id: stone.id,
            component: stone.component,
            // A lease of the entity itself counts all the same.
            owner: Owner::World,
        });
        Self {
            sequence: old.sequence,
            tick: old.tick,
            now: old.now,
            run: old.run,
            transfers: Vec::new(),
            upserts: upserts.collect(),
            tombstones: tombstones.collect(),
            facts: old.facts,
            commands: old.commands,
            last: old.last,
        }
    }
}
