//! What is remembered of talk: who whispered to whom last, and where somebody spoke last.

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::Channel;
use super::speak::Said;
use crate::bus::{HeardAfar, Took};
use crate::hearing::Hearing;
use crate::letters::LetterRead;
use crate::place::{InRoom, LastSpoke};

/// Who whispered to this character last, by name: they may have gone and come back meanwhile.
#[derive(Component, Default, Debug, Clone, Serialize, Deserialize)]
pub(super) struct LastWhisper(Option<String>);

impl LastWhisper {
    /// Their name; `None`: nobody has.
    pub(super) fn name(&self) -> Option<String> {
        self.0.clone()
    }
}

/// Notes who whispered to whom, and whose letter was read.
pub(super) fn remember(
    mut letters: MessageReader<LetterRead>,
    mut said: MessageReader<Said>,
    people: Query<(&StableId, &Character)>,
    hearing: Hearing<'_, '_>,
    mut heard: MessageReader<HeardAfar>,
    index: Res<Index>,
    awake: Query<(), With<Online>>,
    mut last: Query<&mut LastWhisper>,
    mut took: MessageWriter<Took>,
) {
    for LetterRead { reader, sender } in letters.read() {
        if let Ok(mut last) = last.get_mut(*reader) {
            last.0 = Some(sender.clone());
        }
    }
    for HeardAfar { line, ticket, .. } in heard.read() {
        let target = line.target_id.and_then(|id| index.get(id));
        if let Some(target) = target
            && hearing.hears(target, (line.sender_id, Role::Player), Channel::Whisper)
            && let Ok(mut last) = last.get_mut(target)
        {
            last.0 = Some(line.sender_name.clone());
        }
        // Heard in this tick's Emit; where nobody is, it is a letter.
        if let Some(ticket) = ticket
            && target.is_some_and(|target| awake.contains(target))
        {
            took.write(Took(*ticket));
        }
    }
    for Said {
        speaker,
        channel,
        to,
        ..
    } in said.read()
    {
        if *channel == Channel::Whisper
            && let Some(to) = to
            && let (Ok((id, character)), Ok(mut last)) = (people.get(*speaker), last.get_mut(*to))
            && hearing.hears(*to, (*id, character.role), *channel)
        {
            last.0 = Some(character.name.clone());
        }
    }
}

/// Notes who spoke where.
pub(super) fn mark(
    mut said: MessageReader<Said>,
    mut speakers: Query<(&InRoom, &mut LastSpoke)>,
    clock: Res<Clock>,
) {
    for one in said.read() {
        let around = matches!(one.channel, Channel::Say | Channel::Emote | Channel::Local);
        if around && let Ok((InRoom(room), mut last)) = speakers.get_mut(one.speaker) {
            *last = LastSpoke::at(*room, clock.now);
        }
    }
}
