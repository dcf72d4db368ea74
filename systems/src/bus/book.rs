//! What of other nodes' messages has taken effect here, and the next number of our own.

use std::collections::BTreeMap;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

/// Spans kept for one sender. Messages are sent 256 at a time at most, so more gaps than that
/// can't be waiting to be filled.
const SPANS_MAX: usize = 257;

/// This node's book, saved with the effects that it tells of.
#[derive(Component, Clone, Debug, Serialize, Deserialize)]
pub(super) struct Book {
    /// Whose book: nodes that share a database see each other's.
    pub(super) node: String,
    /// The number of the next message that must arrive.
    pub(super) next: u64,
    /// By sender, what has taken effect here.
    pub(super) heard: BTreeMap<String, Spans>,
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
            next: 1,
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
    fn a_long_run_is_one_span_and_gaps_are_bounded() {
        let mut spans = Spans::default();
        for number in 1..=10_000 {
            assert!(spans.insert(number));
        }
        assert_eq!(spans.0, [(1, 10_000)]);
        for number in 0..2_000 {
            spans.insert(20_000 + number * 2);
        }
        assert!(spans.0.len() <= SPANS_MAX);
        assert!(spans.contains(5) && !spans.contains(23_997));
    }
}
