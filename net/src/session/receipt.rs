//! What the world wants to know a client has read.

use engine::port::Tick;

use super::SentItem;

/// Which proof is awaited, and how far the last one reached.
///
/// The proof is the client's answer to a probe, which goes out behind the frames in question:
/// whoever answers it has read them. A client program answers by itself, whatever it speaks.
#[derive(Debug, Default)]
pub(super) struct Receipts {
    /// The tick that asked last, and the number of the last frame before the probe.
    awaited: Option<(Tick, u64)>,
    /// The number up to which everything was read.
    read: u64,
}

impl Receipts {
    /// A tick asks whether everything up to the frame `number` was read.
    pub(super) const fn ask(&mut self, tick: Tick, number: u64) -> SentItem<'static> {
        if self.read == number {
            return SentItem::Proven(tick);
        }
        self.awaited = Some((tick, number));
        SentItem::Proof(tick)
    }

    /// The proof that was asked for and has not come.
    pub(super) fn awaited(&self) -> Option<Tick> {
        self.awaited.map(|(tick, _)| tick)
    }

    /// A client proves that it has read what stood before the probe of that tick; answers whether
    /// that is what was awaited.
    pub(super) fn prove(&mut self, tick: Tick) -> bool {
        let proven = self.awaited.take_if(|(asked, _)| *asked == tick);
        if let Some((_, number)) = proven {
            self.read = number;
        }
        proven.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::{Receipts, SentItem};

    #[test]
    fn only_the_awaited_proof_counts_and_only_once() {
        let mut receipts = Receipts::default();
        assert!(matches!(receipts.ask(7, 1), SentItem::Proof(7)));
        assert!(!receipts.prove(8) && !receipts.prove(6));
        assert_eq!(receipts.awaited(), Some(7));
        assert!(receipts.prove(7) && !receipts.prove(7));
    }

    #[test]
    fn nothing_new_needs_no_second_proof() {
        let mut receipts = Receipts::default();
        receipts.ask(7, 1);
        assert!(receipts.prove(7));
        assert!(matches!(receipts.ask(9, 1), SentItem::Proven(9)));
        assert!(matches!(receipts.ask(10, 2), SentItem::Proof(10)));
    }
}
