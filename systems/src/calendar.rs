//! The calendar: Mythos time, and the stroke of each Mythos hour.
//!
//! Mythos time is a pure function of the wall clock ([`MythosTime::at`]); nothing is saved of it
//! and nothing can stop it. What is saved is the last hour struck ([`Almanac`]).
//! **Invariant:** an hour strikes exactly once, over any number of restarts: those that the world
//! sleeps through strike when it wakes, the last 24 of them. Only the newest is told to people.

mod daylight;
mod daypart;
mod mythos;
mod notes;
mod observances;
mod strike;

pub use daylight::Daylight;
pub use daypart::Daypart;
pub use mythos::{MythosTime, Season};
pub use notes::MythosTimeUpdate;
pub use observances::{Holiday, Observances, Schedule};

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::command::verb;

/// What the year and the day bring, by the world's file. Apart from the calendar that strikes, and
/// before all that names a holiday or asks whether it is night.
pub fn dates(reg: &mut Registrar<'_>) {
    reg.rules_file::<Observances>("calendar.toml")
        .derived(Observances::daylight);
}

/// The calendar plugin. Runs after [`dates`].
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.after(
        "dates",
        "the hours that strike are those of the world's file",
    )
    .persist::<Almanac>("almanac")
    .singleton("calendar", Almanac::default)
    .message::<MythosHour>()
    .note::<notes::MythosTimeUpdate>()
    .command_result::<notes::MythosTimeUpdate>()
    .system(Phase::Simulate, strike::strike)
    .system(Phase::Settle, strike::remember)
    .system(Phase::Emit, notes::tell);
    verb::<notes::Time>(reg);
    reg.system(Phase::Simulate, notes::time);
}

/// A Mythos hour begins: whatever happens by the hour listens to this.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct MythosHour {
    /// Whole Mythos hours since 1930-01-01T00:00; see [`MythosTime::hours`].
    pub hour: i64,
}

/// What the calendar remembers across restarts; on the singleton entity `calendar`.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct Almanac {
    struck: Option<i64>,
}

impl Almanac {
    /// The last hour that struck, as [`MythosTime::hours`]; `None` in a world that has just begun.
    #[must_use]
    pub const fn struck(&self) -> Option<i64> {
        self.struck
    }
}
