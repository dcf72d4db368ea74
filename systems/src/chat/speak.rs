//! From words to those who hear them.

use std::sync::Arc;

use engine::port::SessionId;
use engine::prelude::*;

use super::rate::{ChatLimits, Spoke};
use super::verbs::{Emote, Global, Local, Reply, Say, Whisper};
use super::{Channel, ChatMessage};
use crate::command::Missed;
use crate::place::{InRoom, Rooms};
use crate::presence::Roster;
use crate::world::{Atlas, RoomIx};

/// The rooms of each sub-zone, for those who call out.
#[derive(Resource, Clone, Debug)]
pub(super) struct Neighbourhoods(Vec<Vec<RoomIx>>);

impl Neighbourhoods {
    pub(super) fn of(atlas: &Atlas) -> Self {
        let mut rooms = vec![Vec::new(); atlas.sub_zones().count()];
        for (ix, room) in atlas.rooms() {
            rooms[room.sub_zone].push(ix);
        }
        Self(rooms)
    }
}

/// Who whispered to this character last, by name: they may have gone and come back meanwhile.
#[derive(Component, Default, Debug, Clone)]
pub(super) struct LastWhisper(Option<String>);

/// Something was said and is to be heard.
#[derive(Message, Debug, Clone)]
pub(super) struct Spoken {
    speaker: Entity,
    channel: Channel,
    text: String,
    to: Option<Entity>,
}

/// The mouth: checks a line against its channel's figures and counts it.
#[derive(SystemParam)]
pub(super) struct Mouth<'w, 's> {
    spoke: Query<'w, 's, &'static mut Spoke>,
    limits: Res<'w, ChatLimits>,
    clock: Res<'w, Clock>,
    spoken: MessageWriter<'w, Spoken>,
    answers: MessageWriter<'w, Answer>,
}

impl Mouth<'_, '_> {
    fn say(
        &mut self,
        order: Order,
        channel: Channel,
        text: &str,
        to: Option<Entity>,
        echo: Option<String>,
    ) {
        let answer = match self.check(order.actor, channel, text) {
            Err(refusal) => Answer::refusal(order, refusal),
            Ok(()) => {
                self.spoken.write(Spoken {
                    speaker: order.actor,
                    channel,
                    text: text.to_owned(),
                    to,
                });
                echo.map_or(Answer::done(order), |echo| Answer::with(order, echo))
            }
        };
        self.answers.write(answer);
    }

    fn check(&mut self, actor: Entity, channel: Channel, text: &str) -> Result<(), Refusal> {
        let most = channel.chars_max();
        if text.chars().count() > most {
            return Err(Refusal::new(
                Code::ValidationError,
                format!("At most {most} characters, please."),
            ));
        }
        let mut spoke = self
            .spoke
            .get_mut(actor)
            .map_err(|_| Refusal::of(Code::InternalError))?;
        spoke.count(channel, *self.limits, self.clock.now)
    }
}

/// Talk to many.
pub(super) fn speak(
    mut says: MessageReader<Say>,
    mut locals: MessageReader<Local>,
    mut globals: MessageReader<Global>,
    mut emotes: MessageReader<Emote>,
    mut mouth: Mouth<'_, '_>,
) {
    for Say { order, text } in says.read() {
        mouth.say(*order, Channel::Say, text, None, None);
    }
    for Local { order, text } in locals.read() {
        mouth.say(*order, Channel::Local, text, None, None);
    }
    for Global { order, text } in globals.read() {
        mouth.say(
            *order,
            Channel::Global,
            text,
            None,
            Some(format!("You (global): {text}")),
        );
    }
    for Emote { order, text } in emotes.read() {
        mouth.say(*order, Channel::Emote, text, None, None);
    }
}

