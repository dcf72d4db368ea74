//! The world's side of a session: what the router puts in.

use engine::port::{Admission, Code, Refusal, Tick};

use super::{Ending, Owed, Session, SessionEvent, SessionStage, Verdict, Waker};
use crate::format::EncodedNote;
use crate::payload::Welcome;

impl Session {
    /// Queues a note. The answer is whom to wake, once per look of the socket's task.
    pub(crate) fn queue(&self, encoded: &EncodedNote<'_>) -> Option<Waker> {
        let mut inner = self.lock();
        if !matches!(
            inner.stage,
            SessionStage::Playing | SessionStage::Detached | SessionStage::Returning
        ) {
            return None;
        }
        inner.put(encoded, &self.bounds);
        inner.wake()
    }

    /// The world has let the character in, or back in: queues the welcome.
    pub(crate) fn admit(&self, admission: &Admission, tick: Tick, stamp: &str) -> Option<Waker> {
        let mut inner = self.lock();
        let resumed = inner.stage == SessionStage::Returning;
        // A welcome nobody waits for: the socket was cut meanwhile, or two were asked for.
        let stage = inner.stage.after(SessionEvent::Admitted).ok()?;
        let missed = if resumed && !inner.torn {
            inner.ring.after(inner.resume_after, inner.number)
        } else {
            None
        };
        if resumed && missed.is_none() {
            inner.stage = SessionStage::Ended;
            inner.verdict = Some(Verdict {
                refusal: Refusal::of(Code::ResourceNotFound),
                returning: true,
            });
            return inner.wake();
        }

        inner.stage = stage;
        let welcome = Welcome::new(
            self.key.hex(),
            &self.arrival.name,
            admission,
            resumed,
            self.format.label(),
        );
        let encoded = EncodedNote::new(&welcome, tick, stamp);
        if let Some(missed) = missed {
            let number = inner.resume_after;
            let inner = &mut *inner;
            let replay = &mut inner.replay;
            inner.arrears = inner.outbox.bytes();
            inner.proof_again = inner.receipts.awaited().is_some();
            replay.clear();
            encoded.frames(&inner.encoder, |frame| replay.push_back((number, frame)));
            replay.extend(missed);
        } else {
            inner.put(&encoded, &self.bounds);
        }
        inner.wake()
    }

    /// The world wants to know when the client has read everything queued so far.
    pub(crate) fn ask_receipt(&self, tick: Tick) -> Option<Waker> {
        let mut inner = self.lock();
        let reads = matches!(
            inner.stage,
            SessionStage::Playing | SessionStage::Detached | SessionStage::Returning
        );
        if !reads || !inner.is_to_be_sent() {
            return None;
        }
        inner.outbox.ask_receipt(tick);
        inner.wake()
    }

    /// The world does not let the character in.
    pub(crate) fn refuse(&self, refusal: Refusal) -> Option<Waker> {
        let mut inner = self.lock();
        let returning = inner.stage == SessionStage::Returning;
        inner.stage = inner.stage.after(SessionEvent::Refused).ok()?;
        inner.verdict = Some(Verdict { refusal, returning });
        inner.wake()
    }

    /// The session is over: everything queued goes out, then `last`, then the socket closes. One
    /// whose welcome has not gone out yet has no stream to end: it is refused with the same code.
    pub(crate) fn close(&self, last: Option<(Code, &EncodedNote<'_>)>) -> Option<Waker> {
        let mut inner = self.lock();
        let before = inner.stage;
        inner.stage = before.after(SessionEvent::Closed).ok()?;
        match (before, last) {
            (SessionStage::Playing | SessionStage::Detached, Some((_, encoded))) => {
                inner.put(encoded, &self.bounds)
            }
            (SessionStage::Playing | SessionStage::Detached, None) => {}
            (_, last) => {
                let code = last.map_or(Code::SystemError, |(code, _)| code);
                inner.verdict = Some(Verdict {
                    refusal: Refusal::of(code),
                    returning: false,
                });
            }
        }
        inner.ending = Some(Ending::after(last.map(|(code, _)| code)));
        // A write under way was woken already and must be woken again.
        inner.woken = false;
        inner.wake()
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

    /// Pays what the watermark `through`, said by `encoded`, covers. Answers whom to wake, and
    /// whether something is still owed.
    pub(crate) fn pay(&self, through: Tick, encoded: &EncodedNote<'_>) -> (Option<Waker>, bool) {
        let mut inner = self.lock();
        let Some(owed) = inner.owed else {
            return (None, false);
        };
        if inner.stage == SessionStage::Ended {
            return (None, false);
        }
        if through < owed.first {
            return (None, true);
        }
        inner.owed = (through < owed.last).then_some(Owed {
            first: through + 1,
            last: owed.last,
        });
        // A newer watermark says all that a waiting one would.
        inner.outbox.begin(encoded.coalesce(), 0);
        inner.put(encoded, &self.bounds);
        (inner.wake(), inner.owed.is_some())
    }
}
