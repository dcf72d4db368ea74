//! What changes among the people of a room, told to those in it at most once a second.
//!
//! Owns [`Changes`]; reads what happened in a tick and tells it in Emit. Whoever comes into a room
//! is shown it as it is at the end of that tick; whatever happens later is in a later frame. A
//! frame says how people are when it is made, so that it holds for those as well who came while
//! it was gathered: who joined is known already, or comes to be known; who left is forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::port::SessionId;
use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::listing::{LISTED_MAX, Listing, Occupant};
use super::rooms::List;
use super::shown::MarksChanged;
use super::{CreatureMoved, InRoom, Moved, Npc, Posed, PostureTaken, RoomOccupants, Rooms};
use crate::world::{RoomIx, RoomMap};

/// The shortest time between two frames about the people of one room.
const PAUSE: Duration = Duration::from_secs(1);

/// `room_occupants_changed`: who came into your room, who went, who is otherwise now, since the
/// last frame about the people there.
#[derive(Debug, Serialize, JsonSchema, Note)]
#[note("room_occupants_changed", examples = Self::shown)]
pub struct RoomOccupantsChanged {
    /// The room.
    #[note(room)]
    pub room_id: String,
    /// Who came, as they are now: all of them in a room of up to 50, else the 50 that matter most.
    /// You may know some of them already.
    pub joined: Vec<Occupant>,
    /// Who went.
    pub left: Vec<StableId>,
    /// Who is otherwise than before, as they are now. In a room of more than 50 some of them may
    /// not be on your list.
    pub changed: Vec<Occupant>,
    /// The creatures in the room, where they are others than before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub npcs: Option<Arc<[Npc]>>,
    /// How many people there are in the room.
    pub count: usize,
}

/// Rooms where something is still to be told, or was told lately. Transient: after a restart
/// everybody comes anew, and is shown everything.
///
/// Bound: a room has an entry for each person who came, went or changed there since the last
/// frame, a second ago at most, and a person takes ten steps a second: with 10,000 people that is
/// 100,000 entries of 48 bytes.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
pub(super) struct Changes(BTreeMap<RoomIx, Pending>);

#[derive(Default, Debug, Clone, Serialize, Deserialize)]
struct Pending {
    told: Option<WorldTime>,
    /// Since then there were so many that not everybody knows everybody.
    crowded: bool,
    /// Everybody there is to be told everything: what changed is not known.
    anew: bool,
    /// Its creatures are others than before.
    creatures: bool,
    /// Whom something is to be told of, and whether they came.
    stirred: BTreeMap<StableId, (Entity, bool)>,
}

impl Changes {
    /// Tells everybody in these rooms who is there.
    pub(super) fn tell_anew(&mut self, rooms: impl Iterator<Item = RoomIx>) {
        for room in rooms {
            self.0.entry(room).or_default().anew = true;
        }
    }
}

impl Changes {
    /// The same over another atlas. In a room that is gone there is nobody to be told.
    pub(super) fn carry(&mut self, map: &RoomMap) {
        let was = std::mem::take(&mut self.0).into_iter();
        let now = was.filter_map(|(room, pending)| Some((map.get(room)?, pending)));
        self.0 = now.collect();
    }
}

impl Pending {
    fn stir(&mut self, id: StableId, entity: Entity, came: bool) {
        let stirred = self.stirred.entry(id).or_insert((entity, false));
        *stirred = (entity, stirred.1 || came);
    }

    fn is_empty(&self) -> bool {
        self.stirred.is_empty() && !self.anew && !self.creatures
    }

    fn is_due(&self, now: WorldTime) -> bool {
        self.told.is_none_or(|told| now.since(told) >= PAUSE)
    }
}

/// Who came into a room within a tick.
type Came = BTreeMap<StableId, Entity>;

/// What has happened to people in a tick, and what is known of them.
#[derive(SystemParam)]
pub(super) struct Happened<'w, 's> {
    moves: MessageReader<'w, 's, Moved>,
    lost: MessageReader<'w, 's, LinkLost>,
    arrived: MessageReader<'w, 's, Arrived>,
    postures: MessageReader<'w, 's, PostureTaken>,
    posed: MessageReader<'w, 's, Posed>,
    marked: MessageReader<'w, 's, MarksChanged>,
    creatures: MessageReader<'w, 's, CreatureMoved>,
    people: Query<'w, 's, &'static StableId, With<Character>>,
    places: Query<'w, 's, &'static InRoom>,
}

impl Happened<'_, '_> {
    /// Gathers what has happened; answers who came into a room, and is shown it by other frames.
    fn gather(&mut self, changes: &mut Changes) -> BTreeMap<RoomIx, Came> {
        let mut came: BTreeMap<RoomIx, Came> = BTreeMap::new();
        for Moved {
            actor, from, to, ..
        } in self.moves.read()
        {
            let Ok(id) = self.people.get(*actor) else {
                continue;
            };
            if let Some(from) = from {
                changes.0.entry(*from).or_default().stir(*id, *actor, false);
            }
            if let Some(to) = to {
                changes.0.entry(*to).or_default().stir(*id, *actor, true);
                came.entry(*to).or_default().insert(*id, *actor);
            }
        }
        let arrived = self.arrived.read().map(|one| (one.actor, one.how));
        let stirred = arrived
            .map(|(actor, how)| (actor, how != Arrives::Returned))
            .chain(self.lost.read().map(|one| (one.actor, false)))
            .chain(self.postures.read().map(|one| (one.body, false)))
            .chain(self.posed.read().map(|one| (one.actor, false)))
            .chain(self.marked.read().map(|one| (one.0, false)));
        for (actor, anew) in stirred {
            let (Ok(id), Ok(InRoom(room))) = (self.people.get(actor), self.places.get(actor))
            else {
                continue;
            };
            changes.0.entry(*room).or_default().stir(*id, actor, false);
            if anew {
                came.entry(*room).or_default().insert(*id, actor);
            }
        }
        for (room, came) in &mut came {
            // Who has walked on is shown another room.
            came.retain(|_, one| self.is_in(*one, *room));
        }
        came
    }

