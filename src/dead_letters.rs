//! `kadath dead-letters`: works on the messages of the bus that could not be used.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use net::bridge::{DeadLetters, LetterFault, ReplayFault};

use crate::cli::UsageFault;
use crate::config::Config;

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
        Err(ReplayFault::Letter(LetterFault::Replayed(_))) => {
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
    let age = age(older_than).ok_or_else(|| {
        UsageFault(format!(
            "`{older_than}` is no age; write it as 7d, 12h, 30m or 10s"
        ))
    })?;
    let gone = letters(config).purge(age)?;
    writeln!(std::io::stdout(), "{gone} deleted")?;
    Ok(ExitCode::SUCCESS)
}

fn age(text: &str) -> Option<Duration> {
    let split = text
        .len()
        .checked_sub(1)
        .filter(|split| text.is_char_boundary(*split))?;
    let (number, unit) = text.split_at(split);
    let seconds = match unit {
        "d" => 86_400,
        "h" => 3_600,
        "m" => 60,
        "s" => 1,
        _ => return None,
    };
    let number: u64 = number.parse().ok()?;
    number.checked_mul(seconds).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_a_number_and_a_unit() {
        assert_eq!(age("7d"), Some(Duration::from_secs(604_800)));
        assert_eq!(age("90m"), Some(Duration::from_secs(5_400)));
        assert_eq!(age("0s"), Some(Duration::ZERO));
        for text in [
            "",
            "d",
            "7",
            "-1d",
            "7 d",
            "7w",
            "1é",
            "99999999999999999999d",
        ] {
            assert_eq!(age(text), None, "{text}");
        }
    }
}
