//! What the fence asks of a shared database, within the transaction that writes: the simulation
//! gives it tables of its own, and what is decided from them is the same.

use std::collections::{HashMap, HashSet};
use std::future::Future;

use engine::port::{Owner, Planted, Row, StableId, is_planted};
use sqlx::Error;
use uuid::Uuid;

use super::super::changeset::{Changeset, NodeJournal};
use super::Conflict;

/// Who has a character, and which of its changes count.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    pub(crate) node: Option<String>,
    pub(crate) journal: Uuid,
    pub(crate) epoch: u64,
    /// Batches of that journal above this one count.
    pub(crate) since: u64,
}

impl Lease {
    /// Whether that node has it.
    pub(crate) fn is_of(&self, origin: &NodeJournal) -> bool {
        self.node.as_deref() == Some(origin.node.as_str()) && self.journal == origin.journal
    }

    /// Whether what that batch changes counts.
    pub(super) fn admits(&self, origin: &NodeJournal, sequence: u64) -> bool {
        is_planted(Planted::LeaseUnchecked) || self.is_of(origin) && sequence > self.since
    }
}

/// Leases by character.
pub(crate) type LeaseTable = HashMap<Uuid, Lease>;

/// Whose a thing is in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoredOwner {
    World,
    Node(String),
    Character(StableId),
}

impl StoredOwner {
    pub(crate) fn of(owner: Owner, origin: &NodeJournal) -> Self {
        match owner {
            Owner::World => Self::World,
            Owner::Node => Self::Node(origin.node.clone()),
            Owner::Character(id) => Self::Character(id),
        }
    }
}

/// The tables that decide what may be written.
pub(crate) trait FenceTables: Send {
    /// The leases of these characters, which stay as they are until the commit.
    fn leases(
        &mut self,
        characters: Vec<Uuid>,
    ) -> impl Future<Output = Result<LeaseTable, Error>> + Send;

    /// Whether `origin` writes the world.
    fn is_elected(
        &mut self,
        origin: &NodeJournal,
    ) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Whose these are. All rows of a thing say the same.
    fn owners(
        &mut self,
        entities: Vec<Uuid>,
    ) -> impl Future<Output = Result<HashMap<Uuid, Vec<StoredOwner>>, Error>> + Send;

    /// Which of these `origin` was refused before.
    fn refused(
        &mut self,
        origin: &NodeJournal,
        entities: Vec<Uuid>,
    ) -> impl Future<Output = Result<HashSet<Uuid>, Error>> + Send;

    /// The rows of these, as far as their owners are on the node of `origin`.
    fn rows_here(
        &mut self,
        origin: &NodeJournal,
        entities: &[Uuid],
    ) -> impl Future<Output = Result<Vec<Row>, Error>> + Send;

    /// Which of these are the world's.
    fn of_world(
        &mut self,
        entities: Vec<Uuid>,
    ) -> impl Future<Output = Result<HashSet<Uuid>, Error>> + Send;

    /// Writes down what came too late.
    fn put_conflicts(
        &mut self,
        set: &Changeset<'_>,
        conflicts: &[Conflict],
    ) -> impl Future<Output = Result<(), Error>> + Send;
}
