//! What `/metrics` says of the bus; all of fixed size.

use std::sync::Mutex;
use std::sync::PoisonError;

use engine::port::{MetricsFault, Registry};
use prometheus::{
    Gauge, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
};

use super::breaker::{Breaker, BreakerLimits, BreakerOpen, BreakerState};
use super::class::Class;

const CLASSES: usize = Class::ALL.len();

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    In,
    Out,
}

impl Way {
    const fn word(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

/// The bus's metrics, and its breakers: one for each class and way.
#[derive(Debug)]
pub(super) struct BusMetrics {
    pub(super) connected: IntGauge,
    pub(super) round_trip: Gauge,
    pub(super) processing: Histogram,
    pub(super) dead: IntGauge,
    pub(super) dead_lost: IntCounter,
    pub(super) unconfirmed: IntGauge,
    pub(super) redelivered: IntCounter,
    messages: [[IntCounter; CLASSES]; 2],
    dropped: [[IntCounter; CLASSES]; 2],
    breaker_state: IntGaugeVec,
    breakers: Mutex<[[Breaker; CLASSES]; 2]>,
}

impl BusMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, MetricsFault> {
        let messages = IntCounterVec::new(
            Opts::new(
                "kadath_bus_messages_total",
                "messages taken from and given to the broker",
            ),
            &["direction", "class"],
        )?;
        let dropped = IntCounterVec::new(
            Opts::new(
                "kadath_bus_dropped_total",
                "messages without a promise that were not sent or not heard",
            ),
            &["direction", "class"],
        )?;
        let breaker_state = IntGaugeVec::new(
            Opts::new("kadath_breaker_state", "0 closed, 1 half open, 2 open"),
            &["class"],
        )?;
        let each = |vec: &IntCounterVec| {
            [Way::In, Way::Out].map(|way| {
                Class::ALL.map(|class| vec.with_label_values(&[way.word(), class.word()]))
            })
        };
        let metrics = Self {
            connected: IntGauge::new("kadath_bus_connected", "1 while the broker answers")?,
            round_trip: Gauge::new(
                "kadath_bus_round_trip_seconds",
                "the last probe's way to the broker and back",
            )?,
            processing: Histogram::with_opts(
                HistogramOpts::new(
                    "kadath_bus_processing_seconds",
                    "from a message's receipt to its place in the world's lane",
                )
                .buckets(vec![
                    0.000_01, 0.000_05, 0.000_1, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 1.0,
                ]),
            )?,
            dead: IntGauge::new("kadath_dead_letters", "dead letters kept")?,
            dead_lost: IntCounter::new(
                "kadath_dead_letters_lost_total",
                "dead letters that could not be kept",
            )?,
            unconfirmed: IntGauge::new(
                "kadath_bus_unconfirmed",
                "messages that must arrive and are not stored by the broker yet",
            )?,
            redelivered: IntCounter::new(
                "kadath_bus_redelivered_total",
                "messages that must arrive and came again",
            )?,
            messages: each(&messages),
            dropped: each(&dropped),
            breaker_state,
            breakers: Mutex::new([[Breaker::new(BreakerLimits::default()); CLASSES]; 2]),
        };
        for class in Class::ALL {
            metrics
                .breaker_state
                .with_label_values(&[class.word()])
                .set(0);
        }
        registry
            .register(Box::new(messages))
            .map_err(MetricsFault)?;
        registry.register(Box::new(dropped)).map_err(MetricsFault)?;
        registry.register(Box::new(metrics.breaker_state.clone()))?;
        registry.register(Box::new(metrics.connected.clone()))?;
        registry.register(Box::new(metrics.round_trip.clone()))?;
        registry.register(Box::new(metrics.processing.clone()))?;
        registry.register(Box::new(metrics.dead.clone()))?;
        registry.register(Box::new(metrics.dead_lost.clone()))?;
        registry.register(Box::new(metrics.unconfirmed.clone()))?;
        registry.register(Box::new(metrics.redelivered.clone()))?;
        Ok(metrics)
    }

    pub(super) fn passed(&self, way: Way, class: Class) {
        self.messages[way as usize][class.index()].inc();
    }

    pub(super) fn dropped(&self, way: Way, class: Class) {
        self.dropped[way as usize][class.index()].inc();
    }

    pub(super) fn passed_many(&self, way: Way, class: Class, count: u64) {
        self.messages[way as usize][class.index()].inc_by(count);
    }

    pub(super) fn dropped_many(&self, way: Way, class: Class, count: u64) {
        self.dropped[way as usize][class.index()].inc_by(count);
    }

    /// Whether messages of this class may be handed on this way now.
    pub(super) fn pass(&self, way: Way, class: Class) -> Result<(), BreakerOpen> {
        self.breaker(way, class, |breaker| breaker.pass())
    }

    /// How the last hand-over went.
    pub(super) fn went(&self, way: Way, class: Class, well: bool) {
        self.breaker(way, class, |breaker| {
            if well {
                breaker.success();
            } else {
                breaker.failure();
            }
        });
    }

    /// Shows how the breakers stand: time alone half opens them.
    pub(super) fn show_breakers(&self) {
        let breakers = *self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        for class in Class::ALL {
            let states =
                [Way::In, Way::Out].map(|way| breakers[way as usize][class.index()].state() as i64);
            let worst = states
                .into_iter()
                .max()
                .unwrap_or(BreakerState::Closed as i64);
            self.breaker_state
                .with_label_values(&[class.word()])
                .set(worst);
        }
    }

    fn breaker<T>(&self, way: Way, class: Class, act: impl FnOnce(&mut Breaker) -> T) -> T {
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        let breaker = &mut breakers[way as usize][class.index()];
        let before = breaker.state();
        let done = act(breaker);
        let after = breaker.state();
        drop(breakers);
        if before != after {
            self.show_breakers();
            tracing::warn!(
                class = class.word(),
                direction = way.word(),
                state = ?after,
                "breaker of the bus changed its state"
            );
        }
        done
    }
}