/// Talk to one.
pub(super) fn whisper(
    mut whispers: MessageReader<Whisper>,
    mut replies: MessageReader<Reply>,
    last: Query<&LastWhisper>,
    names: Query<&Character>,
    roster: Res<Roster>,
    mut mouth: Mouth<'_, '_>,
) {
    let told = whispers
        .read()
        .map(|Whisper { order, to, text }| (*order, Some(to.clone()), text, roster.meant(to)));
    let replied = replies.read().map(|Reply { order, text }| {
        let to = last.get(order.actor).ok().and_then(|last| last.0.clone());
        // Only that very one: an answer must not reach somebody whose name begins alike.
        let found = to.as_deref().and_then(|to| roster.find(to));
        let found = found.ok_or_else(|| Missed::nobody(to.as_deref().unwrap_or_default()));
        (*order, to, text, found)
    });
    for (order, to, text, found) in told.chain(replied) {
        let Some(to) = to else {
            mouth.answers.write(Answer::refused(
                order,
                Code::InvalidInput,
                "Nobody has whispered to you yet.",
            ));
            continue;
        };
        match found {
            Ok(target) if target == order.actor => {
                mouth.answers.write(Answer::refused(
                    order,
                    Code::InvalidInput,
                    "You mutter to yourself. Nobody answers.",
                ));
            }
            Ok(target) => {
                let name = names
                    .get(target)
                    .map_or(to.as_str(), |character| &character.name);
                mouth.say(
                    order,
                    Channel::Whisper,
                    text,
                    Some(target),
                    Some(format!("You whisper to {name}: {text}")),
                );
            }
            Err(missed) => {
                let nobody = format!("Nobody called \"{to}\" is awake.");
                mouth
                    .answers
                    .write(Answer::refusal(order, missed.refusal(nobody)));
            }
        }
    }
}

/// Notes who whispered to whom.
pub(super) fn remember(
    mut spoken: MessageReader<Spoken>,
    names: Query<&Character>,
    mut last: Query<&mut LastWhisper>,
) {
    for Spoken { speaker, to, .. } in spoken.read() {
        if let Some(to) = to
            && let (Ok(character), Ok(mut last)) = (names.get(*speaker), last.get_mut(*to))
        {
            last.0 = Some(character.name.clone());
        }
    }
}

/// Lets everybody hear what was said who can.
pub(super) fn deliver(
    mut spoken: MessageReader<Spoken>,
    speakers: Query<(&StableId, &Character, Option<&InRoom>)>,
    everybody: Query<&Online>,
    rooms: Rooms<'_, '_>,
    neighbourhoods: Res<Neighbourhoods>,
    dice: Res<Dice>,
    clock: Res<Clock>,
    mut outbox: ResMut<Outbox>,
) {
    if spoken.is_empty() {
        return;
    }
    let timestamp = crate::sheet::rfc3339(clock.wall());
    for (
        n,
        Spoken {
            speaker,
            channel,
            text,
            to,
        },
    ) in (0_u32..).zip(spoken.read())
    {
        let Ok((id, character, place)) = speakers.get(*speaker) else {
            continue;
        };
        let room = place.map(|place| place.0);
        let mine = rooms.session(*speaker);
        let except_me = |all: Arc<[SessionId]>| match mine {
            Some(me) => Audience::Except(all, me),
            None => Audience::Many(all),
        };
        let hearers = match (channel, room, to) {
            (Channel::Say | Channel::Emote, Some(room), _) => Audience::Many(rooms.audience(room)),
            (Channel::Local, Some(room), _) => {
                let near = &neighbourhoods.0[rooms.atlas.room(room).sub_zone];
                Audience::Many(
                    near.iter()
                        .flat_map(|room| rooms.audience(*room).to_vec())
                        .collect(),
                )
            }
            (Channel::Global, _, _) => {
                let mut all: Vec<SessionId> =
                    everybody.iter().map(|online| online.session).collect();
                // Query order is history, not identity.
                all.sort_unstable();
                except_me(all.into())
            }
            (Channel::Whisper, _, Some(to)) => match rooms.session(*to) {
                Some(session) => Audience::One(session),
                None => continue,
            },
            _ => continue,
        };
        let target = to.and_then(|to| speakers.get(to).ok());
        let note = ChatMessage {
            sender_id: *id,
            player_name: character.name.clone(),
            channel: *channel,
            message: channel.format(&character.name, text),
            original_content: text.clone(),
            message_id: format!("{:016x}", dice.roll(*id, "message", n)),
            timestamp: timestamp.clone(),
            target_id: target.map(|(id, _, _)| *id),
            target_name: target.map(|(_, character, _)| character.name.clone()),
            room: room.map(|room| rooms.atlas.room(room).id.clone()),
        };
        outbox.tell(hearers, note);
    }
}
