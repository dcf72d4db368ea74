//! Why a connection is closed, and how it is left: the last words, then the close.
//!
//! Reasons are the gateway's; how one is told a client is its door's.

use std::sync::Arc;

use engine::port::{Code, Refusal};
use tokio::time::{sleep, timeout};

use super::link::Link;
use super::pipe::Gone;
use crate::format::EncodedFrame;
use crate::payload::ErrorNote;
use crate::session::Ending;

/// Why a connection is closed by us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CloseReason {
    /// The player quit.
    Quit,
    /// The session's character has waited for its client for too long.
    LinkDead,
    /// A message is bigger than any may be.
    TooBig,
    /// A message is not UTF-8.
    NotText,
    /// What came breaks the protocol that the door speaks.
    Malformed,
    /// An error of that code, which the client was sent before.
    Error(Code),
}

impl From<Ending> for CloseReason {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Quit => Self::Quit,
            Ending::Error(Code::TimeoutError) => Self::LinkDead,
            Ending::Error(code) => Self::Error(code),
        }
    }
}

/// Why a connection is left.
#[derive(Debug)]
pub(super) enum ExitCause {
    /// The peer has left already.
    Gone,
    /// The peer closes and waits for the answer.
    Closed,
    /// The player wished to.
    Quit,
    /// With a word, and a close.
    Said(Box<ErrorNote>, CloseReason),
}

impl ExitCause {
    /// Leaves because of a refusal.
    pub(super) fn refused(refusal: Refusal) -> Self {
        ErrorNote::from(refusal).into()
    }
}

impl From<ErrorNote> for ExitCause {
    fn from(note: ErrorNote) -> Self {
        let reason = CloseReason::Error(note.code);
        Self::Said(Box::new(note), reason)
    }
}

impl From<Gone> for ExitCause {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl Link {
    /// Leaves with a last word, where there is one.
    pub(super) async fn leave(mut self, exit: ExitCause) {
        match exit {
            ExitCause::Gone => {}
            ExitCause::Closed => self.part().await,
            ExitCause::Quit => self.close(CloseReason::Quit).await,
            ExitCause::Said(note, reason) => {
                // Who does not read the word won't read the close either: both get a moment.
                if timeout(self.hub.config.timeouts.linger, self.say(&*note)).await == Ok(Ok(())) {
                    self.close(reason).await;
                }
            }
        }
    }

    /// Leaves with words that have numbers already. Whoever is left for reading slowly gets as long
    /// as for any write: it reads why, once it reads again.
    pub(super) async fn leave_with(mut self, words: Vec<(u64, EncodedFrame)>, reason: CloseReason) {
        for (number, frame) in &words {
            self.write(*number, frame);
        }
        let patience = self.patience(reason);
        let flushed = tokio::select! {
            biased;
            flushed = self.flush() => flushed.is_ok(),
            () = patience => false,
        };
        if flushed {
            self.close(reason).await;
        }
    }

    /// Ends when the peer has had time enough for the last words. A stop waits for no slow one.
    fn patience(&self, reason: CloseReason) -> impl Future<Output = ()> + use<> {
        let hub = Arc::clone(&self.hub);
        async move {
            let timeouts = &hub.config.timeouts;
            if reason == CloseReason::Error(Code::SlowClient) {
                let stop = hub.tasks.stop();
                let _ = timeout(timeouts.write, stop.cancelled()).await;
            } else {
                sleep(timeouts.linger).await;
            }
        }
    }

    /// Closes the connection for that reason.
    pub(super) async fn close(self, reason: CloseReason) {
        let patience = self.patience(reason);
        // However it ends, the connection is dropped.
        tokio::select! {
            biased;
            () = self.pipe.close(Some(reason)) => {}
            () = patience => {}
        }
    }

    /// Answers the peer's close.
    pub(super) async fn part(self) {
        let patience = sleep(self.hub.config.timeouts.linger);
        tokio::select! {
            biased;
            () = self.pipe.close(None) => {}
            () = patience => {}
        }
    }
}
