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

use engine::port::{Admission, Arrival, Code, Inbound, Leaving, Refusal, RunId, SessionId, Tick};
use tokio::sync::Notify;

use crate::config::SessionBounds;
use crate::format::{Format, Parcel, Supports, Tongue, Voice};
use crate::payload::{Durable, ErrorNote, Welcome};

mod directory;
mod outbox;
mod refused;
mod ring;
mod stage;

pub(crate) use directory::{Directory, SessionKey};
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
    run: Option<RunId>,
    owed: Option<Owed>,
    refused: Refused,
    token_mark: Option<u64>,
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
}

impl Session {
    /// A session about to arrive, spoken for by the socket `socket`, which stands at `stage`.
    ///
    /// # Errors
    /// When nobody at that stage can arrive.
    pub(crate) fn new(
        mut arrival: Arrival,
        id: SessionId,
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
            key: SessionKey::random(),
            arrival,
            format: tongue.format,
            bounds,
            inner: Mutex::new(Inner {
                stage,
                tongue,
                outbox: Outbox::default(),
                ring: Ring::default(),
                replay: VecDeque::new(),
                number: 0,
                torn: false,
                slow: false,
                socket: Some(Socket { id: socket, bell }),
                rung: false,
                farewell: None,
                verdict: None,
                resume_after: 0,
                run: None,
                owed: None,
                refused: Refused::default(),
                token_mark,
            }),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ---- what the router does -------------------------------------------------------------

    /// Queues a note. The answer is whom to wake, once per look of the socket's task.
    pub(crate) fn hear(&self, voice: &Voice<'_>) -> Option<Bell> {
        let mut inner = self.lock();
        if !matches!(
            inner.stage,
            Stage::Playing | Stage::Detached | Stage::Returning
        ) {
            return None;
        }
        inner.put(voice, &self.bounds);
        inner.ring()
    }

    /// The world has let the character in, or back in: queues the welcome.
    pub(crate) fn admit(&self, admission: &Admission, tick: Tick, stamp: &str) -> Option<Bell> {
        let mut inner = self.lock();
        let resumed = inner.stage == Stage::Returning;
        // A welcome nobody waits for: the socket was cut meanwhile, or two were asked for.
        let stage = inner.stage.after(Step::Admitted).ok()?;
        let missed = if resumed && !inner.torn {
            inner.ring.after(inner.resume_after, inner.number)
        } else {
            None
        };
        if resumed && missed.is_none() {
            inner.stage = Stage::Ended;
            inner.verdict = Some(Verdict {
                refusal: Refusal::of(Code::ResourceNotFound),
                returning: true,
            });
            return inner.ring();
        }

        inner.stage = stage;
        inner.run = Some(admission.run);
        let welcome = Welcome::new(
            self.key.hex(),
            &self.arrival.name,
            admission,
            resumed,
            self.format.subprotocol(),
        );
        let voice = Voice::new(&welcome, tick, stamp);
        if let Some(missed) = missed {
            let number = inner.resume_after;
            let inner = &mut *inner;
            let replay = &mut inner.replay;
            replay.clear();
            voice.speak(&inner.tongue, |parcel| replay.push_back((number, parcel)));
            replay.extend(missed);
        } else {
            inner.put(&voice, &self.bounds);
        }
        inner.ring()
    }

    /// The world does not let the character in.
    pub(crate) fn refuse(&self, refusal: Refusal) -> Option<Bell> {
        let mut inner = self.lock();
        let returning = inner.stage == Stage::Returning;
        inner.stage = inner.stage.after(Step::Refused).ok()?;
        inner.verdict = Some(Verdict { refusal, returning });
        inner.ring()
    }

    /// The session is over: everything queued goes out, then `last`, then the socket closes.
    pub(crate) fn close(&self, last: Option<&Voice<'_>>, farewell: Farewell) -> Option<Bell> {
        let mut inner = self.lock();
        let before = inner.stage;
        inner.stage = before.after(Step::Closed).ok()?;
        match (before, last) {
            (Stage::Playing | Stage::Detached, Some(voice)) => inner.put(voice, &self.bounds),
            (Stage::Playing | Stage::Detached, None) => {}
            // No welcome has gone out, so there is no stream to end.
            _ => {
                inner.verdict = Some(Verdict {
                    refusal: Refusal::of(Code::SystemError),
                    returning: false,
                });
            }
        }
        inner.farewell = Some(farewell);
        // A write under way has heard the bell already and must hear it again.
        inner.rung = false;
        inner.ring()
    }

    /// Output was lost on the way here: the next resume has to start over.
    pub(crate) fn tear(&self) {
        self.lock().torn = true;
    }

    /// An outcome of `tick` was queued; a watermark is owed.
    pub(crate) fn owe(&self, tick: Tick) {
        let mut inner = self.lock();
        inner.owed = Some(match inner.owed {
            Some(owed) => Owed {
                first: owed.first.min(tick),
                last: owed.last.max(tick),
            },
            None => Owed {
                first: tick,
                last: tick,
            },
        });
    }

    /// Pays what a watermark covers. Answers whom to wake, and whether something is still owed.
    pub(crate) fn pay(&self, through: Tick, tick: Tick, stamp: &str) -> (Option<Bell>, bool) {
        let mut inner = self.lock();
        let (Some(owed), Some(run)) = (inner.owed, inner.run) else {
            return (None, false);
        };
        if inner.stage == Stage::Ended {
            return (None, false);
        }
        if through < owed.first {
            return (None, true);
        }
        inner.owed = (through < owed.last).then_some(Owed {
            first: through + 1,
            last: owed.last,
        });
        let note = Durable {
            run: run.to_string(),
            through_tick: through,
        };
        inner.put(&Voice::new(&note, tick, stamp), &self.bounds);
        (inner.ring(), inner.owed.is_some())
    }

    // ---- what a socket's task does --------------------------------------------------------

    /// Takes frames that are to be written now, numbered, until `budget` bytes are reached.
    pub(crate) fn take(
        &self,
        socket: u64,
        now: Instant,
        budget: usize,
        into: &mut Vec<(u64, Parcel)>,
    ) -> Next {
        let mut inner = self.lock();
        if !inner.is(socket) {
            return Next::Displaced;
        }
        inner.rung = false;
        if let Some(verdict) = inner.verdict.take() {
            return Next::Refused(verdict);
        }
        if !matches!(inner.stage, Stage::Playing | Stage::Ended) {
            return Next::Rest { playing: false };
        }
        if inner.slow {
            return Next::Slow;
        }
        let mut bytes = 0;
        while bytes < budget {
            let (number, parcel) = match inner.replay.pop_front() {
                Some(again) => again,
                None => match inner.number_next(now, &self.bounds) {
                    Some(fresh) => fresh,
                    None => break,
                },
            };
            bytes += parcel.weight();
            into.push((number, parcel));
        }
        if !inner.replay.is_empty() || !inner.outbox.is_empty() {
            return Next::More;
        }
        match inner.farewell {
            Some(farewell) => Next::Close(farewell),
            None => Next::Rest { playing: true },
        }
    }

    /// What a write under way has to know.
    pub(crate) fn press(&self, socket: u64) -> Option<Press> {
        let inner = self.lock();
        if !inner.is(socket) || inner.slow {
            return Some(Press::Abandon);
        }
        inner.farewell.map(|_| Press::Hurry)
    }

    /// Numbers a note that goes out ahead of everything queued, since the socket closes.
    pub(crate) fn last_word(
        &self,
        socket: u64,
        now: Instant,
        voice: &Voice<'_>,
    ) -> Vec<(u64, Parcel)> {
        let mut inner = self.lock();
        let mut words = Vec::new();
        if !inner.is(socket) || !matches!(inner.stage, Stage::Playing) {
            return words;
        }
        // Unsent replays keep their place: the word would come out of turn.
        if !inner.replay.is_empty() {
            return words;
        }
        let inner = &mut *inner;
        voice.speak(&inner.tongue, |parcel| words.push((0, parcel)));
        for (number, parcel) in &mut words {
            *number = inner.keep(now, parcel, &self.bounds);
        }
        words
    }

    /// The socket is gone. `tell` hears under the lock what the world must know, so that no other
    /// socket's word can come in between. Answers whether the session is over with that.
    pub(crate) fn detach(&self, socket: u64, tell: impl FnOnce(Inbound)) -> bool {
        let mut inner = self.lock();
        if !inner.is(socket) {
            return false;
        }
        inner.socket = None;
        inner.slow = false;
        inner.rung = false;
        // What was to go out again is still in the ring.
        inner.replay.clear();
        let Ok(stage) = inner.stage.after(Step::Cut) else {
            return false;
        };
        inner.stage = stage;
        let over = stage == Stage::Ended;
        tell(if over {
            Inbound::Leave {
                session: self.id,
                why: Leaving::LinkDead,
            }
        } else {
            Inbound::Lost { session: self.id }
        });
        over
    }

    /// Another socket takes the session over, having seen everything up to `last`. `tell` must
    /// reach the world; `ask` may fail, which leaves the session detached.
    ///
    /// # Errors
    /// When nothing can be resumed, or not now.
    pub(crate) fn claim(
        &self,
        last: u64,
        socket: u64,
        bell: Bell,
        tell: impl FnOnce(Inbound),
        ask: impl FnOnce() -> bool,
    ) -> Result<(), NoResume> {
        let mut inner = self.lock();
        let Ok(returning) = inner.stage.after(Step::Claimed) else {
            return Err(NoResume::Gone);
        };
        let there = inner.ring.after(last, inner.number).is_some();
        if self.format != Format::Kadath || inner.torn || !there {
            return Err(NoResume::Gone);
        }
        if let Some(old) = inner.socket.take() {
            old.bell.notify_one();
            inner.slow = false;
            inner.replay.clear();
            tell(Inbound::Lost { session: self.id });
        }
        inner.stage = Stage::Detached;
        if !ask() {
            return Err(NoResume::Busy);
        }
        inner.stage = returning;
        inner.socket = Some(Socket { id: socket, bell });
        inner.resume_after = last;
        inner.rung = false;
        Ok(())
    }

    /// The mark of the token it was signed in with, while that vouches for it.
    pub(crate) fn token_mark(&self) -> Option<u64> {
        self.lock().token_mark
    }

    /// Whether it was signed in with the token of that mark, which is then as good as checked.
    pub(crate) fn is_vouched_by(&self, mark: u64) -> bool {
        self.token_mark() == Some(mark)
    }

    /// The token of that mark vouches for nothing any more.
    pub(crate) fn forget_token(&self, mark: u64) {
        let mut inner = self.lock();
        if inner.token_mark == Some(mark) {
            inner.token_mark = None;
        }
    }

    /// Whether it has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.lock().stage == Stage::Ended
    }

