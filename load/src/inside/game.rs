//! What is played without sockets.

use std::fmt;

#[cfg(feature = "in-process")]
mod build {
    use std::sync::Arc;

    use engine::content::{Problem, Source};
    use engine::{Engine, Setup};
    use systems::Settings;

    use super::InsideGame;

    pub(super) type Build =
        dyn Fn(&[Source], Settings, Setup) -> Result<Engine, String> + Send + Sync;

    impl InsideGame {
        /// A game that builds its world of these files, by these settings; or says why it can't.
        pub fn new(
            build: impl Fn(&[Source], Settings, Setup) -> Result<Engine, String> + Send + Sync + 'static,
        ) -> Self {
            Self {
                build: Arc::new(build),
            }
        }

        pub(in crate::inside) fn build(
            &self,
            sources: &[Source],
            settings: Settings,
            setup: Setup,
        ) -> Result<Engine, String> {
            (self.build)(sources, settings, setup)
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
}

/// The game that `--in-process` plays: the shipped one, unless it is told otherwise. A build
/// without that feature plays none.
#[derive(Clone)]
#[cfg_attr(not(feature = "in-process"), derive(Default))]
pub struct InsideGame {
    #[cfg(feature = "in-process")]
    build: std::sync::Arc<build::Build>,
}

impl fmt::Debug for InsideGame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InsideGame").finish_non_exhaustive()
    }
}
