//! `kadath dead-letters`: works on the messages of the bus that could not be used.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use net::bridge::{DeadLetterFault, DeadLetters, ReplayFault};
use systems::command::span;

use crate::config::Config;
use crate::usage::UsageFault;

fn letters(config: &Config) -> DeadLetters {
    config.nats.dead_letters(&config.server.data)
}

/// Prints a line for each, oldest first.
///
/// # Errors
/// When the folder can't be read.
pub fn list(config: &Config) -> anyhow::Result<ExitCode> {
    let (letters, mut out) = (letters(config), std::io::stdout().lock());
    for id in letters.ids()? {
        match letters.read(&id) {
            Ok(letter) => writeln!(
                out,
                "{id}  {}  {}  {}",
                letter.subject, letter.class, letter.error
            )?,
            Err(fault) => writeln!(out, "{id}  {fault}")?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints one whole, as JSON.
///
/// # Errors
/// When there is none of that name.
pub fn show(config: &Config, id: &str) -> anyhow::Result<ExitCode> {
    let letter = letters(config).read(id)?;
    writeln!(
        std::io::stdout(),
        "{}",
        serde_json::to_string_pretty(&letter)?
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Sends one again; one that was sent again before is left alone.
///
/// # Errors
/// When there is none of that name, or the broker does not take it.
pub fn replay(config: &Config, id: &str) -> anyhow::Result<ExitCode> {
    if !config.nats.enabled() {
        return Err(
            UsageFault("no bus is configured; give --nats URL or nats.url".to_owned()).into(),
        );
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime can't be started")?;
    let (node, letters) = (&config.server.node, letters(config));
    let done = runtime.block_on(net::bridge::replay(&config.nats, node, &letters, id));
    let words = match done {
        Ok(()) => format!("{id} was sent again"),
        Err(ReplayFault::Letter(DeadLetterFault::Replayed(_))) => {
            format!("{id} was sent again before; nothing was done")
        }
        Err(fault) => return Err(fault.into()),
    };
    writeln!(std::io::stdout(), "{words}")?;
    Ok(ExitCode::SUCCESS)
}

/// Deletes those older than that.
///
/// # Errors
/// When the age is none, or the disk says no.
pub fn purge(config: &Config, older_than: &str) -> anyhow::Result<ExitCode> {
    let age = span(older_than).ok_or_else(|| {
        UsageFault(format!(
            "`{older_than}` is no age; write it as 7d, 12h, 1h30m or 10s"
        ))
    })?;
    let gone = letters(config).purge(age)?;
    writeln!(std::io::stdout(), "{gone} deleted")?;
    Ok(ExitCode::SUCCESS)
}
