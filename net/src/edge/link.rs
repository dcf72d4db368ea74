//! One websocket, as the rest of the gateway uses it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use engine::port::{Code, Note, Refusal, Tick};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::ws::wire::Wire;
use crate::edge::transport::Transport;
use crate::format::{Format, Head, MESSAGE_BYTES_MAX, Parcel, Tongue};
use crate::hub::Hub;
use crate::limit::Intake;
use crate::payload::ErrorNote;
use crate::session::{Farewell, Stage, Step};
use pulse::{Beat, Pulse};

mod closing;
mod holding;
pub(super) mod pulse;

use holding::Over;

/// A message is at most 10 KiB, most are below 200 bytes: one read takes some of them. Each socket
/// holds it.
const READ_BUFFER_BYTES: usize = 1024;
const TEXT: OpCode = OpCode::Data(Data::Text);
/// Pongs gathered for a peer that pings and does not read: 129 of the longest, beyond all that the
/// kernel keeps for it.
const REPLIES_BYTES_MAX: usize = 16 * 1024;

/// One websocket.
pub(super) struct Link {
    pub(super) hub: Arc<Hub>,
    pub(super) tongue: Tongue,
    /// Where the session that this socket is to become stands.
    pub(super) stage: Stage,
    /// What its session sends, or only itself as long as it has none.
    pub(super) intake: Arc<Intake>,
    ws: WebSocketStream<Wire>,
    pulse: Pulse,
    /// It has sent more than it may and is not read just now.
    over: Option<Over>,
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
    /// Too fast: tell it the wait in milliseconds. It is not read until then.
    TooFast(u64),
    /// The peer closes; the answer is ready to leave.
    Closed,
    /// The socket is gone.
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
    /// The peer closes and waits for the answer.
    Closed,
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
            intake: Arc::new(Intake::new(hub.config.limits.frames_per_minute, now)),
            pulse: Pulse::new(&hub.config.timeouts, now),
            over: None,
            hub,
        }
    }

    /// The next thing from the client. May be dropped and called again: nothing is lost.
    pub(super) async fn hear(&mut self) -> Heard {
        if self.is_held_back()
            && let Some(end) = Box::pin(self.hold_back()).await
        {
            return end;
        }
        let message = match self.ws.next().await {
            None => return Heard::Gone,
            Some(Err(fault)) => return broken(&fault),
            Some(Ok(message)) => message,
        };
        let now = Instant::now();
        self.pulse.heard(now);
        let wire = self.ws.get_mut();
        wire.heard();
        if wire.replies() > REPLIES_BYTES_MAX {
            self.hub.figures.slow_clients.inc();
            return broken_by(Refusal::of(Code::SlowClient));
        }
        if let Message::Close(_) = message {
            return Heard::Closed;
        }
        if let Err(wait) = self.count(now) {
            return Heard::TooFast(wait);
        }
        match message {
            Message::Text(text) => Heard::Text(text),
            Message::Binary(bytes) => Heard::Binary(bytes),
            Message::Pong(payload) if payload.len() == size_of::<Tick>() => {
                let tick = payload.as_ref().try_into().map(Tick::from_be_bytes);
                tick.map_or(Heard::Sign, Heard::Proof)
            }
            // The library answers pings.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {
                Heard::Sign
            }
        }
    }

    /// What is to be done for the socket now.
    pub(super) fn beat(&mut self) -> Beat {
        let now = Instant::now();
        if self.is_held_back() {
            // Who is not read can't be blamed for silence.
            self.pulse.heard(now);
        }
        self.pulse.beat(now)
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
}

/// The socket ends because of a refusal.
fn broken_by(refusal: Refusal) -> Heard {
    let farewell = farewell_for(refusal.code);
    Heard::Broken(refusal.into(), farewell)
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
