//! All sessions, by number and by key.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, PoisonError, RwLock};

use engine::port::{AccountId, SessionId, StableId};
use prometheus::IntGaugeVec;

use super::Session;
use crate::limit::Intake;

/// A session's public name, 128 bits that nobody can guess: who shows it may take the session
/// over. The upper half is random, the lower one the account store's seal on it and on the
/// character, so that a key tells whose it was even after a restart that forgot the session.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SessionKey(u128);

impl SessionKey {
    /// A new key; `seal` answers the seal on its random half.
    pub(crate) fn sealed(seal: impl FnOnce(u64) -> u64) -> Self {
        // The thread's generator is ChaCha, reseeded from the system: fit for secrets.
        let nonce = rand::random();
        Self(u128::from(nonce) << 64 | u128::from(seal(nonce)))
    }

    /// The random half and the seal.
    pub(crate) const fn parts(self) -> (u64, u64) {
        ((self.0 >> 64) as u64, self.0 as u64)
    }

    /// As the client writes it: 32 hexadecimal digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let canonical = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        canonical
            .then(|| u128::from_str_radix(text, 16).ok())
            .flatten()
            .map(Self)
    }

    pub(crate) fn hex(self) -> String {
        format!("{:032x}", self.0)
    }
}

// A key is as good as a token, so it is not printed.
impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

/// All sessions alive.
#[derive(Debug)]
pub(crate) struct Directory {
    inner: RwLock<Inner>,
    gauge: IntGaugeVec,
}

#[derive(Debug, Default)]
struct Inner {
    by_id: HashMap<SessionId, Arc<Session>, BuildHasherDefault<Spread>>,
    by_key: HashMap<SessionKey, SessionId>,
    by_account: HashMap<AccountId, Vec<SessionId>>,
}

/// Spreads numbers that we count up ourselves, and nobody can aim: a look per hearer and note is
/// too many for a hasher made against enemies.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 ^ u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        // Odd and irregular, so both ends of the product differ between neighbours.
        self.0 = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }
}

impl Directory {
    pub(crate) fn new(gauge: IntGaugeVec) -> Self {
        Self {
            inner: RwLock::default(),
            gauge,
        }
    }

    /// Enters a session, unless its account already has `max` other characters connected (0: any
    /// number). The same character once more doesn't count: the newcomer takes it over.
    pub(crate) fn enter(&self, session: &Arc<Session>, max: usize) -> bool {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let account = session.arrival.account;
        let inner = &mut *inner;
        let others = inner.by_account.entry(account).or_default();
        if is_crowded(&inner.by_id, others, session, max) {
            if others.is_empty() {
                inner.by_account.remove(&account);
            }
            return false;
        }
        others.push(session.id);
        inner.by_id.insert(session.id, Arc::clone(session));
        inner.by_key.insert(session.key, session.id);
        self.gauge_of(session).inc();
        true
    }

    /// Lets a session be claimed by a new socket, unless its account already has `max` other
    /// characters connected. Under one lock with the count, so that two claims can't both be last.
    pub(crate) fn reenter<T>(
        &self,
        session: &Session,
        max: usize,
        claim: impl FnOnce() -> T,
    ) -> Option<T> {
        let inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let others = inner.by_account.get(&session.arrival.account);
        let others = others.map_or(&[][..], Vec::as_slice);
        (!is_crowded(&inner.by_id, others, session, max)).then(claim)
    }

    /// The sessions that hold a character, connected or not.
    pub(crate) fn playing(&self, character: StableId) -> Vec<SessionId> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        let sessions = inner.by_id.values();
        sessions
            .filter(|session| session.arrival.character == character)
            .map(|session| session.id)
            .collect()
    }

    /// What a session of that character has sent, if there is one.
    pub(crate) fn intake(&self, account: AccountId, character: StableId) -> Option<Arc<Intake>> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        let mut sessions = inner.by_account.get(&account)?.iter().rev();
        sessions.find_map(|id| {
            let session = inner.by_id.get(id)?;
            (session.arrival.character == character).then(|| Arc::clone(&session.intake))
        })
    }

    /// Whether somebody is connected as that character.
    pub(crate) fn is_connected(&self, character: StableId) -> bool {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        let mut sessions = inner.by_id.values();
        sessions.any(|session| session.arrival.character == character && session.has_socket())
    }

    /// Removes a session; its key is worthless from now on. `why` is for the log.
    pub(crate) fn remove(&self, id: SessionId, why: &'static str) -> Option<Arc<Session>> {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let session = inner.by_id.remove(&id)?;
        inner.by_key.remove(&session.key);
        let account = session.arrival.account;
        if let Some(others) = inner.by_account.get_mut(&account) {
            others.retain(|other| *other != id);
            if others.is_empty() {
                inner.by_account.remove(&account);
            }
        }
        self.gauge_of(&session).dec();
        drop(inner);
        log_end(&session, why);
        Some(session)
    }

    /// The session of that number.
    pub(crate) fn find(&self, id: SessionId) -> Option<Arc<Session>> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        inner.by_id.get(&id).cloned()
    }

    /// The session of that key.
    pub(crate) fn find_key(&self, key: SessionKey) -> Option<Arc<Session>> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        inner
            .by_key
            .get(&key)
            .and_then(|id| inner.by_id.get(id))
            .cloned()
    }

    /// How many sessions there are.
    pub(crate) fn count(&self) -> usize {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        inner.by_id.len()
    }

    /// Every session, in no promised order.
    pub(crate) fn all(&self) -> Vec<Arc<Session>> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        inner.by_id.values().cloned().collect()
    }

    fn gauge_of(&self, session: &Session) -> prometheus::IntGauge {
        self.gauge.with_label_values(&[session.format.label()])
    }
}

/// Whether the account of `session` has `max` characters connected beside that one; 0: never.
fn is_crowded(
    by_id: &HashMap<SessionId, Arc<Session>, BuildHasherDefault<Spread>>,
    others: &[SessionId],
    session: &Session,
    max: usize,
) -> bool {
    let characters: BTreeSet<StableId> = others
        .iter()
        .filter_map(|id| by_id.get(id))
        .filter(|other| other.has_socket())
        .map(|other| other.arrival.character)
        .filter(|character| *character != session.arrival.character)
        .collect();
    max > 0 && characters.len() >= max
}

/// Logs that a session is over.
fn log_end(session: &Session, reason: &'static str) {
    tracing::info!(
        correlation_id = %session.arrival.correlation,
        account = %session.arrival.account,
        character = %session.arrival.character,
        session = session.id.0,
        reason,
        seconds = session.began.elapsed().as_secs(),
        "session ended"
    );
}
