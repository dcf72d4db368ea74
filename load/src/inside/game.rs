//! What is played without sockets.

use std::fmt;
use std::sync::Arc;

use engine::content::{Problem, Source};
use engine::{Engine, Setup};
use systems::Settings;

type Build = dyn Fn(&[Source], Settings, Setup) -> Result<Engine, String> + Send + Sync;

/// The game that `--in-process` plays: the shipped one, unless it is told otherwise.
#[derive(Clone)]
pub struct InsideGame(Arc<Build>);

impl InsideGame {
    /// A game that builds its world of these files, by these settings; or says why it can't.
    pub fn new(
        build: impl Fn(&[Source], Settings, Setup) -> Result<Engine, String> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(build))
    }

    pub(super) fn build(
        &self,
        sources: &[Source],
        settings: Settings,
        setup: Setup,
    ) -> Result<Engine, String> {
        (self.0)(sources, settings, setup)
    }
}

impl Default for InsideGame {
    fn default() -> Self {
        Self::new(|sources, settings, setup| {
            let first =
                |all: Vec<Problem>| all.first().map(ToString::to_string).unwrap_or_default();
            let world = systems::load(sources).map_err(first)?;
            let game = systems::game(world, settings);
            Engine::build(setup, game).map_err(|why| why.to_string())
        })
    }
}

impl fmt::Debug for InsideGame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InsideGame").finish_non_exhaustive()
    }
}
