//! Talk: to the room, the neighbourhood, everybody, one person; gestures, and what was said before.
//!
//! A line is delivered here, in the world, in the tick it is said, or, where very many speak, in
//! one soon after: no broker and no database is on its way. What is said is one message, [`Said`](speak::Said); who hears it is decided in one
//! place, [`deliver`], per hearer and without I/O.

mod deliver;
mod ears;
mod emotes;
mod gesture;
mod habit;
mod history;
mod likeness;
mod pace;
mod rate;
mod remember;
mod rules;
mod speak;
mod verbs;
mod voice;

pub use emotes::Emotes;
pub use habit::Habit;
pub use history::{ChatHistory, PastLine};
pub use rate::ChatLimits;
pub use rules::{HistoryRules, Rules};
pub(crate) use speak::Said;
pub use voice::Voiced;

pub use crate::speech::Channel;

use engine::prelude::*;

use rate::SPAN;

use crate::command::{more_words, verb};
use crate::place::{LastSpoke, Likeness, Pose, Posed, carry_talk};
use crate::speech::{ChatMessage, Emote};

/// The chat plugin, with its limits. Runs after `mute`.
pub fn plugin(limits: ChatLimits) -> impl Plugin {
    ChatPlugin { limits }
}

struct ChatPlugin {
    limits: ChatLimits,
}

impl Plugin for ChatPlugin {
    fn name(&self) -> &'static str {
        "chat"
    }

    fn build(&self, reg: &mut Registrar<'_>) {
        reg.after(
            "mute",
            "what is said now is heard by those who have not muted it by now",
        )
        .after("place", "who hears a line is who is in the room by then");
        reg.resource(self.limits)
            .rules::<Rules>("chat")
            .rules::<Emotes>("emotes")
            .derived(ears::Neighbourhoods::of)
            .begun(history::History::of)
            .emits::<history::History>()
            .resource(rate::Lately::default())
            .emit_resource(pace::Pace::default())
            .transient::<history::History>("history")
            .transient::<rate::Lately>("lately")
            .transient::<pace::Pace>("pace")
            .persist::<Habit>("chat_habit")
            .persist::<Likeness>("likeness")
            .transient::<remember::LastWhisper>("last_whisper")
            .transient::<LastSpoke>("last_spoke")
            .transient::<Pose>("pose")
            .transient::<history::CameFrom>("came_from")
            .character::<Habit>()
            .character::<remember::LastWhisper>()
            .character::<LastSpoke>()
            .character::<Pose>()
            .character::<history::CameFrom>()
            .message::<speak::Said>()
            .message::<Posed>()
            .message::<history::RoomEntered>()
            .message::<habit::SetHabit>()
            .message::<likeness::SetLikeness>()
            .note::<ChatMessage>()
            .note::<ChatHistory>()
            .command_result::<history::PastLines>();
        voice::register(reg);
        register_verbs(reg);
        carry_talk(reg);
        history::carry(reg);
        reg.carried(|pace: &mut pace::Pace, to| pace.carry(&to.map()));
        let said = (
            speak::speak,
            speak::whisper,
            gesture::emote,
            gesture::pose,
            likeness::describe,
            habit::choose,
            history::show,
        );
        reg.recover(gesture::drop_poses)
            .every(SPAN, rate::forget)
            .system(Phase::Simulate, said.chain())
            .system(
                Phase::Settle,
                (
                    remember::remember,
                    remember::mark,
                    gesture::settle_pose,
                    likeness::settle,
                    habit::settle,
                    history::follow,
                )
                    .chain(),
            )
            .system(
                Phase::Emit,
                (history::greet, deliver::deliver, deliver::deliver_afar).chain(),
            );
    }
}

fn register_verbs(reg: &mut Registrar<'_>) {
    verb::<verbs::Say>(reg);
    verb::<verbs::Local>(reg);
    verb::<verbs::Global>(reg);
    verb::<verbs::Chat>(reg);
    verb::<verbs::Whisper>(reg);
    verb::<verbs::Reply>(reg);
    verb::<verbs::System>(reg);
    verb::<verbs::Admins>(reg);
    verb::<Emote>(reg);
    verb::<gesture::Strike>(reg);
    verb::<likeness::Describe>(reg);
    verb::<habit::ChannelVerb>(reg);
    verb::<history::AskHistory>(reg);
    more_words::<Emote, Emotes>(reg, Emotes::words);
}