    fn is_in(&self, who: Entity, room: RoomIx) -> bool {
        self.places.get(who).is_ok_and(|place| place.0 == room)
    }
}

/// Shows those who came into a room who is there, and tells those who were there what changed.
pub(super) fn tell(
    mut happened: Happened<'_, '_>,
    mut changes: ResMut<Changes>,
    rooms: Rooms<'_, '_>,
    clock: Res<Clock>,
    mut outbox: ResMut<Outbox>,
) {
    let changes = &mut *changes;
    let came = happened.gather(changes);
    for CreatureMoved { from, to, .. } in happened.creatures.read() {
        for room in [from, to].into_iter().flatten() {
            if !rooms.occupants(*room).is_empty() {
                changes.0.entry(*room).or_default().creatures = true;
            }
        }
    }
    for (room, came) in &came {
        let id = &rooms.atlas.room(*room).id;
        for one in came.values() {
            if let Some(session) = rooms.session(*one) {
                let listing = rooms.listing_for(*room, *one);
                outbox.tell_one(session, RoomOccupants::of(id, listing));
            }
        }
    }
    let now = clock.now;
    for (room, pending) in &mut changes.0 {
        pending.crowded |= rooms.is_crowd(*room);
        if pending.is_empty() || !pending.is_due(now) {
            continue;
        }
        let shown = came.get(room).into_iter().flat_map(BTreeMap::values);
        let shown = shown.copied().collect();
        if tell_room(&happened, &rooms, *room, pending, &shown, &mut outbox) {
            pending.told = Some(now);
        }
    }
    changes
        .0
        .retain(|_, pending| pending.crowded || !pending.is_empty() || !pending.is_due(now));
}

/// Tells those in a room, but not those who were just shown it, what is pending there; answers
/// whether there was anybody.
fn tell_room(
    happened: &Happened<'_, '_>,
    rooms: &Rooms<'_, '_>,
    room: RoomIx,
    pending: &mut Pending,
    shown: &BTreeSet<Entity>,
    outbox: &mut Outbox,
) -> bool {
    let (mut joined, mut changed, mut left) = (Vec::new(), Vec::new(), Vec::new());
    for (id, (entity, came)) in std::mem::take(&mut pending.stirred) {
        if !happened.is_in(entity, room) {
            left.push(id);
        } else if came {
            joined.push(entity);
        } else {
            changed.push(entity);
        }
    }
    let count = rooms.occupants(room).len();
    let room_id = &rooms.atlas.room(room).id;
    let few_again = pending.crowded && count <= LISTED_MAX;
    pending.crowded = count > LISTED_MAX;
    let anew = std::mem::take(&mut pending.anew) || few_again;
    let npcs = std::mem::take(&mut pending.creatures).then(|| rooms.npcs(room));
    if anew || left.len() > LISTED_MAX || changed.len() > LISTED_MAX {
        let list = rooms.list(room);
        return tell_each(rooms, room, shown, &list.posing, outbox, |hidden| {
            let people = list.people.iter().map(|one| one.seen(hidden)).collect();
            let listing = Listing::new(people, count).among(rooms.npcs(room));
            RoomOccupants::of(room_id, listing)
        });
    }
    let joined = rooms.list_of(room, joined);
    let changed = rooms.list_of(room, changed);
    let posing: Vec<_> = joined
        .posing
        .iter()
        .chain(&*changed.posing)
        .copied()
        .collect();
    tell_each(rooms, room, shown, &posing, outbox, |hidden| {
        let seen = |list: &List| list.people.iter().map(|one| one.seen(hidden)).collect();
        RoomOccupantsChanged {
            room_id: room_id.clone(),
            joined: seen(&joined),
            left: left.clone(),
            changed: seen(&changed),
            npcs: npcs.clone(),
            count,
        }
    })
}

/// Tells everybody in a room but some what lists people: as each may see it, so that nobody is
/// shown the pose of somebody whom they have muted. Answers whether there was anybody.
pub(super) fn tell_each<N: Published>(
    rooms: &Rooms<'_, '_>,
    room: RoomIx,
    but: &BTreeSet<Entity>,
    posing: &[(StableId, Role)],
    outbox: &mut Outbox,
    note: impl Fn(&[StableId]) -> N,
) -> bool {
    let (mut apart, mut all): (bool, Vec<SessionId>) = (false, Vec::new());
    for one in rooms.occupants(room) {
        if but.contains(one) {
            continue;
        }
        let Some(session) = rooms.session(*one) else {
            continue;
        };
        let hidden = rooms.hidden(*one, posing);
        if hidden.is_empty() {
            all.push(session);
        } else {
            apart = true;
            outbox.tell_one(session, note(&hidden));
        }
    }
    let told = apart || !all.is_empty();
    if !all.is_empty() {
        let all: Arc<[SessionId]> = all.into();
        outbox.tell(Audience::Many(all), note(&[]));
    }
    told
}
