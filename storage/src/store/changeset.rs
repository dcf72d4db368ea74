//! One transaction's worth of changes, in the order in which it is written.

use engine::port::{Row, Scope, StableId};
use uuid::Uuid;

use crate::pending::{Layer, Mark, PendingFact};

/// Whose batches they are.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) node: String,
    pub(crate) journal: Uuid,
}

impl Origin {
    /// The node whose own a row is, if it is one's own.
    pub(super) fn owner(&self, row: &Row) -> Option<&str> {
        (row.scope == Scope::Node).then_some(self.node.as_str())
    }
}

/// A layer, sorted: wipes, then removals, then rows, then facts. Sorted by key, so that two
/// writers can't wait for each other in a circle.
#[derive(Clone, Debug)]
pub(crate) struct Changeset<'a> {
    pub(crate) origin: &'a Origin,
    pub(crate) mark: Mark,
    pub(crate) wiped: Vec<Uuid>,
    pub(crate) removed: Vec<(Uuid, &'a str)>,
    pub(crate) rows: Vec<(u64, &'a Row)>,
    pub(crate) facts: Vec<&'a PendingFact>,
    pub(crate) refused: Vec<RefusedRow>,
}

/// Something the database would not take.
#[derive(Clone, Debug)]
pub(crate) struct RefusedRow {
    pub(crate) sequence: u64,
    /// `row` or `fact`.
    pub(crate) kind: &'static str,
    pub(crate) entity: StableId,
    /// The component or the kind of fact.
    pub(crate) name: String,
    pub(crate) ordinal: u32,
    pub(crate) version: u32,
    /// The JSON, made fit for a text column.
    pub(crate) body: String,
    pub(crate) reason: String,
}

impl<'a> Changeset<'a> {
    pub(crate) fn new(origin: &'a Origin, layer: &'a Layer, mark: Mark) -> Self {
        let mut set = Self {
            origin,
            mark,
            wiped: Vec::new(),
            removed: Vec::new(),
            rows: Vec::with_capacity(layer.rows()),
            facts: layer.facts.iter().collect(),
            refused: Vec::new(),
        };
        for (id, changes) in &layer.entities {
            if changes.wiped {
                set.wiped.push(id.uuid());
            }
            for change in &changes.components {
                match &change.row {
                    Some(row) => set.rows.push((change.sequence, row)),
                    None => set.removed.push((id.uuid(), &change.component)),
                }
            }
        }
        set.wiped.sort_unstable();
        set.removed.sort_unstable();
        set.rows
            .sort_unstable_by(|(_, a), (_, b)| (a.id, &a.component).cmp(&(b.id, &b.component)));
        set
    }
}

/// A scope as the database keeps it.
pub(crate) const fn scope_number(scope: Scope) -> i16 {
    match scope {
        Scope::World | Scope::Node => 0,
        Scope::Character => 1,
    }
}

/// The other way, given whether the row is some node's own; the column is checked to hold nothing
/// else.
pub(crate) const fn scope_of(number: i16, own: bool) -> Scope {
    match number {
        0 if own => Scope::Node,
        0 => Scope::World,
        _ => Scope::Character,
    }
}
