//! `kadath bench`: from a file to a verdict.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use tokio::task::LocalSet;
use tokio::time::Instant;

use crate::compare::Old;
use crate::conduct::conduct;
use crate::fault::LoadFault;
use crate::progress::Progress;
use crate::report::Report;
use crate::scenario::{Scenario, SignIn};
use crate::server::Server;
use crate::sum::{Known, figures};
use crate::wire::Dial;

/// Characters have letters only.
const LETTERS: &[u8; 26] = b"abcdefghijklmnopqrstuvwxyz";
const PASSWORD: &str = "a password of the bench";
/// Sign-ins from whose median the time of a hash is read.
const HASHES: usize = 5;

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
}

/// Plays a scenario and reports; what the report says is for the caller to print.
///
/// # Errors
/// When the scenario has mistakes, or a run could not be made or reported.
pub fn bench(path: &Path, options: &Options) -> Result<Report, LoadFault> {
    let scenario = Scenario::load(path)?;
    let old = match &options.compare {
        Some(old) => Some(Old::load(old, &scenario.name, scenario.seed)?),
        None => None,
    };
    let mut report = Report::new(&scenario);
    for _ in 0..options.runs.max(1) {
        if options.in_process {
            crate::inside::play(&scenario, &mut report, options.quiet)?;
            continue;
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|why| LoadFault::setup("the driver's runtime", why))?;
        let playing = once(&scenario, options, &mut report);
        let played = LocalSet::new().block_on(&runtime, playing);
        runtime.shutdown_timeout(Duration::from_millis(100));
        played?;
    }
    report.close(&scenario, old.as_ref());
    if let Some(folder) = &options.report {
        report.write(folder)?;
    }
    Ok(report)
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
    let old = compare.map(|old| Old::load(old, &scenario.name, scenario.seed));
    let old = old.transpose()?;
    let mut report = Report::new(scenario);
    let progress = Progress::begin(&scenario.name, scenario.length(), true);
    let outcome = conduct(scenario, dial, None, &[], &progress).await?;
    let figures = figures(&outcome, Known::default());
    report.add(outcome, figures);
    report.close(scenario, old.as_ref());
    Ok(report)
}

async fn once(
    scenario: &Scenario,
    options: &Options,
    report: &mut Report,
) -> Result<(), LoadFault> {
    let progress = Progress::begin(&scenario.name, scenario.length(), options.quiet);
    let (dial, mut server) = match &options.target {
        Some(url) => {
            if let Some(chaos) = scenario.chaos.first() {
                let what = chaos.deed.word();
                let why = format!(
                    "the scenario asks to {what}, which is done to a server of the bench's own only"
                );
                return Err(LoadFault::Target(why));
            }
            (Dial::target(url).await?, None)
        }
        None => {
            progress.say("starting a server");
            let server = Server::start(&options.program, scenario).await?;
            (server.dial()?, Some(server))
        }
    };
    let mut known = Known {
        hash_time: None,
        cores: report.circumstances.cores,
    };
    let accounts = if scenario.sign_in == SignIn::Accounts {
        progress.say("making accounts");
        let accounts = accounts(&dial, scenario.presences().len()).await?;
        known.hash_time = hash_time(&dial, &accounts).await?;
        accounts
    } else {
        Vec::new()
    };
    let outcome = conduct(scenario, dial, server.as_mut(), &accounts, &progress).await?;
    progress.end();
    let figures = figures(&outcome, known);
    report.add(outcome, figures);
    if let Some(server) = server {
        let code = server.stop().await;
        if code.is_none_or(|code| code != 0) {
            let code = code.map_or("no exit code".to_owned(), |code| {
                format!("exit code {code}")
            });
            report.named.push(format!("the server stopped with {code}"));
        }
    }
    Ok(())
}

/// Makes accounts with a character each; the server hashes as many at once as it has processors.
async fn accounts(dial: &Dial, count: usize) -> Result<Vec<(String, String)>, LoadFault> {
    // A target may remember the accounts of an earlier run.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let salt = now.map_or(0, |now| now.as_secs() as usize % 11_881_376);
    let mut accounts = Vec::new();
    for first in (0..count).step_by(16) {
        let some = (first..count.min(first + 16)).map(|index| async move {
            let name = format!("l{}{}", letters(salt, 5), letters(index, 4));
            let body = json!({"username": name, "password": PASSWORD});
            let (status, answer) = dial
                .call("POST", "/auth/register", None, Some(&body))
                .await?;
            let account: serde_json::Value = serde_json::from_slice(&answer).unwrap_or_default();
            let token = account["access_token"].as_str().unwrap_or_default();
            if status != 200 {
                return Err(LoadFault::setup("an account", account));
            }
            let body = json!({"name": name});
            let path = "/api/players/characters";
            let (status, answer) = dial.call("POST", path, Some(token), Some(&body)).await?;
            if status != 201 {
                let why = String::from_utf8_lossy(&answer).into_owned();
                return Err(LoadFault::setup("a character", why));
            }
            Ok((name, PASSWORD.to_owned()))
        });
        for account in futures_util::future::join_all(some).await {
            accounts.push(account?);
        }
    }
    Ok(accounts)
}

fn letters(mut number: usize, count: usize) -> String {
    let mut word = String::new();
    for _ in 0..count {
        word.push(char::from(LETTERS[number % 26]));
        number /= 26;
    }
    word
}

/// How long a sign-in takes when nothing else happens: a hash and little else.
async fn hash_time(dial: &Dial, accounts: &[(String, String)]) -> Result<Option<f64>, LoadFault> {
    let mut times = Vec::new();
    for (name, password) in accounts.iter().take(HASHES) {
        let body = json!({"username": name, "password": password});
        let began = Instant::now();
        dial.call("POST", "/auth/login", None, Some(&body)).await?;
        times.push(began.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(times.get(times.len() / 2).copied())
}
