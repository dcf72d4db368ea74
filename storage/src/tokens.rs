//! Tokens: signed statements that somebody is an account, good for an hour.
//!
//! Several keys may be in the file: the newest signs, all verify, so that a new key signs nobody
//! out. A token that is signed out before its time is remembered until it would have expired.

mod hs256;
mod keys;
mod unsaved;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine::port::{AccountId, Code};
use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use sqlx::{query, query_as};
use uuid::Uuid;

use crate::StorageFault;
use crate::config::AccountsConfig;
use crate::refusal::AccountRefusal;
use crate::store::{Store, reading, signed, unsigned, writing};
use keys::Keys;
use unsaved::UnsavedTokens;

/// How long past its end a token may still open a session that is resumed; revocations are kept
/// as long. Far beyond any linkdead grace.
const GRACE_SECONDS: u64 = 3_600;

/// Signing out needs a good token, so this is only reached by one who collects them.
const REVOKED_MAX: usize = 1_000_000;

/// How long a sign-out waits for the database before a file has to do.
const SAVE_LONGEST: Duration = Duration::from_secs(1);

/// How often the database is tried again.
const SAVE_AGAIN: Duration = Duration::from_secs(2);

/// What a token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Whose it is.
    pub account: AccountId,
    /// The token's own identity.
    pub id: Uuid,
    /// When it expires, in seconds of the Unix epoch.
    pub expires_at: u64,
    /// The account's number when it was issued; it holds while that is the account's.
    pub generation: u64,
    /// The sign-in that it comes of; tokens of before there were any have none.
    pub family: Option<Uuid>,
}

#[derive(Serialize, Deserialize)]
struct TokenBody {
    sub: Uuid,
    jti: Uuid,
    iat: u64,
    exp: u64,
    #[serde(default, rename = "gen")]
    generation: u64,
    #[serde(default, rename = "fam", skip_serializing_if = "Option::is_none")]
    family: Option<Uuid>,
}

/// Issues, checks and revokes.
#[derive(Debug)]
pub(crate) struct Tokens {
    path: PathBuf,
    lifetime: u64,
    key_days: u32,
    keys: RwLock<Keys>,
    revoked: Mutex<HashMap<Uuid, u64>>,
    unsaved: Arc<UnsavedTokens>,
    store: Store,
}

impl Tokens {
    pub(crate) async fn open(
        data: &Path,
        config: &AccountsConfig,
        store: Store,
    ) -> Result<Self, StorageFault> {
        let path = data.join("token.keys");
        let keys = Keys::load_or_make(&path, now())?;
        let sql = store.sql("SELECT jti, keep_until FROM revoked_tokens WHERE keep_until > $1");
        let rows: Result<Vec<(Uuid, i64)>, _> =
            reading!(store, db => query_as(sql).bind(signed(now())).fetch_all(db).await);
        let rows = rows.map_err(|error| StorageFault::Database {
            target: store.target().to_owned(),
            reason: error.to_string(),
        })?;
        let unsaved = UnsavedTokens::open(data);
        let known = rows.into_iter().map(|(id, until)| (id, unsigned(until)));
        let revoked = known.chain(unsaved.all()).collect();
        Ok(Self {
            path,
            lifetime: config.token_lifetime_seconds,
            key_days: config.token_key_days,
            keys: RwLock::new(keys),
            revoked: Mutex::new(revoked),
            unsaved: Arc::new(unsaved),
            store,
        })
    }

    /// A token for `account` as of its `generation`, by the sign-in `family`; and when it expires in
    /// seconds of the Unix epoch.
    pub(crate) fn issue(
        &self,
        account: AccountId,
        generation: u64,
        family: Uuid,
    ) -> Result<(String, u64), AccountRefusal> {
        let iat = now();
        let exp = iat + self.lifetime;
        let body = TokenBody {
            sub: account.0,
            jti: Uuid::new_v4(),
            iat,
            exp,
            generation,
            family: Some(family),
        };
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let newest = keys.newest();
        let header = Header {
            kid: Some(newest.id.clone()),
            ..Header::new(Algorithm::HS256)
        };
        let token = encode(&header, &body, &newest.signing).map_err(|error| {
            tracing::error!(%error, "token could not be signed");
            AccountRefusal::of(Code::InternalError)
        })?;
        Ok((token, exp))
    }