    /// Whether a socket speaks for it.
    pub(crate) fn has_socket(&self) -> bool {
        self.lock().socket.is_some()
    }

    /// The command id's earlier refusal by the gateway, if there was one.
    pub(crate) fn refusal_of(&self, id: u64) -> Option<Refusal> {
        self.lock().refused.find(id).cloned()
    }

    /// Remembers that the gateway refused a command id.
    pub(crate) fn note_refusal(&self, id: u64, refusal: Refusal) {
        self.lock().refused.note(id, refusal);
    }

    /// Changes how the client is spoken to.
    pub(crate) fn retune(&self, change: impl FnOnce(&mut Tongue)) {
        change(&mut self.lock().tongue);
    }

    /// The GMCP packages asked for so far.
    pub(crate) fn supports(&self) -> Supports {
        self.lock().tongue.supports.clone().unwrap_or_default()
    }

    /// Forgets sent frames that are too old to be asked for.
    pub(crate) fn trim(&self, now: Instant) {
        self.lock().ring.trim(now, self.bounds.replay_time);
    }
}

impl Inner {
    fn is(&self, socket: u64) -> bool {
        self.socket.as_ref().is_some_and(|now| now.id == socket)
    }

    fn put(&mut self, voice: &Voice<'_>, bounds: &SessionBounds) {
        let keeps_up = self.stage == Stage::Playing && !self.slow;
        let bound = if keeps_up || self.stage == Stage::Ended {
            bounds.queue_bytes
        } else {
            // Nobody reads: what may wait is bounded together with what waits for a resume.
            (bounds.queue_bytes + bounds.replay_bytes).saturating_sub(self.ring.bytes())
        };
        if self.torn && self.socket.is_none() {
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
        let number = self.keep(now, &parcel, bounds);
        Some((number, parcel))
    }

    fn keep(&mut self, now: Instant, parcel: &Parcel, bounds: &SessionBounds) -> u64 {
        self.number += 1;
        // Only numbered frames can be asked for again.
        if let Parcel::Tail(tail) = parcel {
            let tail = Arc::clone(tail);
            self.ring.push(self.number, now, tail, bounds.replay_bytes);
            self.ring.trim(now, bounds.replay_time);
        }
        self.number
    }
}

/// How the world's reason becomes a close: the code, its text, and the error that goes before.
pub(crate) fn farewell(why: Leaving) -> (Farewell, Option<ErrorNote>) {
    let (code, reason, error) = match why {
        Leaving::Quit => (1000, "goodbye", None),
        Leaving::LinkDead => (1000, "link dead", Some(Code::TimeoutError)),
        Leaving::TakenOver => (1000, "session_taken_over", Some(Code::SessionTakenOver)),
        Leaving::TooSlow => (1013, "slow_client", Some(Code::SlowClient)),
        Leaving::Kicked => (
            1008,
            "authorization_denied",
            Some(Code::AuthorizationDenied),
        ),
        Leaving::Shutdown => (1001, "system_error", Some(Code::SystemError)),
    };
    (Farewell { code, reason }, error.map(ErrorNote::of))
}
