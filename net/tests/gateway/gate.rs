//! An account store in miniature.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use engine::port::{AccountId, Code, Refusal, Role, StableId, WorldTime};
use net::{Admitted, CharacterSummary, Denied, Gatekeeper, Registration, Secret, SignedIn};
use tokio::sync::watch;
use uuid::Uuid;

/// Accounts in memory: a token is `token-NAME`, every password is `right`.
#[derive(Debug, Clone, Default)]
pub(crate) struct FakeGate {
    accounts: Arc<Mutex<HashMap<String, Vec<String>>>>,
    guests: Arc<Mutex<u32>>,
    /// Accounts that can't act, and whose sessions may not go on.
    pub(crate) banned: Arc<Mutex<Vec<AccountId>>>,
    /// The database is away: what needs it is refused.
    pub(crate) away: Arc<Mutex<bool>>,
    /// How often it was asked whether a session may go on.
    pub(crate) standings: Arc<Mutex<u32>>,
    /// Tokens that were logged out.
    revoked: Arc<Mutex<Vec<String>>>,
    /// How often it was asked who plays.
    pub(crate) admissions: Arc<Mutex<u32>>,
    /// Registering needs the code `INVITED`.
    pub(crate) invites: Arc<Mutex<bool>>,
    /// Names of so many letters are taken, and all shorter ones.
    pub(crate) taken: Arc<Mutex<usize>>,
    /// Who has ended their tokens, and how often; a fresh token is `token-NAME#NUMBER`.
    pub(crate) ended: Ended,
    /// Refresh tokens that hold, each with its name.
    refreshes: Arc<Mutex<HashMap<String, String>>>,
}

/// What the store tells of ended tokens.
#[derive(Debug, Clone)]
pub(crate) struct Ended(pub(crate) Arc<watch::Sender<Arc<[(AccountId, u64)]>>>);

impl Default for Ended {
    fn default() -> Self {
        Self(watch::Sender::new(Arc::from([])).into())
    }
}

pub(crate) fn token(name: &str) -> String {
    format!("token-{name}")
}

pub(crate) fn account(name: &str) -> AccountId {
    AccountId(Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()))
}

/// As good as a seal where nobody forges.
pub(crate) fn seal(character: StableId, nonce: u64) -> u64 {
    character.uuid().as_u64_pair().0 ^ nonce
}

fn suits_a_character(name: &str) -> Result<(), Denied> {
    if name.chars().all(|c| c.is_ascii_alphabetic()) {
        return Ok(());
    }
    let refusal = Refusal::new(Code::ValidationError, "letters only");
    Err(Denied::field("name", refusal))
}

impl FakeGate {
    fn signed(&self, name: &str) -> SignedIn {
        let accounts = self.accounts.lock().unwrap();
        let characters = accounts.get(name).cloned().unwrap_or_default();
        SignedIn {
            access_token: Secret::new(token(name)),
            account: account(name),
            username: name.to_owned(),
            role: Role::Player,
            guest: name.starts_with("guest"),
            characters: characters.iter().map(|name| character(name)).collect(),
        }
    }

    fn holder(&self, token: &Secret, expired_ok: bool) -> Result<String, Denied> {
        let token = token.expose();
        if self
            .revoked
            .lock()
            .unwrap()
            .iter()
            .any(|gone| gone == token)
        {
            return Err(Refusal::of(Code::InvalidToken).into());
        }
        if let Some(name) = token.strip_prefix("token-") {
            let (name, number) = name.split_once('#').unwrap_or((name, "0"));
            let whose = account(name.split('/').next().unwrap());
            let ended = Arc::clone(&self.ended.0.borrow());
            let newest = ended.iter().find(|(account, _)| *account == whose);
            if newest.is_some_and(|(_, newest)| number.parse() != Ok(*newest)) {
                return Err(Refusal::of(Code::InvalidToken).into());
            }
            return Ok(name.to_owned());
        }
        match token.strip_prefix("expired-") {
            Some(name) if expired_ok => Ok(name.to_owned()),
            Some(_) => Err(Refusal::of(Code::TokenExpired).into()),
            None => Err(Refusal::of(Code::InvalidToken).into()),
        }
    }
}

