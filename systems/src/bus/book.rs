//! What of other nodes' messages has taken effect here.

use std::collections::BTreeMap;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

/// Spans kept for one sender. The broker lets 8,192 messages be unacknowledged, so no more gaps
/// than that can be waiting to be filled.
const SPANS_MAX: usize = 16_384;
/// Senders kept by stream, a start of a node each; the one not heard of for longest goes first. Of
/// two streams and those of 16 other worlds that is 18,432.
const SENDERS_MAX: usize = 1_024;
/// Of a row as it was before streams were told apart, which holds whatever the stream.
const ANY_STREAM: &str = "";

/// This node's book, saved with the effects that it tells of.
#[derive(Component, Clone, Debug, Serialize, Deserialize)]
#[component(summary_tick)]
pub(super) struct Book {
    /// Whose book: nodes that share a database see each other's.
    pub(super) node: String,
    /// By stream and sender, what has taken effect here. Who may publish to one stream has no say
    /// about what came by another.
    heard: BTreeMap<String, BTreeMap<String, SenderSpans>>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SenderSpans {
    /// When the last came.
    last: WorldTime,
    spans: Spans,
}

impl Book {
    /// Whether a message has had its effect.
    pub(super) fn knows(&self, stream: &str, origin: &str, seq: u64) -> bool {
        [stream, ANY_STREAM].into_iter().any(|stream| {
            let heard = self.heard.get(stream).and_then(|all| all.get(origin));
            heard.is_some_and(|heard| heard.spans.contains(seq))
        })
    }

    /// Takes a message down, and forgets senders of whom nothing can come again.
    pub(super) fn take_down(
        &mut self,
        stream: &str,
        origin: &str,
        seq: u64,
        now: WorldTime,
        forget_after: Duration,
    ) {
        let known = self
            .heard
            .get_mut(stream)
            .and_then(|all| all.get_mut(origin));
        if let Some(heard) = known {
            heard.last = now;
            heard.spans.insert(seq);
            return;
        }
        self.heard.retain(|_, senders| {
            senders.retain(|_, heard| now.since(heard.last) < forget_after);
            !senders.is_empty()
        });
        let senders = self.heard.entry(stream.to_owned()).or_default();
        if senders.len() >= SENDERS_MAX {
            let oldest = senders.iter().min_by_key(|(_, heard)| heard.last);
            let oldest = oldest.map(|(origin, _)| origin.clone());
            oldest.and_then(|origin| senders.remove(&origin));
        }
        let mut spans = Spans::default();
        spans.insert(seq);
        senders.insert(origin.to_owned(), SenderSpans { last: now, spans });
    }
}

/// Brings a book into today's shape. Version 1 did not know streams.
pub(super) fn migrate(_: u32, old: serde_json::Value) -> Result<serde_json::Value, String> {
    let serde_json::Value::Object(mut book) = old else {
        return Err("a book is no object".to_owned());
    };
    let heard = book.remove("heard").ok_or("a book says nothing heard")?;
    book.insert("heard".to_owned(), serde_json::json!({ ANY_STREAM: heard }));
    Ok(book.into())
}

/// A set of numbers that are nearly all there are, as the spans without a gap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Spans(Vec<(u64, u64)>);

impl Spans {
    pub(super) fn contains(&self, number: u64) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= number);
        after > 0 && number <= self.0[after - 1].1
    }

    /// Adds a number; `false` if it was there.
    pub(super) fn insert(&mut self, number: u64) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= number);
        if after > 0 && number <= self.0[after - 1].1 {
            return false;
        }
        let joins_left = after > 0 && self.0[after - 1].1 + 1 == number;
        let joins_right = self
            .0
            .get(after)
            .is_some_and(|(first, _)| *first == number + 1);
        match (joins_left, joins_right) {
            (true, true) => {
                self.0[after - 1].1 = self.0[after].1;
                self.0.remove(after);
            }
            (true, false) => self.0[after - 1].1 = number,
            (false, true) => self.0[after].0 = number,
            (false, false) => self.0.insert(after, (number, number)),
        }
        if self.0.len() > SPANS_MAX {
            // The oldest gap will not be filled any more: its messages have left the stream.
            self.0[1].0 = self.0[0].0;
            self.0.remove(0);
        }
        true
    }
}

