//! A pipe over plain bytes in memory: lines in, lines out, no frames.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use engine::port::Tick;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead as _, AsyncWrite as _, AsyncWriteExt as _, DuplexStream, ReadBuf};
use tokio::sync::mpsc;

use super::{Gone, PeerMessage, Pipe};
use crate::edge::close::CloseReason;
use crate::format::{EncodedFrame, Format, FramePayload, Head};

/// A door without a protocol: a line is a message, and whoever has taken everything has read it.
pub(in crate::edge) struct BytePipe {
    stream: DuplexStream,
    format: Format,
    read: Vec<u8>,
    out: Vec<u8>,
    probes: VecDeque<Option<Tick>>,
    closed: mpsc::Sender<Option<CloseReason>>,
}

impl BytePipe {
    /// Over that stream; whoever listens hears why it is closed.
    pub(in crate::edge) fn new(
        stream: DuplexStream,
        format: Format,
        closed: mpsc::Sender<Option<CloseReason>>,
    ) -> Self {
        Self {
            stream,
            format,
            read: Vec::new(),
            out: Vec::new(),
            probes: VecDeque::new(),
            closed,
        }
    }
}

impl Pipe for BytePipe {
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<PeerMessage> {
        if self.out.is_empty()
            && let Some(probe) = self.probes.pop_front()
        {
            return Poll::Ready(probe.map_or(PeerMessage::Alive, PeerMessage::Proof));
        }
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line = Bytes::from(self.read.drain(..=end).collect::<Vec<u8>>());
                return Poll::Ready(PeerMessage::Message(match self.format {
                    Format::Kadath => FramePayload::Data(line),
                    _ => FramePayload::Typed(line),
                }));
            }
            if matches!(ready!(self.poll_waiting(cx)), Ok(0) | Err(_)) {
                return Poll::Ready(PeerMessage::Gone);
            }
        }
    }

    fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut room = [0; 256];
        let mut read = ReadBuf::new(&mut room);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut read))?;
        self.read.extend_from_slice(read.filled());
        Poll::Ready(Ok(read.filled().len()))
    }

    fn write(&mut self, number: u64, frame: &EncodedFrame) {
        match frame {
            EncodedFrame::Numbered(tail) => {
                self.out.extend_from_slice(Head::new(number).as_bytes());
                self.out.extend_from_slice(tail);
                self.out.push(b'\n');
            }
            EncodedFrame::Data(bytes) | EncodedFrame::Text(bytes) => {
                self.out.extend_from_slice(bytes)
            }
        }
    }

    fn probe(&mut self, tick: Option<Tick>) {
        self.probes.push_back(tick);
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        while !self.out.is_empty() {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &self.out)) {
                Ok(taken) if taken > 0 => drop(self.out.drain(..taken)),
                Ok(_) | Err(_) => return Poll::Ready(Err(Gone)),
            }
        }
        Poll::Ready(Ok(()))
    }

    fn backlog(&self) -> usize {
        self.out.len()
    }

    fn close(mut self: Box<Self>, reason: Option<CloseReason>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            // Nobody need listen.
            let _ = self.closed.send(reason).await;
            let _ = self.stream.write_all(&self.out).await;
            let _ = self.stream.shutdown().await;
        })
    }
}
