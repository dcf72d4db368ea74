//! `kadath simulate`: plays nights of a world in a box. Only a build with the feature `simulation`
//! has it: what makes the box possible has no place in a server.

use std::io::Write as _;
use std::num::NonZero;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use simulation::{Nights, explain};

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// How many nights
    #[arg(long, value_name = "N", default_value_t = 50)]
    seeds: u64,
    /// The first of them
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// How long a night is in the box
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    night: u64,
    /// How many are played at once [default: one per processor]
    #[arg(long, value_name = "N")]
    threads: Option<NonZero<usize>>,
    /// What is left of the one night, as a broken law is told with
    #[arg(long, value_name = "WORDS", default_value = "")]
    plan: String,
    /// Shrinks the night of a broken law, with the trace of its last second
    #[arg(long)]
    explain: bool,
}

impl SimulateArgs {
    /// Plays them; exit code 1 with the first that breaks a law.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        let one = !self.plan.is_empty();
        let count = if one { 1 } else { self.seeds };
        let nights = Nights {
            seeds: self.seed..self.seed.saturating_add(count),
            length: Duration::from_secs(self.night),
            threads: self.threads.map_or(processors, NonZero::get),
            plan: self.plan,
        };
        let sweep = nights.play();
        let mut stdout = std::io::stdout();
        // A closed pipe is no reason to lose the verdict.
        let _ = write!(stdout, "{sweep}");
        let Some(broken) = sweep.broken() else {
            return Ok(ExitCode::SUCCESS);
        };
        let night = sweep.broken_night().filter(|_| self.explain);
        let explained = night.and_then(|(seed, words)| explain(seed, &words));
        let _ = write!(stdout, "\n{}", explained.unwrap_or(broken));
        Ok(ExitCode::FAILURE)
    }
}
