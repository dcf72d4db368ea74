//! How often anyone may do anything. Counters use monotonic time and memory of fixed size.

mod attempts;
mod intake;
mod known;
mod window;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio_util::task::task_tracker::TaskTrackerToken;

use attempts::Attempts;
pub(crate) use intake::Intake;
use known::{Here, KnownAddresses, Turns};
use window::Window;

use crate::address::Neighbour;
use crate::config::NetLimits;

/// The limits that outlive a connection.
#[derive(Debug)]
pub(crate) struct GatewayLimits {
    limits: NetLimits,
    handshakes: Mutex<Attempts<Neighbour>>,
    sign_ins: Mutex<Attempts<Neighbour>>,
    calls: Mutex<Attempts<Neighbour>>,
    failures: Mutex<Attempts<Here>>,
    failures_everywhere: Mutex<Attempts<String>>,
    known: KnownAddresses,
    turns: Turns,
    seats: Seats,
}

/// Open connections, by whoever shares an address.
type Seats = Arc<Mutex<HashMap<Neighbour, u32>>>;

/// One connection's place among those of its address; free again when dropped.
#[derive(Debug)]
pub(crate) struct AddressPermit {
    seats: Seats,
    from: Option<Neighbour>,
}

/// What one connection takes of what is bounded; free again when dropped.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    // Held, never looked at.
    _permit: Option<OwnedSemaphorePermit>,
    _seat: Option<AddressPermit>,
    _open: TaskTrackerToken,
}

impl ConnectionPermit {
    /// `permit`: one of all connections; `seat`: one of its address's; `open`: what a stop waits for.
    pub(crate) const fn new(
        permit: Option<OwnedSemaphorePermit>,
        seat: Option<AddressPermit>,
        open: TaskTrackerToken,
    ) -> Self {
        Self {
            _permit: permit,
            _seat: seat,
            _open: open,
        }
    }
}

impl Drop for AddressPermit {
    fn drop(&mut self) {
        let Some(from) = self.from else { return };
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = seats.get_mut(&from) {
            *taken -= 1;
            if *taken == 0 {
                seats.remove(&from);
            }
        }
    }
}

/// What a handshake may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// Anything.
    Welcome,
    /// A resume and nothing else; the wait in milliseconds.
    ResumeOnly(u64),
    /// Nothing; the wait in milliseconds.
    TooMany(u64),
}

impl GatewayLimits {
    /// Over the limit a socket may still show that it resumes; far over it, not even that.
    const FAR: u32 = 4;

    /// So many times the limit of one address holds for one account and all addresses together.
    const WIDE: u32 = 10;

    pub(crate) fn new(limits: NetLimits) -> Self {
        Self {
            limits,
            handshakes: Mutex::default(),
            sign_ins: Mutex::default(),
            calls: Mutex::default(),
            failures: Mutex::default(),
            failures_everywhere: Mutex::default(),
            known: KnownAddresses::default(),
            turns: Turns::default(),
            seats: Seats::default(),
        }
    }

    /// A place for a connection; `None` when that address has as many open as it may have.
    pub(crate) fn seat(&self, from: IpAddr) -> Option<AddressPermit> {
        let limit = self.limits.connections_per_address;
        let seats = Arc::clone(&self.seats);
        if limit == 0 || from.to_canonical().is_loopback() {
            return Some(AddressPermit { seats, from: None });
        }
        let from = Neighbour::of(from);
        {
            let mut seats = seats.lock().unwrap_or_else(PoisonError::into_inner);
            let taken = seats.entry(from).or_default();
            if *taken >= limit {
                return None;
            }
            *taken += 1;
        }
        let from = Some(from);
        Some(AddressPermit { seats, from })
    }

    /// Counts a handshake.
    pub(crate) fn handshake(&self, from: IpAddr) -> Handshake {
        let limit = self.limits.connection_attempts_per_minute;
        if limit == 0 || from.is_loopback() {
            return Handshake::Welcome;
        }
        let far = limit.saturating_mul(Self::FAR);
        let (count, wait) = attempts::count(&self.handshakes, Neighbour::of(from), limit);
        match count {
            count if count <= limit => Handshake::Welcome,
            count if count <= far => Handshake::ResumeOnly(wait),
            _ => Handshake::TooMany(wait),
        }
    }

