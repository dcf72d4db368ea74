//! What a server plays: the shipped game, and plugins of one's own.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use engine::content::{Content, ContentTypes, Problem, Source};
use engine::{Engine, Plugin, Registrar};
use systems::Settings;
use systems::command::CommandLimits;

use crate::config::Config;
use crate::{bus, world_files};

/// The plugins of a server. Every command of the line knows them.
///
/// ```no_run
/// use engine::prelude::*;
///
/// fn fog(reg: &mut Registrar<'_>) {
///     reg.every(Duration::from_secs(2), || {});
/// }
///
/// fn main() -> std::process::ExitCode {
///     kadath::main(|game| {
///         game.add(fog);
///     })
/// }
/// ```
#[derive(Clone, Default)]
pub struct Game {
    own: Vec<Arc<dyn Plugin + Send + Sync>>,
}

impl fmt::Debug for Game {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.own.iter().map(|plugin| plugin.name());
        f.debug_list().entries(names).finish()
    }
}

impl Game {
    /// Adds a plugin after all of the shipped game and those added before.
    pub fn add(&mut self, plugin: impl Plugin + Send + Sync + 'static) -> &mut Self {
        self.own.push(Arc::new(plugin));
        self
    }

    /// All plugins, without a world: what is read of its files, and what is published.
    fn survey(&self, settings: Settings) -> impl Plugin {
        Whole {
            game: systems::survey(settings),
            own: self.own.clone(),
        }
    }

    /// What the plugins read of a world's files.
    #[must_use]
    pub fn content_types(&self, config: &Config) -> ContentTypes {
        self.content_types_by(settings(config))
    }

    /// All plugins over a world.
    pub(crate) fn over(&self, world: Arc<Content>, settings: Settings) -> impl Plugin + use<> {
        Whole {
            game: systems::game(world, settings),
            own: self.own.clone(),
        }
    }

    /// What the plugins read of a world's files, as these settings have it.
    pub(crate) fn content_types_by(&self, settings: Settings) -> ContentTypes {
        ContentTypes::of(self.survey(settings))
    }

    /// As [`load`](Self::load), with the texts that the world is made of.
    pub(crate) fn load_with_sources(
        &self,
        folder: &Path,
        settings: Settings,
    ) -> Result<(Arc<Content>, Vec<Source>), Vec<Problem>> {
        world_files::load_with_sources(folder, &self.content_types_by(settings))
    }

    /// The same plugins for `kadath bench --in-process`, over a world made for it.
    #[must_use]
    pub fn inside(&self) -> load::InsideGame {
        let game = self.clone();
        load::InsideGame::new(move |sources, settings, setup| {
            let types = game.content_types_by(settings.clone());
            let first =
                |all: Vec<Problem>| all.first().map(ToString::to_string).unwrap_or_default();
            let world = types.load(sources).map_err(first)?;
            Engine::build(setup, game.over(world, settings)).map_err(|why| why.to_string())
        })
    }

    /// Reads and checks the world in `folder`; problems name files as the caller can open them.
    pub(crate) fn load(
        &self,
        folder: &Path,
        config: &Config,
    ) -> Result<Arc<Content>, Vec<Problem>> {
        world_files::load(folder, &self.content_types(config))
    }
}

/// What the operator has set about the shipped game.
pub(crate) fn settings(config: &Config) -> Settings {
    Settings {
        commands: CommandLimits {
            commands_per_second: config.limits.commands_per_second,
            lines_per_tick: config.limits.lines_per_tick,
        },
        chat: config.chat(),
        linkdead_grace: Duration::from_secs(config.server.linkdead_grace_seconds),
        link_notice: Duration::from_secs(config.server.link_notice_seconds),
        lucidity: config.lucidity.overrides(),
        scripts: config.scripts.limits(),
        node: config.database.shared.then(|| config.server.node.clone()),
        bus: bus::settings(config),
    }
}

/// The shipped game, then one's own plugins.
struct Whole<G> {
    game: G,
    own: Vec<Arc<dyn Plugin + Send + Sync>>,
}

impl<G: Plugin> Plugin for Whole<G> {
    fn build(&self, reg: &mut Registrar<'_>) {
        self.game.build(reg);
        for plugin in &self.own {
            reg.add(Own(plugin));
        }
    }

    fn name(&self) -> &'static str {
        self.game.name()
    }
}

struct Own<'a>(&'a Arc<dyn Plugin + Send + Sync>);

impl Plugin for Own<'_> {
    fn build(&self, reg: &mut Registrar<'_>) {
        self.0.build(reg);
    }

    fn name(&self) -> &'static str {
        self.0.name()
    }
}
