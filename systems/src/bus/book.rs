//! What of other nodes' messages has taken effect here.

use std::collections::BTreeMap;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

/// Spans kept for one sender. The broker lets 8,192 messages be unacknowledged, so no more gaps
/// than that can be waiting to be filled.
const SPANS_MAX: usize = 16_384;
/// Senders kept, a start of a node each; the one not heard of for longest goes first.
const SENDERS_MAX: usize = 4_096;

/// This node's book, saved with the effects that it tells of.
#[derive(Component, Clone, Debug, Serialize, Deserialize)]
pub(super) struct Book {
    /// Whose book: nodes that share a database see each other's.
    pub(super) node: String,
    /// By sender, what has taken effect here.
    heard: BTreeMap<String, Heard>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Heard {
    /// When the last came.
    last: WorldTime,
    spans: Spans,
}

impl Book {
    /// Whether a message has had its effect.
    pub(super) fn knows(&self, origin: &str, seq: u64) -> bool {
        let heard = self.heard.get(origin);
        heard.is_some_and(|heard| heard.spans.contains(seq))
    }

    /// Takes a message down, and forgets senders of whom nothing can come again.
    pub(super) fn take_down(
        &mut self,
        origin: &str,
        seq: u64,
        now: WorldTime,
        forget_after: Duration,
    ) {
        if let Some(heard) = self.heard.get_mut(origin) {
            heard.last = now;
            heard.spans.insert(seq);
            return;
        }
        self.heard
            .retain(|_, heard| now.since(heard.last) < forget_after);
        if self.heard.len() >= SENDERS_MAX {
            let oldest = self.heard.iter().min_by_key(|(_, heard)| heard.last);
            let oldest = oldest.map(|(origin, _)| origin.clone());
            oldest.and_then(|origin| self.heard.remove(&origin));
        }
        let mut spans = Spans::default();
        spans.insert(seq);
        self.heard
            .insert(origin.to_owned(), Heard { last: now, spans });
    }
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
        fn spans_hold_exactly_what_was_put_in(numbers in prop::collection::vec(0_u64..300, 0..400)) {
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
    fn senders_of_whom_nothing_can_come_again_are_forgotten() {
        let mut book = Book {
            node: "north".into(),
            heard: BTreeMap::new(),
        };
        let at = |seconds| WorldTime(0).plus(Duration::from_secs(seconds));
        let week = Duration::from_secs(7 * 86_400);
        book.take_down("south.1", 1, at(0), week);
        book.take_down("west.1", 1, at(86_400), week);
        book.take_down("south.2", 1, at(7 * 86_400), week);
        assert!(!book.knows("south.1", 1) && book.knows("west.1", 1));
        for n in 0..2 * SENDERS_MAX {
            book.take_down(&format!("east.{n}"), 1, at(7 * 86_400 + 1), week);
        }
        assert_eq!(book.heard.len(), SENDERS_MAX);
    }

    #[test]
    fn a_long_run_is_one_span_and_gaps_are_bounded() {
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
