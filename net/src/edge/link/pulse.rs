//! When a peer last gave a sign of life, when it is pinged, and when it counts as gone.

use std::time::{Duration, Instant};

use crate::config::Timeouts;

/// The signs of life of one peer.
#[derive(Clone, Copy, Debug)]
pub(in crate::edge) struct Pulse {
    /// After so long without a sign it is pinged, and again each time that long has passed.
    due: Duration,
    /// After so long without a sign it is gone; zero: never.
    idle: Duration,
    last_sign: Instant,
    /// The first ping and the last one since then.
    pinged: Option<(Instant, Instant)>,
}

/// What is to be done for a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::edge) enum Beat {
    /// Nothing before then.
    Wait(Instant),
    /// It is to be pinged.
    Ping,
    /// It has not answered.
    Gone,
}

impl Pulse {
    pub(in crate::edge) fn new(timeouts: &Timeouts, now: Instant) -> Self {
        let idle = timeouts.idle;
        // Half of a short patience is for the ping to be answered in.
        let due = if idle.is_zero() {
            timeouts.ping
        } else {
            timeouts.ping.min(idle / 2)
        };
        Self {
            due,
            idle,
            last_sign: now,
            pinged: None,
        }
    }

    /// A sign of life.
    pub(in crate::edge) const fn received(&mut self, now: Instant) {
        self.last_sign = now;
        self.pinged = None;
    }

    /// What is to be done at `now`. A ping that is asked for counts as sent.
    pub(in crate::edge) fn beat(&mut self, now: Instant) -> Beat {
        let Some((first, last)) = &mut self.pinged else {
            let due = self.last_sign + self.due;
            if now < due {
                return Beat::Wait(due);
            }
            self.pinged = Some((now, now));
            return Beat::Ping;
        };
        let again = *last + self.due;
        // A ping that went late has its whole time to be answered all the same.
        let end = (self.last_sign + self.idle).max(*first + self.due);
        if !self.idle.is_zero() && now >= end {
            return Beat::Gone;
        }
        if now >= again {
            *last = now;
            return Beat::Ping;
        }
        Beat::Wait(if self.idle.is_zero() {
            again
        } else {
            again.min(end)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Beat, Pulse};
    use crate::config::Timeouts;

    const PING: u64 = 30;

    fn pulse(idle: u64, now: Instant) -> Pulse {
        let timeouts = Timeouts {
            ping: Duration::from_secs(PING),
            idle: Duration::from_secs(idle),
            ..Timeouts::default()
        };
        Pulse::new(&timeouts, now)
    }

    /// When a peer is pinged in 400 s, in milliseconds, and when it is given up. Pings are answered
    /// after `latency`, or never.
    fn live(idle: u64, latency: Option<u64>) -> (Vec<u64>, Option<u64>) {
        let began = Instant::now();
        let mut pulse = pulse(idle, began);
        let mut pings = Vec::new();
        let (mut at, mut answer) = (0, u64::MAX);
        while at < 400_000 {
            let now = began + Duration::from_millis(at);
            if answer <= at {
                answer = u64::MAX;
                pulse.received(now);
            }
            match pulse.beat(now) {
                Beat::Wait(until) => {
                    let wait = until.duration_since(began).as_millis() as u64;
                    at = wait.min(answer).max(at + 1);
                }
                Beat::Ping => {
                    pings.push(at);
                    if let Some(latency) = latency {
                        answer = answer.min(at + latency);
                    }
                }
                Beat::Gone => return (pings, Some(at)),
            }
        }
        (pings, None)
    }

    #[test]
    fn pings_come_when_due_at_any_latency() {
        for latency in [0, 20, 100, 2_000] {
            let (pings, gone) = live(300, Some(latency));
            let due: Vec<u64> = (0..)
                .map(|n| PING * 1_000 + n * (PING * 1_000 + latency))
                .take_while(|at| *at < 400_000)
                .collect();
            assert_eq!(pings, due);
            assert_eq!(gone, None);
        }
    }

    #[test]
    fn peer_that_answers_is_never_given_up() {
        for idle in [0, 1, 2, 10, 29, 30, 31, 45, 59, 60, 61, 300] {
            let (pings, gone) = live(idle, Some(450));
            assert_eq!(gone, None, "{idle}");
            assert!(pings.len() >= 400 / 31, "{idle}: {pings:?}");
        }
    }

    #[test]
    fn only_an_unanswered_ping_gives_a_peer_up() {
        for (idle, first) in [
            (1, 500),
            (10, 5_000),
            (45, 22_500),
            (90, 30_000),
            (300, 30_000),
        ] {
            let (pings, gone) = live(idle, None);
            assert_eq!(gone, Some(idle * 1_000), "{idle}");
            assert_eq!(pings[0], first);
        }
        let (pings, gone) = live(0, None);
        assert_eq!((pings.len(), gone), (13, None));
    }

    #[test]
    fn late_ping_has_full_time_for_answer() {
        let began = Instant::now();
        let mut pulse = pulse(45, began);
        // As after a process was stopped for a while.
        let late = began + Duration::from_secs(100);
        assert_eq!(pulse.beat(late), Beat::Ping);
        let end = late + Duration::from_millis(22_500);
        assert_eq!(pulse.beat(late), Beat::Wait(end));
        assert_eq!(pulse.beat(end), Beat::Gone);
    }
}
