//! A session: what joins a character in the world to whichever socket speaks for it now.
//!
//! The router puts frames in, the socket's task takes them out, and either may find the other
//! gone. Everything they share is behind one short lock; neither waits under it.
//!
//! Invariant: numbers are given in [`Session::take`] and [`Session::last_word`] only, one by one,
//! and a numbered frame is in the ring before it is written. So what a client has missed is
//! always what came after its last number, or known to be gone.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use engine::port::{Arrival, Code, Leaving, Refusal, SessionId, Tick};
use tokio::sync::Notify;

use crate::config::SessionBounds;
use crate::format::{Format, Parcel, Tongue, Voice};
use crate::payload::ErrorNote;

mod directory;
mod heard;
#[cfg(test)]
mod model;
mod outbox;
mod refused;
mod ring;
mod spoken;
mod stage;

pub(crate) use directory::{Directory, SessionKey, Spread};
pub(crate) use stage::{Illegal, Stage, Step};

use outbox::Outbox;
use refused::Refused;
use ring::Ring;

/// What wakes the task of a socket.
pub(crate) type Bell = Arc<Notify>;

/// One session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) key: SessionKey,
    pub(crate) arrival: Arrival,
    pub(crate) format: Format,
    /// The mark of the token it was signed in with.
    pub(crate) token_mark: Option<u64>,
    bounds: SessionBounds,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    stage: Stage,
    tongue: Tongue,
    outbox: Outbox,
    ring: Ring,
    /// Frames that go out again, with the numbers they had.
    replay: VecDeque<(u64, Parcel)>,
    /// What had gathered before the client came back and has not left yet, in bytes: being away is
    /// not being slow.
    arrears: usize,
    /// The last number given.
    number: u64,
    /// Something is lost: this session can't be resumed.
    torn: bool,
    /// The socket does not keep up and is to be closed.
    slow: bool,
    socket: Option<Socket>,
    /// The bell was rung and the task has not looked yet.
    rung: bool,
    farewell: Option<Farewell>,
    verdict: Option<Verdict>,
    resume_after: u64,
    owed: Option<Owed>,
    refused: Refused,
}

#[derive(Debug)]
struct Socket {
    id: u64,
    bell: Bell,
}

/// Answers that no watermark covers yet: the ticks of the first and the last.
#[derive(Clone, Copy, Debug)]
struct Owed {
    first: Tick,
    last: Tick,
}

/// How a socket is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Farewell {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
}

/// The world's no.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) refusal: Refusal,
    /// It was a return that was refused; the character may still arrive anew.
    pub(crate) returning: bool,
}

/// What a socket's task does after it has written what it took.
#[derive(Debug)]
pub(crate) enum Next {
    /// Nothing more for now; the session is playing or not yet.
    Rest { playing: bool },
    /// There is more.
    More,
    /// Another socket speaks for the session.
    Displaced,
    /// This one does not keep up.
    Slow,
    /// The session is over.
    Close(Farewell),
    /// The world said no.
    Refused(Verdict),
}

/// Why a write under way should not take its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Press {
    /// It is pointless: the socket is displaced or too slow.
    Abandon,
    /// The session is over; the last frames get a moment.
    Hurry,
}

/// Why a session can't be resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoResume {
    /// The missed frames are not there any more.
    Gone,
    /// The world can't be told just now.
    Busy,
    /// The account has as many other characters connected as it may have.
    Crowded,
}

impl Session {
    /// A session about to arrive, spoken for by the socket `socket`, which stands at `stage`.
    ///
    /// # Errors
    /// When nobody at that stage can arrive.
    pub(crate) fn new(
        mut arrival: Arrival,
        (id, key): (SessionId, SessionKey),
        stage: Stage,
        tongue: Tongue,
        bounds: SessionBounds,
        socket: u64,
        bell: Bell,
        token_mark: Option<u64>,
    ) -> Result<Self, Illegal> {
        let stage = stage.after(Step::Vouched)?;
        arrival.session = id;
        Ok(Self {
            id,
            key,
            arrival,
            format: tongue.format,
            token_mark,
            bounds,
            inner: Mutex::new(Inner {
                stage,
                tongue,
                outbox: Outbox::default(),
                ring: Ring::default(),
                replay: VecDeque::new(),
                arrears: 0,
                number: 0,
                torn: false,
                slow: false,
                socket: Some(Socket { id: socket, bell }),
                rung: false,
                farewell: None,
                verdict: None,
                resume_after: 0,
                owed: None,
                refused: Refused::default(),
            }),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn is(&self, socket: u64) -> bool {
        self.socket.as_ref().is_some_and(|now| now.id == socket)
    }

    fn put(&mut self, voice: &Voice<'_>, bounds: &SessionBounds) {
        let keeps_up = self.stage == Stage::Playing && !self.slow;
        let bound = if keeps_up || self.stage == Stage::Ended {
            bounds.queue_bytes + self.arrears
        } else {
            // Nobody reads: what may wait is bounded together with what waits for a resume.
            (bounds.queue_bytes + bounds.replay_bytes).saturating_sub(self.ring.bytes())
        };
        let resumable = self.tongue.format == Format::Kadath && !self.torn;
        if self.socket.is_none() && !resumable {
            // It will never be sent.
            return;
        }
        let key = voice.coalesce();
        let outbox = &mut self.outbox;
        outbox.begin(key, bound);
        voice.speak(&self.tongue, |parcel| outbox.push(parcel, key));
        if !outbox.over(bound) {
            return;
        }
        match self.stage {
            Stage::Playing if keeps_up => {
                self.slow = true;
                self.rung = false;
            }
            Stage::Ended => {}
            _ => {
                self.torn = true;
                self.outbox.clear();
                self.ring.clear();
            }
        }
    }

    fn ring(&mut self) -> Option<Bell> {
        if self.rung {
            return None;
        }
        let bell = Arc::clone(&self.socket.as_ref()?.bell);
        self.rung = true;
        Some(bell)
    }

    fn number_next(&mut self, now: Instant, bounds: &SessionBounds) -> Option<(u64, Parcel)> {
        let parcel = self.outbox.pop()?;
        self.arrears = self.arrears.saturating_sub(parcel.weight());
        let number = self.keep(now, &parcel, bounds);
        Some((number, parcel))
    }

    fn keep(&mut self, now: Instant, parcel: &Parcel, bounds: &SessionBounds) -> u64 {
        self.number += 1;
        // Only numbered frames can be asked for again.
        if let Parcel::Tail(tail) = parcel {
            let tail = Arc::clone(tail);
            self.ring.push(self.number, now, tail, bounds.replay_bytes);
        }
        self.number
    }
}

/// How the world's reason becomes a close: the code, its text, and the error that goes before.
pub(crate) fn farewell(why: Leaving) -> (Farewell, Option<ErrorNote>) {
    let (code, reason, error) = match why {
        Leaving::Quit => (1000, "goodbye", None),
        Leaving::LinkDead => (1000, "timeout_error", Some(Code::TimeoutError)),
        Leaving::TakenOver => (1000, "session_taken_over", Some(Code::SessionTakenOver)),
        Leaving::TooSlow => (1013, "slow_client", Some(Code::SlowClient)),
        Leaving::Kicked => (
            1008,
            "authorization_denied",
            Some(Code::AuthorizationDenied),
        ),
        Leaving::Fault => (1013, "internal_error", Some(Code::InternalError)),
        Leaving::Shutdown => (1001, "system_error", Some(Code::SystemError)),
    };
    (Farewell { code, reason }, error.map(ErrorNote::of))
}
