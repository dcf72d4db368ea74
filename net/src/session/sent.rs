//! The client's side of a session: what the task of its socket takes out.

use std::time::Instant;

use engine::port::{Inbound, Leaving, Refusal, Role, Tick};

use super::{
    Next, NoResume, Press, Proof, SentItem, Session, SessionEvent, SessionStage, Socket, Waker,
};
use crate::format::{EncodedFrame, EncodedNote, Encoder, Format, Supports};

impl Session {
    /// Takes frames that are to be written now, numbered, until `budget` bytes are reached. `write`
    /// must not wait: it hears each of them under the lock.
    pub(crate) fn take(
        &self,
        socket: u64,
        now: Instant,
        budget: usize,
        mut write: impl FnMut(SentItem<'_>),
    ) -> Next {
        let mut inner = self.lock();
        if !inner.is(socket) {
            return Next::Displaced;
        }
        inner.woken = false;
        if let Some(verdict) = inner.verdict.take() {
            return Next::Refused(verdict);
        }
        if !matches!(inner.stage, SessionStage::Playing | SessionStage::Ended) {
            return Next::Rest { playing: false };
        }
        if inner.slow {
            return Next::Slow;
        }
        let mut bytes = 0;
        while bytes < budget {
            let next = inner.replay.pop_front();
            let (number, frame) = match next {
                Some(again) => again,
                None => match inner.number_next(now, &self.bounds, &mut write) {
                    Some(fresh) => fresh,
                    None => break,
                },
            };
            bytes += frame.weight();
            write(SentItem::Frame(number, &frame));
            if inner.proof_again && inner.replay.is_empty() {
                // The probe of the lost socket went with it, and its frames have just gone again.
                inner.proof_again = false;
                if let Some(tick) = inner.receipts.awaited() {
                    write(SentItem::Proof(tick));
                }
            }
        }
        inner.ring.trim(now, self.bounds.replay_time);
        if !inner.replay.is_empty() || !inner.outbox.is_empty() {
            return Next::More;
        }
        match inner.ending {
            Some(ending) => Next::Close(ending),
            None => Next::Rest { playing: true },
        }
    }

    /// Bytes that wait to be taken.
    pub(crate) fn waiting(&self) -> usize {
        let inner = self.lock();
        let again = inner.replay.iter().map(|(_, frame)| frame.weight());
        again.sum::<usize>() + inner.outbox.bytes()
    }

    /// The client has read what stood before the probe of that tick; answers whether the world
    /// waits to hear so.
    pub(crate) fn prove(&self, socket: u64, tick: Tick) -> bool {
        let mut inner = self.lock();
        inner.is(socket) && inner.receipts.prove(tick)
    }

    /// What a write under way has to know.
    pub(crate) fn press(&self, socket: u64) -> Option<Press> {
        let inner = self.lock();
        if !inner.is(socket) || inner.slow {
            return Some(Press::Abandon);
        }
        inner.ending.map(|_| Press::Hurry)
    }

    /// Numbers a note that goes out ahead of everything queued, since the socket closes.
    pub(crate) fn last_word(
        &self,
        socket: u64,
        now: Instant,
        encoded: &EncodedNote<'_>,
    ) -> Vec<(u64, EncodedFrame)> {
        let mut inner = self.lock();
        let mut words = Vec::new();
        if !inner.is(socket) || !matches!(inner.stage, SessionStage::Playing) {
            return words;
        }
        // Unsent replays keep their place: the word would come out of turn.
        if !inner.replay.is_empty() {
            return words;
        }
        let inner = &mut *inner;
        encoded.frames(&inner.encoder, |frame| words.push((0, frame)));
        for (number, frame) in &mut words {
            *number = inner.keep(now, frame, &self.bounds);
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
        inner.woken = false;
        inner.set_aside(&self.bounds);
        if self.format != Format::Kadath {
            // Nobody comes back for it.
            inner.outbox.clear();
        }
        let Ok(stage) = inner.stage.after(SessionEvent::Cut) else {
            return false;
        };
        inner.stage = stage;
        let over = stage == SessionStage::Ended;
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
        waker: Waker,
        tell: impl FnOnce(Inbound),
        ask: impl FnOnce() -> bool,
    ) -> Result<(), NoResume> {
        let mut inner = self.lock();
        let Ok(returning) = inner.stage.after(SessionEvent::Claimed) else {
            return Err(NoResume::Gone);
        };
        let there = inner.ring.reaches(last, inner.number);
        if self.format != Format::Kadath || inner.torn || !there {
            return Err(NoResume::Gone);
        }
        if let Some(old) = inner.socket.take() {
            old.waker.notify_one();
            inner.slow = false;
            tell(Inbound::Lost { session: self.id });
        }
        inner.stage = SessionStage::Detached;
        if !ask() {
            return Err(NoResume::Busy);
        }
        inner.stage = returning;
        inner.socket = Some(Socket { id: socket, waker });
        inner.resume_after = last;
        inner.woken = false;
        Ok(())
    }

    /// Whether it was signed in, or resumed last, with the token of that mark.
    pub(crate) fn is_vouched_by(&self, mark: u64) -> bool {
        let inner = self.lock();
        let resumed = inner.resumed.map(|(by, _)| by);
        let by = std::iter::once(inner.signed).chain(resumed);
        by.into_iter().any(|by| by.mark == Some(mark))
    }

    /// It is resumed with that token, by an account of that role.
    pub(crate) fn resumed_by(&self, by: Proof, role: Role) {
        self.lock().resumed = Some((by, role));
    }

    /// It goes on by that token, and by none of before.
    pub(crate) fn reproved(&self, by: Proof) {
        let mut inner = self.lock();
        inner.signed = by;
        if let Some((resumed, _)) = &mut inner.resumed {
            *resumed = by;
        }
    }

    /// The newest token shown for it, and the role of its account: the least until the account store
    /// was asked.
    pub(crate) fn vouched(&self) -> (Proof, Role) {
        let inner = self.lock();
        inner.resumed.unwrap_or((inner.signed, Role::Player))
    }

    /// What its ring keeps and what waits in its queue, in bytes.
    #[cfg(feature = "simulation")]
    pub(crate) fn held(&self) -> (usize, usize) {
        let inner = self.lock();
        (inner.ring.bytes(), inner.outbox.bytes())
    }

    /// Whether it has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.lock().stage == SessionStage::Ended
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
    pub(crate) fn retune(&self, change: impl FnOnce(&mut Encoder)) {
        change(&mut self.lock().encoder);
    }

    /// The GMCP packages asked for so far.
    pub(crate) fn supports(&self) -> Supports {
        self.lock().encoder.supports.clone().unwrap_or_default()
    }

    /// Forgets sent frames that are too old to be asked for, and keeps the others small.
    pub(crate) fn trim(&self, now: Instant) {
        let ring = &mut self.lock().ring;
        ring.trim(now, self.bounds.replay_time);
        ring.rest();
    }
}
