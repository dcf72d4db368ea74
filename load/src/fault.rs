//! Why a run could not be made.

use std::path::PathBuf;

/// Why a scenario could not be run to its end.
#[derive(Debug, thiserror::Error)]
pub enum LoadFault {
    /// The scenario has mistakes: one line each, `file:line: message`.
    #[error("{}", .0.join("\n"))]
    Scenario(Vec<String>),
    /// A file can't be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// What `--compare` names is no report of ours.
    #[error("{path}: not a report: {why}")]
    NotAReport {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// `--target` is not `http://HOST:PORT`.
    #[error("--target: {0}")]
    Target(String),
    /// The server of our own, or what it needs, could not be started or steered.
    #[error("{what}: {why}")]
    Setup {
        /// What was being done.
        what: &'static str,
        /// Why it failed.
        why: String,
    },
    /// SIGINT or SIGTERM came.
    #[error("interrupted")]
    Interrupted,
    /// A call over HTTP failed.
    #[error("{call}: {why}")]
    Http {
        /// Method and path.
        call: String,
        /// Why.
        why: String,
    },
}

impl LoadFault {
    pub(crate) fn setup(what: &'static str, why: impl ToString) -> Self {
        Self::Setup {
            what,
            why: why.to_string(),
        }
    }

    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        |error| Self::File { path, error }
    }
}