    /// The handshake turned out to be a resume, which doesn't count.
    pub(crate) fn was_resume(&self, from: IpAddr) {
        attempts::forgive(&self.handshakes, &Neighbour::of(from));
    }

    /// Counts a registration, sign-in or guest.
    ///
    /// # Errors
    /// With the wait in milliseconds when there were too many from there.
    pub(crate) fn sign_in(&self, from: IpAddr) -> Result<(), u64> {
        let limit = self.limits.sign_ins_per_minute;
        if limit == 0 || from.is_loopback() {
            return Ok(());
        }
        let (count, wait) = attempts::count(&self.sign_ins, Neighbour::of(from), limit);
        if count <= limit { Ok(()) } else { Err(wait) }
    }

    /// Counts a call with a token.
    ///
    /// # Errors
    /// With the wait in milliseconds when there were too many from there.
    pub(crate) fn call(&self, from: IpAddr) -> Result<(), u64> {
        let limit = self.limits.calls_per_minute;
        if limit == 0 || from.is_loopback() {
            return Ok(());
        }
        let (count, wait) = attempts::count(&self.calls, Neighbour::of(from), limit);
        if count <= limit { Ok(()) } else { Err(wait) }
    }

    /// Counts a try of that account from there as one in vain, until
    /// [`GatewayLimits::login_was_fine`] or [`GatewayLimits::login_was_not_in_vain`]; answers how
    /// long it has to wait for its turn.
    ///
    /// # Errors
    /// With the wait in milliseconds when it was tried in vain too often; that try counts nothing.
    pub(crate) fn login(&self, username: &str, from: IpAddr) -> Result<Duration, u64> {
        let limit = self.limits.failed_logins_per_minute;
        if limit == 0 {
            return Ok(Duration::ZERO);
        }
        let (account, from) = (account(username), Neighbour::of(from));
        let here = (account.clone(), from);
        let known = self.known.holds(&here);
        let (count, wait) = attempts::count(&self.failures, here.clone(), limit);
        let wide = limit.saturating_mul(Self::WIDE);
        let (everywhere, _) = attempts::count(&self.failures_everywhere, account.clone(), wide);
        let turn = match (known, count <= limit, everywhere <= wide) {
            // Only a try too many from there is to be kept out, and only where nobody is known.
            (false, false, _) => Err(wait),
            (true, true, _) | (false, true, true) => Ok(Duration::ZERO),
            (true, false, _) => self.turns.take((account.clone(), Some(from))),
            (false, true, false) => self.turns.take((account.clone(), None)),
        };
        if turn.is_err() {
            attempts::forgive(&self.failures, &here);
            attempts::forgive(&self.failures_everywhere, &account);
        }
        turn
    }

    /// That account was not tried in vain from there, nor signed in.
    pub(crate) fn login_was_not_in_vain(&self, username: &str, from: IpAddr) {
        let account = account(username);
        attempts::forgive(&self.failures_everywhere, &account);
        attempts::forgive(&self.failures, &(account, Neighbour::of(from)));
    }

    /// Somebody has signed in well from there.
    pub(crate) fn login_was_fine(&self, username: &str, from: IpAddr) {
        self.login_was_not_in_vain(username, from);
        self.known.add((account(username), Neighbour::of(from)));
    }
}

