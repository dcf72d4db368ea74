//! Talk: to the room, the neighbourhood, everybody, one person; and gestures.
//!
//! A line is delivered here, in the world, in the tick it is said: no broker and no database is
//! on its way.

mod channel;
mod note;
mod rate;
mod speak;
mod verbs;

pub use channel::Channel;
pub use note::ChatMessage;
pub use rate::ChatLimits;

use engine::prelude::*;

use crate::command::verb;
use crate::world::Atlas;

/// The chat plugin, with its limits.
pub fn plugin(limits: ChatLimits, atlas: &Atlas) -> impl Plugin {
    ChatPlugin {
        limits,
        neighbourhoods: speak::Neighbourhoods::of(atlas),
    }
}

struct ChatPlugin {
    limits: ChatLimits,
    neighbourhoods: speak::Neighbourhoods,
}

impl Plugin for ChatPlugin {
    fn name(&self) -> &'static str {
        "chat"
    }

    fn build(&self, reg: &mut Registrar<'_>) {
        reg.resource(self.limits)
            .resource(self.neighbourhoods.clone())
            .message::<speak::Spoken>()
            .note::<ChatMessage>()
            .owns::<rate::Spoke>()
            .owns::<speak::LastWhisper>()
            .character::<rate::Spoke>()
            .character::<speak::LastWhisper>();
        verb::<verbs::Say>(reg);
        verb::<verbs::Local>(reg);
        verb::<verbs::Global>(reg);
        verb::<verbs::Emote>(reg);
        verb::<verbs::Whisper>(reg);
        verb::<verbs::Reply>(reg);
        reg.system(Phase::Simulate, (speak::speak, speak::whisper).chain())
            .system(Phase::Settle, speak::remember)
            .system(Phase::Emit, speak::deliver);
    }
}
