//! What plays: recorded ticks, and load scenarios.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::Flags;
use crate::{Game, bench, replay};

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// One recording; without, all of the data folder
    file: Option<PathBuf>,
    /// Begin with the last checkpoint before this tick
    #[arg(long, value_name = "TICK")]
    from: Option<u64>,
    /// End with this tick
    #[arg(long, value_name = "TICK")]
    to: Option<u64>,
    /// Print a JSON object instead
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

impl ReplayArgs {
    pub(super) fn run(self, game: &Game) -> anyhow::Result<ExitCode> {
        let Self {
            file,
            from,
            to,
            json,
            flags,
        } = self;
        let world = flags.world.clone();
        let wanted = replay::ReplayOptions {
            from,
            to,
            json,
            world,
        };
        match file {
            Some(file) => replay::run_file(&file, &wanted, game),
            None => replay::run(&flags.config()?, &wanted, game),
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// The scenario, TOML
    scenario: PathBuf,
    /// http://HOST:PORT of a running server; without, the bench starts one of its own
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// Write report.html, report.json and series.csv there
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Compare with an earlier report.json; a regression fails the run
    #[arg(long, value_name = "OLD.json")]
    compare: Option<PathBuf>,
    /// Play it so often and report medians
    #[arg(long, value_name = "N", default_value_t = 1)]
    runs: usize,
    /// No sockets: the bots drive the engine in this process
    #[arg(long, conflicts_with = "target")]
    in_process: bool,
    /// Show no progress
    #[arg(long)]
    quiet: bool,
}

impl BenchArgs {
    pub(super) fn run(self, game: &Game) -> anyhow::Result<ExitCode> {
        let options = load::Options {
            target: self.target,
            report: self.report,
            compare: self.compare,
            runs: self.runs,
            in_process: self.in_process,
            quiet: self.quiet,
            program: PathBuf::new(),
            game: game.inside(),
            descriptors: None,
        };
        bench::run(&self.scenario, options)
    }
}
