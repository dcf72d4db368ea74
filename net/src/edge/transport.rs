//! The bytes under everything: TCP, or TLS over it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

mod answering;

pub(crate) use answering::Answering;

/// What is still read from a peer that is closed: more than the kernel holds of one that was not
/// read. Whoever sends more is no longer read, and cut when its time is over.
const UNREAD_BYTES_MAX: usize = 256 * 1024;

/// A connection's byte stream.
#[derive(Debug)]
pub(crate) enum Transport {
    Plain(TcpStream),
    // Boxed: its buffers would make every plain connection bigger.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Transport {
    /// Ready when bytes wait to be read, with how many at least; 0: the peer has ended. Reads
    /// nothing.
    pub(crate) fn poll_waiting(&self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let stream = match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        };
        let mut byte = [0];
        stream.poll_peek(cx, &mut ReadBuf::new(&mut byte))
    }

    /// Says something at once to whoever is to be left, if it can be taken; answers whether nothing
    /// hides it.
    pub(crate) fn blurt(&self, words: &[u8]) -> bool {
        match self {
            // A peer that can't take even this gets nothing.
            Self::Plain(stream) => {
                drop(stream.try_write(words));
                true
            }
            Self::Tls(_) => false,
        }
    }

    /// Ends our half of the connection, after what was written. What the peer still sends goes
    /// unread to nowhere: without that, data on its way would make the system reset the connection,
    /// and the peer might never see the last words. Takes as long as the peer does.
    pub(super) async fn end(mut self) {
        if self.shutdown().await.is_err() {
            return;
        }
        let mut nowhere = [0; 1024];
        let mut unread = 0;
        while unread <= UNREAD_BYTES_MAX {
            match self.read(&mut nowhere).await {
                Ok(0) | Err(_) => return,
                Ok(read) => unread += read,
            }
        }
        std::future::pending().await
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
