//! What a conversation needs of a connection, whichever door it came by.

use std::io;
use std::task::{Context, Poll};

use engine::port::{Refusal, Tick};
use futures_util::future::BoxFuture;

use super::close::CloseReason;
use crate::format::{EncodedFrame, FramePayload};

#[cfg(any(test, feature = "simulation"))]
pub(super) mod bytes;
#[cfg(test)]
mod tests;

/// What came from a client.
#[derive(Debug)]
pub(super) enum PeerMessage {
    /// A message that is still to be understood.
    Message(FramePayload),
    /// A sign of life, and nothing else.
    Alive,
    /// The answer to a probe for that tick.
    Proof(Tick),
    /// More came than may; the wait in milliseconds. Nothing is read until then.
    TooFast(u64),
    /// The peer closes; the answer is ready to leave.
    Closed,
    /// The peer is gone.
    Gone,
    /// Nothing can be read any more: what the client is told, and why it is closed.
    Broken(Refusal, CloseReason),
}

/// The peer is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gone;

/// A connection whose door has opened: it takes encoded frames and yields what the client sends.
///
/// A door implements it over the bytes of its protocol: it cuts what comes into messages, answers
/// by itself what is its protocol's alone, and frames what goes. A trait, since a conversation
/// knows no door; an object, since what runs above it is large and need not be built once per door.
pub(super) trait Pipe: Send {
    /// The next thing from the client, of a bounded size. May be asked again after whatever else.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<PeerMessage>;

    /// Ready when bytes wait to be read, with how many at least; 0: the peer has ended. Reads
    /// nothing.
    fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>>;

    /// Adds a frame, whose number is `number` where its format has numbers, to the next flush.
    fn write(&mut self, number: u64, frame: &EncodedFrame);

    /// Adds a question that any peer answers once it has read everything written before: with
    /// [`PeerMessage::Proof`] where it is for a tick, else with any sign of life.
    fn probe(&mut self, tick: Option<Tick>);

    /// Sends what was written, in as few writes as the peer takes.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Gone>>;

    /// Bytes that were written and that the peer has not taken yet.
    fn backlog(&self) -> usize;

    /// The player wants colors, or none, where the door chooses them.
    fn colour(&mut self, _on: bool) {}

    /// The player has text read aloud, or not, where the door adds something for the eye.
    fn read_aloud(&mut self, _on: bool) {}

    /// What is typed now is a secret, or no longer, where the door can have a client not show it.
    fn conceal(&mut self, _on: bool) {}

    /// Sends what was written, tells the peer the reason as far as its protocol has words for it,
    /// and ends our half of the connection; `None`: the peer closes, and hears the answer to that.
    /// Takes as long as the peer does.
    fn close(self: Box<Self>, reason: Option<CloseReason>) -> BoxFuture<'static, ()>;
}
