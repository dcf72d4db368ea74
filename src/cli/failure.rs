//! The message and the exit code of a command that failed.

use std::io::Write;
use std::process::ExitCode;

use crate::config::{ConfigFault, ConfigFaults};
use crate::telemetry;
use crate::usage::{EXIT_USAGE, UsageFault};

/// Says what went wrong, each mistake in a line of its own, in the form of the log that was asked
/// for; the configuration itself may be what is wrong, then it counts as far as it could be read.
pub(super) fn failed(error: &anyhow::Error, serves: bool, json: bool) -> ExitCode {
    let faults = error.downcast_ref::<ConfigFaults>();
    let code = if faults.is_some() || error.is::<UsageFault>() || error.is::<ConfigFault>() {
        EXIT_USAGE
    } else {
        1
    };
    let words = match faults {
        Some(told) => told.faults.iter().map(ToString::to_string).collect(),
        None => vec![format!("{error:#}")],
    };
    let json = serves && (json || faults.is_some_and(|told| told.json));
    for words in words {
        let words = words.replace(char::is_control, " ");
        let line = if json {
            telemetry::fault_line(&words)
        } else {
            format!("kadath: {words}")
        };
        // Nobody is left to tell if stderr is gone.
        let _ = writeln!(std::io::stderr(), "{line}");
    }
    ExitCode::from(code)
}
