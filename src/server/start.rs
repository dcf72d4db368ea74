//! From what was recovered to a world that runs and is recorded.

use engine::port::{Registry, Stop, Tasks};
use engine::record::Content;
use engine::runner::{Figures, Rate, RunnerConfig, Running};
use engine::{Engine, Plugin, Registrar, Seed, Setup};
use storage::Recovered;

use super::WORLD_PATIENCE;
use super::quarantine::Quarantine;
use crate::config::{Config, ConfigFault};
use crate::recorder::{self, Beginning, Recorder, RecorderMetrics, Ruling};

/// Builds the world and starts it, with its recorder.
pub(super) fn start_world(
    config: &Config,
    recovered: Recovered,
    game: impl engine::Plugin,
    ports: engine::port::EnginePorts,
    (ruling, content): (Ruling, Content),
    registry: &Registry,
    tasks: &Tasks,
    halt: &Stop,
) -> anyhow::Result<(Running, Option<Recorder>)> {
    let Recovered {
        run,
        first_tick,
        before,
        reached,
        world_rows,
        ..
    } = recovered;
    let quarantine = Quarantine::of(&config.server.data);
    let setup = Setup {
        seed: Seed(config.tick.seed),
        last_tick: first_tick.saturating_sub(1),
        run,
        recovered: before,
        last_now: None,
        bridge: config.nats.enabled(),
        rows: world_rows,
        state: None,
        quarantined: quarantine.names(),
        strict: false,
        stopwatch: Some(engine::runner::stopwatch),
    };
    for plugin in &setup.quarantined {
        tracing::warn!(plugin, file = %quarantine.file().display(), "plugin held up the world before and starts in quarantine");
    }
    let metrics = RecorderMetrics::new(registry)?;
    let beginning = match config.recorder.off {
        true => None,
        false => Some(Beginning::of(&setup, &ruling, &content)?),
    };
    let engine = Engine::build(setup, game)?;
    tracing::info!(plugins = engine.plugins().join(", "), "world built");
    let rate = Rate::hz(config.tick.rate_hz)
        .ok_or_else(|| ConfigFault::of("tick.rate_hz", "must be between 1 and 120"))?;
    let (recorder, lane) = match beginning {
        None => (None, None),
        Some(beginning) => {
            let folder = recorder::folder(&config.server.data);
            let (plugins, kept) = (engine.plugins(), config.recorder);
            let began =
                Recorder::start(&folder, kept, beginning, &plugins, &content, metrics, tasks);
            // The world is worth more than its recording.
            began.unwrap_or_else(|fault| {
                tracing::error!(%fault, "nothing is recorded");
                (None, None)
            })
        }
    };
    let config = RunnerConfig {
        rate,
        not_before: reached,
        patience: WORLD_PATIENCE,
        watch: quarantine.watch(),
        halt: halt.clone(),
        recorder: lane,
    };
    let figures = Figures::new(registry)?;
    let running = engine::runner::spawn(engine, ports, config, figures, tasks)?;
    Ok((running, recorder))
}

/// The game, and what was asked for beside it.
pub(crate) struct Whole<'a, G, P: ?Sized> {
    pub(crate) game: G,
    pub(crate) extra: &'a P,
}

impl<G: Plugin, P: Plugin + ?Sized> Plugin for Whole<'_, G, P> {
    fn build(&self, reg: &mut Registrar<'_>) {
        self.game.build(reg);
        self.extra.build(reg);
    }

    fn name(&self) -> &'static str {
        self.game.name()
    }
}
