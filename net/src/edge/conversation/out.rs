//! A conversation's way out: from the session's queue to the socket.

use std::pin::pin;
use std::time::Duration;

use engine::port::{Code, Inbound};
use futures_util::FutureExt as _;
use tokio::time::sleep;

use super::{Conversation, End};
use crate::clock;
use crate::payload::ErrorNote;
use crate::session::{Next, Press, SentItem};

/// What is written at once, at most. More than a tick's worth for most, little enough that a
/// slow client's frames wait where they can still be coalesced.
const BATCH_BYTES: usize = 64 * 1024;

/// How often in `SessionBounds::slow_time` a socket that takes nothing is looked at.
const LOOKS: u32 = 8;

impl Conversation {
    /// Writes everything that waits, a flush per batch.
    pub(super) async fn deliver(&mut self) -> Result<(), End> {
        loop {
            let now = clock::now();
            let (link, lag, hub) = (&mut self.link, &mut self.lag, &self.hub);
            let session = self.session.id;
            let mut wrote = false;
            let next = self
                .session
                .take(self.socket, now, BATCH_BYTES, |sent| match sent {
                    SentItem::Frame(number, frame) => {
                        link.write(number, frame);
                        lag.offer(frame.weight());
                        wrote = true;
                    }
                    SentItem::Proof(tick) => {
                        link.ask_proof(tick);
                        wrote = true;
                    }
                    SentItem::Proven(through) => hub.tell(Inbound::Received { session, through }),
                });
            // A backlog without new frames was abandoned: the session says why instead.
            if wrote {
                match self.link.flush().now_or_never() {
                    Some(flushed) => flushed?,
                    None => {
                        Box::pin(self.flush()).await?;
                        // It may have been woken meanwhile, so this look is stale.
                        continue;
                    }
                }
            }
            match next {
                Next::More => {}
                Next::Rest { playing } => {
                    self.lag.over();
                    if playing && !self.playing {
                        self.playing = true;
                        self.release()?;
                    }
                    return Ok(());
                }
                Next::Displaced => return Err(End::Displaced),
                Next::Slow => return Err(self.too_slow()),
                Next::Close(ending) => return Err(End::Over(ending)),
                Next::Refused(verdict) if verdict.returning => self.arrive_anew()?,
                Next::Refused(verdict) => return Err(End::Refused(verdict.refusal)),
            }
        }
    }

    /// Flushes, unless the session has better to do than wait for a socket that doesn't take it.
    async fn flush(&mut self) -> Result<(), End> {
        let timeouts = &self.hub.config.timeouts;
        let mut patience = timeouts.write;
        let mut left = self.link.backlog();
        let mut alarm = pin!(sleep(patience));
        let bounds = self.hub.config.sessions;
        let mut look = pin!(sleep(Duration::ZERO));
        loop {
            tokio::select! {
                biased;
                flushed = self.link.flush() => return Ok(flushed?),
                () = &mut look => {
                    let waits = (self.session.waiting(), self.link.backlog());
                    if self.lag.is_slow(clock::now(), waits, &bounds) {
                        return Err(self.too_slow());
                    }
                    let pause = bounds.slow_time / LOOKS;
                    look.as_mut().reset(tokio::time::Instant::now() + pause);
                }
                () = self.waker.notified() => match self.session.press(self.socket) {
                    // The next look at the session says why.
                    Some(Press::Abandon) => return Ok(()),
                    Some(Press::Hurry) if patience > timeouts.drain => {
                        patience = timeouts.drain;
                        alarm.as_mut().reset(tokio::time::Instant::now() + patience);
                    }
                    Some(Press::Hurry) | None => {}
                },
                () = &mut alarm => {
                    // Slowly is well; not at all is not.
                    let before = std::mem::replace(&mut left, self.link.backlog());
                    if left >= before || patience == timeouts.drain {
                        return Err(self.too_slow());
                    }
                    alarm.as_mut().reset(tokio::time::Instant::now() + patience);
                }
            }
        }
    }

    fn too_slow(&self) -> End {
        self.hub.metrics.slow_clients.inc();
        tracing::info!("slow client closed");
        End::with(ErrorNote::of(Code::SlowClient))
    }
}