fn character(name: &str) -> CharacterSummary {
    CharacterSummary {
        id: StableId::named(name),
        name: name.to_owned(),
        profession: None,
        created_at: WorldTime(1_700_000_000_000_000),
        last_active: None,
    }
}

impl Gatekeeper for FakeGate {
    fn needs_invite(&self) -> bool {
        *self.invites.lock().unwrap()
    }

    async fn register(&self, who: Registration) -> Result<SignedIn, Denied> {
        if who.password.expose().len() < 4 {
            let refusal = Refusal::new(Code::ValidationError, "too short");
            return Err(Denied::field("password", refusal));
        }
        if who.character {
            suits_a_character(&who.username)?;
        }
        let mut accounts = self.accounts.lock().unwrap();
        if accounts.contains_key(&who.username) {
            return Err(Refusal::of(Code::ResourceAlreadyExists).into());
        }
        if self.needs_invite() && who.invite_code.as_deref() != Some("INVITED") {
            return Err(Refusal::new(Code::ValidationError, "not invited").into());
        }
        let characters = Vec::from_iter(who.character.then(|| who.username.clone()));
        accounts.insert(who.username.clone(), characters);
        drop(accounts);
        Ok(self.signed(&who.username))
    }

    async fn login(&self, username: String, password: Secret) -> Result<SignedIn, Denied> {
        if password.expose() == "right" {
            Ok(self.signed(&username))
        } else {
            Err(Refusal::of(Code::AuthenticationFailed).into())
        }
    }

    async fn guest(&self) -> Result<SignedIn, Denied> {
        let name = {
            let mut guests = self.guests.lock().unwrap();
            *guests += 1;
            format!("guest{guests}")
        };
        let mut accounts = self.accounts.lock().unwrap();
        accounts.insert(name.clone(), vec![name.clone()]);
        drop(accounts);
        Ok(self.signed(&name))
    }

    async fn claim(&self, token: Secret, who: Registration) -> Result<SignedIn, Denied> {
        self.holder(&token, false)?;
        if self.needs_invite() && who.invite_code.as_deref() != Some("INVITED") {
            return Err(Refusal::new(Code::ValidationError, "not invited").into());
        }
        Ok(self.signed(&who.username))
    }

    async fn change_password(
        &self,
        token: Secret,
        old: Secret,
        _: Secret,
    ) -> Result<SignedIn, Denied> {
        let name = self.holder(&token, false)?;
        if old.expose() != "right" {
            let refusal = Refusal::of(Code::AuthenticationFailed);
            return Err(Denied::field("old", refusal));
        }
        self.ended.0.send_replace([(account(&name), 1)].into());
        let fresh = Secret::new(format!("token-{name}#1"));
        let signed = self.signed(&name);
        Ok(SignedIn {
            access_token: fresh,
            ..signed
        })
    }

    async fn refresh_token(&self, token: &Secret) -> Result<Secret, Denied> {
        if *self.away.lock().unwrap() {
            return Err(Refusal::of(Code::DatabaseConnectionError).into());
        }
        let name = self.holder(token, false)?;
        let fresh = format!("refresh-{}", Uuid::new_v4());
        let mut refreshes = self.refreshes.lock().unwrap();
        refreshes.insert(fresh.clone(), name);
        Ok(Secret::new(fresh))
    }

    async fn refresh(&self, token: Secret) -> Result<(SignedIn, Secret), Denied> {
        let name = self.refreshes.lock().unwrap().remove(token.expose());
        let name = name.ok_or_else(|| Refusal::of(Code::InvalidToken))?;
        let signed = self.signed(&name);
        let next = self.refresh_token(&signed.access_token).await?;
        Ok((signed, next))
    }

    fn generation(&self, token: &Secret) -> u64 {
        let number = token.expose().split_once('#').map(|(_, number)| number);
        number.map_or(0, |number| number.parse().unwrap())
    }

    fn ended(&self) -> watch::Receiver<Arc<[(AccountId, u64)]>> {
        self.ended.0.subscribe()
    }

    async fn logout(&self, token: Secret) -> Result<(), Denied> {
        if self.is_signed_out(&token) {
            return Ok(());
        }
        self.holder(&token, true)?;
        self.revoked.lock().unwrap().push(token.expose().to_owned());
        Ok(())
    }

