//! One transaction's worth of changes, in the order in which it is written.

use engine::port::{Owner, Row, StableId};
use uuid::Uuid;

use crate::pending::{BatchMark, Layer, OwnerChange, PendingFact};

/// Whose batches they are.
#[derive(Clone, Debug)]
pub(crate) struct NodeJournal {
    pub(crate) node: String,
    pub(crate) journal: Uuid,
}

impl NodeJournal {
    /// An owner as the database keeps it.
    pub(super) fn columns(&self, owner: Owner) -> OwnerColumns<'_> {
        OwnerColumns {
            scope: i16::from(owner.character().is_some()),
            node: (owner == Owner::Node).then_some(self.node.as_str()),
            owner: owner.character().map(StableId::uuid),
        }
    }
}

/// The columns that say whose a row is.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnerColumns<'a> {
    /// 0: loaded at start; 1: loaded with a character.
    pub(super) scope: i16,
    /// The node whose own it is, if it is one's own.
    pub(super) node: Option<&'a str>,
    /// The character.
    pub(super) owner: Option<Uuid>,
}

/// A layer, sorted: wipes, then changes of hands, then removals, then rows, then facts. Sorted by
/// key, so that two writers can't wait for each other in a circle.
#[derive(Clone, Debug)]
pub(crate) struct Changeset<'a> {
    pub(crate) origin: &'a NodeJournal,
    pub(crate) mark: BatchMark,
    pub(crate) wiped: Vec<(Uuid, Owner)>,
    pub(crate) moved: Vec<(Uuid, &'a OwnerChange)>,
    pub(crate) removed: Vec<Removal<'a>>,
    pub(crate) rows: Vec<(u64, &'a Row)>,
    pub(crate) facts: Vec<&'a PendingFact>,
    pub(crate) refused: Vec<RefusedRow>,
}

/// A component that is no more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Removal<'a> {
    pub(crate) entity: Uuid,
    pub(crate) component: &'a str,
    pub(crate) owner: Owner,
    pub(crate) sequence: u64,
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
    pub(crate) fn new(origin: &'a NodeJournal, layer: &'a Layer, mark: BatchMark) -> Self {
        let mut set = Self {
            origin,
            mark,
            wiped: Vec::new(),
            moved: Vec::new(),
            removed: Vec::new(),
            rows: Vec::with_capacity(layer.rows()),
            facts: layer.facts.iter().collect(),
            refused: Vec::new(),
        };
        for (id, changes) in &layer.entities {
            if changes.wiped {
                set.wiped.push((id.uuid(), changes.owner));
            }
            if let Some(hands) = &changes.hands {
                set.moved.push((id.uuid(), hands));
            }
            for change in &changes.components {
                match &change.row {
                    Some(row) => set.rows.push((change.sequence, row)),
                    None => set.removed.push(Removal {
                        entity: id.uuid(),
                        component: &change.component,
                        owner: changes.owner,
                        sequence: change.sequence,
                    }),
                }
            }
        }
        set.wiped.sort_unstable();
        set.moved.sort_unstable_by_key(|(id, _)| *id);
        set.removed
            .sort_unstable_by_key(|removal| (removal.entity, removal.component));
        set.rows
            .sort_unstable_by(|(_, a), (_, b)| (a.id, &a.component).cmp(&(b.id, &b.component)));
        set
    }
}

/// Whose a row is, from its columns; `scope` is checked to be 0 or 1. A row that an older server wrote
/// knows no owner: then it is its entity's own.
pub(crate) fn owner_of(scope: i16, node: Option<&str>, owner: Option<Uuid>, entity: Uuid) -> Owner {
    match (scope, node) {
        (0, Some(_)) => Owner::Node,
        (0, None) => Owner::World,
        _ => Owner::Character(StableId::from_uuid(owner.unwrap_or(entity))),
    }
}
