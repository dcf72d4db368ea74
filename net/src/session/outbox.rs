//! What waits for a client: bounded in bytes, and clever about states when it fills.

use std::collections::VecDeque;

use engine::port::Tick;

use crate::format::EncodedFrame;

/// One thing that waits.
#[derive(Debug)]
pub(crate) enum Item {
    /// A frame.
    Frame(EncodedFrame),
    /// The world wants to know when the client has read what stands before.
    Receipt(Tick),
}

impl Item {
    fn weight(&self) -> usize {
        match self {
            Self::Frame(frame) => frame.weight(),
            // Weightless: there is never more than one.
            Self::Receipt(_) => 0,
        }
    }
}

/// The key under which receipts stand: a newer one makes those before it superfluous.
const RECEIPT: &str = "receipt";

/// Frames on their way to one client, in order.
#[derive(Debug, Default)]
pub(crate) struct SendQueue {
    queue: VecDeque<QueuedFrame>,
    bytes: usize,
    notes: u64,
}

#[derive(Debug)]
struct QueuedFrame {
    item: Item,
    key: Option<&'static str>,
    /// Which note it belongs to: the frames of one note stay together.
    note: u64,
}

impl SendQueue {
    /// Begins a note whose frames follow. When more than half of `bound` waits, the note makes
    /// older ones of its key superfluous.
    pub(crate) fn begin(&mut self, key: Option<&'static str>, bound: usize) {
        self.notes += 1;
        if key.is_some() && self.bytes > bound / 2 {
            self.discard(|entry| entry.key == key);
        }
    }

    /// Adds a frame of the note just begun.
    pub(crate) fn push(&mut self, frame: EncodedFrame, key: Option<&'static str>) {
        self.bytes += frame.weight();
        let note = self.notes;
        let item = Item::Frame(frame);
        self.queue.push_back(QueuedFrame { item, key, note });
    }

    /// Adds a wish to know when the client has read everything before it.
    pub(crate) fn ask_receipt(&mut self, tick: Tick) {
        self.notes += 1;
        self.discard(|entry| entry.key == Some(RECEIPT));
        self.queue.push_back(QueuedFrame {
            item: Item::Receipt(tick),
            key: Some(RECEIPT),
            note: self.notes,
        });
    }

    /// Whether more waits than `bound` even when each state is only there once.
    ///
    /// One note alone is never too much: what is said at once may be bigger than a sensible bound.
    pub(crate) fn over(&mut self, bound: usize) -> bool {
        if self.bytes <= bound {
            return false;
        }
        self.compact();
        let several = match (self.queue.front(), self.queue.back()) {
            (Some(first), Some(last)) => first.note != last.note,
            _ => false,
        };
        self.bytes > bound && several
    }

    /// Keeps of each state the newest only.
    pub(crate) fn compact(&mut self) {
        let mut newest: Vec<(&'static str, u64)> = Vec::new();
        for entry in &self.queue {
            if let Some(key) = entry.key {
                newest.retain(|(known, _)| *known != key);
                newest.push((key, entry.note));
            }
        }
        self.discard(|entry| {
            let same = |(key, note): &(&str, u64)| entry.key == Some(*key) && entry.note < *note;
            newest.iter().any(same)
        });
    }

    /// The next thing to leave.
    pub(crate) fn pop(&mut self) -> Option<Item> {
        let entry = self.queue.pop_front()?;
        self.bytes -= entry.item.weight();
        if self.queue.is_empty() && self.queue.capacity() > KEPT_MAX {
            self.queue = VecDeque::new();
        }
        Some(entry.item)
    }

    /// What waits, in bytes.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn discard(&mut self, superfluous: impl Fn(&QueuedFrame) -> bool) {
        let bytes = &mut self.bytes;
        self.queue.retain(|entry| {
            let goes = superfluous(entry);
            if goes {
                *bytes -= entry.item.weight();
            }
            !goes
        });
    }
}

/// Places an idle queue may keep, so that thousands of idle clients cost little.
const KEPT_MAX: usize = 16;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Item, SendQueue};
    use crate::format::EncodedFrame;

    fn push(outbox: &mut SendQueue, text: &'static str, key: Option<&'static str>, bound: usize) {
        outbox.begin(key, bound);
        outbox.push(EncodedFrame::Data(Arc::new(text.as_bytes().into())), key);
    }

    fn drain(outbox: &mut SendQueue) -> Vec<String> {
        std::iter::from_fn(|| outbox.pop())
            .map(|item| match item {
                Item::Frame(EncodedFrame::Data(bytes)) => {
                    String::from_utf8(bytes.to_vec()).unwrap()
                }
                Item::Receipt(tick) => format!("receipt {tick}"),
                other => panic!("unexpected {other:?}"),
            })
            .collect()
    }

    #[test]
    fn a_quiet_queue_keeps_every_state() {
        let mut outbox = SendQueue::default();
        for text in ["a", "b", "c"] {
            push(&mut outbox, text, Some("time"), 10_000);
        }
        assert_eq!(drain(&mut outbox), ["a", "b", "c"]);
    }

    #[test]
    fn half_full_queue_keeps_newest_state_and_words() {
        let mut outbox = SendQueue::default();
        let bound = 400;
        for (text, key) in [
            ("time 1", Some("time")),
            ("word 1", None),
            ("room 1", Some("room")),
            ("word 2", None),
            ("time 2", Some("time")),
            ("time 3", Some("time")),
        ] {
            push(&mut outbox, text, key, bound);
        }
        assert_eq!(drain(&mut outbox), ["word 1", "room 1", "word 2", "time 3"]);
        assert_eq!(outbox.bytes(), 0);
    }

    #[test]
    fn states_are_dropped_before_slow_client_closes() {
        let mut outbox = SendQueue::default();
        // Pushed while there was room, so that all of them are there.
        for _ in 0..4 {
            push(&mut outbox, "time", Some("time"), 10_000);
        }
        push(&mut outbox, "word", None, 10_000);
        assert!(!outbox.over(200));
        assert_eq!(drain(&mut outbox), ["time", "word"]);
    }

    #[test]
    fn newer_receipt_replaces_the_older() {
        let mut outbox = SendQueue::default();
        outbox.ask_receipt(1);
        push(&mut outbox, "word 1", None, 10_000);
        outbox.ask_receipt(2);
        push(&mut outbox, "word 2", None, 10_000);
        outbox.compact();
        assert_eq!(drain(&mut outbox), ["word 1", "receipt 2", "word 2"]);
        assert_eq!(outbox.bytes(), 0);
    }

    #[test]
    fn words_alone_can_be_too_much() {
        let mut outbox = SendQueue::default();
        for _ in 0..4 {
            push(&mut outbox, "word", None, 200);
        }
        assert!(outbox.over(200));
    }

    #[test]
    fn one_big_note_is_not_too_much() {
        let mut outbox = SendQueue::default();
        push(&mut outbox, "a whole map, so to speak", None, 10);
        assert!(!outbox.over(10));
    }
}
