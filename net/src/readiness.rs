//! Whether the server should be sent players; answered by whoever knows, printed here.

use serde::Serialize;

/// The answer of `GET /readyz`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// Every check holds.
    pub ready: bool,
    /// The checks one by one.
    pub checks: Checks,
}

/// What readiness consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checks {
    /// Ticks run on time.
    pub tick: ReadinessCheck,
    /// The journal drains.
    pub journal: ReadinessCheck,
    /// The database drains.
    pub storage: ReadinessCheck,
    /// The bus answers, where one is configured.
    pub bus: ReadinessCheck,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadinessCheck {
    /// It holds.
    pub ok: bool,
    /// In words, also when it holds.
    pub reason: String,
}

impl ReadinessCheck {
    /// A check that holds.
    #[must_use]
    pub fn holds(reason: impl Into<String>) -> Self {
        Self {
            ok: true,
            reason: reason.into(),
        }
    }

    /// A check that does not hold.
    #[must_use]
    pub fn fails(reason: impl Into<String>) -> Self {
        Self {
            ok: false,
            reason: reason.into(),
        }
    }
}

impl From<Checks> for Readiness {
    fn from(checks: Checks) -> Self {
        let all = [&checks.tick, &checks.journal, &checks.storage, &checks.bus];
        let ready = all.into_iter().all(|check| check.ok);
        Self { ready, checks }
    }
}
