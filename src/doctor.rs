//! `kadath doctor`: what on this machine or in this configuration will hurt, each with its remedy.

use std::io::Write;
use std::process::ExitCode;

use crate::config::Loaded;

mod configuration;
mod machine;

/// Something that will hurt.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    /// What it is about: a key of the configuration, or a part of the machine.
    about: &'static str,
    /// What will hurt, and whom.
    what: String,
    /// What to do about it.
    remedy: String,
}

fn finding(about: &'static str, what: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding {
        about,
        what: what.into(),
        remedy: remedy.into(),
    }
}

/// Prints each finding with its remedy; exit code 0 with nothing found, 1 with findings.
///
/// # Errors
/// When stdout is closed.
pub fn run(loaded: &Loaded) -> anyhow::Result<ExitCode> {
    let mut findings = machine::findings(&loaded.config);
    findings.extend(configuration::findings(loaded));
    let mut out = std::io::stdout().lock();
    if findings.is_empty() {
        writeln!(out, "nothing found")?;
        return Ok(ExitCode::SUCCESS);
    }
    for Finding {
        about,
        what,
        remedy,
    } in findings
    {
        writeln!(out, "{about}: {what}\n    remedy: {remedy}")?;
    }
    Ok(ExitCode::FAILURE)
}
