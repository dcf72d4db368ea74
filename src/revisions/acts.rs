//! What can be asked of a publisher, and what it answers.

use std::fmt::Display;
use std::path::PathBuf;

use engine::content::Problem;
use engine::port::DraftAct;
use serde::{Deserialize, Serialize};
use storage::StorageFault;

/// Something to do with the world's revisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WorldAct {
    Status,
    Diff,
    Publish { message: String },
    History,
    Revert { number: u64 },
    Blame { room: String },
    Export { number: Option<u64>, to: PathBuf },
}

impl From<DraftAct> for WorldAct {
    fn from(act: DraftAct) -> Self {
        match act {
            DraftAct::Status => Self::Status,
            DraftAct::Diff => Self::Diff,
            DraftAct::Publish { message } => Self::Publish { message },
            DraftAct::History => Self::History,
            DraftAct::Revert { number } => Self::Revert { number },
            DraftAct::Blame { room } => Self::Blame { room },
        }
    }
}

/// Who wants what of which draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WorldRequest {
    pub(crate) author: String,
    /// Without one, the server's own.
    pub(crate) draft: Option<PathBuf>,
    pub(crate) act: WorldAct,
}

/// What came of it, as a command line tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WorldAnswer {
    /// The exit code.
    pub(crate) code: u8,
    /// For stdout, in lines.
    pub(crate) out: String,
    /// For stderr.
    pub(crate) err: String,
}

impl WorldAnswer {
    pub(crate) fn done(out: impl Into<String>) -> Self {
        Self {
            out: out.into(),
            ..Self::default()
        }
    }

    /// Nothing was done, for this reason.
    pub(crate) fn failed(why: impl Display) -> Self {
        Self {
            code: 1,
            err: why.to_string(),
            ..Self::default()
        }
    }

    /// A draft with mistakes: a line each.
    pub(crate) fn refused(problems: &[Problem]) -> Self {
        let lines: Vec<String> = problems.iter().map(one_line).collect();
        Self {
            code: 1,
            out: lines.join("\n"),
            err: "the draft is not published; the world goes on as it was".to_owned(),
        }
    }

    /// Everything, for somebody in the world.
    pub(super) fn text(&self) -> String {
        let parts = [self.out.as_str(), self.err.as_str()];
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join("\n")
    }
}

/// Why something was not done.
#[derive(Debug)]
pub(super) enum Undone {
    /// The database failed, which says nothing of what was asked for: it may go another time.
    Away(String),
    /// As it is, it does not go.
    Refused(WorldAnswer),
}

impl Undone {
    /// It does not go, for this reason.
    pub(super) fn refused(why: impl Display) -> Self {
        Self::Refused(WorldAnswer::failed(why))
    }

    pub(super) fn told(self) -> WorldAnswer {
        match self {
            Self::Away(why) => WorldAnswer::failed(why),
            Self::Refused(told) => told,
        }
    }
}

impl From<StorageFault> for Undone {
    fn from(fault: StorageFault) -> Self {
        Self::Away(fault.to_string())
    }
}

/// A problem is a line, whatever somebody has put into the name of a file or key.
pub(super) fn one_line(problem: &Problem) -> String {
    problem.to_string().replace(char::is_control, "\u{fffd}")
}
