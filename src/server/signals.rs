//! What the operating system asks of a running server.

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signal 25 on Linux: a file grew beyond its limit. The journal hears of it as an error.
const SIGXFSZ: i32 = 25;

/// The signals that a server heeds.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

/// What a signal asks for.
pub(super) enum SignalRequest {
    Stop,
    Reload,
}

impl Signals {
    pub(super) fn listen() -> anyhow::Result<Self> {
        // A handler for it is all that is needed: the default one kills.
        drop(signal(SignalKind::from_raw(SIGXFSZ)).context("signals can't be handled")?);
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    pub(super) async fn next(&mut self) -> SignalRequest {
        tokio::select! {
            _ = self.interrupt.recv() => SignalRequest::Stop,
            _ = self.terminate.recv() => SignalRequest::Stop,
            _ = self.hangup.recv() => SignalRequest::Reload,
        }
    }

    pub(super) async fn stop(&mut self) {
        while let SignalRequest::Reload = self.next().await {}
    }
}
