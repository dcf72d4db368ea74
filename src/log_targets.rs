//! Which records are logged, by the crate and module they come from.

use std::str::FromStr;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

/// The crates whose records are ours.
const OURS: [&str; 5] = ["kadath", "engine", "systems", "net", "storage"];

/// Which records are kept: `info`, or `info,sqlx=debug`. The bare level is for our own crates.
///
/// # Errors
/// Says which part is not understood.
pub(crate) fn targets(level: &str) -> Result<Targets, String> {
    // Other crates print what must not be seen (a websocket crate whole frames), unless named.
    let mut targets = Targets::new().with_default(LevelFilter::WARN);
    for part in level
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let (target, level) = part
            .split_once('=')
            .map_or((None, part), |(target, level)| (Some(target), level));
        let level = LevelFilter::from_str(level)
            .map_err(|_| "each level must be off, error, warn, info, debug or trace".to_owned())?;
        match target {
            Some(target) => targets = targets.with_target(target.trim(), level),
            None => targets = targets.with_targets(OURS.map(|target| (target, level))),
        }
    }
    Ok(targets)
}
