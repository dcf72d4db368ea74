//! One websocket, as the rest of the gateway uses it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use engine::port::{Code, Note, Refusal, Tick};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::wire::Wire;
use crate::format::{Format, Head, MESSAGE_BYTES_MAX, Parcel, Tongue};
use crate::hub::Hub;
use crate::limit::{Pace, Window};
use crate::payload::ErrorNote;
use crate::session::{Farewell, Stage, Step};
use crate::transport::Transport;

/// A message is at most 10 KiB, most are below 200 bytes: one read takes a burst of them.
const READ_BUFFER_BYTES: usize = 2 * 1024;
const TEXT: OpCode = OpCode::Data(Data::Text);
/// Pongs gathered for a peer that pings and does not read.
const BACKLOG_BYTES_MAX: usize = 64 * 1024;

/// How a player leaves.
const GOODBYE: Farewell = Farewell {
    code: 1000,
    reason: "goodbye",
};

/// One websocket.
pub(super) struct Link {
    pub(super) hub: Arc<Hub>,
    pub(super) tongue: Tongue,
    /// Where the session that this socket is to become stands.
    pub(super) stage: Stage,
    ws: WebSocketStream<Wire>,
    window: Window,
    heard_at: Instant,
}

/// What came from the client.
#[derive(Debug)]
pub(super) enum Heard {
    Text(Utf8Bytes),
    Binary(Bytes),
    /// Alive, and nothing else.
    Sign,
    /// The pong to a ping that asked for a proof.
    Proof(Tick),
    /// Too fast: tell it the wait in milliseconds.
    TooFast(u64),
    /// The socket is gone or closed.
    Gone,
    /// The socket can't be used any more.
    Broken(ErrorNote, Farewell),
}

/// The peer is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gone;

/// Why a socket is left.
#[derive(Debug)]
pub(super) enum Exit {
    /// The peer has left already.
    Gone,
    /// The player wished to.
    Quit,
    /// With a word, and a close.
    Said(Box<ErrorNote>, Farewell),
}

impl Exit {
    /// Leaves because of a refusal.
    pub(super) fn refused(refusal: Refusal) -> Self {
        let farewell = farewell_for(refusal.code);
        Self::Said(Box::new(refusal.into()), farewell)
    }
}

impl From<Gone> for Exit {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

/// How a socket closes after a refusal: 1013 where trying again may help, else 1008. The reason
/// is the code's word.
pub(super) const fn farewell_for(code: Code) -> Farewell {
    let close = match code {
        Code::ServerBusy
        | Code::StorageUnavailable
        | Code::DatabaseError
        | Code::DatabaseConnectionError
        | Code::DatabaseQueryError
        | Code::InternalError
        | Code::SlowClient => 1013,
        Code::SystemError => 1001,
        Code::SessionTakenOver => 1000,
        _ => 1008,
    };
    Farewell {
        code: close,
        reason: code.word(),
    }
}

impl Link {
    /// A link over an upgraded connection. `ahead` is what the client sent before our answer.
    pub(super) async fn open(
        transport: Transport,
        ahead: Vec<u8>,
        format: Format,
        hub: Arc<Hub>,
    ) -> Self {
        let now = Instant::now();
        let wire = Wire::new(transport, hub.figures.socket_writes.clone());
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            // The wire gathers; the library need not.
            .write_buffer_size(0)
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let ws = WebSocketStream::from_partially_read(wire, ahead, Role::Server, Some(config));
        Self {
            tongue: Tongue::new(format),
            stage: Stage::Connecting
                .after(Step::Upgraded)
                .unwrap_or(Stage::Ended),
            ws: ws.await,
            window: Window::new(hub.config.limits.frames_per_minute, now),
            heard_at: now,
            hub,
        }
    }

    /// The next thing from the client. May be dropped and called again: nothing is lost.
    pub(super) async fn hear(&mut self) -> Heard {
        let message = match self.ws.next().await {
            None => return Heard::Gone,
            Some(Err(fault)) => return broken(&fault),
            Some(Ok(message)) => message,
        };
        let now = Instant::now();
        self.heard_at = now;
        self.ws.get_mut().heard();
        match self.window.count(now) {
            Pace::Fine => {}
            Pace::TooFast(wait) => return Heard::TooFast(wait),
            Pace::Told => return Heard::Sign,
        }
        match message {
            Message::Text(text) => Heard::Text(text),
            Message::Binary(bytes) => Heard::Binary(bytes),
            Message::Ping(_) if self.backlog() > BACKLOG_BYTES_MAX => Heard::Broken(
                ErrorNote::of(Code::SlowClient),
                farewell_for(Code::SlowClient),
            ),
            Message::Pong(payload) if payload.len() == size_of::<Tick>() => {
                let tick = payload.as_ref().try_into().map(Tick::from_be_bytes);
                tick.map_or(Heard::Sign, Heard::Proof)
            }
            // The library answers pings and closes; after a close, the next call ends it.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {
                Heard::Sign
            }
        }
    }

