//! `kadath bench`: from a file to a verdict.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::LocalSet;

use crate::accounts::{accounts, hash_time};
use crate::compare::EarlierReport;
use crate::fault::LoadFault;
use crate::inside::InsideGame;
use crate::metrics::RunMetrics;
use crate::progress::Progress;
use crate::report::Report;
use crate::run::{RunOutcome, run_scenario};
use crate::scenario::{Scenario, SignInKind};
use crate::server::{Server, keep_recordings};
use crate::summary::{Baseline, metrics};
use crate::wire::Dial;

/// Open files beside a socket for each bot: the driver's own, and calls over HTTP.
const DESCRIPTORS_BESIDE: u64 = 256;

/// What is asked for beside the scenario.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `http://HOST:PORT` of a server that runs; none: a server of the bench's own.
    pub target: Option<String>,
    /// Where the report is written.
    pub report: Option<PathBuf>,
    /// An earlier `report.json`.
    pub compare: Option<PathBuf>,
    /// How often everything is played; medians are reported.
    pub runs: usize,
    /// Play without sockets, straight against the engine.
    pub in_process: bool,
    /// The server's binary, for a server of the bench's own.
    pub program: PathBuf,
    /// Show no progress.
    pub quiet: bool,
    /// What is played without sockets.
    pub game: InsideGame,
    /// Files that this process may have open; none: not known.
    pub descriptors: Option<u64>,
}

/// Plays a scenario and reports; what the report says is for the caller to print.
///
/// # Errors
/// When the scenario has mistakes, or a run could not be made or reported.
pub fn bench(path: &Path, options: &Options) -> Result<Report, LoadFault> {
    let mut scenario = Scenario::load(path)?;
    let old = match &options.compare {
        Some(old) => Some(EarlierReport::load(old, &scenario, options.in_process)?),
        None => None,
    };
    // Better now than after an hour of playing.
    if let Some(folder) = &options.report {
        std::fs::create_dir_all(folder).map_err(LoadFault::file(folder))?;
    }
    if options.target.is_none() {
        scenario.settle_world();
    }
    let mut report = Report::new(&scenario);
    let mut servers = Vec::new();
    for _ in 0..options.runs.max(1) {
        if options.in_process {
            crate::inside::play(&scenario, &options.game, &mut report, options.quiet)?;
            continue;
        }
        has_descriptors(&scenario, options.descriptors)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|why| LoadFault::setup("the driver's runtime", why))?;
        let playing = once(&scenario, options, &mut report);
        let played = LocalSet::new().block_on(&runtime, playing);
        runtime.shutdown_timeout(Duration::from_millis(100));
        servers.extend(played?);
    }
    report.close(&scenario, old.as_ref());
    if let Some(folder) = &options.report {
        report.write(folder)?;
        for server in servers.iter().filter(|_| !report.holds()) {
            keep_recordings(server.path(), folder)?;
        }
    }
    Ok(report)
}

fn has_descriptors(scenario: &Scenario, allowed: Option<u64>) -> Result<(), LoadFault> {
    let needed = scenario.bots_max() as u64 + DESCRIPTORS_BESIDE;
    match allowed {
        Some(allowed) if allowed < needed => {
            let why = format!("{allowed} open files are allowed, {needed} are needed (ulimit -n)");
            Err(LoadFault::setup("the driver's sockets", why))
        }
        _ => Ok(()),
    }
}

/// The whole report as a table for a terminal.
#[must_use]
pub fn table(report: &Report) -> String {
    crate::report::table(report)
}

/// Plays a scenario once against a server that somebody else holds, in the caller's runtime, which
/// must have one thread and a [`LocalSet`]; compares with an earlier report if one is named.
///
/// # Errors
/// When the run could not be made, or the earlier report is none.
pub async fn drive(
    scenario: &Scenario,
    dial: Dial,
    compare: Option<&Path>,
) -> Result<Report, LoadFault> {
    let old = compare.map(|old| EarlierReport::load(old, scenario, false));
    let old = old.transpose()?;
    let mut report = Report::new(scenario);
    let progress = Progress::begin(&scenario.name, scenario.length(), true);
    let outcome = run_scenario(scenario, dial, None, &[], &progress).await?;
    let metrics = metrics(&outcome, Baseline::default());
    report.add(outcome, metrics);
    report.close(scenario, old.as_ref());
    Ok(report)
}

