//! Whether the server should be sent players: asked of the world, the journal and the store.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::port::{SaveGauge, Stop, Tick};
use net::{Checks, Readiness, ReadinessCheck};
use storage::Storage;

/// How often the world's pulse is felt.
const PULSE: Duration = Duration::from_millis(250);

/// Watches the world's pulse.
#[derive(Clone, Debug)]
pub(crate) struct WorldPulse {
    gauge: Arc<SaveGauge>,
    /// The last tick seen, and when it was first seen.
    seen: Arc<Mutex<(Tick, Instant)>>,
}

impl WorldPulse {
    pub(crate) fn new(gauge: Arc<SaveGauge>) -> Self {
        let seen = Arc::new(Mutex::new((gauge.current_tick(), Instant::now())));
        Self { gauge, seen }
    }

    /// Feels the pulse until `stop`.
    pub(crate) async fn watch(self, stop: Stop) {
        let mut timer = tokio::time::interval(PULSE);
        while stop.run_until_cancelled(timer.tick()).await.is_some() {
            self.feel();
        }
    }

    /// How long the world has stood still.
    fn feel(&self) -> Duration {
        let tick = self.gauge.current_tick();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if tick > seen.0 {
            *seen = (tick, Instant::now());
        }
        seen.1.elapsed()
    }
}

/// Answers `/readyz`. `lag_max`: how far anything may lag.
pub(crate) fn readiness(
    pulse: &WorldPulse,
    storage: &Storage,
    bus: ReadinessCheck,
    lag_max: Duration,
) -> Readiness {
    let still = pulse.feel();
    let tick = match pulse.gauge.current_tick() {
        0 => ReadinessCheck::fails("the world has not begun"),
        _ if still > lag_max => ReadinessCheck::fails("the world stands still"),
        tick => ReadinessCheck::holds(format!("tick {tick}")),
    };
    let health = storage.health(lag_max);
    let check = |half: Result<(), &str>| {
        half.map_or_else(ReadinessCheck::fails, |()| {
            ReadinessCheck::holds("keeps up")
        })
    };
    Readiness::from(Checks {
        tick,
        journal: check(health.journal),
        storage: check(health.store),
        bus,
    })
}
