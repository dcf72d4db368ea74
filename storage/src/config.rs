//! What can be set: the journal, the database, the accounts. Plain data, checked before use.

mod accounts;
mod database;
mod journal;

use std::path::PathBuf;

use crate::StorageFault;

pub use accounts::{AccountsConfig, Argon2Config, Guests};
pub use database::{DatabaseConfig, TlsMode, redact_url};
pub use journal::{FsyncPolicy, JournalConfig};

/// Everything storage must know to open.
#[derive(Clone, Debug)]
pub struct StorageConfig {
    /// The folder that holds the journal, the lock, the token keys and (by default) the SQLite
    /// file. Created if absent.
    pub data: PathBuf,
    /// This node's name among those that share a database; 1 to 64 characters.
    pub node: String,
    /// The journal.
    pub journal: JournalConfig,
    /// The database.
    pub database: DatabaseConfig,
    /// Accounts, characters and tokens.
    pub accounts: AccountsConfig,
}

impl StorageConfig {
    /// The defaults over the folder `data`.
    #[must_use]
    pub fn in_folder(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            node: "kadath".to_owned(),
            journal: JournalConfig::default(),
            database: DatabaseConfig::default(),
            accounts: AccountsConfig::default(),
        }
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`StorageFault::Config`], naming the key.
    pub fn validate(&self) -> Result<(), StorageFault> {
        check(
            (1..=64).contains(&self.node.len()),
            "server.node",
            "must have 1 to 64 characters",
        )?;
        self.journal.validate()?;
        self.database.validate()?;
        self.accounts.validate()
    }

    /// The database that is used: the configured one, or a SQLite file in the data folder.
    #[must_use]
    pub fn database_url(&self) -> String {
        if self.database.url.is_empty() {
            format!("sqlite://{}", self.data.join("kadath.db").display())
        } else {
            self.database.url.clone()
        }
    }
}

/// Refuses the value of `key` unless it is `good`.
pub(crate) fn check(
    good: bool,
    key: &'static str,
    reason: &'static str,
) -> Result<(), StorageFault> {
    if good {
        Ok(())
    } else {
        Err(StorageFault::Config {
            key,
            reason: reason.to_owned(),
        })
    }
}
