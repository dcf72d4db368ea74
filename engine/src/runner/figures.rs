//! The world's metrics, all of fixed size.

use std::time::Duration;

use prometheus::{
    Counter, CounterVec, Gauge, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry,
};

use crate::port::{MetricsFault, Tick};
use crate::{Engine, FaultReport, Phase, TickPart};

/// What `/metrics` says of the world.
#[derive(Debug)]
pub struct Figures {
    ticks: IntCounter,
    seconds: Histogram,
    overruns: IntCounter,
    lateness: Gauge,
    dropped_runs: IntCounter,
    plugin_seconds: CounterVec,
    /// Of each part of a tick, and of what is left beside them.
    parts: [Counter; 5],
    hand_over: Counter,
    faults: IntCounterVec,
    quarantined: IntGaugeVec,
    players: IntGauge,
    violations: IntCounterVec,
    script_fuel: IntCounterVec,
    script_cuts: IntCounterVec,
    /// The counters of `plugin_seconds` by plugin index and phase, so that no tick looks up a label.
    spans: Vec<[Counter; 4]>,
    names: Vec<&'static str>,
}

impl Figures {
    /// Registers the world's metrics.
    ///
    /// # Errors
    /// When `registry` already has them.
    pub fn new(registry: &Registry) -> Result<Self, MetricsFault> {
        let part_seconds = CounterVec::new(
            Opts::new("kadath_tick_part_seconds", "time spent in a part of ticks"),
            &["part"],
        )?;
        let figures = Self {
            ticks: IntCounter::new("kadath_ticks_total", "ticks executed")?,
            seconds: Histogram::with_opts(
                HistogramOpts::new("kadath_tick_seconds", "time spent in a tick").buckets(vec![
                    0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01,
                    0.025, 0.05, 0.1, 0.25, 1.0, 2.0, 5.0,
                ]),
            )?,
            overruns: IntCounter::new(
                "kadath_tick_overruns_total",
                "tick slots skipped because a tick took too long",
            )?,
            lateness: Gauge::new(
                "kadath_tick_lateness_seconds",
                "how late the last tick began",
            )?,
            dropped_runs: IntCounter::new(
                "kadath_cadence_runs_dropped_total",
                "cadence runs dropped after a long stall",
            )?,
            plugin_seconds: CounterVec::new(
                Opts::new("kadath_plugin_seconds", "time spent in a plugin"),
                &["plugin", "phase"],
            )?,
            parts: TickPart::ALL.map(|part| part_seconds.with_label_values(&[part.word()])),
            hand_over: part_seconds.with_label_values(&["hand_over"]),
            faults: IntCounterVec::new(
                Opts::new("kadath_plugin_faults_total", "contained faults"),
                &["plugin"],
            )?,
            quarantined: IntGaugeVec::new(
                Opts::new("kadath_plugin_quarantined", "1 while a plugin is left out"),
                &["plugin"],
            )?,
            players: IntGauge::new("kadath_players_online", "characters played")?,
            violations: IntCounterVec::new(
                Opts::new(
                    "kadath_rate_limit_violations_total",
                    "commands and lines refused because somebody had too many",
                ),
                &["kind"],
            )?,
            script_fuel: IntCounterVec::new(
                Opts::new(
                    "kadath_script_fuel_total",
                    "operations that calls of a script have spent",
                ),
                &["script"],
            )?,
            script_cuts: IntCounterVec::new(
                Opts::new(
                    "kadath_script_cut_total",
                    "calls of a script that were cut or failed",
                ),
                &["script"],
            )?,
            spans: Vec::new(),
            names: Vec::new(),
        };
        for one in [&figures.ticks, &figures.overruns, &figures.dropped_runs] {
            registry.register(Box::new(one.clone()))?;
        }
        registry.register(Box::new(figures.seconds.clone()))?;
        registry.register(Box::new(figures.lateness.clone()))?;
        registry.register(Box::new(figures.plugin_seconds.clone()))?;
        registry.register(Box::new(part_seconds))?;
        registry.register(Box::new(figures.faults.clone()))?;
        registry.register(Box::new(figures.quarantined.clone()))?;
        registry.register(Box::new(figures.players.clone()))?;
        registry.register(Box::new(figures.violations.clone()))?;
        registry.register(Box::new(figures.script_fuel.clone()))?;
        registry.register(Box::new(figures.script_cuts.clone()))?;
        Ok(figures)
    }

