//! A telnet stream within a connection that has messages of its own: they carry pieces of it.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use engine::port::Tick;
use futures_util::future::BoxFuture;

use super::carrier::TelnetCarrier;
use crate::edge::close::CloseReason;
use crate::edge::pipe::{Gone, PeerMessage, Pipe};
use crate::format::{EncodedFrame, FramePayload};

/// Another pipe, whose messages are pieces of the stream wherever they are cut.
pub(super) struct PipeCarrier<P>(pub(super) P);

impl<P: Pipe + 'static> TelnetCarrier for PipeCarrier<P> {
    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        input: &mut Vec<u8>,
    ) -> Poll<Option<PeerMessage>> {
        Poll::Ready(match ready!(self.0.poll_receive(cx)) {
            PeerMessage::Message(FramePayload::Typed(bytes) | FramePayload::Data(bytes)) => {
                input.extend_from_slice(&bytes);
                None
            }
            other => Some(other),
        })
    }

    fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.0.poll_waiting(cx)
    }

    fn poll_write(&mut self, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let frame = EncodedFrame::Text(Arc::new(bytes.into()));
        self.0.write(0, &frame);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        self.0.poll_flush(cx)
    }

    fn backlog(&self) -> usize {
        self.0.backlog()
    }

    fn probe(&mut self, tick: Option<Tick>) -> bool {
        self.0.probe(tick);
        true
    }

    fn may_be_compressed(&self) -> bool {
        false
    }

    fn end(self: Box<Self>, reason: Option<CloseReason>) -> BoxFuture<'static, ()> {
        Box::new(self.0).close(reason)
    }
}
