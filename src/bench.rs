//! `kadath bench`: plays a scenario and says whether its objectives hold.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use load::Options;

/// An objective does not hold.
const EXIT_MISSED: u8 = 99;

/// Plays `scenario`, prints the table, and answers 0 or 99.
///
/// # Errors
/// When the scenario has mistakes or could not be played: exit code 1.
pub fn run(scenario: &Path, mut options: Options) -> anyhow::Result<ExitCode> {
    options.program = std::env::current_exe().context("this program can't be found")?;
    // A socket for each bot; the server that the bench starts inherits it.
    options.descriptors = rlimit::increase_nofile_limit(u64::MAX).ok();
    let report = load::bench(scenario, &options)?;
    let mut stdout = std::io::stdout();
    // A closed pipe is no reason to lose the verdict.
    let _ = stdout.write_all(load::table(&report).as_bytes());
    if let Some(folder) = &options.report {
        let _ = writeln!(stdout, "\nreport: {}", folder.join("report.html").display());
        if !report.holds() && folder.join("recordings").exists() {
            let folder = folder.display();
            let _ = writeln!(stdout, "what was played: kadath replay --data {folder}");
        }
    }
    Ok(if report.holds() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(EXIT_MISSED)
    })
}
