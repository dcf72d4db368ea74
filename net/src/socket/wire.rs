//! The stream under the websocket library: gathers what is written until it is flushed.
//!
//! The library hands over frame by frame. Here they become one write to the socket, and the
//! memory for it goes back as soon as it is empty, so that an idle connection holds none.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BufMut as _, BytesMut};
use prometheus::IntCounter;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::format::MESSAGE_BYTES_MAX;
use crate::transport::Transport;

/// What may be read without a message coming of it: one message in many fragments. More is a
/// flood of empty fragments, which the library would read for ever.
const UNHEARD_BYTES_MAX: usize = 6 * MESSAGE_BYTES_MAX;

#[derive(Debug)]
pub(super) struct Wire {
    transport: Transport,
    out: BytesMut,
    unheard: usize,
    writes: IntCounter,
}

impl Wire {
    /// `writes` counts the writes to the socket.
    pub(super) fn new(transport: Transport, writes: IntCounter) -> Self {
        Self {
            transport,
            out: BytesMut::new(),
            unheard: 0,
            writes,
        }
    }

    /// Adds a whole frame, past the library: what goes through that stays in a buffer of its own
    /// that never shrinks. It may stand beside this since whatever it writes is taken whole.
    pub(super) fn frame(&mut self, data: Data, head: &[u8], tail: &[u8]) {
        let header = FrameHeader {
            opcode: OpCode::Data(data),
            ..FrameHeader::default()
        };
        let length = head.len() + tail.len();
        self.out.reserve(header.len(length as u64) + length);
        let written = header.format(length as u64, &mut (&mut self.out).writer());
        debug_assert!(written.is_ok(), "memory takes everything");
        self.out.extend_from_slice(head);
        self.out.extend_from_slice(tail);
    }

    /// A message came of what was read.
    pub(super) const fn heard(&mut self) {
        self.unheard = 0;
    }

    /// Bytes gathered and not yet taken by the socket.
    pub(super) fn backlog(&self) -> usize {
        self.out.len()
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.unheard > UNHEARD_BYTES_MAX {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.transport).poll_read(cx, buf))?;
        self.unheard += buf.filled().len() - before;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    /// Always takes everything: whoever writes is bounded by what it takes from its queue.
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.out.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.out.has_remaining() {
            let taken = ready!(Pin::new(&mut this.transport).poll_write(cx, &this.out))?;
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            this.writes.inc();
            this.out.advance(taken);
        }
        if this.out.capacity() > 0 {
            this.out = BytesMut::new();
        }
        Pin::new(&mut this.transport).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.transport).poll_shutdown(cx)
    }
}
