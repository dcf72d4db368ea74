//! What a node's leases ask of a shared database, so that the simulation can give them one of its
//! own.

use std::future::Future;
use std::time::Duration;

use engine::port::StableId;
use sqlx::Error;

use super::{ChangeStore, NodeJournal, Store, TakenLease};

/// A database that nodes share.
pub(crate) trait LeaseStore: ChangeStore {
    /// Renews a node's life; `false`: another process of its name is alive.
    fn beat(
        &self,
        origin: &NodeJournal,
        lease: Duration,
    ) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Makes a node the one that writes the world, if nobody else is; answers whether it is.
    fn campaign(
        &self,
        origin: &NodeJournal,
        lease: Duration,
    ) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Leases a character to `origin`, whose batches above `since` then count, and reads its rows.
    /// `None`: a living node has it, which is told that somebody waits.
    fn take(
        &self,
        id: StableId,
        origin: &NodeJournal,
        since: u64,
        force: bool,
    ) -> impl Future<Output = Result<Option<TakenLease>, Error>> + Send;

    /// Whom of a node's characters others wait for, with their epochs.
    fn wanted(
        &self,
        origin: &NodeJournal,
    ) -> impl Future<Output = Result<Vec<(StableId, u64)>, Error>> + Send;

    /// Which of these leases are over.
    fn lost(
        &self,
        held: &[(StableId, u64)],
    ) -> impl Future<Output = Result<Vec<StableId>, Error>> + Send;

    /// Gives a character up, if it is still held under that epoch.
    fn release(
        &self,
        id: StableId,
        origin: &NodeJournal,
        epoch: u64,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}

impl LeaseStore for Store {
    async fn beat(&self, origin: &NodeJournal, lease: Duration) -> Result<bool, Error> {
        Self::beat(self, origin, lease).await
    }

    async fn campaign(&self, origin: &NodeJournal, lease: Duration) -> Result<bool, Error> {
        Self::campaign(self, origin, lease).await
    }

    async fn take(
        &self,
        id: StableId,
        origin: &NodeJournal,
        since: u64,
        force: bool,
    ) -> Result<Option<TakenLease>, Error> {
        Self::take(self, id, origin, since, force).await
    }

    async fn wanted(&self, origin: &NodeJournal) -> Result<Vec<(StableId, u64)>, Error> {
        Self::wanted(self, origin).await
    }

    async fn lost(&self, held: &[(StableId, u64)]) -> Result<Vec<StableId>, Error> {
        Self::lost(self, held).await
    }

    async fn release(&self, id: StableId, origin: &NodeJournal, epoch: u64) -> Result<(), Error> {
        Self::release(self, id, origin, epoch).await
    }
}
