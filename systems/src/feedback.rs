//! Feedback: `bug`, `typo` and `idea`, kept for those who keep the world until they are done with it.
//!
//! **Invariant:** a report is kept whole, with the room and the revision that it is about, from the
//! answer on; one that would be too many is refused, none is dropped.

mod verbs;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::command::verb;

/// The most reports at once: 200 of 500 letters each are some 130 KB, written whole with each.
const REPORTS_MAX: usize = 200;
/// The most of one character.
const REPORTS_OF_ONE_MAX: usize = 10;
/// The longest report, in characters.
const CHARS_MAX: usize = 500;

/// The feedback plugin. Runs after `place`.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.after("place", "a report is of the room that one is in by then");
    reg.persist_own::<Reports>("reports")
        .singleton_own("reports", Reports::default);
    verb::<verbs::Bug>(reg);
    verb::<verbs::Typo>(reg);
    verb::<verbs::Idea>(reg);
    verb::<verbs::ReportsVerb>(reg);
    reg.system(Phase::Simulate, (verbs::take, verbs::show).chain());
}

/// What a report is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ReportKind {
    Bug,
    Typo,
    Idea,
}

impl ReportKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Bug => "bug",
            Self::Typo => "typo",
            Self::Idea => "idea",
        }
    }
}

/// What somebody reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PlayerReport {
    number: u64,
    kind: ReportKind,
    by: String,
    by_id: StableId,
    /// The id of the room they were in; empty: nowhere.
    room: String,
    /// The number of the world's revision; 0: it was never published.
    revision: u64,
    /// By the wall clock.
    at: WorldTime,
    text: String,
}

/// All reports that nobody is done with, oldest first.
#[derive(Component, Clone, Debug, Default, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct Reports {
    /// How many there have ever been.
    count: u64,
    open: Vec<PlayerReport>,
}

impl Reports {
    /// Why no more is taken of somebody, if none is.
    fn full_for(&self, by: StableId) -> Option<&'static str> {
        let own = self.open.iter().filter(|one| one.by_id == by).count();
        if own >= REPORTS_OF_ONE_MAX {
            return Some("You have reported much already that nobody has read yet.");
        }
        (self.open.len() >= REPORTS_MAX)
            .then_some("Too much has been reported that nobody has read yet.")
    }

    /// Takes a report out.
    fn take_out(&mut self, number: u64) -> Option<PlayerReport> {
        let at = self.open.iter().position(|one| one.number == number)?;
        Some(self.open.remove(at))
    }
}
