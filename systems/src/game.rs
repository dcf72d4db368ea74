//! The whole game as one plugin.

use std::time::Duration;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::bus::BusSettings;
use crate::chat::ChatLimits;
use crate::command::CommandLimits;
use crate::presence::PresenceSettings;
use crate::world::WorldData;
use crate::{
    body, bus, calendar, character, chat, command, exploration, faces, letters, lucidity, mute,
    place, presence, sheet, staff, things,
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
            bus: None,
        }
    }
}

/// Every plugin of the game over a world, in the order in which they run.
pub fn game(world: WorldData, settings: Settings) -> impl Plugin {
    Game { world, settings }
}

struct Game {
    world: WorldData,
    settings: Settings,
}

impl Plugin for Game {
    fn name(&self) -> &'static str {
        "game"
    }

    fn build(&self, reg: &mut Registrar<'_>) {
        let presence = PresenceSettings {
            linkdead_grace: self.settings.linkdead_grace,
            link_notice: self.settings.link_notice,
            motd: self.world.motd.clone(),
        };
        // The sheet speaks first: what a client is told on arrival begins with where it is.
        reg.add(command::plugin(self.settings.commands, self.world.aliases))
            .add(sheet::plugin)
            .add(faces::plugin)
            .add(place::plugin(self.world.atlas.clone()))
            .add(presence::plugin(presence))
            .add(things::plugin)
            .add(character::plugin(self.world.characters.clone()))
            .add(body::plugin(self.world.body, &self.world.atlas))
            .add(bus::plugin(self.settings.bus.clone()))
            .add(lucidity::plugin(
                self.world.lucidity.clone(),
                &self.world.atlas,
            ))
            .add(exploration::plugin)
            .add(calendar::plugin(self.world.observances.clone()))
            .add(mute::plugin(self.world.mutes))
            .add(chat::plugin(
                self.settings.chat,
                self.world.chat,
                self.world.emotes.clone(),
                &self.world.atlas,
            ))
            .add(letters::plugin)
            .add(staff::plugin(self.world.staff));
    }
}
