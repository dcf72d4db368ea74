//! `kadath world`: the world's draft and its revisions, by the running server or without one.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use engine::content::RevisionMark;
use engine::port::Registry;
use storage::Revisions;

use super::Flags;
use crate::control::{ControlRequest, ask};
use crate::preview::PreviewOptions;
use crate::revisions::{Publisher, WorldAct, WorldAnswer, WorldRequest};
use crate::usage::UsageFault;
use crate::{Game, accounts, preview};

#[derive(Debug, Args)]
pub(super) struct WorldArgs {
    #[command(subcommand)]
    command: WorldCommand,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Subcommand)]
enum WorldCommand {
    /// Says which revision runs, and whether the draft differs
    Status,
    /// Says how the draft differs from what runs
    Diff,
    /// Makes the draft what runs; a draft with mistakes is refused with file and line, exit code 1
    Publish {
        /// What it is about
        #[arg(short, long, value_name = "TEXT", default_value = "")]
        message: String,
    },
    /// Lists the revisions, the newest first
    History,
    /// Publishes the content of an earlier revision again
    Revert {
        /// Its number
        number: u64,
    },
    /// Lists the revisions that changed a room, the newest first
    Blame {
        /// The room's id
        room: String,
    },
    /// Plays the last recorded minutes with the draft and without, and says what players would have
    /// been told otherwise. Changes nothing
    Preview {
        /// How much of them, at most: 90s, 10m, 1h
        #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = humantime::parse_duration)]
        last: Duration,
    },
    /// Writes a revision into a folder, from which it can be published again
    Export {
        /// [NUMBER] DIR: which revision, or else what runs; into which folder, empty or not there
        #[arg(required = true, num_args = 1..=2, value_names = ["NUMBER", "DIR"])]
        what: Vec<String>,
    },
}

impl WorldArgs {
    pub(super) fn run(mut self, game: &Game) -> anyhow::Result<ExitCode> {
        // The configured one is the server's own, whichever is meant.
        let named = self.flags.world.take();
        let config = self.flags.config()?;
        if let WorldCommand::Preview { last } = &self.command {
            let wanted = PreviewOptions {
                last: *last,
                draft: named.unwrap_or_else(|| config.server.world.clone()),
            };
            return print(&preview::run(&config, game, &wanted)?);
        }
        let request = WorldRequest {
            author: std::env::var("USER").unwrap_or_else(|_| "operator".to_owned()),
            draft: named.map(|folder| whole(&folder)).transpose()?,
            act: self.command.act()?,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let told = runtime.block_on(async {
            let asked = ControlRequest::World(request.clone());
            if let Some(told) = ask(&config.server.data, &asked).await? {
                return anyhow::Ok(told);
            }
            accounts::check_database(&config)?;
            let revisions = Revisions::connect(&config.storage(), &Registry::new()).await?;
            let told = offline(&revisions, game, &config, request).await;
            revisions.close().await;
            told
        })?;
        print(&told)
    }
}

/// Without a server: what is published runs at its next start.
async fn offline(
    revisions: &Revisions,
    game: &Game,
    config: &crate::config::Config,
    request: WorldRequest,
) -> anyhow::Result<WorldAnswer> {
    let world = revisions.world().await?;
    let mark = match revisions.get(revisions.newest().await?).await? {
        None => RevisionMark::default(),
        Some(runs) => RevisionMark {
            number: runs.number,
            digest: runs.digest,
        },
    };
    let publisher = Publisher::new(
        game.content_types(config).into(),
        (revisions.clone(), world),
        config.server.world.clone(),
        None,
        mark,
        Vec::new(),
    );
    Ok(publisher.act(request).await)
}

impl WorldCommand {
    fn act(self) -> anyhow::Result<WorldAct> {
        Ok(match self {
            Self::Status => WorldAct::Status,
            Self::Diff => WorldAct::Diff,
            Self::Publish { message } => WorldAct::Publish { message },
            Self::History => WorldAct::History,
            Self::Revert { number } => WorldAct::Revert { number },
            Self::Blame { room } => WorldAct::Blame { room },
            // It asks no publisher.
            Self::Preview { .. } => WorldAct::Status,
            Self::Export { what } => {
                let (number, to) = match what.as_slice() {
                    [number, to] => {
                        let parsed = number.parse().map_err(|_| {
                            UsageFault(format!("`{number}` is not the number of a revision"))
                        })?;
                        (Some(parsed), to)
                    }
                    [to] => (None, to),
                    _ => return Err(UsageFault("say into which folder".to_owned()).into()),
                };
                let to = whole(Path::new(to))?;
                WorldAct::Export { number, to }
            }
        })
    }
}

/// As the server finds it, whatever folder it runs in.
fn whole(folder: &Path) -> anyhow::Result<PathBuf> {
    Ok(std::path::absolute(folder)?)
}

pub(super) fn print(told: &WorldAnswer) -> anyhow::Result<ExitCode> {
    if !told.out.is_empty() {
        writeln!(std::io::stdout(), "{}", told.out)?;
    }
    if !told.err.is_empty() {
        writeln!(std::io::stderr(), "{}", told.err)?;
    }
    Ok(ExitCode::from(told.code))
}
