//! What can stop the gateway.

use std::io;
use std::path::PathBuf;

use engine::port::MetricsFault;

/// Why the gateway does not run, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum NetFault {
    /// The listener can't be used.
    #[error("the listener failed: {0}")]
    Listener(#[source] io::Error),
    /// A metric's name is taken.
    #[error(transparent)]
    Metrics(#[from] MetricsFault),
    /// A certificate or key can't be read.
    #[error("{path} can't be read: {reason}")]
    Tls {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The world ended first.
    #[error("the world ended before the gateway was told to stop")]
    WorldGone,
}
