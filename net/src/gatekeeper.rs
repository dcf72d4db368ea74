//! Who may come in: the questions the gateway asks of the account store.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::num::NonZeroU64;
use std::sync::Arc;

use engine::port::{AccountId, Arrival, Refusal, Role, StableId, WorldTime};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::watch;
use uuid::Uuid;

/// The account store, as the gateway sees it. Implemented where accounts are known.
///
/// Each call may take as long as a password hash or a database does; none may block the thread.
/// A database that can't be reached is refused with `database_connection_error` and a time to
/// wait; a wrong name and a wrong password look the same.
pub trait Gatekeeper: Send + Sync + 'static {
    /// Whether registering needs an invite code.
    fn needs_invite(&self) -> bool;

    /// Makes an account and signs it in.
    fn register(&self, who: Registration) -> impl Future<Output = Result<SignedIn, Denied>> + Send;

    /// Signs an account in.
    fn login(
        &self,
        username: String,
        password: Secret,
    ) -> impl Future<Output = Result<SignedIn, Denied>> + Send;

    /// Makes a throw-away account with one character.
    fn guest(&self) -> impl Future<Output = Result<SignedIn, Denied>> + Send;

    /// Turns the guest of `token` into an account with a name and a password; needs what
    /// registering needs.
    fn claim(
        &self,
        token: Secret,
        who: Registration,
    ) -> impl Future<Output = Result<SignedIn, Denied>> + Send;

    /// Gives the account of `token` another password, and a new token; older ones hold no more.
    fn change_password(
        &self,
        token: Secret,
        old: Secret,
        new: Secret,
    ) -> impl Future<Output = Result<SignedIn, Denied>> + Send;

    /// What renews the sign-in of `token` once it has expired.
    fn refresh_token(&self, token: &Secret) -> impl Future<Output = Result<Secret, Denied>> + Send;

    /// Signs in by what renews a sign-in, which is used up; answers the next, too.
    fn refresh(
        &self,
        token: Secret,
    ) -> impl Future<Output = Result<(SignedIn, Secret), Denied>> + Send;

    /// How often the account of `token` had ended its tokens when this one was issued, as its
    /// signature says.
    fn generation(&self, token: &Secret) -> u64;

    /// Accounts that have ended their tokens lately, whenever there are more: those below the number
    /// hold no more, nor do sessions that they began.
    fn ended(&self) -> watch::Receiver<Arc<[(AccountId, u64)]>>;

    /// Makes `token` worthless, expired or not, whatever the database does; once more is no mistake.
    fn logout(&self, token: Secret) -> impl Future<Output = Result<(), Denied>> + Send;

    /// Whether `token` was signed out. Known at once: a session resumes while the database is away.
    fn is_signed_out(&self, token: &Secret) -> bool;

    /// Whose `token` is, as its signature says; the account store is not asked, and it may have
    /// expired.
    fn claimed(&self, token: &Secret) -> Option<AccountId>;

    /// What an account may do whose session of `character` is to go on. Refused with
    /// `authorization_denied` while it is banned, with `invalid_token` when one of the two is gone.
    fn standing(
        &self,
        account: AccountId,
        character: StableId,
    ) -> impl Future<Output = Result<Role, Denied>> + Send;

    /// The seal on `nonce` for a session of `character`: always the same, and unguessable.
    fn seal(&self, character: StableId, nonce: u64) -> u64;

    /// Which living character of the token's account bears that seal on `nonce`, if any does.
    /// `expired_ok` as in [`Gatekeeper::admit`].
    fn sealed(
        &self,
        token: Secret,
        nonce: u64,
        seal: u64,
        expired_ok: bool,
    ) -> impl Future<Output = Result<Option<Uuid>, Denied>> + Send;

    /// Who holds `token`.
    fn me(&self, token: Secret) -> impl Future<Output = Result<SignedIn, Denied>> + Send;

    /// The account's living characters, most recently played first.
    fn characters(
        &self,
        token: Secret,
    ) -> impl Future<Output = Result<Vec<CharacterSummary>, Denied>> + Send;

    /// What a character can live by.
    fn professions(&self) -> Vec<ProfessionChoice>;

    /// Rolls what a character would be born with, for an account; `from` is whoever shares an address.
    fn roll(
        &self,
        from: IpAddr,
        token: Secret,
        profession: Option<String>,
    ) -> impl Future<Output = Result<Rolled, Denied>> + Send;

    /// Makes a character; with `roll`, the one that was rolled under that id.
    fn create_character(
        &self,
        token: Secret,
        name: String,
        profession: Option<String>,
        roll: Option<Uuid>,
    ) -> impl Future<Output = Result<CharacterSummary, Denied>> + Send;

    /// Deletes a character of the account.
    fn delete_character(
        &self,
        token: Secret,
        character: Uuid,
    ) -> impl Future<Output = Result<(), Denied>> + Send;

    /// Who plays: the character asked for, else the one most recently played. With `expired_ok`
    /// a token that has expired is as good as new; a forged one never is.
    fn admit(
        &self,
        token: Secret,
        character: Option<Uuid>,
        expired_ok: bool,
    ) -> impl Future<Output = Result<Admitted, Denied>> + Send;
}

