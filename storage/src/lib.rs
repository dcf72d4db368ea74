//! What is saved, and who may play: the journal, the databases behind it, the accounts.
//!
//! The world hands over one batch at a time. The journal makes it
//! durable on this machine; the applier brings it into PostgreSQL or SQLite whenever that is
//! there; the loader answers with the newest rows, whether or not the database has them yet.
//! Nothing here ever makes the world wait.
//!
//! ```text
//! world --batch--> journal (segments, checksums, fsync) --durable tick--> everyone
//!                     |
//!                     +--> pending map --> applier --one transaction--> database
//!                               |                                          |
//!                               +------------------> loader <--------------+
//! ```

#![forbid(unsafe_code)]

mod accounts;
mod applier;
mod backoff;
mod batch;
mod clock;
mod config;
mod error;
mod health;
mod identity;
mod instance_lock;
mod journal;
mod lease;
mod loader;
mod lock;
mod metrics;
mod pending;
mod private;
mod refusal;
mod revisions;
#[cfg(feature = "simulation")]
pub mod simulation;
mod storage;
mod store;
mod tokens;
mod upkeep;
mod watch;

pub use accounts::{
    Account, AccountCharacter, Accounts, AdmittedCharacter, DesignLimits, DesignReach, Invite,
    Overview, SignIn, SignIns, missing_database,
};
pub use config::{
    AccountsConfig, Argon2Config, DatabaseConfig, FsyncPolicy, Guests, JournalConfig,
    StorageConfig, TlsMode, redact_url,
};
pub use error::StorageFault;
pub use health::StorageHealth;
pub use journal::has_journal;
pub use refusal::AccountRefusal;
pub use revisions::{NewRevision, PublishedRevision, Revisions};
pub use storage::{Left, RecoveredState, Storage};
pub use tokens::Claims;
