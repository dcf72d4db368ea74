//! Who signed in well from where, and turns for those who must not be locked out.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::address::Neighbour;

/// An account's name and where it is tried from.
pub(super) type Here = (String, Neighbour);

/// As many are remembered, the newest; at 150 bytes each, twice: 20 MiB.
const KNOWN_MAX: usize = 65_536;

/// How long.
const LATELY: Duration = Duration::from_secs(30 * 86_400);

/// From where accounts were signed in well lately. In memory: after a restart nobody is known, and
/// the limits are as for strangers.
#[derive(Debug, Default)]
pub(super) struct KnownAddresses(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    last: HashMap<Here, Instant>,
    /// In the order in which they were seen; only the newest sight of each counts.
    order: VecDeque<(Here, Instant)>,
}

impl KnownAddresses {
    pub(super) fn holds(&self, here: &Here) -> bool {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = seen.last.get(here);
        last.is_some_and(|last| last.elapsed() < LATELY)
    }

    pub(super) fn add(&self, here: Here) {
        let now = Instant::now();
        let seen = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.last.insert(here.clone(), now);
        seen.order.push_back((here, now));
        while seen.last.len() > KNOWN_MAX || seen.order.len() > 2 * KNOWN_MAX {
            let Some((here, at)) = seen.order.pop_front() else {
                return;
            };
            if seen.last.get(&here) == Some(&at) {
                seen.last.remove(&here);
            }
        }
    }
}

/// Between two turns: a guesser gets sixty a minute at most.
const TURN: Duration = Duration::from_secs(1);

/// So many wait for theirs; who comes then is told to come back.
const WAITING_MAX: u32 = 8;

/// Accounts whose turns are remembered: those of the last eight seconds, each of which had its own
/// password hashed. At 150 bytes each: 0.6 MB.
const TURNS_MAX: usize = 4_096;

/// When the next turn is free, by account and address or, for strangers, by account.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<(String, Option<Neighbour>), Instant>>);

impl Turns {
    /// Takes the next turn; answers how long it is until then.
    ///
    /// # Errors
    /// With a wait in milliseconds when too many wait already.
    pub(super) fn take(&self, who: (String, Option<Neighbour>)) -> Result<Duration, u64> {
        let now = Instant::now();
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.len() >= TURNS_MAX {
            turns.retain(|_, next| *next > now);
        }
        if turns.len() >= TURNS_MAX && !turns.contains_key(&who) {
            return Err(1_000);
        }
        let next = turns.entry(who).or_insert(now);
        let at = (*next).max(now);
        let wait = at - now;
        if wait >= TURN * WAITING_MAX {
            return Err(1_000);
        }
        *next = at + TURN;
        Ok(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_addresses_are_bounded() {
        let known = KnownAddresses::default();
        let here = |n: usize| {
            let from = std::net::Ipv4Addr::from(n as u32);
            ("ann".to_owned(), Neighbour::of(from.into()))
        };
        for n in 0..KNOWN_MAX + 10 {
            known.add(here(n));
        }
        assert!(!known.holds(&here(0)));
        assert!(known.holds(&here(KNOWN_MAX)));
        for _ in 0..3 * KNOWN_MAX {
            known.add(here(KNOWN_MAX + 9));
        }
        let seen = known.0.lock().unwrap();
        assert!(seen.order.len() <= 2 * KNOWN_MAX);
    }
}
