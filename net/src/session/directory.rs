//! All sessions, by number and by key.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use engine::port::{AccountId, SessionId, StableId};
use prometheus::IntGaugeVec;

use super::Session;

/// A session's public name, 128 random bits: who shows it may take the session over.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SessionKey(u128);

impl SessionKey {
    /// A key nobody can guess.
    pub(crate) fn random() -> Self {
        // The thread's generator is ChaCha, reseeded from the system: fit for secrets.
        Self(rand::random())
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
    by_id: HashMap<SessionId, Arc<Session>>,
    by_key: HashMap<SessionKey, SessionId>,
    by_account: HashMap<AccountId, Vec<SessionId>>,
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
        let characters: BTreeSet<StableId> = others
            .iter()
            .filter_map(|id| inner.by_id.get(id))
            .filter(|other| other.has_socket())
            .map(|other| other.arrival.character)
            .filter(|character| *character != session.arrival.character)
            .collect();
        if max > 0 && characters.len() >= max {
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

    /// Removes a session; its key is worthless from now on.
    pub(crate) fn remove(&self, id: SessionId) -> Option<Arc<Session>> {
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

    /// Calls `see` for each of `ids` that is there. One lock for all: a room hears together.
    pub(crate) fn each(&self, ids: impl Iterator<Item = SessionId>, mut see: impl FnMut(&Session)) {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            if let Some(session) = inner.by_id.get(&id) {
                see(session);
            }
        }
    }

    /// Every session, in no promised order.
    pub(crate) fn all(&self) -> Vec<Arc<Session>> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        inner.by_id.values().cloned().collect()
    }

    fn gauge_of(&self, session: &Session) -> prometheus::IntGauge {
        self.gauge
            .with_label_values(&[session.format.subprotocol()])
    }
}