    pub(crate) fn verify(&self, token: &str) -> Result<Claims, AccountRefusal> {
        let claims = self.read(token)?;
        if claims.expires_at <= now() {
            return Err(AccountRefusal::of(Code::TokenExpired));
        }
        Ok(claims)
    }

    pub(crate) fn verify_expired_ok(&self, token: &str) -> Result<Claims, AccountRefusal> {
        let claims = self.read(token)?;
        if claims.expires_at + GRACE_SECONDS <= now() {
            return Err(AccountRefusal::of(Code::TokenExpired));
        }
        Ok(claims)
    }

    /// Known here at once, saved as soon as it can be: by the database, or until that answers again
    /// by a file. With the token goes the sign-in that it comes of, all its tokens. Once more is no
    /// mistake.
    pub(crate) async fn revoke(&self, token: &str) -> Result<(), AccountRefusal> {
        let claims = self.signed(token)?;
        let until = claims.expires_at + GRACE_SECONDS;
        if until <= now() {
            return Err(AccountRefusal::of(Code::TokenExpired));
        }
        // Newer tokens of the sign-in may last for one lifetime more.
        let newest = now() + self.lifetime + GRACE_SECONDS;
        let family = claims.family.map(|id| (id, newest));
        self.revoke_all(std::iter::once((claims.id, until)).chain(family).collect())
            .await
    }

    /// Whether a sign-in was signed out, as far as this process knows.
    pub(crate) fn is_family_off(&self, family: Uuid) -> bool {
        self.revoked().contains_key(&family)
    }

    /// Makes all tokens of a sign-in worthless.
    pub(crate) async fn revoke_family(&self, family: Uuid) -> Result<(), AccountRefusal> {
        let until = now() + self.lifetime + GRACE_SECONDS;
        self.revoke_all(vec![(family, until)]).await
    }

    async fn revoke_all(&self, all: Vec<(Uuid, u64)>) -> Result<(), AccountRefusal> {
        let mut news = Vec::with_capacity(all.len());
        {
            let mut revoked = self.revoked();
            if revoked.len() >= REVOKED_MAX {
                return Err(AccountRefusal::later(Code::ServerBusy));
            }
            for (id, until) in all {
                if revoked.insert(id, until).is_none() {
                    news.push((id, until));
                }
            }
        }
        // From here on it is brought to the database whether or not anybody waits for this.
        for (id, until) in &news {
            self.unsaved.add(*id, *until);
        }
        let saved = tokio::time::timeout(SAVE_LONGEST, self.save_all(news.clone())).await;
        if matches!(saved, Ok(Ok(()))) {
            return Ok(());
        }
        let unsaved = Arc::clone(&self.unsaved);
        let written = tokio::task::spawn_blocking(move || unsaved.write_down(&news));
        match written.await {
            Ok(Ok(())) => tracing::info!("sign-out waits for the database in a file"),
            Ok(Err(error)) => {
                tracing::error!(%error, "sign-out is in memory only, until the database answers");
            }
            Err(_) => {}
        }
        Ok(())
    }

