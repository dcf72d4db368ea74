//! `history`: what was said before, for whoever asks.

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::{ChatHistory, History, KeptLine, PastLine};
use crate::chat::Channel;
use crate::command::{Needs, Usage, Verb};
use crate::hearing::Hearing;
use crate::place::InRoom;
use crate::world::Atlas;

/// `history`, `history global 50`
#[derive(Message, Debug)]
pub(in crate::chat) struct AskHistory {
    order: Order,
    channel: Channel,
    count: Option<usize>,
}

impl Verb for AskHistory {
    const WORDS: &'static [&'static str] = &["history", "recall"];
    const USAGE: &'static str = "history [channel] [lines]";
    const HELP: &'static str = "Shows what was said lately: in this room, or on the channel local, global or system. Only the last lines are remembered, without those of people you have muted.";
    const NEEDS: Needs = Needs::MIND;

    fn read(order: Order, words: crate::command::Words<'_>) -> Result<Self, Usage> {
        let (mut channel, mut count) = (None, None);
        let mut words = words;
        while !words.is_empty() {
            let word = words.peek();
            let number = word.parse::<usize>().ok();
            match number {
                // One of each; more is left over.
                Some(_) if count.is_some() => break,
                None if channel.is_some() => break,
                Some(number) => count = Some(number.max(1)),
                None if word.eq_ignore_ascii_case("room") => channel = Some(Channel::Say),
                None => {
                    let known = Channel::from_word(word)
                        .filter(|known| !matches!(known, Channel::Whisper | Channel::Pose));
                    let unknown = || Usage::Say(format!("Nothing is remembered of \"{word}\"."));
                    channel = Some(known.ok_or_else(unknown)?);
                }
            }
            words = words.first().1;
        }
        let channel = channel.unwrap_or(Channel::Say);
        Ok(Self {
            order,
            channel,
            count,
        })
    }
}

/// Shows what was said.
pub(in crate::chat) fn show(
    mut asked: MessageReader<AskHistory>,
    people: Query<(&Character, &InRoom)>,
    atlas: Res<Atlas>,
    history: Res<History>,
    hearing: Hearing<'_, '_>,
    clock: Res<Clock>,
    mut answers: MessageWriter<Answer>,
) {
    for AskHistory {
        order,
        channel,
        count,
    } in asked.read()
    {
        let Ok((character, InRoom(room))) = people.get(order.actor) else {
            answers.write(Answer::refused(
                *order,
                Code::GameLogicError,
                "You are nowhere.",
            ));
            continue;
        };
        if *channel == Channel::Admin && character.role != Role::Admin {
            let message = "Nothing is remembered of \"admin\".";
            answers.write(Answer::refused(*order, Code::InvalidInput, message));
            continue;
        }
        let viewer = (order.actor, character.role);
        let count = count.unwrap_or(history.most.shown);
        let lines = history.shown(&atlas, viewer, *room, *channel, &hearing, count);
        let text = if lines.is_empty() {
            "Nothing was said lately.".to_owned()
        } else {
            let lines = lines.iter().map(|line| dated(line, clock.wall()));
            lines.collect::<Vec<_>>().join("\n")
        };
        let data = PastLines {
            channel: *channel,
            lines: lines.into_iter().map(PastLine::of).collect(),
        };
        answers.write(Answer::with_data(*order, text, data));
    }
}

/// What was said before on a channel.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::chat) struct PastLines {
    /// Which; `say` stands for all that was said in the room.
    channel: Channel,
    /// The lines, oldest first.
    lines: Vec<PastLine>,
}

impl CommandResult for PastLines {
    const KIND: &'static str = "history";

    fn examples() -> Vec<Self> {
        let shown = ChatHistory::shown().into_iter();
        let lines = shown.flat_map(|one| one.lines).collect();
        let channel = Channel::Say;
        vec![Self { channel, lines }]
    }
}

fn dated(line: &KeptLine, now: WorldTime) -> String {
    match now.since(line.at).as_secs() / 60 {
        0 => format!("(just now) {}", line.message),
        minutes => format!("({minutes} min ago) {}", line.message),
    }
}
