//! What carries a telnet stream: a connection of its own.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use engine::port::Tick;
use futures_util::future::BoxFuture;
use prometheus::IntCounter;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};

use crate::edge::close::CloseReason;
use crate::edge::pipe::{Gone, PeerMessage};
use crate::edge::transport::Transport;

/// What is read at once. On the stack: an idle connection holds none of it.
const READ_BYTES: usize = 1024;

/// The bytes under a telnet stream.
pub(super) trait TelnetCarrier: Send + 'static {
    /// Adds what has come to `input`; `None`: that is all, else something that is no bytes.
    fn poll_read(&mut self, cx: &mut Context<'_>, input: &mut Vec<u8>)
    -> Poll<Option<PeerMessage>>;

    /// As [`Pipe::poll_waiting`](crate::edge::pipe::Pipe::poll_waiting).
    fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>>;

    /// Takes some of `bytes`; answers how many.
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>>;

    /// Sends what was taken.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Gone>>;

    /// Bytes that were taken and not sent.
    fn backlog(&self) -> usize;

    /// Asks the peer whether it has read everything before, by the carrier's own means; `false`: it
    /// has none.
    fn probe(&mut self, tick: Option<Tick>) -> bool;

    /// Whether the stream may be compressed: it is alone on a connection that hides nothing.
    fn may_be_compressed(&self) -> bool;

    /// Ends our half of the stream.
    fn end(self: Box<Self>, reason: Option<CloseReason>) -> BoxFuture<'static, ()>;
}

/// A connection that is nothing but the stream.
#[derive(Debug)]
pub(super) struct TcpCarrier {
    transport: Transport,
    writes: IntCounter,
}

impl TcpCarrier {
    /// `writes` counts the writes to the socket.
    pub(super) const fn new(transport: Transport, writes: IntCounter) -> Self {
        Self { transport, writes }
    }
}

impl TelnetCarrier for TcpCarrier {
    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        input: &mut Vec<u8>,
    ) -> Poll<Option<PeerMessage>> {
        let mut room = [0; READ_BYTES];
        let mut read = ReadBuf::new(&mut room);
        let end = ready!(Pin::new(&mut self.transport).poll_read(cx, &mut read));
        if end.is_err() || read.filled().is_empty() {
            return Poll::Ready(Some(PeerMessage::Gone));
        }
        input.extend_from_slice(read.filled());
        Poll::Ready(None)
    }

    fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.transport.poll_waiting(cx)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let taken = ready!(Pin::new(&mut self.transport).poll_write(cx, bytes))?;
        self.writes.inc();
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        let flushed = Pin::new(&mut self.transport).poll_flush(cx);
        flushed.map_err(|_| Gone)
    }

    fn backlog(&self) -> usize {
        0
    }

    fn probe(&mut self, _: Option<Tick>) -> bool {
        false
    }

    fn may_be_compressed(&self) -> bool {
        matches!(self.transport, Transport::Plain(_))
    }

    fn end(self: Box<Self>, _: Option<CloseReason>) -> BoxFuture<'static, ()> {
        Box::pin(self.transport.end())
    }
}
