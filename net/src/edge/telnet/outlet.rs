//! What leaves by a telnet stream, compressed from where the client has asked for that (MCCP2).

use std::task::{Context, Poll, ready};

use tokio::sync::OwnedSemaphorePermit;

use super::carrier::TelnetCarrier;
use super::deflate::Deflater;
use crate::edge::pipe::Gone;

/// A place among the streams that are compressed, for as long as it is held; any number of places
/// where that is not limited.
#[derive(Debug)]
pub(super) struct CompressionPlace {
    /// Held, never looked at.
    pub(super) _permit: Option<OwnedSemaphorePermit>,
}

/// What was written and not yet taken.
#[derive(Default)]
pub(super) struct TelnetOutlet {
    out: Vec<u8>,
    taken: usize,
    /// Up to here `out` is as it leaves.
    ready: usize,
    // Boxed: few have one.
    deflater: Option<Box<(Deflater, CompressionPlace)>>,
}

impl TelnetOutlet {
    /// Where to write.
    pub(super) const fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Compresses what is written from now on.
    pub(super) fn compress(&mut self, place: CompressionPlace) {
        self.settle();
        self.deflater = Some(Box::new((Deflater::new(), place)));
    }

    /// Ends that.
    pub(super) fn decompress(&mut self) {
        self.settle();
        if let Some(ended) = self.deflater.take() {
            ended.0.finish(&mut self.out);
            self.ready = self.out.len();
        }
    }

    /// Brings everything into the form in which it leaves.
    fn settle(&mut self) {
        if let Some(deflater) = &mut self.deflater
            && self.ready < self.out.len()
        {
            let plain = self.out.split_off(self.ready);
            deflater.0.write(&plain, &mut self.out);
        }
        self.ready = self.out.len();
    }

    /// Hands everything to the carrier.
    pub(super) fn poll_flush(
        &mut self,
        carrier: &mut impl TelnetCarrier,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Gone>> {
        self.settle();
        while self.taken < self.out.len() {
            match ready!(carrier.poll_write(cx, &self.out[self.taken..])) {
                Ok(taken) if taken > 0 => self.taken += taken,
                Ok(_) | Err(_) => return Poll::Ready(Err(Gone)),
            }
        }
        // Freed, so that an idle connection holds none.
        self.out = Vec::new();
        self.taken = 0;
        self.ready = 0;
        Poll::Ready(Ok(()))
    }

    /// Bytes that were not taken yet.
    pub(super) const fn backlog(&self) -> usize {
        self.out.len() - self.taken
    }
}
