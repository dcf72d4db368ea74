//! What the router, the sockets and the pages share.

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::http::HeaderMap;
use engine::port::{
    AccountId, Arrival, Code, Correlation, Inbound, Lane, Leaving, Note, Refusal, SaveGauge,
    SessionId, StableId, Tasks, Tick,
};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::address;
use crate::bans::Bans;
use crate::clock;
use crate::config::NetConfig;
use crate::format::{EncodedNote, Encoder};
use crate::gatekeeper::Secret;
use crate::limit::{GatewayLimits, Intake};
use crate::metrics::Metrics;
use crate::payload::ErrorNote;
use crate::session::{Directory, NoResume, Proof, Session, SessionKey, SessionStage, Waker};
use asks::OpenQuestions;

mod asks;
mod inbound;

/// How long a client waits before it tries again when the world's lane is full: a few ticks.
pub(crate) const BUSY_RETRY_MS: u64 = 500;

/// For so long nobody who resumes waits for an account store that has not answered.
const STORE_AWAY: Duration = Duration::from_secs(2);

/// The gateway's shared state.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) config: NetConfig,
    pub(crate) metrics: Metrics,
    pub(crate) directory: Directory,
    pub(crate) gates: GatewayLimits,
    /// Whom the world has banned.
    pub(crate) bans: Bans,
    pub(crate) gauge: Arc<SaveGauge>,
    pub(crate) asks: OpenQuestions,
    pub(crate) tasks: Tasks,
    /// When the gateway began.
    pub(crate) began: Instant,
    /// Counts the sockets that are still open.
    pub(crate) open: TaskTracker,
    /// Places for telnet streams that are compressed; `None`: any number.
    pub(crate) compressed: Option<Arc<Semaphore>>,
    inbound: Lane<Inbound>,
    /// How much has ever been put into that lane.
    offered: AtomicU64,
    owed: Mutex<VecDeque<Inbound>>,
    draining: AtomicBool,
    last_tick: AtomicU64,
    last_id: AtomicU64,
    /// When the account store did not answer last.
    store_away: Mutex<Option<Instant>>,
    warned_of_proxy: AtomicBool,
    marks: RandomState,
    seal: Sealer,
}

/// The account store's seal on a character and the random half of a session's key.
pub(crate) type Seal = dyn Fn(StableId, u64) -> u64 + Send + Sync;

/// Knows how to seal, and shows nothing of it.
struct Sealer(Box<Seal>);

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

impl Hub {
    pub(crate) fn new(
        config: NetConfig,
        metrics: Metrics,
        inbound: Lane<Inbound>,
        gauge: Arc<SaveGauge>,
        tasks: Tasks,
        seal: Box<Seal>,
    ) -> Self {
        Self {
            seal: Sealer(seal),
            directory: Directory::new(metrics.sessions.clone()),
            gates: GatewayLimits::new(config.limits),
            bans: Bans::default(),
            store_away: Mutex::default(),
            warned_of_proxy: AtomicBool::new(false),
            metrics,
            gauge,
            asks: OpenQuestions::default(),
            tasks,
            began: clock::now(),
            open: TaskTracker::new(),
            compressed: match config.limits.compressed {
                0 => None,
                most => Some(Arc::new(Semaphore::new(most))),
            },
            inbound,
            offered: AtomicU64::new(0),
            owed: Mutex::default(),
            draining: AtomicBool::new(false),
            last_tick: AtomicU64::new(0),
            last_id: AtomicU64::new(0),
            marks: RandomState::new(),
            config,
        }
    }

    // ---- sessions -------------------------------------------------------------------------

    /// Makes a session for `arrival` and asks the world to let it in.
    ///
    /// # Errors
    /// When the account has enough connections, or the world no time.
    pub(crate) fn arrive(
        &self,
        arrival: Arrival,
        stage: SessionStage,
        encoder: Encoder,
        socket: u64,
        waker: Waker,
        proof: Proof,
        intake: &Arc<Intake>,
    ) -> Result<Arc<Session>, Refusal> {
        // Whoever takes over goes on with the limits of the session before.
        let earlier = self.directory.intake(arrival.account, arrival.character);
        let key = SessionKey::sealed(|nonce| (self.seal.0)(arrival.character, nonce));
        let session = Session::new(
            arrival,
            (SessionId(self.next_id()), key),
            stage,
            encoder,
            self.config.sessions,
            socket,
            waker,
            proof,
            earlier.unwrap_or_else(|| Arc::clone(intake)),
        );
        let session = Arc::new(session.map_err(|fault| {
            tracing::error!(%fault, "session can't begin");
            Refusal::of(Code::InternalError)
        })?);
        let max = self.config.limits.connections_per_account;
        if !self.directory.enter(&session, max) {
            return Err(Self::crowded());
        }
        if let Err(refusal) = self.ask(Inbound::Arrive(session.arrival.clone())) {
            self.directory.remove(session.id, refusal.code.word());
            return Err(refusal);
        }
        Ok(session)
    }