    pub(super) fn name_plugins(&mut self, names: &[&'static str]) {
        self.names = names.to_vec();
        self.spans = names
            .iter()
            .map(|name| {
                Phase::ALL.map(|phase| {
                    self.plugin_seconds
                        .with_label_values(&[*name, phase.word()])
                })
            })
            .collect();
        for name in names {
            self.faults.with_label_values(&[name]);
            self.quarantined.with_label_values(&[name]);
        }
    }

    pub(super) fn tick(
        &self,
        engine: &mut Engine,
        took: Duration,
        lateness: Duration,
        dropped: u64,
    ) {
        self.ticks.inc();
        self.seconds.observe(took.as_secs_f64());
        self.lateness.set(lateness.as_secs_f64());
        self.dropped_runs.inc_by(dropped);
        self.players
            .set(i64::try_from(engine.players_online()).unwrap_or(i64::MAX));
        for (kind, count) in engine.violations() {
            self.violations.with_label_values(&[kind]).inc_by(count);
        }
        for (script, total) in engine.calls() {
            let label = [&*script];
            self.script_fuel
                .with_label_values(&label)
                .inc_by(total.operations);
            self.script_cuts.with_label_values(&label).inc_by(total.cut);
        }
        let mut rest = took.as_secs_f64();
        for (part, nanos) in engine.spent().parts() {
            let seconds = nanos as f64 / 1e9;
            self.parts[part as usize].inc_by(seconds);
            rest -= seconds;
        }
        self.hand_over.inc_by(rest.max(0.0));
        for (plugin, phase, nanos) in engine.spent().iter() {
            if nanos > 0 {
                self.spans[plugin][phase as usize].inc_by(nanos as f64 / 1e9);
            }
        }
    }

    pub(super) fn fault(&self, fault: &FaultReport, tick: Tick) {
        let FaultReport {
            plugin,
            phase,
            system,
            what,
        } = fault;
        tracing::error!(
            plugin,
            phase = phase.word(),
            system,
            what,
            tick,
            "plugin fault contained"
        );
        self.faults.with_label_values(&[*plugin]).inc();
    }

    pub(super) fn quarantines(&self, engine: &Engine) {
        for (name, out) in self.names.iter().zip(engine.quarantined()) {
            self.quarantined
                .with_label_values(&[*name])
                .set(i64::from(out));
        }
    }

    pub(super) fn overrun(&self, slots: u64, engine: &Engine) {
        self.overruns.inc_by(slots);
        if let Some((plugin, nanos)) = engine.spent().slowest() {
            let (tick, slowest_ms) = (engine.last_tick(), nanos as f64 / 1e6);
            tracing::warn!(
                tick,
                slots,
                slowest_plugin = self.names[plugin],
                slowest_ms,
                "tick overran"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use allocation_counter::measure;
    use prometheus::Registry;

    use super::Figures;
    use crate::{Engine, Registrar, Setup};

    /// Whatever a tick is measured by goes into what is there from the beginning.
    #[test]
    fn million_ticks_are_counted_without_allocation() {
        let registry = Registry::new();
        let mut figures = Figures::new(&registry).unwrap();
        let nothing = |_: &mut Registrar<'_>| {};
        let mut engine = Engine::build(Setup::default(), nothing).unwrap();
        figures.name_plugins(&engine.plugins());
        let series = |registry: &Registry| -> usize {
            let families = registry.gather();
            families
                .iter()
                .map(|family| family.get_metric().len())
                .sum()
        };
        let before = series(&registry);
        let spent = measure(|| {
            for n in 0..1_000_000_u32 {
                // Over all buckets, and beyond the last.
                let took = Duration::from_micros(u64::from(n) * 6);
                figures.tick(&mut engine, took, took, u64::from(n));
                figures.overrun(1, &engine);
            }
        });
        assert_eq!((spent.count_total, spent.bytes_total), (0, 0));
        assert_eq!(figures.ticks.get(), 1_000_000);
        assert_eq!(figures.seconds.get_sample_count(), 1_000_000);
        assert_eq!(series(&registry), before);
    }
}
