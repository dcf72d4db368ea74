//! A connection that is read a kilobyte a second.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

const BYTES: usize = 1_024;
const PAUSE: Duration = Duration::from_secs(1);

/// A stream, slow while it is told so.
#[derive(Debug)]
pub(super) struct Throttle {
    stream: TcpStream,
    slowly: Option<Arc<AtomicBool>>,
    /// Slow is not at all.
    still: bool,
    pause: Pin<Box<Sleep>>,
}

impl Throttle {
    pub(super) fn new(stream: TcpStream, slowly: Option<Arc<AtomicBool>>, still: bool) -> Self {
        Self {
            stream,
            slowly,
            still,
            pause: Box::pin(sleep(Duration::ZERO)),
        }
    }
}

impl AsyncRead for Throttle {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let slow = this.slowly.as_ref();
        if !slow.is_some_and(|slow| slow.load(Ordering::Relaxed)) {
            return Pin::new(&mut this.stream).poll_read(cx, buf);
        }
        ready!(this.pause.as_mut().poll(cx));
        if this.still {
            // Looks again whether it may.
            this.pause.as_mut().reset(Instant::now() + PAUSE);
            ready!(this.pause.as_mut().poll(cx));
        }
        let mut some = [0; BYTES];
        let most = BYTES.min(buf.remaining());
        let mut few = ReadBuf::new(&mut some[..most]);
        ready!(Pin::new(&mut this.stream).poll_read(cx, &mut few))?;
        buf.put_slice(few.filled());
        this.pause.as_mut().reset(Instant::now() + PAUSE);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Throttle {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
