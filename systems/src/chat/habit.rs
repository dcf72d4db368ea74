//! The `channel` verb: which channel is one's own, and which ones are closed.

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::Channel;
use crate::command::{Needs, Usage, Verb, Words};
use crate::hearing::Mutes;
use crate::mute::{self, Muted, SetMute, Term};

/// The channel that `chat` speaks on.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct Habit {
    /// Which.
    pub channel: Channel,
}

impl Default for Habit {
    fn default() -> Self {
        Self {
            channel: Channel::Say,
        }
    }
}

/// `channel`, `channel global`, `channel default global`, `channel mute global 60`
#[derive(Message, Debug)]
pub(super) struct ChannelVerb {
    order: Order,
    wish: HabitWish,
}

#[derive(Debug)]
enum HabitWish {
    Show,
    Speak(Channel),
    Mute(Channel, Term),
    Unmute(Channel),
}

impl Verb for ChannelVerb {
    const WORDS: &'static [&'static str] = &["channel", "channels"];
    const USAGE: &'static str =
        "channel [name], channel mute <name> [minutes] [reason], channel unmute <name>";
    const HELP: &'static str = "Shows the channels, or makes one your own: \"chat\" then speaks on it, also when you come back another day. A channel that you mute you neither hear nor speak on.";
    const NEEDS: Needs = Needs::MIND;
    const LASTS: bool = true;

    fn asks(words: Words<'_>) -> bool {
        words.rest().is_empty()
    }

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let (first, words) = words.first();
        let channel = |word: &str| {
            Channel::from_word(word)
                .ok_or_else(|| Usage::Say(format!("There is no channel \"{word}\".")))
        };
        let wish = match first.to_ascii_lowercase().as_str() {
            "" => HabitWish::Show,
            "mute" | "unmute" | "default" if words.is_empty() => return Err(Usage::Show),
            "mute" => {
                let (name, words) = words.first();
                HabitWish::Mute(channel(name)?, Term::read(words.rest())?)
            }
            "unmute" => HabitWish::Unmute(channel(words.first().0)?),
            "default" => HabitWish::Speak(channel(words.first().0)?),
            _ => HabitWish::Speak(channel(first)?),
        };
        Ok(Self { order, wish })
    }
}

/// Somebody's own channel is another from now on: they are answered when it is.
#[derive(Message, Debug, Clone, Copy)]
pub(super) struct SetHabit {
    order: Order,
    channel: Channel,
}

/// Shows, chooses, closes and opens channels.
pub(super) fn choose(
    mut asked: MessageReader<ChannelVerb>,
    people: Query<(&Character, &Habit, &Mutes)>,
    rules: Res<mute::Rules>,
    clock: Res<Clock>,
    mut habits: MessageWriter<SetHabit>,
    mut mutes: MessageWriter<SetMute>,
    mut answers: MessageWriter<Answer>,
) {
    let now = clock.now;
    for ChannelVerb { order, wish } in asked.read() {
        let Ok((character, habit, list)) = people.get(order.actor) else {
            continue;
        };
        let mut set = |channel: Channel, told: String, mute| {
            mutes.write(SetMute {
                order: *order,
                told,
                what: Muted::Channel(channel),
                mute,
            });
        };
        answers.write(match wish {
            HabitWish::Show => Answer::with(*order, shown(character.role, habit, list, now)),
            HabitWish::Speak(channel) if !channel.is_open_to(character.role) => {
                let message = format!("There is no channel \"{}\" for you.", channel.word());
                Answer::refused(*order, Code::AuthorizationDenied, message)
            }
            HabitWish::Speak(Channel::Whisper | Channel::Emote | Channel::Pose) => {
                let message = "One can make say, local or global one's own.";
                Answer::refused(*order, Code::InvalidInput, message)
            }
            HabitWish::Speak(channel) => {
                let (order, channel) = (*order, *channel);
                habits.write(SetHabit { order, channel });
                continue;
            }
            HabitWish::Mute(channel, _) if !channel.can_be_muted() => Answer::refused(
                *order,
                Code::InvalidInput,
                "What the keepers say must be heard.",
            ),
            HabitWish::Mute(channel, term) => match rules.allow(term) {
                Err(refusal) => Answer::refusal(*order, refusal),
                Ok(()) => {
                    let mute = term.mute(&character.name, now);
                    let (word, told) = (channel.word(), mute.told(now));
                    let told = format!("You hear nothing on {word} {told}.");
                    set(*channel, told, Some(mute));
                    continue;
                }
            },
            HabitWish::Unmute(channel) if !list.closes(*channel, now) => {
                let message = format!("You have not muted {}.", channel.word());
                Answer::refused(*order, Code::ResourceNotFound, message)
            }
            HabitWish::Unmute(channel) => {
                let told = format!("You hear {} again.", channel.word());
                set(*channel, told, None);
                continue;
            }
        });
    }
}

/// The channels that are open to somebody, with their own one and those they have muted.
fn shown(role: Role, habit: &Habit, list: &Mutes, now: WorldTime) -> String {
    let open = Channel::ALL.into_iter();
    let lines = open.filter(|one| one.is_open_to(role)).map(|channel| {
        let own = if channel == habit.channel {
            ", your own"
        } else {
            ""
        };
        let muted = list
            .channels(now)
            .find(|(muted, _)| *muted == channel)
            .map_or_else(String::new, |(_, told)| format!(", muted {told}"));
        format!("  {}{own}{muted}", channel.word())
    });
    let lines: Vec<String> = lines.collect();
    format!("Channels:\n{}", lines.join("\n"))
}

/// Keeps everybody's own channel.
pub(super) fn settle(
    mut wanted: MessageReader<SetHabit>,
    mut habits: Query<&mut Habit>,
    mut answers: MessageWriter<Answer>,
) {
    for SetHabit { order, channel } in wanted.read() {
        if let Ok(mut habit) = habits.get_mut(order.actor) {
            habit.set_if_neq(Habit { channel: *channel });
            let text = format!("\"chat\" speaks on {} from now on.", channel.word());
            answers.write(Answer::with(*order, text));
        }
    }
}
