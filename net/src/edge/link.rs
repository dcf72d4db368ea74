//! One connection, as a conversation uses it: its pipe, how it is spoken to, what it may send, and
//! whether it lives.

use std::future::poll_fn;
use std::sync::Arc;

use engine::port::{Code, Note, Tick};
use tokio::time::timeout;

use super::pipe::{Gone, PeerMessage, Pipe};
use crate::clock;
use crate::format::{EncodedFrame, Encoder};
use crate::hub::Hub;
use crate::limit::Intake;
use crate::session::{SessionEvent, SessionStage};
use pulse::{Beat, Pulse};

mod holding;
pub(super) mod pulse;

use holding::Over;

/// One connection.
pub(super) struct Link {
    pub(super) hub: Arc<Hub>,
    pub(super) encoder: Encoder,
    /// Where the session that this connection is to become stands.
    pub(super) stage: SessionStage,
    /// What its session sends, or only itself as long as it has none.
    pub(super) intake: Arc<Intake>,
    pub(super) pipe: Box<dyn Pipe>,
    pulse: Pulse,
    /// It has sent more than it may and is not read just now.
    over: Option<Over>,
}

impl Link {
    pub(super) fn new(pipe: Box<dyn Pipe>, encoder: Encoder, hub: Arc<Hub>) -> Self {
        let now = clock::now();
        Self {
            encoder,
            stage: SessionStage::Connecting
                .after(SessionEvent::Opened)
                .unwrap_or(SessionStage::Ended),
            intake: Arc::new(Intake::new(hub.config.limits.frames_per_minute, now)),
            pipe,
            pulse: Pulse::new(&hub.config.timeouts, now),
            over: None,
            hub,
        }
    }

    /// The next thing from the client. May be dropped and called again: nothing is lost.
    pub(super) async fn receive(&mut self) -> PeerMessage {
        if self.is_held_back()
            && let Some(end) = Box::pin(self.hold_back()).await
        {
            return end;
        }
        let received = poll_fn(|cx| self.pipe.poll_receive(cx)).await;
        let now = clock::now();
        match &received {
            PeerMessage::Gone | PeerMessage::TooFast(_) => return received,
            PeerMessage::Broken(refusal, _) => {
                if refusal.code == Code::SlowClient {
                    self.hub.metrics.slow_clients.inc();
                }
                return received;
            }
            PeerMessage::Closed
            | PeerMessage::Message(_)
            | PeerMessage::Alive
            | PeerMessage::Proof(_) => {}
        }
        self.pulse.received(now);
        if matches!(received, PeerMessage::Closed) {
            return received;
        }
        match self.count(now) {
            Ok(()) => received,
            Err(wait) => PeerMessage::TooFast(wait),
        }
    }

    /// What is to be done for the connection now.
    pub(super) fn beat(&mut self) -> Beat {
        let now = clock::now();
        if self.is_held_back() {
            // Who is not read can't be blamed for silence.
            self.pulse.received(now);
        }
        self.pulse.beat(now)
    }

    /// Adds a frame to the next flush.
    pub(super) fn write(&mut self, number: u64, frame: &EncodedFrame) {
        self.hub.metrics.frames_sent.inc();
        self.pipe.write(number, frame);
    }

    /// Adds a question for a proof that the peer has read everything written before.
    pub(super) fn ask_proof(&mut self, tick: Tick) {
        self.pipe.probe(Some(tick));
    }

    /// Sends what was written. May be dropped and called again.
    pub(super) async fn flush(&mut self) -> Result<(), Gone> {
        poll_fn(|cx| self.pipe.poll_flush(cx)).await
    }

    /// Bytes that the socket has not taken yet.
    pub(super) fn backlog(&self) -> usize {
        self.pipe.backlog()
    }

    /// Asks the peer for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), Gone> {
        self.pipe.probe(None);
        self.bounded_flush().await
    }

    /// Says something outside of any session's stream: it has the number 0.
    pub(super) async fn say(&mut self, note: &dyn Note) -> Result<(), Gone> {
        let hub = Arc::clone(&self.hub);
        let encoder = self.encoder.clone();
        hub.encoded(note, |encoded| {
            encoded.frames(&encoder, |frame| self.write(0, &frame));
        });
        self.bounded_flush().await
    }

    async fn bounded_flush(&mut self) -> Result<(), Gone> {
        let patience = self.hub.config.timeouts.write;
        timeout(patience, self.flush()).await.unwrap_or(Err(Gone))
    }
}
