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

use engine::port::{Arrival, Code, Leaving, Refusal, Role, SessionId, Tick};
use tokio::sync::Notify;

use crate::clock;
use crate::config::SessionBounds;
use crate::format::{EncodedFrame, EncodedNote, Encoder, Format};
use crate::limit::Intake;
use crate::payload::ErrorNote;

mod directory;
mod outbox;
mod receipt;
mod received;
mod refused;
mod ring;
mod sent;
mod stage;
#[cfg(test)]
mod tests;

pub(crate) use directory::{Directory, SessionKey, Spread};
pub(crate) use stage::{Illegal, SessionEvent, SessionStage};

use outbox::{Item, SendQueue};
use receipt::Receipts;
use refused::Refused;
use ring::ReplayRing;

/// What one tick may say to one session at the very most. The game says less by far: its talk is
/// paced to 320 KiB a tick and audience, of which a hearer has five, and escapes in JSON at most
/// double it; maps and letters come by 16 KiB.
const TICK_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What wakes the task of a socket.
pub(crate) type Waker = Arc<Notify>;

/// The token by which a session goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Proof {
    /// What the token is remembered by; none: nobody but us has it.
    pub(crate) mark: Option<u64>,
    /// How often its account had ended its tokens before.
    pub(crate) generation: u64,
}

/// One session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) key: SessionKey,
    pub(crate) arrival: Arrival,
    pub(crate) format: Format,
    /// What it sends, whichever socket it comes by.
    pub(crate) intake: Arc<Intake>,
    /// When it began.
    pub(crate) began: Instant,
    bounds: SessionBounds,
    inner: Mutex<SessionState>,
}

#[derive(Debug)]
struct SessionState {
    stage: SessionStage,
    encoder: Encoder,
    outbox: SendQueue,
    ring: ReplayRing,
    /// Frames that go out again, with the numbers they had.
    replay: VecDeque<(u64, EncodedFrame)>,
    /// Of what waits in the outbox, what does not count, in bytes: of a connected client what had
    /// gathered before it came back, since being away is not being slow; of one that is away what
    /// it had not taken when it was cut, since that is no reason to lose it.
    arrears: usize,
    /// The tick that said the newest thing in the outbox.
    tick: Tick,
    receipts: Receipts,
    /// The proof that is awaited has to be asked for again, behind what is replayed.
    proof_again: bool,
    /// The last number given.
    number: u64,
    /// Something is lost: this session can't be resumed.
    torn: bool,
    /// The socket does not keep up and is to be closed.
    slow: bool,
    socket: Option<Socket>,
    /// The task was woken and has not looked yet.
    woken: bool,
    ending: Option<Ending>,
    verdict: Option<Verdict>,
    resume_after: u64,
    /// The token it was signed in with.
    signed: Proof,
    /// The token it was resumed with last, and the role that its account had then.
    resumed: Option<(Proof, Role)>,
    owed: Option<Owed>,
    refused: Refused,
}

#[derive(Debug)]
struct Socket {
    id: u64,
    waker: Waker,
}

/// Answers that no watermark covers yet: the ticks of the first and the last.
#[derive(Clone, Copy, Debug)]
struct Owed {
    first: Tick,
    last: Tick,
}

/// How a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Its player quit.
    Quit,
    /// With an error of that code, which its client gets last.
    Error(Code),
}

impl Ending {
    /// How a session ends whose last word is that error, or none.
    pub(crate) fn after(last: Option<Code>) -> Self {
        last.map_or(Self::Quit, Self::Error)
    }

    /// Its word in the log.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Quit => "goodbye",
            Self::Error(code) => code.word(),
        }
    }
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
    Close(Ending),
    /// The world said no.
    Refused(Verdict),
}

