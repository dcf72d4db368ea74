//! `kadath serve`: joins the crates, and takes them apart again.

use std::fmt::Display;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use engine::content::ContentTypes;
use engine::port::{LaneLimits, Registry, SaveGauge, Stop, Tasks, lanes};
use engine::runner::Running;
use net::bridge::Bus;
use net::{Doors, Readiness, Tls};
use storage::{Left, RecoveredState, Storage};
use tokio::sync::watch;

use crate::config::{Config, Loaded};
use crate::gatekeeper::AccountGatekeeper;
use crate::readiness::{WorldPulse, readiness};
use crate::recorder::Recorder;
use crate::revisions::{self, Begun};
use crate::rolls::Rolls;
use crate::telemetry;
use crate::usage::UsageFault;
use crate::{Game, bus};

mod descriptors;
mod last_words;
mod listeners;
mod page;
mod publishing;
mod quarantine;
mod signals;
mod startup_log;
mod world;

use descriptors::raise_descriptors;
use listeners::Listeners;
use signals::{SignalRequest, Signals};
pub use startup_log::address_file;

/// Durable, but the database lacks some of it until the next start.
const EXIT_NOT_APPLIED: u8 = 3;
/// How long each part may take to stop; together under the contract's 5 s.
const WORLD_PATIENCE: Duration = Duration::from_millis(1_200);
const STORAGE_PATIENCE: Duration = Duration::from_millis(1_500);
const TASKS_PATIENCE: Duration = Duration::from_millis(300);
/// It has written nearly everything while storage was waited for.
const RECORDER_PATIENCE: Duration = Duration::from_millis(200);

/// Runs the server until a signal; the exit code says whether everything is in the database.
///
/// # Errors
/// When it can't start, or the world ends by itself.
pub fn run(config: Config, game: &Game) -> anyhow::Result<ExitCode> {
    let _log = telemetry::init(&config.log)?;
    run_unlogged(config, game)
}

/// Like [`run`], and the log says first where the configuration came from.
///
/// # Errors
/// As [`run`].
pub fn run_loaded(loaded: Loaded, game: &Game) -> anyhow::Result<ExitCode> {
    let _log = telemetry::init(&loaded.config.log)?;
    startup_log::starting(&loaded);
    run_here(loaded.config, game)
}

/// Like [`run`], for a process that has a subscriber of its own or wants none. It may run
/// again when it has ended.
///
/// # Errors
/// As [`run`].
pub fn run_unlogged(mut config: Config, game: &Game) -> anyhow::Result<ExitCode> {
    // Whatever program this is, it need not know `replay`.
    config.recorder.verify = false;
    run_here(config, game)
}

fn run_here(config: Config, game: &Game) -> anyhow::Result<ExitCode> {
    // Said in any case: tokio would read TOKIO_WORKER_THREADS, and panic where that is no number
    // of threads.
    let threads = match config.server.io_threads {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        threads => threads,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_name("kadath-io")
        .enable_all()
        .build()
        .context("the runtime can't be started")?;
    let ended = runtime.block_on(serve(config, game));
    // Whatever a blocking thread still does (a password hash) need not be waited for.
    runtime.shutdown_timeout(Duration::from_millis(100));
    ended
}

async fn serve(mut config: Config, game: &Game) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::listen()?;
    raise_descriptors(&mut config)?;
    let types = Arc::new(game.content_types(&config));
    let draft = revisions::read(&config.server.world, &types);
    let listeners = Listeners::open(&config).await?;
    let tls = match (&config.server.tls_cert, &config.server.tls_key) {
        (Some(cert), Some(key)) => Some(Tls::load(cert, key).map_err(usage)?),
        _ => None,
    };

    let registry = Registry::new();
    crate::build::register(&registry)?;
    let tasks = Tasks::new(&registry)?;
    // Asked first: opening may apply some of it and be stopped then.
    let left_over = storage::has_journal(&config.server.data);
    let opening = Storage::open(config.storage(), &registry, &tasks);
    let (storage, recovered) = tokio::select! {
        opened = opening => opened.map_err(usage)?,
        () = signals.stop() => {
            tracing::info!(left_over, "asked to stop while starting");
            // Only the database could say that it has all of the journal.
            return Ok(if left_over { ExitCode::from(EXIT_NOT_APPLIED) } else { ExitCode::SUCCESS });
        }
    };
    let publishes = publishing::watches(&config, listeners.http.1) && !config.database.shared;
    let kept = storage.revisions();
    let begun = tokio::select! {
        begun = revisions::begin(&kept, &types, draft, publishes) => begun.map(Some),
        () = signals.stop() => Ok(None),
    };
    let begun = match begun {
        Ok(Some(begun)) => begun,
        Ok(None) => {
            tracing::info!(left_over, "asked to stop while starting");
            leave(&storage, &tasks).await;
            return Ok(ExitCode::SUCCESS);
        }
        Err(fault) => {
            leave(&storage, &tasks).await;
            return Err(fault);
        }
    };
    startup_log::world(&config, &begun.draft.content);
    startup_log::recovered(&config, &recovered);
    let parts = ServerParts {
        config,
        listeners,
        tls,
        registry,
        tasks: tasks.clone(),
        storage: storage.clone(),
        types,
        begun,
    };
    let ended = live(parts, recovered, game, &mut signals).await;
    if ended.is_err() {
        leave(&storage, &tasks).await;
    }
    ended
}

