//! The same bots without sockets: they drive `Engine::tick` directly.

mod game;
#[cfg(feature = "in-process")]
mod world;

pub use game::InsideGame;

use crate::fault::LoadFault;
use crate::report::Report;
use crate::scenario::Scenario;

/// Plays a scenario in this process and adds the run to the report.
#[cfg(feature = "in-process")]
pub(crate) fn play(
    scenario: &Scenario,
    game: &InsideGame,
    report: &mut Report,
    quiet: bool,
) -> Result<(), LoadFault> {
    world::play(scenario, game, report, quiet)
}

/// This build has neither engine nor game.
#[cfg(not(feature = "in-process"))]
pub(crate) fn play(_: &Scenario, _: &InsideGame, _: &mut Report, _: bool) -> Result<(), LoadFault> {
    let why = "this build lacks the feature in-process";
    Err(LoadFault::setup("playing in the process", why))
}
