//! Who hears what of one tick.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use engine::port::SessionId;

use crate::session::Spread;

/// Room for so many hearings is kept from tick to tick: a tick of a full server.
const KEPT_MAX: usize = 64 * 1024;
/// The end of a session's list.
const NONE: u32 = u32::MAX;

/// What each session hears in one tick, as places in a list of things said: sessions in the order in
/// which they are first spoken to, and each one's places in the order in which they were added.
#[derive(Debug, Default)]
pub(super) struct Round {
    hearers: Vec<Hearer>,
    hearings: Vec<Hearing>,
    known: HashMap<SessionId, u32, BuildHasherDefault<Spread>>,
}

#[derive(Clone, Copy, Debug)]
struct Hearer {
    session: SessionId,
    first: u32,
    last: u32,
}

#[derive(Clone, Copy, Debug)]
struct Hearing {
    what: u32,
    next: u32,
}

impl Round {
    /// `session` hears what stands at `what`, after everything added before.
    pub(super) fn add(&mut self, session: SessionId, what: u32) {
        let hearing = self.hearings.len() as u32;
        self.hearings.push(Hearing { what, next: NONE });
        let hearers = &mut self.hearers;
        let at = *self.known.entry(session).or_insert(hearers.len() as u32);
        match hearers.get_mut(at as usize) {
            Some(hearer) => {
                self.hearings[hearer.last as usize].next = hearing;
                hearer.last = hearing;
            }
            None => hearers.push(Hearer {
                session,
                first: hearing,
                last: hearing,
            }),
        }
    }

    /// How many sessions hear something.
    pub(super) fn len(&self) -> usize {
        self.hearers.len()
    }

    /// The session of that rank, and the places of what it hears.
    pub(super) fn hearer(&self, rank: usize) -> (SessionId, impl Iterator<Item = u32> + '_) {
        let Hearer { session, first, .. } = self.hearers[rank];
        let at = |place: u32| self.hearings.get(place as usize);
        let places = std::iter::successors(at(first), move |hearing| at(hearing.next));
        (session, places.map(|hearing| hearing.what))
    }

    /// Forgets everything, ready for the next tick.
    pub(super) fn clear(&mut self) {
        self.hearers.clear();
        self.hearings.clear();
        self.known.clear();
        self.hearers.shrink_to(KEPT_MAX);
        self.hearings.shrink_to(KEPT_MAX);
        self.known.shrink_to(KEPT_MAX);
    }
}

#[cfg(test)]
mod tests {
    use engine::port::SessionId;

    use super::Round;

    fn heard(round: &Round) -> Vec<(u64, Vec<u32>)> {
        let ranks = 0..round.len();
        let heard = ranks.map(|rank| round.hearer(rank));
        heard
            .map(|(session, places)| (session.0, places.collect()))
            .collect()
    }

    #[test]
    fn whoever_is_spoken_to_first_is_first_and_hears_all_in_order() {
        let mut round = Round::default();
        for (session, what) in [(7, 0), (3, 0), (3, 1), (9, 2), (7, 2), (3, 2)] {
            round.add(SessionId(session), what);
        }
        let expected = [(7, vec![0, 2]), (3, vec![0, 1, 2]), (9, vec![2])];
        assert_eq!(heard(&round), expected);

        round.clear();
        assert_eq!(round.len(), 0);
        round.add(SessionId(3), 5);
        assert_eq!(heard(&round), [(3, vec![5])]);
    }
}
