//! What the applier and the loader ask of a database, so that the simulation can give them one that
//! stalls, refuses and loses its answers when it is told to.

use std::fmt;
use std::future::Future;

use engine::port::{AccountOrder, Row, StableId, Standings, Unheeded};
use sqlx::Error;

use super::{NodeJournal, Store, WriteOutcome};
use crate::pending::Layer;

/// A database behind the journal.
pub(crate) trait ChangeStore: Clone + fmt::Debug + Send + Sync + 'static {
    /// It without credentials, for messages.
    fn target(&self) -> &str;

    /// Writes everything in `layer` and how far that reaches, all or nothing. Safe to repeat.
    fn write(
        &self,
        origin: &NodeJournal,
        layer: &Layer,
    ) -> impl Future<Output = Result<WriteOutcome, Error>> + Send;

    /// The rows of a character and of all it owns, and those of `others`.
    fn rows_of(
        &self,
        id: StableId,
        others: &[StableId],
    ) -> impl Future<Output = Result<Vec<Row>, Error>> + Send;

    /// Whom the account store sets apart.
    fn set_apart(&self) -> impl Future<Output = Result<Standings, Error>> + Send;

    /// Orders about accounts that changed nothing and were not told yet.
    fn take_unheeded(&self) -> Vec<(AccountOrder, Unheeded)>;
}

impl ChangeStore for Store {
    fn target(&self) -> &str {
        Self::target(self)
    }

    async fn write(&self, origin: &NodeJournal, layer: &Layer) -> Result<WriteOutcome, Error> {
        Self::write(self, origin, layer).await
    }

    async fn rows_of(&self, id: StableId, others: &[StableId]) -> Result<Vec<Row>, Error> {
        Self::rows_of(self, id, others).await
    }

    async fn set_apart(&self) -> Result<Standings, Error> {
        Self::set_apart(self).await
    }

    fn take_unheeded(&self) -> Vec<(AccountOrder, Unheeded)> {
        self.unheeded_orders().take().into()
    }
}