    fn is_signed_out(&self, token: &Secret) -> bool {
        let revoked = self.revoked.lock().unwrap();
        revoked.iter().any(|gone| gone == token.expose())
    }

    fn claimed(&self, token: &Secret) -> Option<AccountId> {
        let holder = self.holder(token, true).ok()?;
        Some(account(holder.split('/').next()?))
    }

    async fn standing(&self, account: AccountId, _: StableId) -> Result<Role, Denied> {
        *self.standings.lock().unwrap() += 1;
        if *self.away.lock().unwrap() {
            return Err(Refusal::of(Code::DatabaseConnectionError).into());
        }
        if self.banned.lock().unwrap().contains(&account) {
            return Err(Refusal::of(Code::AuthorizationDenied).into());
        }
        Ok(Role::Player)
    }

    fn seal(&self, character: StableId, nonce: u64) -> u64 {
        seal(character, nonce)
    }

    /// The account `NAME` has the characters `NAME` and `other`.
    async fn sealed(
        &self,
        token: Secret,
        nonce: u64,
        seal: u64,
        expired_ok: bool,
    ) -> Result<Option<Uuid>, Denied> {
        let holder = self.holder(&token, expired_ok)?;
        let mine = [holder.as_str(), "other"].map(StableId::named);
        let sealed = mine.into_iter().find(|id| self.seal(*id, nonce) == seal);
        Ok(sealed.map(StableId::uuid))
    }

    async fn me(&self, token: Secret) -> Result<SignedIn, Denied> {
        Ok(self.signed(&self.holder(&token, false)?))
    }

    async fn characters(&self, token: Secret) -> Result<Vec<CharacterSummary>, Denied> {
        Ok(self.me(token).await?.characters)
    }

    fn professions(&self) -> Vec<net::ProfessionChoice> {
        Vec::new()
    }

    async fn roll(
        &self,
        _: IpAddr,
        token: Secret,
        _: Option<String>,
    ) -> Result<net::Rolled, Denied> {
        self.holder(&token, false)?;
        Ok(net::Rolled {
            roll_id: Uuid::nil(),
            profession: None,
            stats: [("luck", 50)].into(),
            meets_requirements: true,
            expires_in: 900,
        })
    }

    async fn create_character(
        &self,
        token: Secret,
        name: String,
        _: Option<String>,
        _: Option<Uuid>,
    ) -> Result<CharacterSummary, Denied> {
        let holder = self.holder(&token, false)?;
        suits_a_character(&name)?;
        if name.len() <= *self.taken.lock().unwrap() {
            let refusal = Refusal::new(Code::ResourceAlreadyExists, "taken");
            return Err(Denied::field("name", refusal));
        }
        let mut accounts = self.accounts.lock().unwrap();
        accounts.entry(holder).or_default().push(name.clone());
        Ok(character(&name))
    }

    async fn delete_character(&self, token: Secret, id: Uuid) -> Result<(), Denied> {
        let holder = self.holder(&token, false)?;
        let mut accounts = self.accounts.lock().unwrap();
        let mine = accounts.entry(holder).or_default();
        let before = mine.len();
        mine.retain(|name| StableId::named(name).uuid() != id);
        if mine.len() == before {
            return Err(Refusal::of(Code::ResourceNotFound).into());
        }
        Ok(())
    }

    /// `token-NAME` plays the character NAME unless `other` is asked for; `token-NAME/OTHER` plays
    /// OTHER of the account NAME.
    async fn admit(
        &self,
        token: Secret,
        character: Option<Uuid>,
        expired_ok: bool,
    ) -> Result<Admitted, Denied> {
        *self.admissions.lock().unwrap() += 1;
        let holder = self.holder(&token, expired_ok)?;
        let (account, name) = holder.split_once('/').unwrap_or((&holder, &holder));
        let other = character == Some(StableId::named("other").uuid());
        let name = if other { "other" } else { name };
        Ok(Admitted {
            account: self::account(account),
            character: StableId::named(name),
            name: name.to_owned(),
            profession: None,
            seed: None,
            role: Role::Player,
            guest: false,
            created_at: WorldTime(0),
            generation: self.generation(&token),
        })
    }
}