/// Whatever failed: the database is left as a stop would leave it.
async fn leave(storage: &Storage, tasks: &Tasks) {
    tasks.stop().cancel();
    storage.shutdown(STORAGE_PATIENCE).await;
    tasks.join(TASKS_PATIENCE).await;
}

/// What the world stands on.
struct ServerParts {
    config: Config,
    listeners: Listeners,
    tls: Option<Tls>,
    registry: Registry,
    tasks: Tasks,
    storage: Storage,
    /// What is read of a world's files.
    types: Arc<ContentTypes>,
    /// The revision to start with.
    begun: Begun,
}

/// Builds the world, lets people in, and stops when asked to.
async fn live(
    parts: ServerParts,
    recovered: RecoveredState,
    game: &Game,
    signals: &mut Signals,
) -> anyhow::Result<ExitCode> {
    let ServerParts {
        config,
        listeners,
        tls,
        registry,
        tasks,
        storage,
        types,
        begun,
    } = parts;
    let words = startup_log::Listening::of(&config, &listeners);
    let lanes = lanes(LaneLimits::default(), &registry)?;
    let gauge = Arc::clone(&lanes.net.gauge);
    storage.run(lanes.storage)?;
    let (content_in, content_out) = watch::channel(Arc::clone(&begun.draft.content));
    let welcome = config.guests_welcome(listeners.players());
    let info = page::world_info(content_out.clone(), welcome);
    let rolls = Rolls::new(content_out, config.limits.rolls_per_minute);
    let bus = bus::start(&config, &recovered, lanes.bridge, &tasks, &registry).await?;
    let settings = crate::game::settings(&config);
    let game = game.over(Arc::clone(&begun.draft.content), settings.clone());
    let halt = Stop::new();
    let world_id = recovered.world.to_string();
    let (running, recorder, builder, desk) = world::start(
        &config,
        recovered,
        game,
        lanes.engine,
        (settings, &begun),
        &registry,
        &tasks,
        &halt,
    )?;
    publishing::start(
        (&config, listeners.http.1),
        (types, storage.revisions(), world_id),
        begun,
        (builder, desk, content_in),
        (running.board(), lanes.net.inbound.clone()),
        &registry,
        &tasks,
    )?;

    let doors = Doors {
        gate: AccountGatekeeper {
            accounts: storage.accounts().clone(),
            guests: info.guests,
            rolls: rolls.into(),
        },
        readiness: ready(&config, gauge, &storage, bus, &tasks),
        tls: tls.clone(),
        world: info,
        metrics: listeners.metrics.map(|(listener, _)| listener),
        telnet: listeners.telnet.map(|(listener, _)| listener),
        telnets: listeners.telnets.map(|(listener, _)| listener),
    };
    let serving = net::serve(
        listeners.http.0,
        lanes.net,
        doors,
        config.net(),
        &tasks,
        &registry,
    );
    words.say()?;

    let world_died = serve_until_stop(serving, signals, tls.as_ref(), &halt, &tasks).await;
    let left = stop(running, recorder, &storage, &tasks).await;
    match left {
        _ if world_died => anyhow::bail!("the world ended by itself; see the log"),
        Left::Applied => Ok(ExitCode::SUCCESS),
        Left::Durable | Left::Lost => Ok(ExitCode::from(EXIT_NOT_APPLIED)),
    }
}