/// One run; a signal ends it early, and then as well everything that was started for it goes.
/// Answers the folder of the bench's own server.
async fn once(
    scenario: &Scenario,
    options: &Options,
    report: &mut Report,
) -> Result<Option<TempDir>, LoadFault> {
    let progress = Progress::begin(&scenario.name, scenario.length(), options.quiet);
    let mut interrupted = pin!(interrupted());
    let (dial, mut server) = tokio::select! {
        found = opponent(scenario, options, &progress) => found?,
        fault = interrupted.as_mut() => return Err(fault),
    };
    let played = tokio::select! {
        played = played(scenario, dial, server.as_mut(), report, &progress) => played,
        fault = interrupted.as_mut() => Err(fault),
    };
    progress.end();
    let (failures, folder) = match server {
        Some(server) => {
            let (failures, folder) = server.stop().await;
            (Some(failures), Some(folder))
        }
        None => (None, None),
    };
    let (outcome, mut metrics) = played?;
    if let Some(failures) = failures {
        metrics.set("server_failures", failures.len() as f64);
        report.named.extend(failures);
    }
    if options.target.is_some() {
        report.hints.extend(hint(&outcome));
    }
    report.add(outcome, metrics);
    Ok(folder)
}

/// Whom the bots play against: the named target, or a server of the bench's own.
async fn opponent(
    scenario: &Scenario,
    options: &Options,
    progress: &Progress,
) -> Result<(Dial, Option<Server>), LoadFault> {
    let Some(url) = &options.target else {
        progress.say("starting a server");
        let server = Server::start(&options.program, scenario).await?;
        return Ok((server.dial()?, Some(server)));
    };
    if let Some(chaos) = scenario.chaos.first() {
        let what = chaos.deed.word();
        let why = format!(
            "the scenario asks to {what}, which is done to a server of the bench's own only"
        );
        return Err(LoadFault::Target(why));
    }
    Ok((Dial::target(url).await?, None))
}

async fn played(
    scenario: &Scenario,
    dial: Dial,
    server: Option<&mut Server>,
    report: &Report,
    progress: &Progress,
) -> Result<(RunOutcome, RunMetrics), LoadFault> {
    let mut known = Baseline {
        hash_time: None,
        cores: report.circumstances.cores,
    };
    let mut names = Vec::new();
    if scenario.sign_in == SignInKind::Accounts {
        progress.say("making accounts");
        names = accounts(&dial, scenario.presences().len()).await?;
        known.hash_time = hash_time(&dial, &names, known.cores).await?;
    }
    let outcome = run_scenario(scenario, dial, server, &names, progress).await?;
    somebody_came(&outcome)?;
    let metrics = metrics(&outcome, known);
    Ok((outcome, metrics))
}

/// Of a run in which nobody got in there is nothing to report.
fn somebody_came(outcome: &RunOutcome) -> Result<(), LoadFault> {
    let state = outcome.run.state();
    if state.count.sign_ins > 0 {
        return Ok(());
    }
    let most = state.errors.iter().max_by_key(|(_, times)| **times);
    let why = most.map_or("no bot got in", |(why, _)| why.as_str());
    Err(LoadFault::setup("nobody got in", why))
}

/// What to do about the limits of somebody else's server.
fn hint(outcome: &RunOutcome) -> Option<String> {
    let state = outcome.run.state();
    let limited = |code: &&String| code.contains("rate_limit_exceeded");
    state.errors.keys().find(limited)?;
    Some(
        "the target refused with rate_limit_exceeded: it measured its limits, not itself.          Lift limits.* and chat.*_per_minute there (0), or let the bots think longer."
            .to_owned(),
    )
}

async fn interrupted() -> LoadFault {
    let signals = signal(SignalKind::interrupt()).and_then(|interrupt| {
        let terminate = signal(SignalKind::terminate())?;
        Ok((interrupt, terminate))
    });
    match signals {
        Ok((mut interrupt, mut terminate)) => {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            LoadFault::Interrupted
        }
        // Without handlers a signal ends the process as it always does.
        Err(_) => std::future::pending().await,
    }
}
