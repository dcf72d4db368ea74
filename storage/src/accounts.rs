//! Who may play: accounts, their characters, guests, invites; and the tokens that prove it.

mod bans;
mod characters;
mod closing;
mod design;
mod ended;
mod guests;
mod invites;
mod names;
mod overview;
mod password;
mod passwords;
mod purge;
mod refresh;
mod roles;
mod sign_in;
mod standing;
mod sweep;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use engine::port::{AccountId, Code, Registry, Role, StableId, Tasks, WorldTime};
use tokio::sync::watch;
use uuid::Uuid;

use crate::StorageFault;
use crate::clock::wall;
use crate::config::{AccountsConfig, StorageConfig};
use crate::private;
use crate::refusal::AccountRefusal;
use crate::store::{Counters, DatabaseFile, Store, role_of, signed, unsigned};
use crate::tokens::{Claims, Tokens};
use passwords::Passwords;

pub use characters::AdmittedCharacter;
pub use design::{DesignLimits, DesignReach};
use ended::EndedTokens;
pub use invites::Invite;
pub use overview::{Overview, SignIns};

/// How long a request may wait for the database before it is refused with a time to retry.
const DATABASE_LONGEST: Duration = Duration::from_secs(5);

/// The account store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Accounts {
    inner: Arc<AccountsState>,
}

#[derive(Debug)]
struct AccountsState {
    store: Store,
    config: AccountsConfig,
    passwords: Passwords,
    tokens: Tokens,
    /// Accounts whose tokens of before hold no more.
    ended: watch::Sender<Arc<[EndedTokens]>>,
}

/// An account as its owner may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its identity.
    pub id: AccountId,
    /// The name it signs in with; made up for a guest.
    pub username: String,
    /// What it may do now.
    pub role: Role,
    /// A throw-away account without a password, until it is claimed.
    pub guest: bool,
    /// When it was made.
    pub created_at: WorldTime,
    /// The number that its tokens carry.
    pub(crate) generation: u64,
}

/// A living character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountCharacter {
    /// Its identity, in the world too.
    pub id: StableId,
    /// Its name, unique among the living.
    pub name: String,
    /// The profession chosen at creation.
    pub profession: Option<String>,
    /// What its stats are rolled from.
    pub seed: Option<u64>,
    /// When it was made.
    pub created_at: WorldTime,
    /// When it last entered the world.
    pub last_played: Option<WorldTime>,
}

/// What a successful sign-in gives.
#[derive(Clone)]
pub struct SignIn {
    /// The bearer token. A secret: this type's `Debug` leaves it out.
    pub token: String,
    /// When it expires, in seconds of the Unix epoch.
    pub expires_at: u64,
    /// The account.
    pub account: Account,
    /// Its living characters, the most recently played first.
    pub characters: Vec<AccountCharacter>,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

impl Accounts {
    pub(crate) async fn open(
        config: &StorageConfig,
        store: Store,
        tasks: &Tasks,
    ) -> Result<Self, StorageFault> {
        let tokens = Tokens::open(&config.data, &config.accounts, store.clone()).await?;
        Ok(Self {
            inner: Arc::new(AccountsState {
                passwords: Passwords::new(&config.accounts, tasks.clone()),
                config: config.accounts.clone(),
                store,
                tokens,
                ended: watch::Sender::new(Arc::from([])),
            }),
        })
    }

    /// The accounts alone, without world and journal: for a command that runs beside a server.
    /// Ends with [`Accounts::close`].
    ///
    /// # Errors
    /// As [`crate::Storage::open`], but the data folder need not be free.
    pub async fn connect(
        config: &StorageConfig,
        registry: &Registry,
        tasks: &Tasks,
    ) -> Result<Self, StorageFault> {
        config.validate()?;
        private::make_folder(&config.data).map_err(StorageFault::io("create", &config.data))?;
        DatabaseFile::of(&config.database, &config.database_url())?;
        let counters = Counters::new(registry)?;
        let store = Store::connect(&config.database, &config.database_url(), counters).await?;
        Self::open(config, store, tasks).await
    }

    /// Closes the connections. Only for accounts that came from [`Accounts::connect`].
    pub async fn close(&self) {
        self.inner.store.close(Duration::from_secs(1)).await;
    }

