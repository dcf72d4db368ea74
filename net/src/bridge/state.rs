//! How a connection to the broker stands: a state, and the only steps between states.

/// The state of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkState {
    /// Nothing was tried yet, or a closed circuit was given up.
    Disconnected,
    /// The first connection is being made.
    Connecting {
        /// Failed attempts in a row.
        failed: u32,
    },
    /// The broker answers.
    Connected {
        /// Probes missed in a row; fewer than [`MISSES_MAX`].
        missed: u32,
    },
    /// The connection stands, but the broker has not answered for [`MISSES_MAX`] probes.
    Degraded,
    /// The connection was lost and is being made again.
    Reconnecting {
        /// Failed attempts in a row.
        failed: u32,
    },
    /// Too many attempts failed; nothing is tried until the timer has run out.
    CircuitOpen,
}

/// What can happen to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkEvent {
    /// An attempt begins.
    Dial,
    /// An attempt succeeded.
    Established,
    /// An attempt failed.
    AttemptFailed,
    /// The broker answered a probe.
    Answered,
    /// The broker did not answer a probe in time.
    Missed,
    /// The connection is gone.
    Lost,
    /// The open circuit's time has run out.
    TimeUp,
}

/// Probes missed in a row that make a connection degraded.
pub const MISSES_MAX: u32 = 3;
/// Failed attempts in a row that open the circuit.
pub const ATTEMPTS_MAX: u32 = 5;

/// A step that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{event:?} can't happen to a connection that is {state:?}")]
pub struct IllegalStep {
    /// The state.
    pub state: LinkState,
    /// What can't happen in it.
    pub event: LinkEvent,
}

impl LinkState {
    /// The state after `event`.
    ///
    /// # Errors
    /// When that can't happen in this state; the state is kept.
    pub const fn after(self, event: LinkEvent) -> Result<Self, IllegalStep> {
        use LinkEvent as E;
        use LinkState as S;
        Ok(match (self, event) {
            (S::Disconnected, E::Dial) => S::Connecting { failed: 0 },
            (S::Connecting { .. } | S::Reconnecting { .. }, E::Established)
            | (S::Connected { .. } | S::Degraded, E::Answered) => S::Connected { missed: 0 },
            (S::Connecting { failed } | S::Reconnecting { failed }, E::AttemptFailed)
                if failed + 1 >= ATTEMPTS_MAX =>
            {
                S::CircuitOpen
            }
            (S::Connecting { failed }, E::AttemptFailed) => S::Connecting { failed: failed + 1 },
            (S::Reconnecting { failed }, E::AttemptFailed) => {
                S::Reconnecting { failed: failed + 1 }
            }
            (S::Connected { missed }, E::Missed) if missed + 1 >= MISSES_MAX => S::Degraded,
            (S::Connected { missed }, E::Missed) => S::Connected { missed: missed + 1 },
            (S::Degraded, E::Missed) => S::Degraded,
            (S::Connected { .. } | S::Degraded, E::Lost) => S::Reconnecting { failed: 0 },
            (S::CircuitOpen, E::TimeUp) => S::Disconnected,
            (state, event) => return Err(IllegalStep { state, event }),
        })
    }

    /// Whether messages may be given to this connection: beyond, they would only pile up.
    #[must_use]
    pub const fn usable(self) -> bool {
        matches!(self, Self::Connected { .. })
    }

    /// The word in logs and in `/readyz`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Disconnected => "disconnected",
            Self::Connecting { .. } => "connecting",
            Self::Connected { .. } => "connected",
            Self::Degraded => "degraded",
            Self::Reconnecting { .. } => "reconnecting",
            Self::CircuitOpen => "circuit_open",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use super::*;

    const EVENTS: [LinkEvent; 7] = [
        LinkEvent::Dial,
        LinkEvent::Established,
        LinkEvent::AttemptFailed,
        LinkEvent::Answered,
        LinkEvent::Missed,
        LinkEvent::Lost,
        LinkEvent::TimeUp,
    ];

    /// Every state that can be reached, with every step that can be taken.
    fn explore() -> (HashSet<LinkState>, BTreeSet<(&'static str, &'static str)>) {
        let mut known = HashSet::from([LinkState::Disconnected]);
        let mut open = vec![LinkState::Disconnected];
        let mut steps = BTreeSet::new();
        while let Some(state) = open.pop() {
            for event in EVENTS {
                let Ok(next) = state.after(event) else {
                    continue;
                };
                if state.word() != next.word() {
                    steps.insert((state.word(), next.word()));
                }
                if known.insert(next) {
                    open.push(next);
                }
            }
        }
        (known, steps)
    }

    #[test]
    fn exactly_the_steps_of_the_design_exist() {
        let (_, steps) = explore();
        let expected = BTreeSet::from([
            ("disconnected", "connecting"),
            ("connecting", "connected"),
            ("connecting", "circuit_open"),
            ("connected", "degraded"),
            ("degraded", "connected"),
            ("connected", "reconnecting"),
            ("degraded", "reconnecting"),
            ("reconnecting", "connected"),
            ("reconnecting", "circuit_open"),
            ("circuit_open", "disconnected"),
        ]);
        assert_eq!(steps, expected);
    }

    #[test]
    fn connection_is_reachable_from_every_state() {
        let (states, _) = explore();
        for start in states {
            let mut near = HashSet::from([start]);
            for _ in 0..4 {
                let next: Vec<LinkState> = near
                    .iter()
                    .flat_map(|state| EVENTS.map(|event| state.after(event)))
                    .flatten()
                    .collect();
                near.extend(next);
            }
            assert!(
                near.iter().any(|state| state.usable()),
                "{start:?} is a trap"
            );
        }
    }

    #[test]
    fn the_third_miss_degrades_and_one_answer_mends() {
        let mut state = LinkState::Connected { missed: 0 };
        for n in 1..=MISSES_MAX {
            assert!(state.usable(), "before miss {n}");
            state = state.after(LinkEvent::Missed).unwrap();
        }
        assert_eq!(state, LinkState::Degraded);
        state = state.after(LinkEvent::Missed).unwrap();
        assert_eq!(
            state.after(LinkEvent::Answered),
            Ok(LinkState::Connected { missed: 0 })
        );
    }

    #[test]
    fn fifth_failed_attempt_opens_circuit_until_timeout() {
        for first in [
            LinkState::Connecting { failed: 0 },
            LinkState::Reconnecting { failed: 0 },
        ] {
            let mut state = first;
            for _ in 1..ATTEMPTS_MAX {
                state = state.after(LinkEvent::AttemptFailed).unwrap();
                assert_ne!(state, LinkState::CircuitOpen);
            }
            state = state.after(LinkEvent::AttemptFailed).unwrap();
            assert_eq!(state, LinkState::CircuitOpen);
            assert!(state.after(LinkEvent::Dial).is_err(), "not before its time");
            assert_eq!(state.after(LinkEvent::TimeUp), Ok(LinkState::Disconnected));
        }
    }
}
