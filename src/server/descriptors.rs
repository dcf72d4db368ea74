//! How many files may be open, and how many of them may be sockets.

use anyhow::Context;

use crate::config::{Config, LimitsConfig};
use crate::usage::UsageFault;

/// What the world needs beside one descriptor per socket: database, journal, logs, runtime.
const DESCRIPTORS_RESERVED: u64 = 128;

/// Raises the descriptor limit as far as it goes, and keeps the sockets below it.
pub(super) fn raise_descriptors(config: &mut Config) -> anyhow::Result<()> {
    let limit =
        rlimit::increase_nofile_limit(u64::MAX).context("the limit of open files can't be read")?;
    let room = limit.saturating_sub(DESCRIPTORS_RESERVED);
    if room < 64 {
        return Err(UsageFault(format!(
            "only {limit} open files are allowed; at least {} are needed (ulimit -n)",
            DESCRIPTORS_RESERVED + 64
        ))
        .into());
    }
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    if config.limits.sockets == 0 || config.limits.sockets > room {
        // Nobody asked for the default, so nobody misses what it can't give.
        if config.limits.sockets > room && config.limits.sockets != LimitsConfig::default().sockets
        {
            tracing::warn!(
                limits_sockets = config.limits.sockets,
                room,
                "fewer open files are allowed than limits.sockets"
            );
        }
        config.limits.sockets = room;
    }
    Ok(())
}
