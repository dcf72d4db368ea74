//! From something said to those who hear it.

use std::sync::Arc;

use engine::Bridge;
use engine::port::SessionId;
use engine::prelude::*;

use super::history::{History, Kept};
use super::speak::{Said, Words};
use super::{Channel, ChatMessage};
use crate::bus::{HeardAfar, say_afar};
use crate::mute::Hearing;
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

/// Somebody who may hear what is said to all.
#[derive(Clone, Copy)]
pub(super) struct Listener {
    entity: Entity,
    session: SessionId,
    admin: bool,
    /// Has muted nobody and nothing.
    hears_all: bool,
}

/// Everybody awake, listed once per tick in which somebody speaks to all.
#[derive(Default)]
pub(super) struct Crowd(Vec<Listener>);

impl Crowd {
    fn gather(
        &mut self,
        roster: &Roster,
        people: &Query<'_, '_, (&Character, &Online)>,
        hearing: &Hearing<'_, '_>,
    ) {
        if !self.0.is_empty() {
            return;
        }
        let listener = |entity| {
            let (character, online) = people.get(entity).ok()?;
            Some(Listener {
                entity,
                session: online.session,
                admin: character.role == Role::Admin,
                hears_all: hearing.hears_all(entity),
            })
        };
        self.0.extend(roster.everybody().filter_map(listener));
    }
}

/// What delivery reads of people and places.
#[derive(SystemParam)]
pub(super) struct Ears<'w, 's> {
    speakers: Query<
        'w,
        's,
        (
            &'static StableId,
            &'static Character,
            Option<&'static InRoom>,
        ),
    >,
    online: Query<'w, 's, (&'static Character, &'static Online)>,
    rooms: Rooms<'w, 's>,
    roster: Res<'w, Roster>,
    hearing: Hearing<'w, 's>,
    neighbourhoods: Res<'w, Neighbourhoods>,
}

impl Ears<'_, '_> {
    /// The sessions of those in `rooms` who hear the speaker.
    fn near(
        &self,
        rooms: &[RoomIx],
        who: (StableId, Role),
        channel: Channel,
        but: &[Entity],
    ) -> Arc<[SessionId]> {
        rooms
            .iter()
            .flat_map(|room| self.rooms.occupants(*room))
            .filter(|hearer| !but.contains(hearer))
            .filter(|hearer| self.hearing.hears(**hearer, who, channel))
            .filter_map(|hearer| self.rooms.session(*hearer))
            .collect()
    }

    /// The sessions of everybody who hears the speaker.
    fn far(
        &self,
        crowd: &mut Crowd,
        speaker: Entity,
        who: (StableId, Role),
        channel: Channel,
    ) -> Arc<[SessionId]> {
        crowd.gather(&self.roster, &self.online, &self.hearing);
        let heard = crowd.0.iter().filter(|one| match channel {
            Channel::Global => one.entity != speaker,
            Channel::Admin => one.admin,
            _ => true,
        });
        heard
            .filter(|one| one.hears_all || self.hearing.hears(one.entity, who, channel))
            .map(|one| one.session)
            .collect()
    }
}