/// Makes this node's book, unless the save has it.
pub(super) fn open(world: &mut World, node: &str) {
    let id = StableId::named(&format!("bus book of {node}"));
    let entity = world.resource::<Index>().get(id);
    let entity = entity.unwrap_or_else(|| world.spawn(id).id());
    if world.get::<Book>(entity).is_none() {
        world.entity_mut(entity).insert(Book {
            node: node.to_owned(),
            heard: BTreeMap::new(),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn spans_hold_exactly_inserted_numbers(numbers in prop::collection::vec(0_u64..300, 0..400)) {
            let (mut spans, mut set) = (Spans::default(), BTreeSet::new());
            for number in numbers {
                prop_assert_eq!(spans.contains(number), set.contains(&number));
                prop_assert_eq!(spans.insert(number), set.insert(number));
            }
            for number in 0..300 {
                prop_assert_eq!(spans.contains(number), set.contains(&number));
            }
            for pair in spans.0.windows(2) {
                prop_assert!(pair[0].1 + 1 < pair[1].0, "a gap lies between spans");
            }
        }
    }

    #[test]
    fn senders_without_possible_redelivery_are_forgotten() {
        let mut book = Book {
            node: "north".into(),
            heard: BTreeMap::new(),
        };
        let at = |seconds| WorldTime(0).plus(Duration::from_secs(seconds));
        let week = Duration::from_secs(7 * 86_400);
        book.take_down("kadath_durable", "south.1", 1, at(0), week);
        book.take_down("kadath_durable", "west.1", 1, at(86_400), week);
        book.take_down("kadath_durable", "south.2", 1, at(7 * 86_400), week);
        let knows = |book: &Book, origin| book.knows("kadath_durable", origin, 1);
        assert!(!knows(&book, "south.1") && knows(&book, "west.1"));
        // Another stream's senders push none of these out.
        for n in 0..2 * SENDERS_MAX {
            let origin = format!("east.{n}");
            book.take_down("dream_durable", &origin, 1, at(7 * 86_400 + 1), week);
        }
        assert_eq!(book.heard["dream_durable"].len(), SENDERS_MAX);
        assert!(knows(&book, "south.2") && knows(&book, "west.1"));
    }

    #[test]
    fn streams_have_separate_numbers() {
        let mut book = Book {
            node: "north".into(),
            heard: BTreeMap::new(),
        };
        let (now, week) = (WorldTime(1), Duration::from_secs(7 * 86_400));
        book.take_down("dream_durable", "south.1", 7, now, week);
        assert!(book.knows("dream_durable", "south.1", 7));
        assert!(!book.knows("kadath_durable", "south.1", 7));
    }

    #[test]
    fn migrated_book_covers_every_stream() {
        let old = serde_json::json!({
            "node": "north", "heard": { "south.1": { "last": 9, "spans": [[1, 4], [6, 6]] } }
        });
        let book: Book = serde_json::from_value(migrate(1, old).unwrap()).unwrap();
        for stream in ["kadath_durable", "kadath_moderation"] {
            assert!(book.knows(stream, "south.1", 3) && book.knows(stream, "south.1", 6));
            assert!(!book.knows(stream, "south.1", 5));
        }
        assert!(migrate(1, serde_json::json!([])).is_err());
    }

    #[test]
    fn long_run_is_one_span_with_bounded_gaps() {
        let mut spans = Spans::default();
        for number in 1..=10_000 {
            assert!(spans.insert(number));
        }
        assert_eq!(spans.0, [(1, 10_000)]);
        for number in 0..20_000 {
            spans.insert(20_000 + number * 2);
        }
        assert!(spans.0.len() <= SPANS_MAX);
        assert!(spans.contains(5) && !spans.contains(59_997));
    }
}
