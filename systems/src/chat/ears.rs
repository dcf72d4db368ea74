//! Who hears a line, and who of them hears every word.

use std::collections::HashMap;
use std::sync::Arc;

use engine::content::Content;
use engine::port::SessionId;
use engine::prelude::*;

use super::Channel;
use crate::hearing::Hearing;
use crate::lucidity::{Mind, Minds};
use crate::place::{InRoom, Rooms};
use crate::presence::Roster;
use crate::world::{Atlas, RoomIx};

/// The rooms of each sub-zone, for those who call out.
#[derive(Resource, Clone, Debug)]
pub(super) struct Neighbourhoods(Vec<Vec<RoomIx>>);

impl Neighbourhoods {
    pub(super) fn of(content: &Content) -> Self {
        let Some(atlas) = content.get::<Atlas>() else {
            return Self(Vec::new());
        };
        let mut rooms = vec![Vec::new(); atlas.sub_zones().count()];
        for (ix, room) in atlas.rooms() {
            rooms[room.sub_zone].push(ix);
        }
        Self(rooms)
    }

    /// The rooms of a sub-zone.
    pub(super) fn of_sub_zone(&self, sub_zone: usize) -> &[RoomIx] {
        &self.0[sub_zone]
    }
}

/// Somebody who may hear what is said to all.
#[derive(Clone, Copy)]
struct Listener {
    entity: Entity,
    session: SessionId,
    admin: bool,
    /// Has muted nobody and nothing.
    hears_all: bool,
    /// Their mind, where it takes something from what they hear.
    dull: Option<Mind>,
}

/// Who hears, listed at most once per tick, however much is said.
#[derive(Default)]
pub(super) struct Crowd {
    /// Everybody awake, once somebody speaks to all.
    everybody: Vec<Listener>,
    /// Those in a room, once somebody speaks there; `None` where not all of them hear every word.
    rooms: HashMap<RoomIx, Option<Arc<[SessionId]>>>,
}

impl Crowd {
    /// Forgets who was awake and where.
    pub(super) fn clear(&mut self) {
        self.everybody.clear();
        self.rooms.clear();
    }

    fn gather(
        &mut self,
        roster: &Roster,
        people: &Query<'_, '_, (&Character, &Online)>,
        hearing: &Hearing<'_, '_>,
        minds: &Minds<'_, '_>,
    ) {
        if !self.everybody.is_empty() {
            return;
        }
        let listener = |entity| {
            let (character, online) = people.get(entity).ok()?;
            Some(Listener {
                entity,
                session: online.session,
                admin: character.role == Role::Admin,
                hears_all: hearing.hears_all(entity),
                dull: minds.dull(entity),
            })
        };
        self.everybody
            .extend(roster.everybody().filter_map(listener));
    }
}

/// What delivery reads of people and places.
#[derive(SystemParam)]
pub(super) struct AudienceQuery<'w, 's> {
    pub(super) speakers: Query<
        'w,
        's,
        (
            &'static StableId,
            &'static Character,
            Option<&'static InRoom>,
        ),
    >,
    online: Query<'w, 's, (&'static Character, &'static Online)>,
    pub(super) rooms: Rooms<'w, 's>,
    roster: Res<'w, Roster>,
    pub(super) hearing: Hearing<'w, 's>,
    pub(super) minds: Minds<'w, 's>,
    pub(super) neighbourhoods: Res<'w, Neighbourhoods>,
}

/// Somebody speaking, as hearers perceive it.
#[derive(Clone, Copy)]
pub(super) struct Voice {
    pub(super) who: (StableId, Role),
    pub(super) channel: Channel,
    /// Whose mind is in the words; `None`: nothing becomes of them on the way.
    pub(super) mind: Option<Mind>,
}

/// Those who hear a line.
pub(super) struct Hearers {
    /// Just as it left the speaker.
    pub(super) clearly: Arc<[SessionId]>,
    /// Each in a way of their own.
    pub(super) apart: Vec<(SessionId, Mind)>,
}

impl Hearers {
    /// Of those who hear a voice: each one's session, and the mind where it may make a difference.
    fn sorted(hearers: impl Iterator<Item = (SessionId, Option<Mind>)>) -> Self {
        let mut apart = Vec::new();
        let clearly = hearers.filter_map(|(session, mind)| match mind {
            None => Some(session),
            Some(mind) => {
                apart.push((session, mind));
                None
            }
        });
        Self {
            clearly: clearly.collect(),
            apart,
        }
    }
}

impl AudienceQuery<'_, '_> {
    /// Those in `rooms` who hear the speaker.
    pub(super) fn near(
        &self,
        crowd: &mut Crowd,
        rooms: &[RoomIx],
        voice: Voice,
        but: &[Entity],
    ) -> Hearers {
        // Almost every line: a clear voice in one room of people who hear well and shut nobody out.
        if let [room] = rooms
            && but.is_empty()
            && voice.mind.is_none_or(|mind| mind.speaks_well())
            && let Some(clearly) = crowd.rooms.entry(*room).or_insert_with(|| self.all(*room))
        {
            return Hearers {
                clearly: Arc::clone(clearly),
                apart: Vec::new(),
            };
        }
        let hearers = rooms
            .iter()
            .flat_map(|room| self.rooms.occupants(*room))
            .filter(|hearer| !but.contains(hearer));
        Hearers::sorted(hearers.filter_map(|hearer| self.one(*hearer, voice)))
    }

    /// Everybody in a room, if every one of them hears every word of a clear voice.
    fn all(&self, room: RoomIx) -> Option<Arc<[SessionId]>> {
        let occupants = self.rooms.occupants(room);
        let all_hear = occupants
            .iter()
            .all(|one| self.hearing.hears_all(*one) && self.minds.dull(*one).is_none());
        all_hear.then(|| self.rooms.audience(room))
    }

    /// Everybody who hears the speaker.
    pub(super) fn far(&self, crowd: &mut Crowd, speaker: Entity, voice: Voice) -> Hearers {
        crowd.gather(&self.roster, &self.online, &self.hearing, &self.minds);
        let Voice { who, channel, mind } = voice;
        let heard = crowd.everybody.iter().filter(|one| match channel {
            Channel::Global => one.entity != speaker,
            Channel::Admin => one.admin,
            _ => true,
        });
        let heard =
            heard.filter(|one| one.hears_all || self.hearing.hears(one.entity, who, channel));
        Hearers::sorted(heard.map(|one| (one.session, one.dull.filter(|_| mind.is_some()))))
    }

    /// One person, if they hear the speaker.
    pub(super) fn alone(&self, hearer: Option<Entity>, voice: Voice) -> Hearers {
        let hearer = hearer.and_then(|hearer| self.one(hearer, voice));
        Hearers::sorted(hearer.into_iter())
    }

    fn one(&self, hearer: Entity, voice: Voice) -> Option<(SessionId, Option<Mind>)> {
        if !self.hearing.hears(hearer, voice.who, voice.channel) {
            return None;
        }
        let session = self.rooms.session(hearer)?;
        let differs = |speaker: Mind| {
            // One knows what one has said oneself.
            if !speaker.speaks_well() {
                let own = self.minds.of(hearer).filter(|mind| mind.id == speaker.id);
                return own.or_else(|| self.minds.dull(hearer));
            }
            self.minds.dull(hearer)
        };
        Some((session, voice.mind.and_then(differs)))
    }
}
