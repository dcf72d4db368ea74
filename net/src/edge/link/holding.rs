//! When a connection is not read: TCP then holds its peer back, and it costs nothing meanwhile.

use std::future::poll_fn;
use std::time::{Duration, Instant};

use engine::port::{Code, Refusal};
use tokio::time::{sleep, sleep_until, timeout_at};

use super::Link;
use crate::clock;
use crate::edge::close::CloseReason;
use crate::edge::pipe::PeerMessage;

/// How often is looked whether the world has taken a session's lines: it does so once a tick.
const LOOK: Duration = Duration::from_millis(25);

/// More was sent than may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Over {
    since: Instant,
    /// When there is room again.
    until: Instant,
}

impl Link {
    /// Counts a message, or a line beyond the first of one. Over the limit the socket is not read
    /// until there is room.
    ///
    /// # Errors
    /// With the wait in milliseconds.
    pub(in crate::edge) fn count(&mut self, now: Instant) -> Result<(), u64> {
        self.intake.count(now).map_err(|wait| {
            self.over = Some(Over {
                since: now,
                until: now + wait,
            });
            u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1)
        })
    }

    /// Whether it is not read just now.
    pub(super) fn is_held_back(&self) -> bool {
        self.over.is_some() || self.intake.is_full(|| self.hub.taken())
    }

    /// Waits until it may be read again. Answers something when that is not to be: the peer is
    /// gone, or presses on. May be dropped and called again.
    pub(super) async fn hold_back(&mut self) -> Option<PeerMessage> {
        while self.intake.is_full(|| self.hub.taken()) {
            sleep(LOOK).await;
        }
        let over = self.over?;
        let patience = over.since + self.hub.config.timeouts.flood;
        let waiting = poll_fn(|cx| self.pipe.poll_waiting(cx));
        match timeout_at(over.until.into(), waiting).await {
            Ok(Ok(0) | Err(_)) => return Some(PeerMessage::Gone),
            Ok(Ok(_)) if patience < over.until => {
                sleep_until(patience.into()).await;
                let wait = over.until.saturating_duration_since(clock::now());
                let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
                let refusal = Refusal::of(Code::RateLimitExceeded).after_ms(wait);
                let reason = CloseReason::Error(refusal.code);
                return Some(PeerMessage::Broken(refusal, reason));
            }
            Ok(Ok(_)) => sleep_until(over.until.into()).await,
            Err(_) => {}
        }
        self.over = None;
        self.pulse.received(clock::now());
        None
    }
}