    /// Whether registering needs an invite code.
    #[must_use]
    pub fn invites_required(&self) -> bool {
        self.inner.config.invites_required
    }

    /// Who holds this token.
    ///
    /// # Errors
    /// `token_expired` for a token that was good once, `invalid_token` for everything else.
    pub fn verify(&self, token: &str) -> Result<Claims, AccountRefusal> {
        self.inner.tokens.verify(token)
    }

    /// Like [`Accounts::verify`], but an expired token passes: for a session that is resumed
    /// within its grace. A revoked one does not.
    ///
    /// # Errors
    /// `invalid_token`.
    pub fn verify_expired_ok(&self, token: &str) -> Result<Claims, AccountRefusal> {
        self.inner.tokens.verify_expired_ok(token)
    }

    /// Makes the token worthless from now on, also one that has expired or was signed out. Where the
    /// database does not take it, a file in the data folder does, until it does.
    ///
    /// # Errors
    /// `invalid_token` for what was never one; `token_expired` for one that nothing takes any more;
    /// `server_busy`.
    pub async fn logout(&self, token: &str) -> Result<(), AccountRefusal> {
        self.inner.tokens.revoke(token).await
    }

    /// Whether the token was signed out, as far as this process knows.
    #[must_use]
    pub fn is_signed_out(&self, token: &str) -> bool {
        self.inner.tokens.is_revoked(token)
    }

    /// The seal on `nonce` for a session of `character`: the same until the key that makes it is
    /// spent, and unguessable without it.
    #[must_use]
    pub fn seal(&self, character: StableId, nonce: u64) -> u64 {
        self.inner.tokens.seal(character.uuid(), nonce)
    }

    /// Which living character of the account bears that seal on `nonce`, if any does.
    ///
    /// # Errors
    /// `database_connection_error`.
    pub async fn sealed(
        &self,
        account: AccountId,
        nonce: u64,
        seal: u64,
    ) -> Result<Option<StableId>, AccountRefusal> {
        let characters = self.characters(account).await?;
        let tokens = &self.inner.tokens;
        let mine = |one: &AccountCharacter| tokens.is_seal(one.id.uuid(), nonce, seal);
        Ok(characters.into_iter().find(mine).map(|one| one.id))
    }

    /// Signs new tokens with a new key. Tokens of the older keys stay good until they expire.
    ///
    /// # Errors
    /// When the key file can't be written; the old keys stay in use.
    pub fn rotate_keys(&self) -> Result<(), StorageFault> {
        self.inner.tokens.rotate()
    }

    /// What is due at start and once a day.
    pub(crate) async fn upkeep(&self) {
        self.purge_guests().await;
        self.purge_closed().await;
        self.sweep_deleted().await;
        self.purge_refresh_tokens().await;
        self.inner.tokens.upkeep().await;
    }

    /// Brings sign-outs into the database that it did not take at once. Never ends.
    pub(crate) async fn save_sign_outs(&self) {
        self.inner.tokens.save_unsaved().await;
    }

    fn store(&self) -> &Store {
        &self.inner.store
    }
}

/// The file of a SQLite database that is not there yet, or has nothing in it.
///
/// # Errors
/// When the URL of the database can't be used.
pub fn missing_database(config: &StorageConfig) -> Result<Option<PathBuf>, StorageFault> {
    DatabaseFile::missing(&config.database, &config.database_url())
}

/// Ends a wait for the database that has become too long for a person.
async fn bounded<T>(
    work: impl Future<Output = Result<T, AccountRefusal>>,
) -> Result<T, AccountRefusal> {
    match tokio::time::timeout(DATABASE_LONGEST, work).await {
        Ok(done) => done,
        Err(_) => Err(AccountRefusal::later(Code::DatabaseConnectionError)),
    }
}

/// An account's columns, in the order of the statements that read them.
type AccountTuple = (Uuid, String, String, bool, i64, i64, Option<i64>);

fn account_of(columns: AccountTuple) -> Account {
    let (id, username, role, guest, created_at, generation, design_until) = columns;
    Account {
        id: AccountId(id),
        username,
        role: role_of(&role, design_until, signed(wall().0)),
        guest,
        created_at: WorldTime(unsigned(created_at)),
        generation: unsigned(generation),
    }
}
