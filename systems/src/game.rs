//! The whole game as one plugin.

use std::sync::Arc;
use std::time::Duration;

use engine::content::{Content, ContentTypes, Problem, Source};
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::bus::BusSettings;
use crate::chat::ChatLimits;
use crate::command::CommandLimits;
use crate::presence::PresenceSettings;
use crate::script::ScriptLimits;
use crate::world::WorldHeader;
use crate::{
    ambient, body, bus, calendar, character, chat, combat, command, conditions, corpses, creatures,
    doors, effects, exploration, faces, feedback, flags, hazards, letters, light, lucidity, mute,
    place, presence, reactions, revisions, scenery, script, sheet, sights, staff, things, uses,
};

/// What can be set about the game. A recording keeps it, so that a replay plays by the same limits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settings {
    /// Limits on commands.
    pub commands: CommandLimits,
    /// Limits on talk.
    pub chat: ChatLimits,
    /// How long a character stays after its connection was lost.
    pub linkdead_grace: Duration,
    /// How long a connection is away before those around are told.
    pub link_notice: Duration,
    /// What the operator has set about minds.
    pub lucidity: lucidity::LucidityOverrides,
    /// What scripts may spend.
    #[serde(default)]
    pub scripts: ScriptLimits,
    /// This node's name, where several share a database.
    #[serde(default)]
    pub node: Option<String>,
    /// The bus to other nodes, where there is one.
    pub bus: Option<BusSettings>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            commands: CommandLimits::default(),
            chat: ChatLimits::default(),
            linkdead_grace: Duration::from_secs(30),
            link_notice: Duration::from_secs(5),
            lucidity: lucidity::LucidityOverrides::default(),
            scripts: ScriptLimits::default(),
            node: None,
            bus: None,
        }
    }
}

/// Every plugin of the game over a world, in the order in which they run.
pub fn game(world: Arc<Content>, settings: Settings) -> impl Plugin {
    ShippedGame {
        world: Some(world),
        settings,
    }
}

/// Every plugin of the game without a world: to see what they are made of.
pub fn survey(settings: Settings) -> impl Plugin {
    ShippedGame {
        world: None,
        settings,
    }
}

/// What the plugins of the game read of a world's files.
#[must_use]
pub fn content_types() -> ContentTypes {
    ContentTypes::of(survey(Settings::default()))
}

/// Reads and checks a world for the game.
///
/// # Errors
/// Every mistake that was found, sorted by file and line.
pub fn load(sources: &[Source]) -> Result<Arc<Content>, Vec<Problem>> {
    content_types().load(sources)
}

struct ShippedGame {
    world: Option<Arc<Content>>,
    settings: Settings,
}

impl Plugin for ShippedGame {
    fn name(&self) -> &'static str {
        "game"
    }

    fn build(&self, reg: &mut Registrar<'_>) {
        if let Some(world) = &self.world {
            reg.provide(Arc::clone(world));
            if let Some(header) = world.get::<WorldHeader>() {
                reg.turn_off(header.plugins_off.iter().map(String::as_str));
            }
        }
        reg.node(self.settings.node.clone());
        let presence = PresenceSettings {
            linkdead_grace: self.settings.linkdead_grace,
            link_notice: self.settings.link_notice,
        };
        // The sheet speaks first: what a client is told on arrival begins with where it is.
        reg.add(command::plugin(self.settings.commands))
            .add(sheet::plugin)
            .add(faces::plugin)
            .add(place::plugin)
            .add(presence::plugin(presence))
            .add(character::plugin)
            .add(calendar::dates)
            .add(conditions::condition_names)
            .add(creatures::creature_names)
            .add(things::plugin)
            .add(corpses::plugin)
            .add(light::plugin)
            .add(doors::plugin)
            .add(hazards::plugin)
            .add(sights::plugin)
            .add(scenery::plugin)
            .add(ambient::plugin)
            .add(reactions::plugin)
            .add(creatures::plugin)
            .add(uses::plugin)
            .add(effects::plugin)
            .add(flags::plugin)
            .add(conditions::plugin)
            .add(combat::plugin)
            .add(body::plugin(hazards::strike))
            .add(bus::plugin(self.settings.bus.clone()))
            .add(lucidity::plugin(self.settings.lucidity))
            .add(exploration::plugin)
            .add(calendar::plugin)
            .add(mute::plugin)
            .add(chat::plugin(self.settings.chat))
            .add(letters::plugin)
            .add(feedback::plugin)
            .add(staff::plugin)
            .add(revisions::plugin)
            .add(script::plugin(self.settings.scripts));
    }
}