/// Lets everybody hear what was said who can and wants to. A line is in the history whether or
/// not anybody wants to hear it now.
pub(super) fn deliver(
    mut said: MessageReader<Said>,
    ears: Ears<'_, '_>,
    dice: Res<Dice>,
    clock: Res<Clock>,
    mut crowd: Local<Crowd>,
    mut history: ResMut<History>,
    mut bridge: ResMut<Bridge>,
    mut outbox: ResMut<Outbox>,
) {
    if said.is_empty() {
        return;
    }
    crowd.0.clear();
    let timestamp = crate::sheet::rfc3339(clock.wall());
    for (n, one) in (0_u32..).zip(said.read()) {
        let Said {
            speaker,
            channel,
            words,
            to,
        } = one;
        let Ok((id, character, place)) = ears.speakers.get(*speaker) else {
            continue;
        };
        let who = (*id, character.role);
        let room = place.map(|place| place.0);
        let target = to.and_then(|to| ears.speakers.get(to).ok());
        let (original, message) = match words {
            Words::Plain(text) => (text, channel.format(&character.name, text)),
            Words::Gesture { word, room, .. } => (word, room.clone()),
        };
        let note = |message: String| ChatMessage {
            sender_id: *id,
            player_name: character.name.clone(),
            channel: *channel,
            message,
            original_content: original.clone(),
            message_id: format!("{:016x}", dice.roll(*id, "message", n)),
            timestamp: timestamp.clone(),
            target_id: target.map(|(id, ..)| *id),
            target_name: target.map(|(_, character, _)| character.name.clone()),
            room: room.map(|room| ears.rooms.atlas.room(room).id.clone()),
        };
        let kept = Kept {
            sender: *id,
            admin: character.role == Role::Admin,
            name: character.name.clone(),
            channel: *channel,
            message: message.clone(),
            at: clock.wall(),
        };
        history.keep(&ears.rooms.atlas, room, kept);
        if bridge.open() {
            let sub_zone = room.map(|room| ears.rooms.atlas.sub_zone(room).id.as_str());
            say_afar(&mut bridge, &note(message.clone()), sub_zone);
        }
        let heard = match (channel, room) {
            (Channel::Emote, Some(room)) => {
                let mut apart = Vec::new();
                if let Words::Gesture { actor, target, .. } = words {
                    for (hearer, view) in [(Some(*speaker), actor), (*to, target)] {
                        let Some(hearer) = hearer.filter(|one| !apart.contains(one)) else {
                            continue;
                        };
                        apart.push(hearer);
                        if ears.hearing.hears(hearer, who, *channel)
                            && let Some(session) = ears.rooms.session(hearer)
                        {
                            outbox.tell_one(session, note(view.clone()));
                        }
                    }
                }
                ears.near(&[room], who, *channel, &apart)
            }
            (Channel::Say | Channel::Pose, Some(room)) => ears.near(&[room], who, *channel, &[]),
            (Channel::Local, Some(room)) => {
                let near = &ears.neighbourhoods.0[ears.rooms.atlas.room(room).sub_zone];
                ears.near(near, who, *channel, &[])
            }
            (Channel::Global | Channel::System | Channel::Admin, _) => {
                ears.far(&mut crowd, *speaker, who, *channel)
            }
            (Channel::Whisper, _) => to
                .filter(|to| ears.hearing.hears(*to, who, *channel))
                .and_then(|to| ears.rooms.session(to))
                .into_iter()
                .collect(),
            _ => continue,
        };
        if !heard.is_empty() {
            outbox.tell(Audience::Many(heard), note(message));
        }
    }
}

/// Lets everybody here hear what was said on other nodes who can and wants to.
pub(super) fn deliver_afar(
    mut heard: MessageReader<HeardAfar>,
    ears: Ears<'_, '_>,
    index: Res<Index>,
    clock: Res<Clock>,
    mut crowd: Local<Crowd>,
    mut outbox: ResMut<Outbox>,
) {
    crowd.0.clear();
    for HeardAfar { line, .. } in heard.read() {
        let Some(channel) = Channel::from_word(&line.channel) else {
            continue;
        };
        // Only keepers speak on their channels, on whatever node.
        let role = match channel {
            Channel::System | Channel::Admin => Role::Admin,
            _ => Role::Player,
        };
        let who = (line.sender_id, role);
        let target = line.target_id.and_then(|id| index.get(id));
        let hearers: Arc<[SessionId]> = match channel {
            Channel::Global | Channel::System | Channel::Admin => {
                ears.far(&mut crowd, Entity::PLACEHOLDER, who, channel)
            }
            Channel::Whisper => target
                .filter(|target| ears.hearing.hears(*target, who, channel))
                .and_then(|target| ears.rooms.session(target))
                .into_iter()
                .collect(),
            // What is said in a room is heard in that room, which is another one here.
            _ => continue,
        };
        if hearers.is_empty() {
            continue;
        }
        let target = target.and_then(|target| ears.speakers.get(target).ok());
        let note = ChatMessage {
            sender_id: line.sender_id,
            player_name: line.sender_name.clone(),
            channel,
            message: channel.format(&line.sender_name, &line.text),
            original_content: line.text.clone(),
            message_id: line.message_id.clone(),
            timestamp: crate::sheet::rfc3339(clock.wall()),
            target_id: target.map(|(id, ..)| *id),
            target_name: target.map(|(_, character, _)| character.name.clone()),
            room: None,
        };
        outbox.tell(Audience::Many(hearers), note);
    }
}