    async fn save(&self, id: Uuid, until: u64) -> Result<(), sqlx::Error> {
        let sql = self.store.sql(
            "INSERT INTO revoked_tokens (jti, keep_until) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        );
        writing!(self.store, db => query(sql)
            .bind(id).bind(signed(until)).execute(db).await.map(|_| ()))?;
        // It may be a sign-in's: then that can't be renewed any more.
        let sql = self
            .store
            .sql("DELETE FROM refresh_tokens WHERE family = $1");
        writing!(self.store, db => query(sql).bind(id).execute(db).await.map(|_| ()))?;
        self.unsaved.saved(id);
        Ok(())
    }

    /// Tries again and again what the database did not take. Never ends.
    pub(crate) async fn save_unsaved(&self) {
        loop {
            let waiting = self.unsaved.all();
            if self.save_all(waiting).await.is_ok() {
                self.unsaved.clear();
            }
            tokio::time::sleep(SAVE_AGAIN).await;
        }
    }

    async fn save_all(&self, waiting: Vec<(Uuid, u64)>) -> Result<(), sqlx::Error> {
        for (id, until) in waiting {
            self.save(id, until).await?;
        }
        Ok(())
    }

    pub(crate) fn is_revoked(&self, token: &str) -> bool {
        // The signature is not looked at: it only matters whether somebody else revoked this.
        insecure_decode_claims::<TokenBody>(token)
            .is_ok_and(|body| self.is_off(body.jti, body.family))
    }

    /// The newest key's seal on `nonce` for `character`.
    pub(crate) fn seal(&self, character: Uuid, nonce: u64) -> u64 {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.newest().seal(character, nonce)
    }

    /// Whether any key here made that seal.
    pub(crate) fn is_seal(&self, character: Uuid, nonce: u64, seal: u64) -> bool {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.all().any(|key| key.seal(character, nonce) == seal)
    }

    /// A new key signs from now on; keys whose last token has expired go.
    pub(crate) fn rotate(&self) -> Result<(), StorageFault> {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let next = keys.rotated(now(), self.lifetime + GRACE_SECONDS);
        next.save(&self.path)?;
        *keys = next;
        tracing::info!("token key rotated");
        Ok(())
    }

    /// Forgets what has expired, and follows an old key with a new one.
    pub(crate) async fn upkeep(&self) {
        let now = now();
        self.revoked().retain(|_, until| *until > now);
        let sql = self
            .store
            .sql("DELETE FROM revoked_tokens WHERE keep_until <= $1");
        let done: Result<(), sqlx::Error> = writing!(self.store, db => query(sql)
            .bind(signed(now)).execute(db).await.map(|_| ()));
        if let Err(error) = done {
            tracing::warn!(%error, "spent token revocations could not be deleted");
        }
        let made_at = self
            .keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .newest()
            .made_at;
        let old = made_at + u64::from(self.key_days) * 86_400 < now;
        if self.key_days > 0
            && old
            && let Err(error) = self.rotate()
        {
            tracing::warn!(%error, "token key could not be rotated");
        }
    }

    /// Checks everything but the time.
    fn read(&self, token: &str) -> Result<Claims, AccountRefusal> {
        let claims = self.signed(token)?;
        if self.is_off(claims.id, claims.family) {
            return Err(AccountRefusal::of(Code::InvalidToken));
        }
        Ok(claims)
    }

    /// What a token of ours says, whether or not it holds.
    fn signed(&self, token: &str) -> Result<Claims, AccountRefusal> {
        let invalid = || AccountRefusal::of(Code::InvalidToken);
        let header = decode_header(token).map_err(|_| invalid())?;
        let mut rules = Validation::new(Algorithm::HS256);
        // The time is ours to judge: to the second, and with a grace where it is asked for.
        rules.validate_exp = false;
        let body: TokenBody = {
            let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            let key = header
                .kid
                .as_deref()
                .and_then(|id| keys.find(id))
                .ok_or_else(invalid)?;
            decode(token, &key.verifying, &rules)
                .map_err(|_| invalid())?
                .claims
        };
        Ok(Claims {
            account: AccountId(body.sub),
            id: body.jti,
            expires_at: body.exp,
            generation: body.generation,
            family: body.family,
        })
    }

    /// Whether a token or its sign-in was signed out.
    fn is_off(&self, id: Uuid, family: Option<Uuid>) -> bool {
        let revoked = self.revoked();
        revoked.contains_key(&id) || family.is_some_and(|family| revoked.contains_key(&family))
    }

    fn revoked(&self) -> MutexGuard<'_, HashMap<Uuid, u64>> {
        self.revoked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}