    /// Makes a new session for the character of one that can't go on, with the role that the account
    /// store said when it was resumed.
    ///
    /// # Errors
    /// As [`Hub::arrive`].
    pub(crate) fn renew(
        &self,
        old: &Session,
        socket: u64,
        waker: Waker,
        correlation: Correlation,
    ) -> Result<Arc<Session>, Refusal> {
        let mut arrival = old.arrival.clone();
        arrival.correlation = correlation;
        let (proof, role) = old.vouched();
        arrival.role = role;
        let encoder = Encoder::new(old.format);
        self.arrive(
            arrival,
            SessionStage::Authenticating,
            encoder,
            socket,
            waker,
            proof,
            &old.intake,
        )
    }

    /// Gives the session to another socket, which has seen everything up to `last`.
    ///
    /// # Errors
    /// When nothing can be resumed, or not now.
    pub(crate) fn reclaim(
        &self,
        session: &Session,
        last: u64,
        socket: u64,
        waker: Waker,
        correlation: Correlation,
    ) -> Result<(), NoResume> {
        let claim = || {
            session.claim(
                last,
                socket,
                waker,
                |lost| self.tell(lost),
                || {
                    let session = session.id;
                    self.ask(Inbound::Return {
                        session,
                        correlation,
                    })
                    .is_ok()
                },
            )
        };
        let max = self.config.limits.connections_per_account;
        self.directory
            .reenter(session, max, claim)
            .unwrap_or(Err(NoResume::Crowded))
    }

    /// What an account hears whose characters are too many.
    pub(crate) fn crowded() -> Refusal {
        Refusal::new(
            Code::TooManyRequests,
            "This account has as many characters connected as it may have.",
        )
    }

    /// Ends a session from our side: its client hears `code`, the world that it has left.
    pub(crate) fn end(&self, session: SessionId, code: Code) {
        let Some(session) = self.directory.remove(session, code.word()) else {
            return;
        };
        let error = ErrorNote::of(code);
        let waker = self.encoded(&error, |encoded| session.close(Some((code, encoded))));
        self.tell(Inbound::Leave {
            session: session.id,
            why: Leaving::Quit,
        });
        if let Some(waker) = waker {
            waker.notify_one();
        }
    }

    /// The socket of a session is gone.
    pub(crate) fn detach(&self, session: &Session, socket: u64) {
        if session.detach(socket, |message| self.tell(message)) {
            self.directory.remove(session.id, "connection lost");
        }
    }

    /// Numbers for sessions and sockets, each used once in this process.
    pub(crate) fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// What a token is remembered by: keyed with a secret of this process, so that a mark is
    /// worthless elsewhere and can't be aimed for.
    pub(crate) fn mark(&self, token: &Secret) -> u64 {
        self.marks.hash_one(token.expose())
    }

    // ---- accounts ---------------------------------------------------------------------------

    /// Whether the world has banned an account whose ban the account store may lack.
    ///
    /// # Errors
    /// `authorization_denied`.
    pub(crate) fn may_act(&self, account: AccountId) -> Result<(), Refusal> {
        self.bans.check(account, self.gauge.applied_tick())
    }

    /// Whether it is worth asking the account store before a session goes on.
    pub(crate) fn store_may_answer(&self) -> bool {
        let away = self
            .store_away
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        away.is_none_or(|since| clock::now().saturating_duration_since(since) >= STORE_AWAY)
    }

    /// The account store has answered, or not.
    pub(crate) fn store_answered(&self, did: bool) {
        let mut away = self
            .store_away
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *away = (!did).then(clock::now);
    }

    /// Says once that a proxy is in front of us which nobody has told us of.
    pub(crate) fn warn_of_proxy(&self, peer: IpAddr, headers: &HeaderMap) {
        if self.config.trust_proxy || !peer.is_loopback() || !address::is_forwarded(headers) {
            return;
        }
        if !self.warned_of_proxy.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "requests come by a proxy on this machine, but server.trust_proxy is off: all who come by it share one address's limits"
            );
        }
    }

    // ---- time and frames ------------------------------------------------------------------

    /// The last tick heard of.
    pub(crate) fn tick(&self) -> Tick {
        self.last_tick.load(Ordering::Relaxed)
    }

    /// A tick was heard of.
    pub(crate) fn saw(&self, tick: Tick) {
        self.last_tick.fetch_max(tick, Ordering::Relaxed);
    }

    /// Encodes a note of the gateway's own.
    pub(crate) fn encoded<T>(
        &self,
        note: &dyn Note,
        then: impl FnOnce(&EncodedNote<'_>) -> T,
    ) -> T {
        let stamp = stamp(
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs()),
        );
        then(&EncodedNote::new(note, self.tick(), &stamp))
    }

    /// The server stops: nobody new comes in.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// What newcomers are told while the server stops.
    pub(crate) fn going_away() -> Refusal {
        Refusal::new(Code::SystemError, "The server is going down.")
    }
}

/// Seconds of the Unix epoch as RFC 3339 with `Z`.
pub(crate) fn stamp(seconds: u64) -> String {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::stamp;

    #[test]
    fn timestamps_are_rfc_3339_in_whole_seconds() {
        assert_eq!(stamp(1_700_000_000), "2023-11-14T22:13:20Z");
    }
}
