//! Errors of usage and configuration, and their exit code.

/// Bad usage or configuration: the message names the key and where it was set.
pub const EXIT_USAGE: u8 = 2;

/// The server can't start as it was asked to: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageFault(pub String);
