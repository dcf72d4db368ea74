//! Questions whether a client has read everything before, by timing marks (RFC 860).

use std::collections::VecDeque;

use engine::port::Tick;

use crate::edge::pipe::PeerMessage;

/// Questions that are open at once: more than pings and receipts come to.
const PROBES_MAX: usize = 64;
/// After so many answers a client counts as one that answers. Some answer the first and no other,
/// since they take it for an option.
const ANSWERS: u8 = 2;

/// The questions of one stream.
///
/// Whoever answers is waited for; for all others it must do that the system has taken everything. Who
/// stops answering is no longer waited for, and closed for none of it: whether a silent client lives is
/// for the system to find out.
#[derive(Clone, Debug, Default)]
pub(super) struct TimingMarks {
    /// Each with whether the client was sent it.
    open: VecDeque<(Option<Tick>, bool)>,
    answers: u8,
    /// Answers that may come to questions that nobody waits for any more.
    late: usize,
}

impl TimingMarks {
    /// Asks; answers whether the client is to be sent the question, where it `speaks` telnet. For a
    /// mere sign of life it is not bothered.
    pub(super) fn ask(&mut self, tick: Option<Tick>, speaks: bool) -> bool {
        let written = speaks && tick.is_some();
        if self.open.iter().any(|(_, written)| *written) || self.open.len() >= PROBES_MAX {
            self.answers = 0;
        }
        self.open.push_back((tick, written));
        written
    }

    /// The client has answered one.
    pub(super) fn answered(&mut self) -> Option<PeerMessage> {
        self.answers = self.answers.saturating_add(1);
        if self.late > 0 {
            self.late -= 1;
            return None;
        }
        // Who has read a later question has read the earlier.
        while let Some((tick, written)) = self.open.pop_front() {
            if written {
                return Some(proof(tick));
            }
        }
        None
    }

    /// The oldest question, where everything was taken and nobody is waited for.
    pub(super) fn taken_for_answered(&mut self) -> Option<PeerMessage> {
        let (tick, written) = *self.open.front()?;
        if written && self.answers >= ANSWERS {
            return None;
        }
        self.open.pop_front();
        self.late += usize::from(written);
        Some(proof(tick))
    }
}

fn proof(tick: Option<Tick>) -> PeerMessage {
    tick.map_or(PeerMessage::Alive, PeerMessage::Proof)
}
