//! The stream under the websocket library: gathers what is written until it is flushed.
//!
//! The library hands over frame by frame. Here they become one write to the socket. The memory for
//! it is lent by the thread and goes back as soon as it is empty: an idle connection holds none,
//! and a busy one asks for none.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use prometheus::IntCounter;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::OpCode;

use crate::edge::transport::Transport;
use crate::format::MESSAGE_BYTES_MAX;

/// What may be read without a message coming of it: one message in many fragments. More is a
/// flood of empty fragments, which the library would read for ever.
const UNFINISHED_BYTES_MAX: usize = 6 * MESSAGE_BYTES_MAX;

/// A thread keeps what is at most this large for the next who writes.
const LENT_BYTES_MAX: usize = 128 * 1024;

thread_local! {
    static LENT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

#[derive(Debug)]
pub(super) struct Wire {
    transport: Transport,
    out: Vec<u8>,
    /// How much of `out` the socket has taken.
    taken: usize,
    /// What the library has added of its own since `out` was last empty.
    replies: usize,
    unfinished: usize,
    writes: IntCounter,
}

impl Wire {
    /// `writes` counts the writes to the socket.
    pub(super) fn new(transport: Transport, writes: IntCounter) -> Self {
        Self {
            transport,
            out: Vec::new(),
            taken: 0,
            replies: 0,
            unfinished: 0,
            writes,
        }
    }

    /// Adds a whole frame, past the library: what goes through that stays in a buffer of its own
    /// that never shrinks. It may stand beside this since whatever it writes is taken whole.
    pub(super) fn frame(&mut self, opcode: OpCode, head: &[u8], tail: &[u8]) {
        let header = FrameHeader {
            opcode,
            ..FrameHeader::default()
        };
        let length = head.len() + tail.len();
        self.borrow();
        self.out.reserve(header.len(length as u64) + length);
        let written = header.format(length as u64, &mut self.out);
        debug_assert!(written.is_ok(), "memory takes everything");
        self.out.extend_from_slice(head);
        self.out.extend_from_slice(tail);
    }

    /// A message came of what was read.
    pub(super) const fn received(&mut self) {
        self.unfinished = 0;
    }

    /// Bytes gathered and not yet taken by the socket.
    pub(super) fn backlog(&self) -> usize {
        self.out.len() - self.taken
    }

    /// Bytes of pongs, at most, that the socket has not taken yet.
    pub(super) const fn replies(&self) -> usize {
        self.replies
    }

    /// Ready when bytes wait to be read, with how many at least; 0: the peer has ended.
    pub(super) fn poll_waiting(&self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.transport.poll_waiting(cx)
    }

    /// Sends what was gathered and ends our half of the connection.
    pub(super) async fn end(mut self) {
        if self.flush().await.is_ok() {
            self.transport.end().await;
        }
    }

    fn borrow(&mut self) {
        if self.out.capacity() == 0 {
            self.out = LENT.take();
        }
    }

    fn give_back(&mut self) {
        let mut out = std::mem::take(&mut self.out);
        self.taken = 0;
        self.replies = 0;
        out.clear();
        if (1..=LENT_BYTES_MAX).contains(&out.capacity()) {
            LENT.set(out);
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.unfinished > UNFINISHED_BYTES_MAX {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.transport).poll_read(cx, buf))?;
        self.unfinished += buf.filled().len() - before;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    /// Always takes everything. What is written through the library is a pong for each message
    /// heard, which [`Wire::replies`] bounds, and our own pings and closes.
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.borrow();
        self.out.extend_from_slice(buf);
        self.replies += buf.len();
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.backlog() > 0 {
            let rest = &this.out[this.taken..];
            let taken = ready!(Pin::new(&mut this.transport).poll_write(cx, rest))?;
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            this.writes.inc();
            this.taken += taken;
        }
        this.give_back();
        Pin::new(&mut this.transport).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.transport).poll_shutdown(cx)
    }
}
