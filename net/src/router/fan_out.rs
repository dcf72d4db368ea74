//! Who hears what of one tick.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use engine::port::SessionId;

use crate::session::Spread;

/// Room for so many deliveries is kept from tick to tick: a tick of a full server.
const KEPT_MAX: usize = 64 * 1024;
/// The end of a session's list.
const NONE: u32 = u32::MAX;

/// What each session hears in one tick, as places in a list of things said: sessions in the order in
/// which they are first spoken to, and each one's places in the order in which they were added.
#[derive(Debug, Default)]
pub(super) struct FanOut {
    recipients: Vec<Recipient>,
    deliveries: Vec<Delivery>,
    known: HashMap<SessionId, u32, BuildHasherDefault<Spread>>,
}

#[derive(Clone, Copy, Debug)]
struct Recipient {
    session: SessionId,
    first: u32,
    last: u32,
}

#[derive(Clone, Copy, Debug)]
struct Delivery {
    what: u32,
    next: u32,
}

impl FanOut {
    /// `session` hears what stands at `what`, after everything added before.
    pub(super) fn add(&mut self, session: SessionId, what: u32) {
        let delivery = self.deliveries.len() as u32;
        self.deliveries.push(Delivery { what, next: NONE });
        let recipients = &mut self.recipients;
        let at = *self.known.entry(session).or_insert(recipients.len() as u32);
        match recipients.get_mut(at as usize) {
            Some(recipient) => {
                self.deliveries[recipient.last as usize].next = delivery;
                recipient.last = delivery;
            }
            None => recipients.push(Recipient {
                session,
                first: delivery,
                last: delivery,
            }),
        }
    }

    /// How many sessions hear something.
    pub(super) fn len(&self) -> usize {
        self.recipients.len()
    }

    /// The session of that rank, and the places of what it hears.
    pub(super) fn recipient(&self, rank: usize) -> (SessionId, impl Iterator<Item = u32> + '_) {
        let Recipient { session, first, .. } = self.recipients[rank];
        let at = |place: u32| self.deliveries.get(place as usize);
        let places = std::iter::successors(at(first), move |delivery| at(delivery.next));
        (session, places.map(|delivery| delivery.what))
    }

    /// Forgets everything, ready for the next tick.
    pub(super) fn clear(&mut self) {
        self.recipients.clear();
        self.deliveries.clear();
        self.known.clear();
        self.recipients.shrink_to(KEPT_MAX);
        self.deliveries.shrink_to(KEPT_MAX);
        self.known.shrink_to(KEPT_MAX);
    }
}

#[cfg(test)]
mod tests {
    use engine::port::SessionId;

    use super::FanOut;

    fn received(fan_out: &FanOut) -> Vec<(u64, Vec<u32>)> {
        let ranks = 0..fan_out.len();
        let received = ranks.map(|rank| fan_out.recipient(rank));
        received
            .map(|(session, places)| (session.0, places.collect()))
            .collect()
    }

    #[test]
    fn fan_out_serves_first_addressed_first_in_order() {
        let mut fan_out = FanOut::default();
        for (session, what) in [(7, 0), (3, 0), (3, 1), (9, 2), (7, 2), (3, 2)] {
            fan_out.add(SessionId(session), what);
        }
        let expected = [(7, vec![0, 2]), (3, vec![0, 1, 2]), (9, vec![2])];
        assert_eq!(received(&fan_out), expected);

        fan_out.clear();
        assert_eq!(fan_out.len(), 0);
        fan_out.add(SessionId(3), 5);
        assert_eq!(received(&fan_out), [(3, vec![5])]);
    }
}