/// Serves until the process is to stop, and lets the gateway end; answers whether the world ended by
/// itself.
async fn serve_until_stop(
    serving: impl Future<Output = Result<(), net::NetFault>>,
    signals: &mut Signals,
    tls: Option<&Tls>,
    halt: &Stop,
    tasks: &Tasks,
) -> bool {
    let mut serving = std::pin::pin!(serving);
    let world_died = until_stop(&mut serving, signals, tls, halt).await;
    tasks.stop().cancel();
    if !world_died && let Err(fault) = serving.await {
        tracing::warn!(%fault, "gateway did not end cleanly");
    }
    world_died
}

/// What `/readyz` asks.
fn ready(
    config: &Config,
    gauge: Arc<SaveGauge>,
    storage: &Storage,
    bus: Option<Bus>,
    tasks: &Tasks,
) -> Box<dyn Fn() -> Readiness + Send + Sync> {
    let (pulse, storage, lag_max) = (WorldPulse::new(gauge), storage.clone(), config.lag_max());
    tasks.spawn("pulse", pulse.clone().watch(tasks.stop().clone()));
    Box::new(move || readiness(&pulse, &storage, bus::check(bus.as_ref()), lag_max))
}

/// Serves until somebody asks to stop; `true`: the gateway ended by itself, as it does when the
/// world is gone.
async fn until_stop(
    serving: &mut (impl Future<Output = Result<(), net::NetFault>> + Unpin),
    signals: &mut Signals,
    tls: Option<&Tls>,
    halt: &Stop,
) -> bool {
    loop {
        tokio::select! {
            served = &mut *serving => {
                tracing::error!(fault = served.err().map(|fault| fault.to_string()), "gateway ended by itself");
                return true;
            }
            asked = signals.next() => match asked {
                SignalRequest::Reload => reload(tls),
                SignalRequest::Stop => {
                    tracing::info!("asked to stop");
                    return false;
                }
            },
            () = halt.cancelled() => {
                tracing::info!("asked to stop from within the world");
                return false;
            }
        }
    }
}

async fn stop(
    running: Running,
    recorder: Option<Recorder>,
    storage: &Storage,
    tasks: &Tasks,
) -> Left {
    let ending = tokio::task::spawn_blocking(move || running.stop());
    match tokio::time::timeout(WORLD_PATIENCE + Duration::from_millis(300), ending).await {
        Ok(Ok(Ok(ended))) => tracing::info!(
            last_tick = ended.last_tick,
            saved = ended.handed_over,
            "world ended"
        ),
        Ok(Ok(Err(fault))) => tracing::error!(%fault, "world ended badly"),
        Ok(Err(_)) | Err(_) => tracing::error!("world does not end; it is left behind"),
    }
    let left = storage.shutdown(STORAGE_PATIENCE).await;
    if let Some(recorder) = recorder {
        recorder.finish(RECORDER_PATIENCE).await;
    }
    let stragglers = tasks.join(TASKS_PATIENCE).await;
    if !stragglers.is_empty() {
        tracing::warn!(tasks = ?stragglers, "tasks did not end in time");
    }
    left
}

fn reload(tls: Option<&Tls>) {
    match tls.map(Tls::reload) {
        None => tracing::info!("nothing to reload"),
        Some(Ok(())) => tracing::info!("certificate reloaded"),
        Some(Err(fault)) => tracing::error!(%fault, "certificate not reloaded; the old one stays"),
    }
}

/// A start that failed because of what was asked for, not because of a fault of ours.
fn usage(fault: impl Display) -> UsageFault {
    UsageFault(fault.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bound of the contract holds whatever hangs.
    #[test]
    fn stop_patience_adds_up_below_five_seconds() {
        // The router's wait for the world's last words, and what the runtime gets at the end.
        let rest = Duration::from_millis(300 + 100);
        let world = WORLD_PATIENCE + Duration::from_millis(300);
        let gateway = net::Timeouts::default().drain;
        let whole = rest + gateway + world + STORAGE_PATIENCE + RECORDER_PATIENCE + TASKS_PATIENCE;
        assert!(whole < Duration::from_secs(5), "{whole:?}");
    }
}
