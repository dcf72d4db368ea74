//! Builds the world and starts its thread.

use engine::content::RevisionBuilder;
use engine::port::{EnginePorts, Registry, Stop, Tasks};
use engine::record::RecordedContent;
use engine::runner::{self, DraftDesk, Figures, Rate, RunnerConfig, Running, draft_lane};
use engine::{Engine, Plugin, Seed, Setup};
use storage::RecoveredState;
use systems::Settings;

use super::WORLD_PATIENCE;
use super::last_words;
use super::quarantine::Quarantine;
use crate::config::{Config, ConfigFault};
use crate::recorder::{self, Beginning, Recorder, RecorderMetrics};
use crate::revisions::Begun;

pub(super) fn start(
    config: &Config,
    recovered: RecoveredState,
    game: impl Plugin,
    ports: EnginePorts,
    (settings, begun): (Settings, &Begun),
    registry: &Registry,
    tasks: &Tasks,
    halt: &Stop,
) -> anyhow::Result<(Running, Option<Recorder>, RevisionBuilder, DraftDesk)> {
    let RecoveredState {
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
        revision: begun.mark.clone(),
        quarantined: quarantine.names(),
        strict: false,
        stopwatch: Some(runner::stopwatch),
    };
    for plugin in &setup.quarantined {
        tracing::warn!(plugin, file = %quarantine.file().display(), "plugin held up the world or ended the process before and starts in quarantine");
    }
    let metrics = RecorderMetrics::new(registry)?;
    let beginning = match config.recorder.off {
        true => None,
        false => Some(Beginning::of(&setup, &settings)?),
    };
    let engine = Engine::build(setup, game)?;
    last_words::prepare(quarantine.file(), &engine.plugins())?;
    for (plugin, off) in engine.off() {
        let (verbs, events) = (off.verbs.join(" "), off.events.join(" "));
        tracing::info!(plugin, verbs, events, "plugin is off");
    }
    tracing::info!(plugins = engine.plugins().join(", "), "world built");
    let rate = Rate::hz(config.tick.rate_hz)
        .ok_or_else(|| ConfigFault::of("tick.rate_hz", "must be between 1 and 120"))?;
    let (recorder, lane) = match beginning {
        None => (None, None),
        Some(beginning) => {
            let folder = recorder::folder(&config.server.data);
            let content = RecordedContent::of(&begun.draft.sources);
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
    let (draft, desk) = draft_lane();
    let config = RunnerConfig {
        rate,
        not_before: reached,
        patience: WORLD_PATIENCE,
        watch: quarantine.watch(),
        halt: halt.clone(),
        recorder: lane,
        draft: Some(draft),
        plugin_time: config.tick.plugin_time(),
    };
    let revisions = engine.revisions();
    let running = runner::spawn(engine, ports, config, Figures::new(registry)?, tasks)?;
    Ok((running, recorder, revisions, desk))
}
