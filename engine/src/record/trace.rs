//! What came of a tick, as hashes: small enough to be kept of every tick, and enough to name the
//! first note, component and entity that differ.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::TickEffects;
use crate::exchange::said_hash;
use crate::port::{Body, Column, Outbound, Parcels, SaveBatch, StableId};

/// Notes and answers of one tick that have a hash each, 2 bytes; beyond, only all together.
const SAID_EACH_MAX: usize = 256;
/// Columns of up to so many rows keep the rows' values, if all are no longer than
/// [`VALUES_BYTES_MAX`] together: what few did is told in full, what a crowd did by hashes.
const VALUES_ROWS_MAX: usize = 8;
const VALUES_BYTES_MAX: usize = 2_048;

/// What came of a tick. Nothing of a part that there was nothing of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TickTrace {
    pub(super) said: Option<SaidTrace>,
    /// What storage was asked, what went to the bus, what went wrong.
    pub(super) rest: Option<u64>,
    pub(super) saved: Option<SavedTrace>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SaidTrace {
    /// Of all, in order.
    pub(super) all: u64,
    /// Of each; none where there were too many.
    pub(super) each: Vec<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SavedTrace {
    /// By component, in the order of names.
    pub(super) columns: Vec<ColumnTrace>,
    /// Of transfers, tombstones and facts.
    pub(super) rest: u64,
}

/// The changed rows of one component, in no order: queries meet them in any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ColumnTrace {
    pub(super) component: String,
    pub(super) rows: u32,
    /// The sum of the rows' hashes.
    pub(super) sum: u64,
    /// The sum of each hash times its entity's [`weight`]: with `sum` it names the one entity
    /// whose row is another.
    pub(super) weighted: u64,
    /// The rows themselves by id, where they are few and short.
    pub(super) values: Vec<(StableId, String)>,
}

/// Is given the rows of each column, once they are hashed.
pub(super) type Rows<'a> = dyn FnMut(&'static str, Vec<(StableId, String)>) + 'a;

impl TickTrace {
    pub(super) fn of(effects: &TickEffects, take: &mut Rows<'_>) -> Self {
        let TickEffects {
            said,
            asks,
            wishes,
            parcels,
            faults,
            // It follows from the input.
            loaded: _,
            batch,
        } = effects;
        let rest = || {
            let mut hash = Xxh3::new();
            hash_parcels(&mut hash, parcels);
            hash.update(format!("{asks:?}{wishes:?}{faults:?}").as_bytes());
            hash.digest()
        };
        let silent = asks.is_empty() && wishes.is_empty() && parcels.is_empty();
        let silent = silent && faults.is_empty();
        Self {
            said: (!said.is_empty()).then(|| SaidTrace::of(said)),
            rest: (!silent).then(rest),
            saved: batch.as_ref().map(|batch| SavedTrace::of(batch, take)),
        }
    }
}

impl SaidTrace {
    fn of(said: &[Outbound]) -> Self {
        let mut all = Xxh3::new();
        let mut each = Vec::with_capacity(said.len().min(SAID_EACH_MAX));
        for one in said {
            let hash = said_hash(one);
            all.update(&hash.to_le_bytes());
            each.push(short(hash));
        }
        if each.len() > SAID_EACH_MAX {
            each.clear();
        }
        Self {
            all: all.digest(),
            each,
        }
    }
}

impl SavedTrace {
    fn of(batch: &SaveBatch, take: &mut Rows<'_>) -> Self {
        let columns = batch.columns.iter();
        let columns = columns.map(|column| ColumnTrace::of(&**column, take));
        let mut columns: Vec<ColumnTrace> = columns.collect();
        columns.sort_by(|a, b| a.component.cmp(&b.component));
        let (transfers, tombstones) = (&batch.transfers, &batch.tombstones);
        let rest = format!("{transfers:?}{tombstones:?}{:?}{}", batch.facts, batch.last);
        Self {
            columns,
            rest: xxh3_64(rest.as_bytes()),
        }
    }
}

impl ColumnTrace {
    fn of(column: &dyn Column, take: &mut Rows<'_>) -> Self {
        let (name, rows) = (column.component(), rows(column));
        let mut sums = (0_u64, 0_u64);
        for (id, body) in &rows {
            let hash = row_hash(*id, body);
            sums.0 = sums.0.wrapping_add(hash);
            sums.1 = sums.1.wrapping_add(hash.wrapping_mul(weight(*id)));
        }
        let bytes: usize = rows.iter().map(|(_, body)| body.len()).sum();
        let kept = rows.len() <= VALUES_ROWS_MAX && bytes <= VALUES_BYTES_MAX;
        let column = Self {
            component: column.component().to_owned(),
            rows: u32::try_from(rows.len()).unwrap_or(u32::MAX),
            sum: sums.0,
            weighted: sums.1,
            values: if kept { rows.clone() } else { Vec::new() },
        };
        take(name, rows);
        column
    }

    /// Whether this entity is the only one whose row is another than in `other`.
    pub(super) fn differs_only_in(&self, other: &Self, id: StableId) -> bool {
        let by = self.sum.wrapping_sub(other.sum);
        let weighted = self.weighted.wrapping_sub(other.weighted);
        by != 0 && by.wrapping_mul(weight(id)) == weighted
    }
}

/// The rows of a column as JSON, by id.
pub(super) fn rows(column: &dyn Column) -> Vec<(StableId, String)> {
    let mut rows = Vec::with_capacity(column.len());
    column.visit(&mut |row| {
        let body = serde_json::to_string(row.body);
        let body = body.unwrap_or_else(|error| format!("unprintable: {error}"));
        rows.push((row.id, body));
    });
    rows.sort();
    rows
}

pub(super) fn row_hash(id: StableId, body: &str) -> u64 {
    let mut hash = Xxh3::with_seed(weight(id));
    hash.update(body.as_bytes());
    hash.digest()
}

/// Odd, so that no difference is lost in the product.
fn weight(id: StableId) -> u64 {
    xxh3_64(id.uuid().as_bytes()) | 1
}

/// What is kept of one hash.
pub(super) const fn short(hash: u64) -> u16 {
    (hash >> 48) as u16
}

fn hash_parcels(hash: &mut Xxh3, parcels: &Parcels) {
    let Parcels {
        tick: _,
        wall: _,
        sent,
        processed,
        awake,
        unheard,
    } = parcels;
    for parcel in sent {
        hash.update(format!("{:?}{:?}", parcel.topic, parcel.mark).as_bytes());
        match &parcel.body {
            Body::Content(content) => hash.update(&json(content)),
            Body::Note(note) => {
                hash.update(note.event_type().as_bytes());
                hash.update(&json(note.data()));
            }
        }
    }
    hash.update(format!("{processed:?}{awake:?}{unheard}").as_bytes());
}

fn json(value: &dyn erased_serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