/// A password or token. Printed as `[REDACTED]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself. Never to be logged or echoed.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

/// What it takes to make an account.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The account's name.
    pub username: String,
    /// The account's password.
    pub password: Secret,
    /// An invitation, where one is needed.
    pub invite_code: Option<String>,
    /// A character of the account's name is made with it, both or neither.
    pub character: bool,
}

/// A signed-in account.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// What to show next time.
    pub access_token: Secret,
    /// The account.
    pub account: AccountId,
    /// Its name.
    pub username: String,
    /// What it may do.
    pub role: Role,
    /// A throw-away account.
    pub guest: bool,
    /// Its living characters, most recently played first.
    pub characters: Vec<CharacterSummary>,
}

/// One character of an account.
#[derive(Clone, Debug)]
pub struct CharacterSummary {
    /// The character.
    pub id: StableId,
    /// Its name.
    pub name: String,
    /// Its profession, if it chose one.
    pub profession: Option<String>,
    /// When it was made.
    pub created_at: WorldTime,
    /// When it was last played, if ever.
    pub last_active: Option<WorldTime>,
}

/// What a character can live by.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ProfessionChoice {
    /// Its word, to choose it by.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is.
    pub description: String,
    /// What somebody of it remembers.
    pub flavor_text: String,
    /// The least of each stat that it asks.
    pub requires: BTreeMap<&'static str, u8>,
    /// What it adds to each stat.
    pub bonus: BTreeMap<&'static str, u8>,
}

/// What a character would be born with.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Rolled {
    /// What to create it by.
    #[schemars(with = "String")]
    pub roll_id: Uuid,
    /// The profession it was rolled for.
    pub profession: Option<String>,
    /// Its stats by name, with what follows from them: `max_dp`, `max_magic_points`.
    pub stats: BTreeMap<&'static str, i64>,
    /// Whether they are enough for the profession.
    pub meets_requirements: bool,
    /// How long the roll is kept, in seconds.
    pub expires_in: u64,
}

/// Who plays.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// The account.
    pub account: AccountId,
    /// The character.
    pub character: StableId,
    /// The character's name.
    pub name: String,
    /// Its profession, if it chose one.
    pub profession: Option<String>,
    /// What its chance of birth grows from, where the store keeps it.
    pub seed: Option<u64>,
    /// What the account may do.
    pub role: Role,
    /// A throw-away account.
    pub guest: bool,
    /// When the character was made.
    pub created_at: WorldTime,
    /// The number of the token by which it plays.
    pub generation: u64,
}

impl Admitted {
    /// The character on its way into the world. Session and connection are filled in at the door.
    pub(crate) fn arrival(self) -> Arrival {
        Arrival {
            session: engine::port::SessionId(0),
            correlation: engine::port::Correlation::default(),
            account: self.account,
            character: self.character,
            name: self.name,
            profession: self.profession,
            seed: self.seed.and_then(NonZeroU64::new),
            role: self.role,
            guest: self.guest,
            created_at: self.created_at,
        }
    }
}

/// A refusal, and the field that caused it.
#[derive(Clone, Debug)]
pub struct Denied {
    /// Why.
    pub refusal: Refusal,
    /// The field of the request that is at fault, where one is.
    pub field: Option<&'static str>,
}

impl Denied {
    /// A refusal because of one field.
    #[must_use]
    pub const fn field(field: &'static str, refusal: Refusal) -> Self {
        Self {
            refusal,
            field: Some(field),
        }
    }
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            field: None,
        }
    }
}
