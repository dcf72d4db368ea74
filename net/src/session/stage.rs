//! The life of a session, as a machine: what may follow what.

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionStage {
    /// The handshake is under way.
    Connecting,
    /// A socket is there and has to say who it is.
    Authenticating,
    /// The world was asked to let the character in.
    Arriving,
    /// The character is in the world and the socket speaks for it.
    Playing,
    /// The socket is gone; the character waits for it.
    Detached,
    /// A new socket is there and the world was told.
    Returning,
    /// Over.
    Ended,
}

/// What happens to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionEvent {
    /// The handshake is done.
    Opened,
    /// The account store knows the player.
    Vouched,
    /// The world has let the character in, or back in.
    Admitted,
    /// The world has not.
    Refused,
    /// The socket is gone.
    Cut,
    /// Another socket shows the session's key.
    Claimed,
    /// The world or the server ends it.
    Closed,
}

/// That step can't happen there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a session that is {from:?} can't be {step:?}")]
pub(crate) struct Illegal {
    pub(crate) from: SessionStage,
    pub(crate) step: SessionEvent,
}

impl SessionStage {
    /// Where the step leads.
    ///
    /// # Errors
    /// When it can't happen here; the session stays as it is.
    pub(crate) const fn after(self, step: SessionEvent) -> Result<Self, Illegal> {
        use SessionStage::{
            Arriving, Authenticating, Connecting, Detached, Ended, Playing, Returning,
        };
        Ok(match (self, step) {
            (Connecting, SessionEvent::Opened) => Authenticating,
            (Authenticating, SessionEvent::Vouched) => Arriving,
            (Arriving | Returning, SessionEvent::Admitted) => Playing,
            (Playing | Detached | Returning, SessionEvent::Claimed) => Returning,
            (Playing | Returning, SessionEvent::Cut) => Detached,
            // Nobody has heard of it yet, so nobody could come back to it.
            (Connecting | Authenticating | Arriving, SessionEvent::Cut)
            | (Arriving | Returning, SessionEvent::Refused)
            | (Arriving | Playing | Detached | Returning, SessionEvent::Closed) => Ended,
            (from, step) => return Err(Illegal { from, step }),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{SessionEvent, SessionStage};

    const STAGES: [SessionStage; 7] = [
        SessionStage::Connecting,
        SessionStage::Authenticating,
        SessionStage::Arriving,
        SessionStage::Playing,
        SessionStage::Detached,
        SessionStage::Returning,
        SessionStage::Ended,
    ];
    const STEPS: [SessionEvent; 7] = [
        SessionEvent::Opened,
        SessionEvent::Vouched,
        SessionEvent::Admitted,
        SessionEvent::Refused,
        SessionEvent::Cut,
        SessionEvent::Claimed,
        SessionEvent::Closed,
    ];

    #[test]
    fn stage_transition_is_tabled_or_refused() {
        // The whole model, by name: a row that changes must be changed here, too.
        let table = [
            ("Connecting", "Opened", "Authenticating"),
            ("Connecting", "Cut", "Ended"),
            ("Authenticating", "Vouched", "Arriving"),
            ("Authenticating", "Cut", "Ended"),
            ("Arriving", "Admitted", "Playing"),
            ("Arriving", "Refused", "Ended"),
            ("Arriving", "Cut", "Ended"),
            ("Arriving", "Closed", "Ended"),
            ("Playing", "Cut", "Detached"),
            ("Playing", "Claimed", "Returning"),
            ("Playing", "Closed", "Ended"),
            ("Detached", "Claimed", "Returning"),
            ("Detached", "Closed", "Ended"),
            ("Returning", "Admitted", "Playing"),
            ("Returning", "Refused", "Ended"),
            ("Returning", "Cut", "Detached"),
            ("Returning", "Claimed", "Returning"),
            ("Returning", "Closed", "Ended"),
        ];
        for from in STAGES {
            for step in STEPS {
                let expected = table
                    .iter()
                    .find(|(a, b, _)| *a == format!("{from:?}") && *b == format!("{step:?}"))
                    .map(|(_, _, to)| (*to).to_owned());
                let found = from.after(step).ok().map(|to| format!("{to:?}"));
                assert_eq!(found, expected, "{from:?} {step:?}");
            }
        }
    }

    #[test]
    fn every_stage_is_reachable_and_can_end() {
        let mut reached = BTreeSet::from([0]);
        loop {
            let before = reached.len();
            for from in reached.clone() {
                for step in STEPS {
                    if let Ok(to) = STAGES[from].after(step) {
                        reached.extend(STAGES.iter().position(|stage| *stage == to));
                    }
                }
            }
            if reached.len() == before {
                break;
            }
        }
        assert_eq!(reached.len(), STAGES.len());
        for stage in STAGES {
            let ends = stage == SessionStage::Ended
                || STEPS
                    .into_iter()
                    .any(|step| stage.after(step) == Ok(SessionStage::Ended));
            assert!(ends, "{stage:?}");
        }
    }
}
