//! A connection while it speaks HTTP: an answer is taken in time, or the connection ends.
//!
//! Without that, a peer that pipelines requests and reads no answer would keep its place for ever:
//! the library waits with the next request until the answer before has left.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::Transport;

/// What a peer is told that can't be speaking HTTP: a telnet, most likely.
const NOT_TELNET: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\n\
    content-length: 66\r\nconnection: close\r\n\r\n\
    This port speaks HTTP, not telnet. The server's log names others.\n";

/// A byte stream whose peer has to take what is written.
#[derive(Debug)]
pub(crate) struct Answering {
    transport: Transport,
    patience: Duration,
    /// Nothing was read yet.
    fresh: bool,
    /// Runs since the socket has not taken all that it was given.
    behind: Option<Pin<Box<Sleep>>>,
}

impl Answering {
    pub(crate) const fn new(transport: Transport, patience: Duration) -> Self {
        Self {
            transport,
            patience,
            fresh: true,
            behind: None,
        }
    }

    /// The stream, for what comes after HTTP.
    pub(crate) fn into_inner(self) -> Transport {
        self.transport
    }

    /// Starts the clock, or looks at it.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let patience = self.patience;
        let behind = self.behind.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(behind.as_mut().poll(cx));
        Poll::Ready(io::ErrorKind::TimedOut.into())
    }
}

impl AsyncRead for Answering {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.transport).poll_read(cx, buf))?;
        if let Some(first) = buf.filled().get(before)
            && std::mem::take(&mut self.fresh)
            // A method, or the empty line that may stand before it.
            && !(first.is_ascii_uppercase() || matches!(first, b'\r' | b'\n'))
            && self.transport.blurt(NOT_TELNET)
        {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Answering {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.transport).poll_write(cx, buf);
        match &written {
            Poll::Ready(Ok(taken)) if *taken < buf.len() => {
                // Taking it in drops buys no time: the clock goes on.
                if let Poll::Ready(late) = self.poll_late(cx) {
                    return Poll::Ready(Err(late));
                }
            }
            Poll::Ready(_) => {}
            Poll::Pending => {
                let late = ready!(self.poll_late(cx));
                return Poll::Ready(Err(late));
            }
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.transport).poll_flush(cx);
        if flushed.is_pending() {
            let late = ready!(self.poll_late(cx));
            return Poll::Ready(Err(late));
        }
        // The library flushes when it has nothing left itself.
        self.behind = None;
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.transport).poll_shutdown(cx);
        if ended.is_pending() {
            let late = ready!(self.poll_late(cx));
            return Poll::Ready(Err(late));
        }
        ended
    }
}
