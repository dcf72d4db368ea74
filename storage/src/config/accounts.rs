//! The section `[accounts]`: limits, lifetimes, guests, keys and password hashing.

use serde::{Deserialize, Serialize};

use super::check;
use crate::StorageFault;

/// The settings of accounts, characters and tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountsConfig {
    /// How long a token is good, in seconds.
    pub token_lifetime_seconds: u64,
    /// A signing key older than this many days is followed by a new one at the next start or
    /// daily round; 0 keeps it.
    pub token_key_days: u32,
    /// How many days a refresh token of an account is good; a guest's is as long as the guest is.
    pub refresh_days: u32,
    /// How many living characters an account may have; 0 lifts the limit.
    pub characters_max: u32,
    /// How many characters an account may make in any hour, deleted ones too; 0 lifts the limit.
    pub characters_per_hour: u32,
    /// Deleted characters that were played go for good after this many days, with their rows; 0
    /// keeps them. Those that never were played go after a day.
    pub deleted_days: u32,
    /// Registering needs an unused invite code.
    pub invites_required: bool,
    /// Who may play as a guest, without an account.
    pub guests: Guests,
    /// Guests unused for this many days are deleted with their characters; 0 keeps them.
    pub guest_days: u32,
    /// How many guests there may be; 0 lifts the limit.
    pub max_guests: u32,
    /// How many password hashes may wait for their turn; more are refused as `server_busy`.
    pub hash_queue_max: usize,
    /// How many password hashes are computed at once; 0: one per processor.
    pub hash_workers: usize,
    /// The cost of a password hash.
    pub argon2: Argon2Config,
}

/// The cost of an argon2id hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Argon2Config {
    /// Passes over the memory, 1 to 10.
    pub time: u32,
    /// Memory in KiB, 1,024 to 1,048,576.
    pub memory_kib: u32,
    /// Lanes, 1 to 16.
    pub lanes: u32,
}

/// Who may play as a guest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Guests {
    /// Everybody, but only while the server listens on a loopback address.
    #[default]
    Auto,
    /// Everybody.
    Always,
    /// Nobody.
    Never,
}

impl Default for AccountsConfig {
    fn default() -> Self {
        Self {
            token_lifetime_seconds: 3_600,
            token_key_days: 30,
            refresh_days: 30,
            characters_max: 3,
            characters_per_hour: 10,
            deleted_days: 30,
            invites_required: false,
            guests: Guests::Auto,
            guest_days: 30,
            // 4 KB each, once played: 80 MB.
            max_guests: 20_000,
            // A storm of 500 sign-ins must fit, twice over.
            hash_queue_max: 1_024,
            hash_workers: 0,
            argon2: Argon2Config::default(),
        }
    }
}

impl Default for Argon2Config {
    fn default() -> Self {
        Self {
            time: 3,
            memory_kib: 65_536,
            lanes: 1,
        }
    }
}

impl AccountsConfig {
    /// Checks every value.
    ///
    /// # Errors
    /// [`StorageFault::Config`], naming the key.
    pub fn validate(&self) -> Result<(), StorageFault> {
        check(
            (1..=30 * 86_400).contains(&self.token_lifetime_seconds),
            "accounts.token_lifetime_seconds",
            "must be 1 to 2592000",
        )?;
        check(
            (1..=3_650).contains(&self.refresh_days),
            "accounts.refresh_days",
            "must be 1 to 3650",
        )?;
        check(
            self.hash_queue_max >= 1,
            "accounts.hash_queue_max",
            "must be at least 1",
        )?;
        check(
            self.hash_workers <= 256,
            "accounts.hash_workers",
            "must be at most 256",
        )?;
        check(
            (1..=10).contains(&self.argon2.time),
            "accounts.argon2.time",
            "must be 1 to 10",
        )?;
        check(
            (1_024..=1_048_576).contains(&self.argon2.memory_kib),
            "accounts.argon2.memory_kib",
            "must be 1024 to 1048576",
        )?;
        check(
            (1..=16).contains(&self.argon2.lanes),
            "accounts.argon2.lanes",
            "must be 1 to 16",
        )
    }
}
