//! How a socket ends: the last words, the close, and our end of the connection.

use std::sync::Arc;

use engine::port::Code;
use futures_util::SinkExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::{Exit, Link};
use crate::edge::ws::wire::Wire;
use crate::format::Parcel;
use crate::session::Farewell;

/// How a player leaves.
const GOODBYE: Farewell = Farewell {
    code: 1000,
    reason: "goodbye",
};

/// What is still read from a peer that is closed: more than the kernel holds of one that was not
/// read. Whoever sends more is no longer read, and cut when its time is over.
const UNREAD_BYTES_MAX: usize = 256 * 1024;

impl Link {
    /// Leaves with a last word, where there is one.
    pub(in super::super) async fn leave(mut self, exit: Exit) {
        match exit {
            Exit::Gone => {}
            Exit::Closed => self.part().await,
            Exit::Quit => self.close(GOODBYE).await,
            Exit::Said(note, farewell) => {
                // Who does not read the word won't read the close either: both get a moment.
                if timeout(self.hub.config.timeouts.linger, self.say(&*note)).await == Ok(Ok(())) {
                    self.close(farewell).await;
                }
            }
        }
    }

    /// Leaves with words that have numbers already. Whoever is left for reading slowly gets as long
    /// as for any write: it reads why, once it reads again.
    pub(in super::super) async fn leave_with(
        mut self,
        words: Vec<(u64, Parcel)>,
        farewell: Farewell,
    ) {
        for (number, parcel) in &words {
            self.write(*number, parcel);
        }
        let patience = self.patience(&farewell);
        let flushed = tokio::select! {
            flushed = self.flush() => flushed.is_ok(),
            () = patience => false,
        };
        if flushed {
            self.close(farewell).await;
        }
    }

    /// Ends when the peer has had time enough for the last words. A stop waits for no slow one.
    fn patience(&self, farewell: &Farewell) -> impl Future<Output = ()> + use<> {
        let hub = Arc::clone(&self.hub);
        let slow = farewell.reason == Code::SlowClient.word();
        async move {
            let timeouts = &hub.config.timeouts;
            if slow {
                let stop = hub.tasks.stop();
                let _ = timeout(timeouts.write, stop.cancelled()).await;
            } else {
                sleep(timeouts.linger).await;
            }
        }
    }

    /// Closes the socket: the close frame, then our end.
    pub(in super::super) async fn close(mut self, farewell: Farewell) {
        let patience = self.patience(&farewell);
        let frame = CloseFrame {
            code: CloseCode::from(farewell.code),
            reason: Utf8Bytes::from_static(farewell.reason),
        };
        let goodbye = async {
            self.ws.send(Message::Close(Some(frame))).await.ok()?;
            end(self.ws.into_inner()).await
        };
        // However it ends, the socket is dropped.
        tokio::select! {
            _ = goodbye => {}
            () = patience => {}
        }
    }

    /// Answers the peer's close: the library has the frame ready, then our end.
    pub(in super::super) async fn part(mut self) {
        let patience = sleep(self.hub.config.timeouts.linger);
        let goodbye = async {
            self.flush().await.ok()?;
            end(self.ws.into_inner()).await
        };
        tokio::select! {
            _ = goodbye => {}
            () = patience => {}
        }
    }
}

/// Ends our half of the connection, after what was written. What the peer still sends goes unread
/// to nowhere: without that, data on its way would make the system reset the connection, and the
/// peer might never see the close.
async fn end(mut wire: Wire) -> Option<()> {
    wire.shutdown().await.ok()?;
    let mut nowhere = [0; 1024];
    let mut unread = 0;
    while unread <= UNREAD_BYTES_MAX {
        let read = wire.read(&mut nowhere).await.ok()?;
        if read == 0 {
            return Some(());
        }
        wire.heard();
        unread += read;
    }
    std::future::pending().await
}