    /// When something was heard last.
    pub(super) const fn heard_at(&self) -> Instant {
        self.heard_at
    }

    /// Adds a parcel to the next flush.
    pub(super) fn write(&mut self, number: u64, parcel: &Parcel) {
        self.hub.figures.frames_sent.inc();
        let wire = self.ws.get_mut();
        match parcel {
            Parcel::Tail(tail) => wire.frame(TEXT, Head::new(number).as_bytes(), tail),
            Parcel::Text(bytes) => wire.frame(TEXT, &[], bytes),
            Parcel::Binary(bytes) => wire.frame(OpCode::Data(Data::Binary), &[], bytes),
        }
    }

    /// Adds a ping: its pong proves that the peer has read everything written before.
    pub(super) fn ask_proof(&mut self, tick: Tick) {
        let ping = OpCode::Control(Control::Ping);
        self.ws.get_mut().frame(ping, &[], &tick.to_be_bytes());
    }

    /// Sends what was written. May be dropped and called again.
    pub(super) async fn flush(&mut self) -> Result<(), Gone> {
        self.ws.flush().await.map_err(|_| Gone)
    }

    /// Bytes that the socket has not taken yet.
    pub(super) fn backlog(&self) -> usize {
        self.ws.get_ref().backlog()
    }

    /// Asks the peer for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), Gone> {
        let ping = Message::Ping(Bytes::new());
        self.ws.start_send_unpin(ping).map_err(|_| Gone)?;
        self.bounded_flush().await
    }

    /// Says something outside of any session's stream: it has the number 0.
    pub(super) async fn say(&mut self, note: &dyn Note) -> Result<(), Gone> {
        let hub = Arc::clone(&self.hub);
        let tongue = self.tongue.clone();
        hub.voiced(note, |voice| {
            voice.speak(&tongue, |parcel| self.write(0, &parcel));
        });
        self.bounded_flush().await
    }

    async fn bounded_flush(&mut self) -> Result<(), Gone> {
        let patience = self.hub.config.timeouts.write;
        timeout(patience, self.flush()).await.unwrap_or(Err(Gone))
    }

    /// Leaves with a last word, where there is one.
    pub(super) async fn leave(mut self, exit: Exit) {
        match exit {
            Exit::Gone => {}
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
    pub(super) async fn leave_with(mut self, words: Vec<(u64, Parcel)>, farewell: Farewell) {
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

    /// Closes the socket: the close frame, our end, and then what the peer still sends goes
    /// unread to nowhere. Without that, data on its way would make the system reset the
    /// connection, and the peer might never see the close.
    pub(super) async fn close(mut self, farewell: Farewell) {
        let patience = self.patience(&farewell);
        let frame = CloseFrame {
            code: CloseCode::from(farewell.code),
            reason: Utf8Bytes::from_static(farewell.reason),
        };
        let goodbye = async {
            self.ws.send(Message::Close(Some(frame))).await.ok()?;
            let mut wire = self.ws.into_inner();
            wire.shutdown().await.ok()?;
            let mut nowhere = [0; 1024];
            while wire.read(&mut nowhere).await.ok()? > 0 {
                wire.heard();
            }
            Some(())
        };
        // However it ends, the socket is dropped.
        tokio::select! {
            _ = goodbye => {}
            () = patience => {}
        }
    }
}

/// What the library could not read, as an error and a close.
fn broken(fault: &Error) -> Heard {
    let (code, close, message) = match fault {
        Error::Capacity(_) => (
            Code::ValidationError,
            1009,
            Cow::Borrowed("That message is bigger than 10 KiB."),
        ),
        Error::Utf8(_) => (
            Code::InvalidFormat,
            1007,
            Cow::Borrowed("That message is not UTF-8."),
        ),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return Heard::Gone,
        Error::Protocol(_) => (
            Code::WebsocketError,
            1002,
            Cow::Borrowed(Code::WebsocketError.message()),
        ),
        Error::Io(fault) if fault.kind() == std::io::ErrorKind::InvalidData => (
            Code::RateLimitExceeded,
            1008,
            Cow::Borrowed("That message never ends."),
        ),
        _ => return Heard::Gone,
    };
    let refusal = Refusal::new(code, message);
    let farewell = Farewell {
        code: close,
        reason: code.word(),
    };
    Heard::Broken(refusal.into(), farewell)
}
