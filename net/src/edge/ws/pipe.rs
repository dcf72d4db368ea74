//! A websocket as a conversation's pipe.

use std::borrow::Cow;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};

use engine::port::{Code, Refusal, Tick};
use futures_util::future::BoxFuture;
use futures_util::{SinkExt as _, StreamExt as _};
use prometheus::IntCounter;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::close;
use super::wire::Wire;
use crate::edge::close::CloseReason;
use crate::edge::pipe::{Gone, PeerMessage, Pipe};
use crate::edge::transport::Transport;
use crate::format::{EncodedFrame, FramePayload, Head, MESSAGE_BYTES_MAX};

/// A message is at most 10 KiB, most are below 200 bytes: one read takes some of them. Each socket
/// holds it.
const READ_BUFFER_BYTES: usize = 1024;
const TEXT: OpCode = OpCode::Data(Data::Text);
const BINARY: OpCode = OpCode::Data(Data::Binary);
const PING: OpCode = OpCode::Control(Control::Ping);
/// Pongs gathered for a peer that pings and does not read: 129 of the longest, beyond all that the
/// kernel keeps for it.
const REPLIES_BYTES_MAX: usize = 16 * 1024;

/// One websocket: TEXT frames are data, BINARY ones are typed text, pings are probes.
pub(super) struct WsPipe {
    ws: WebSocketStream<Wire>,
}

impl WsPipe {
    /// A pipe over an upgraded connection. `ahead` is what the client sent before our answer;
    /// `writes` counts the writes to the socket.
    pub(super) async fn open(transport: Transport, ahead: Vec<u8>, writes: IntCounter) -> Self {
        let wire = Wire::new(transport, writes);
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            // The wire gathers; the library need not.
            .write_buffer_size(0)
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let ws = WebSocketStream::from_partially_read(wire, ahead, Role::Server, Some(config));
        Self { ws: ws.await }
    }
}

impl Pipe for WsPipe {
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<PeerMessage> {
        let message = match ready!(self.ws.poll_next_unpin(cx)) {
            None => return Poll::Ready(PeerMessage::Gone),
            Some(Err(fault)) => return Poll::Ready(broken(&fault)),
            Some(Ok(message)) => message,
        };
        let wire = self.ws.get_mut();
        wire.received();
        if wire.replies() > REPLIES_BYTES_MAX {
            let slow = Code::SlowClient;
            return Poll::Ready(PeerMessage::Broken(
                Refusal::of(slow),
                CloseReason::Error(slow),
            ));
        }
        Poll::Ready(match message {
            Message::Close(_) => PeerMessage::Closed,
            Message::Text(text) => PeerMessage::Message(FramePayload::Data(text.into())),
            Message::Binary(bytes) => PeerMessage::Message(FramePayload::Typed(bytes)),
            Message::Pong(payload) if payload.len() == size_of::<Tick>() => {
                let tick = payload.as_ref().try_into().map(Tick::from_be_bytes);
                tick.map_or(PeerMessage::Alive, PeerMessage::Proof)
            }
            // The library answers pings.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => PeerMessage::Alive,
        })
    }

    fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.ws.get_ref().poll_waiting(cx)
    }

    fn write(&mut self, number: u64, frame: &EncodedFrame) {
        let wire = self.ws.get_mut();
        match frame {
            EncodedFrame::Numbered(tail) => wire.frame(TEXT, Head::new(number).as_bytes(), tail),
            EncodedFrame::Data(bytes) => wire.frame(TEXT, &[], bytes),
            EncodedFrame::Text(bytes) => wire.frame(BINARY, &[], bytes),
        }
    }

    fn probe(&mut self, tick: Option<Tick>) {
        let wire = self.ws.get_mut();
        match tick {
            Some(tick) => wire.frame(PING, &[], &tick.to_be_bytes()),
            None => wire.frame(PING, &[], &[]),
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        self.ws.poll_flush_unpin(cx).map_err(|_| Gone)
    }

    fn backlog(&self) -> usize {
        self.ws.get_ref().backlog()
    }

    fn close(mut self: Box<Self>, reason: Option<CloseReason>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let sent = match reason {
                Some(reason) => {
                    let frame = Message::Close(Some(close::frame(reason)));
                    self.ws.send(frame).await.is_ok()
                }
                // The library has the answer ready.
                None => poll_fn(|cx| self.poll_flush(cx)).await.is_ok(),
            };
            if sent {
                self.ws.into_inner().end().await;
            }
        })
    }
}

/// What the library could not read, as an error and a close.
fn broken(fault: &Error) -> PeerMessage {
    let (code, reason, message) = match fault {
        Error::Capacity(_) => (
            Code::ValidationError,
            CloseReason::TooBig,
            Cow::Borrowed("That message is bigger than 10 KiB."),
        ),
        Error::Utf8(_) => (
            Code::InvalidFormat,
            CloseReason::NotText,
            Cow::Borrowed("That message is not UTF-8."),
        ),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return PeerMessage::Gone,
        Error::Protocol(_) => (
            Code::WebsocketError,
            CloseReason::Malformed,
            Cow::Borrowed(Code::WebsocketError.message()),
        ),
        Error::Io(fault) if fault.kind() == io::ErrorKind::InvalidData => (
            Code::RateLimitExceeded,
            CloseReason::Error(Code::RateLimitExceeded),
            Cow::Borrowed("That message never ends."),
        ),
        _ => return PeerMessage::Gone,
    };
    PeerMessage::Broken(Refusal::new(code, message), reason)
}