/// What leaves a session.
#[derive(Debug)]
pub(crate) enum SentItem<'a> {
    /// A frame with its number.
    Frame(u64, &'a EncodedFrame),
    /// The client is to prove that it has read everything before, and then the world is told.
    Proof(Tick),
    /// It has read everything already: the world is told now.
    Proven(Tick),
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
        stage: SessionStage,
        encoder: Encoder,
        bounds: SessionBounds,
        socket: u64,
        waker: Waker,
        signed: Proof,
        intake: Arc<Intake>,
    ) -> Result<Self, Illegal> {
        let stage = stage.after(SessionEvent::Vouched)?;
        arrival.session = id;
        Ok(Self {
            id,
            key,
            arrival,
            format: encoder.format,
            intake,
            began: clock::now(),
            bounds,
            inner: Mutex::new(SessionState {
                stage,
                encoder,
                outbox: SendQueue::default(),
                ring: ReplayRing::default(),
                replay: VecDeque::new(),
                arrears: 0,
                tick: 0,
                receipts: Receipts::default(),
                proof_again: false,
                number: 0,
                torn: false,
                slow: false,
                socket: Some(Socket { id: socket, waker }),
                woken: false,
                ending: None,
                verdict: None,
                resume_after: 0,
                signed,
                resumed: None,
                owed: None,
                refused: Refused::default(),
            }),
        })
    }

    fn lock(&self) -> MutexGuard<'_, SessionState> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SessionState {
    fn is(&self, socket: u64) -> bool {
        self.socket.as_ref().is_some_and(|now| now.id == socket)
    }

    fn put(&mut self, encoded: &EncodedNote<'_>, bounds: &SessionBounds) {
        if !self.is_to_be_sent() {
            return;
        }
        self.begin_tick(encoded.tick(), bounds);
        let (key, outbox) = (encoded.coalesce(), &mut self.outbox);
        outbox.begin(key, bounds.queue_bytes);
        encoded.frames(&self.encoder, |frame| outbox.push(frame, key));
        if self.is_judged() {
            // Only what no tick of this game says comes so far: memory has an end all the same.
            let most = bounds.left_over_max() + TICK_BYTES_MAX + self.arrears;
            if self.outbox.bytes() > most {
                self.give_up(bounds);
            }
        } else if self.stage != SessionStage::Ended {
            // Nobody reads: what may wait is bounded together with what waits for a resume.
            let bound = bounds.queue_bytes + bounds.replay_bytes + self.arrears;
            if self.outbox.over(bound.saturating_sub(self.ring.bytes())) {
                self.torn = true;
                self.outbox.clear();
                self.ring.clear();
            }
        }
    }

    /// Whether what is queued now can ever be sent.
    fn is_to_be_sent(&self) -> bool {
        let resumable = self.encoder.format == Format::Kadath && !self.torn;
        self.socket.is_some() || resumable
    }

    /// Whether a client reads, and may be found to be slow.
    fn is_judged(&self) -> bool {
        self.stage == SessionStage::Playing && !self.slow
    }

    /// Judges what is left of earlier ticks, when a new one begins to speak: never what this one
    /// says, however much that is. Until here, a client is given time (see `edge/conversation/lag.rs`).
    fn begin_tick(&mut self, tick: Tick, bounds: &SessionBounds) {
        if tick <= self.tick {
            return;
        }
        self.tick = tick;
        if !self.is_judged() || self.outbox.bytes() <= bounds.queue_bytes {
            return;
        }
        self.outbox.compact();
        if self.outbox.bytes() > bounds.left_over_max() + self.arrears {
            self.give_up(bounds);
        }
    }

    /// The socket is to be closed, and what it has not taken is kept for the resume: bounded, so
    /// that nobody who comes and goes without reading gathers ever more.
    fn give_up(&mut self, bounds: &SessionBounds) {
        self.slow = true;
        self.woken = false;
        self.set_aside(bounds);
    }

    fn set_aside(&mut self, bounds: &SessionBounds) {
        let left = self.outbox.bytes().saturating_sub(bounds.queue_bytes);
        self.arrears = left.min(bounds.left_over_max());
    }

    fn wake(&mut self) -> Option<Waker> {
        if self.woken {
            return None;
        }
        let waker = Arc::clone(&self.socket.as_ref()?.waker);
        self.woken = true;
        Some(waker)
    }

    /// The next fresh frame, numbered; `asked` hears of receipts that stand before it.
    fn number_next(
        &mut self,
        now: Instant,
        bounds: &SessionBounds,
        mut asked: impl FnMut(SentItem<'_>),
    ) -> Option<(u64, EncodedFrame)> {
        let frame = loop {
            match self.outbox.pop()? {
                Item::Frame(frame) => break frame,
                Item::Receipt(tick) => asked(self.receipts.ask(tick, self.number)),
            }
        };
        self.arrears = self.arrears.saturating_sub(frame.weight());
        let number = self.keep(now, &frame, bounds);
        Some((number, frame))
    }

    fn keep(&mut self, now: Instant, frame: &EncodedFrame, bounds: &SessionBounds) -> u64 {
        self.number += 1;
        // Only numbered frames can be asked for again.
        if let EncodedFrame::Numbered(tail) = frame {
            let tail = Arc::clone(tail);
            self.ring.push(self.number, now, tail, bounds.replay_bytes);
        }
        self.number
    }
}

/// The error that a session ends with for the world's reason, in the words of `told` where there
/// are some; none where its player quit.
pub(crate) fn last_error(why: Leaving, told: Option<String>) -> Option<ErrorNote> {
    let usual = |code: Code| (code, code.message());
    let (code, words) = match why {
        Leaving::Quit => return None,
        Leaving::LinkDead => (Code::TimeoutError, "You were away for too long."),
        Leaving::TakenOver => usual(Code::SessionTakenOver),
        Leaving::TooSlow => usual(Code::SlowClient),
        Leaving::Kicked => (Code::AuthorizationDenied, "You were sent away."),
        Leaving::Fault => usual(Code::InternalError),
        Leaving::Shutdown => (Code::SystemError, GOING_DOWN),
    };
    let message = told.unwrap_or_else(|| words.to_owned());
    Some(Refusal::new(code, message).into())
}

/// What everybody reads when the server stops.
const GOING_DOWN: &str =
    "The server is going down. When it is up again, you come back to where you are.";
