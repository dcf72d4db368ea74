//! Whether saving works, for `/readyz`.

/// The two halves of storage, each fine or with a reason. Anybody may hear the reasons: they are
/// constants, and what they are about is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageHealth {
    /// The journal takes batches.
    pub journal: Result<(), &'static str>,
    /// The database keeps up with the journal.
    pub store: Result<(), &'static str>,
}

impl StorageHealth {
    /// Whether both are fine.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        self.journal.is_ok() && self.store.is_ok()
    }
}
