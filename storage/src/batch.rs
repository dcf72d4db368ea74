//! A batch of the world with its values encoded: what the journal writes and what waits for the
//! database.

use engine::port::{
    CommandMark, Fact, Row, RunId, SaveBatch, Tick, Tombstone, Transfer, WorldTime,
};
use prometheus::IntCounter;
use serde::{Deserialize, Serialize};

/// A `SaveBatch` with its values encoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EncodedBatch {
    /// Consecutive within the journal, from 1.
    pub(crate) sequence: u64,
    pub(crate) tick: Tick,
    pub(crate) now: WorldTime,
    pub(crate) run: RunId,
    pub(crate) transfers: Vec<Transfer>,
    pub(crate) upserts: Vec<Row>,
    pub(crate) tombstones: Vec<Tombstone>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) commands: Vec<CommandMark>,
    pub(crate) last: bool,
}

/// Encodes the world's values. A value that can't be JSON is left out, reported and counted: it
/// is a mistake in its component, and the rest of the world must not suffer for it.
pub(crate) fn encode_batch(
    batch: SaveBatch,
    sequence: u64,
    run: RunId,
    left_out: &IntCounter,
) -> EncodedBatch {
    let mut upserts = Vec::with_capacity(batch.rows());
    for column in &batch.columns {
        column.visit(&mut |row| match serde_json::to_string(row.body) {
            Ok(body) => upserts.push(Row {
                id: row.id,
                component: column.component().to_owned(),
                version: column.version(),
                owner: row.owner,
                body,
            }),
            Err(error) => {
                left_out.inc();
                tracing::error!(
                    entity = %row.id,
                    component = column.component(),
                    %error,
                    "component value can't be encoded and is not saved"
                );
            }
        });
    }
    EncodedBatch {
        sequence,
        tick: batch.tick,
        now: batch.now,
        run,
        transfers: batch.transfers,
        upserts,
        tombstones: batch.tombstones,
        facts: batch.facts,
        commands: batch.commands,
        last: batch.last,
    }
}
