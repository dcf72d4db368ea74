//! How often anyone may do anything. Counters use monotonic time and memory of fixed size.

mod attempts;
mod window;

use std::net::IpAddr;
use std::sync::Mutex;

use attempts::Attempts;
pub(crate) use window::{Pace, Window};

use crate::address::Neighbour;
use crate::config::NetLimits;

/// The limits that outlive a connection.
#[derive(Debug)]
pub(crate) struct Gates {
    limits: NetLimits,
    handshakes: Mutex<Attempts<Neighbour>>,
    sign_ins: Mutex<Attempts<Neighbour>>,
    failures: Mutex<Attempts<String>>,
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

impl Gates {
    /// Over the limit a socket may still show that it resumes; far over it, not even that.
    const FAR: u32 = 4;

    pub(crate) fn new(limits: NetLimits) -> Self {
        Self {
            limits,
            handshakes: Mutex::default(),
            sign_ins: Mutex::default(),
            failures: Mutex::default(),
        }
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

    /// Whether that account may be tried now.
    ///
    /// # Errors
    /// With the wait in milliseconds when it was tried in vain too often.
    pub(crate) fn login(&self, username: &str) -> Result<(), u64> {
        let limit = self.limits.failed_logins_per_minute;
        if limit == 0 {
            return Ok(());
        }
        let (count, wait) = attempts::look(&self.failures, &account(username), limit);
        if count < limit { Ok(()) } else { Err(wait) }
    }

    /// That account was tried in vain.
    pub(crate) fn login_failed(&self, username: &str) {
        let limit = self.limits.failed_logins_per_minute;
        if limit > 0 {
            attempts::count(&self.failures, account(username), limit);
        }
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
    use super::{Gates, Handshake};
    use crate::config::NetLimits;

    fn gates() -> Gates {
        Gates::new(NetLimits {
            connection_attempts_per_minute: 2,
            failed_logins_per_minute: 2,
            sign_ins_per_minute: 1,
            ..NetLimits::default()
        })
    }

    #[test]
    fn handshakes_over_the_limit_may_only_resume_and_far_over_it_nothing() {
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
    fn an_account_tried_in_vain_has_to_wait_whatever_its_case() {
        let gates = gates();
        gates.login_failed("Ann");
        assert!(gates.login("ann").is_ok());
        gates.login_failed("ANN");
        assert!(gates.login("ann").is_err());
        assert!(gates.login("bob").is_ok());
    }

    #[test]
    fn neighbours_in_one_network_count_as_one() {
        let gates = gates();
        assert!(gates.sign_in("2001:db8::1".parse().unwrap()).is_ok());
        assert!(gates.sign_in("2001:db8::2".parse().unwrap()).is_err());
        assert!(gates.sign_in("2001:db8:0:1::2".parse().unwrap()).is_ok());
    }
}