/// The name as a key: names differ by more than case, and no key is longer than a name may be.
fn account(username: &str) -> String {
    username
        .chars()
        .take(64)
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{GatewayLimits, Handshake};
    use crate::config::NetLimits;

    fn gates() -> GatewayLimits {
        GatewayLimits::new(NetLimits {
            connection_attempts_per_minute: 2,
            failed_logins_per_minute: 2,
            sign_ins_per_minute: 1,
            ..NetLimits::default()
        })
    }

    #[test]
    fn excess_handshakes_may_only_resume_until_hard_limit() {
        let gates = gates();
        let from = "192.0.2.1".parse().unwrap();
        let counted: Vec<_> = (0..9).map(|_| gates.handshake(from)).collect();
        assert_eq!(counted[1], Handshake::Welcome);
        assert!(matches!(counted[2], Handshake::ResumeOnly(wait) if wait > 0));
        assert!(matches!(counted[8], Handshake::TooMany(_)));
    }

    #[test]
    fn resumes_and_loopback_peers_do_not_count() {
        let gates = gates();
        let from = "192.0.2.1".parse().unwrap();
        for _ in 0..20 {
            assert_eq!(gates.handshake(from), Handshake::Welcome);
            gates.was_resume(from);
            assert_eq!(gates.handshake([127, 0, 0, 1].into()), Handshake::Welcome);
        }
    }

    #[test]
    fn account_lockout_ignores_letter_case() {
        let gates = gates();
        let from = "192.0.2.1".parse().unwrap();
        assert_eq!(gates.login("Ann", from), Ok(Duration::ZERO));
        assert_eq!(gates.login("ANN", from), Ok(Duration::ZERO));
        // Two are under way, whatever becomes of them.
        assert!(gates.login("ann", from).is_err());
        assert_eq!(gates.login("bob", from), Ok(Duration::ZERO));
        gates.login_was_not_in_vain("ann", from);
        assert_eq!(gates.login("ann", from), Ok(Duration::ZERO));
    }

    #[test]
    fn failures_elsewhere_lock_out_no_known_address() {
        let gates = gates();
        let home = "192.0.2.1".parse().unwrap();
        for n in 0..9 {
            let from = [198, 51, 100, n].into();
            gates.login("ann", from).unwrap();
            gates.login("ann", from).unwrap();
            assert!(gates.login("ann", from).is_err());
        }
        // Somebody new has a try, and whoever has signed in well is known.
        assert_eq!(gates.login("ann", home), Ok(Duration::ZERO));
        gates.login_was_fine("ann", home);
        for n in 0..40 {
            let _ = gates.login("ann", [203, 0, 113, n].into());
        }
        let stranger = gates.login("ann", "192.0.2.99".parse().unwrap());
        assert!(stranger != Ok(Duration::ZERO), "{stranger:?}");
        assert_eq!(gates.login("ann", home), Ok(Duration::ZERO));
    }

    #[test]
    fn known_address_takes_turns_without_minute_wait() {
        let gates = gates();
        let home = "192.0.2.1".parse().unwrap();
        gates.login("ann", home).unwrap();
        gates.login_was_fine("ann", home);
        for _ in 0..2 {
            assert_eq!(gates.login("ann", home), Ok(Duration::ZERO));
        }
        // Somebody else behind the same address guesses: the owner waits for seconds at most.
        let mut turns = Vec::new();
        let refused = loop {
            match gates.login("ann", home) {
                Ok(turn) => turns.push(turn),
                Err(wait) => break wait,
            }
        };
        assert!((2..20).contains(&turns.len()), "{turns:?}");
        assert!(turns.iter().all(|turn| turn.as_secs() <= 8), "{turns:?}");
        assert!(refused <= 10_000, "{refused}");
    }

    #[test]
    fn address_places_are_limited_and_returned() {
        let gates = GatewayLimits::new(NetLimits {
            connections_per_address: 2,
            ..NetLimits::default()
        });
        let from = "192.0.2.1".parse().unwrap();
        let (first, second) = (gates.seat(from), gates.seat(from));
        assert!(first.is_some() && second.is_some());
        assert!(gates.seat(from).is_none());
        assert!(gates.seat("192.0.2.2".parse().unwrap()).is_some());
        for _ in 0..9 {
            std::mem::forget(gates.seat([127, 0, 0, 1].into()).unwrap());
        }
        drop(first);
        assert!(gates.seat(from).is_some());
    }

    #[test]
    fn neighbours_in_one_network_count_as_one() {
        let gates = gates();
        assert!(gates.sign_in("2001:db8::1".parse().unwrap()).is_ok());
        assert!(gates.sign_in("2001:db8::2".parse().unwrap()).is_err());
        assert!(gates.sign_in("2001:db8:0:1::2".parse().unwrap()).is_ok());
    }
}
