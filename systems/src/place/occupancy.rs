//! The one index of who and what is where.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use bevy_ecs::entity::EntityHashMap;
use engine::content::Content;
use engine::prelude::*;
use serde::{Deserialize, Serialize, Serializer};

use crate::world::{Atlas, RoomIx, RoomMap};

/// Who and what is in which room, people in the order they came. Derived from [`InRoom`].
#[derive(Resource, Debug, Clone, Serialize, Deserialize)]
pub struct Occupancy {
    rooms: Vec<Vec<Entity>>,
    /// What is no person, in no order that may be heard.
    things: Vec<Vec<Entity>>,
    /// Where each of those is.
    #[serde(serialize_with = "in_order")]
    lying: EntityHashMap<RoomIx>,
    /// Which creatures are where.
    pub(super) creatures: CreatureList,
    /// Who is to be taken out of which room: all at once, since each time costs a look at everybody
    /// there. Scratch.
    #[serde(skip)]
    leaving: BTreeMap<RoomIx, HashSet<Entity>>,
}

/// In the order of entities, so that equal lists are written equally.
fn in_order<S: Serializer>(lying: &EntityHashMap<RoomIx>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(lying.iter().collect::<BTreeMap<_, _>>())
}

impl Occupancy {
    pub(super) fn derive(content: &Content) -> Self {
        let count = content
            .get::<Atlas>()
            .map_or(0, |atlas| atlas.rooms().len());
        Self {
            rooms: vec![Vec::new(); count],
            things: vec![Vec::new(); count],
            lying: EntityHashMap::default(),
            creatures: CreatureList::default(),
            leaving: BTreeMap::new(),
        }
    }

    /// The creatures in a room, in no order that may be heard.
    #[must_use]
    pub fn creatures(&self, room: RoomIx) -> &[Entity] {
        self.creatures.rooms.get(&room).map_or(&[], Vec::as_slice)
    }

    /// What is in a room and no person, in no order that may be heard.
    #[must_use]
    pub fn things(&self, room: RoomIx) -> &[Entity] {
        &self.things[room.index()]
    }

    /// Puts something into a room that is in none.
    pub(super) fn lay_down(&mut self, thing: Entity, room: RoomIx) {
        self.lying.insert(thing, room);
        self.things[room.index()].push(thing);
    }

    /// Takes something out of the room that it is in, which is answered.
    pub(super) fn pick_up(&mut self, thing: Entity) -> Option<RoomIx> {
        let room = self.lying.remove(&thing)?;
        self.things[room.index()].retain(|one| *one != thing);
        Some(room)
    }

    /// Takes out what is no more, and answers what that was.
    pub(super) fn sweep(&mut self, lives: impl Fn(Entity) -> bool) -> Vec<(Entity, RoomIx)> {
        let all = self.lying.iter().map(|(one, room)| (*one, *room));
        let mut gone: Vec<(Entity, RoomIx)> = all.filter(|(one, _)| !lives(*one)).collect();
        gone.sort_unstable_by_key(|(one, room)| (*room, *one));
        for (one, _) in &gone {
            self.pick_up(*one);
        }
        gone
    }

    /// Lists just these things.
    pub(super) fn recount_things(&mut self, there: impl Iterator<Item = (Entity, RoomIx)>) {
        self.things.iter_mut().for_each(Vec::clear);
        self.lying.clear();
        for (thing, room) in there {
            self.lay_down(thing, room);
        }
    }

    /// Everybody in a room.
    #[must_use]
    pub fn of(&self, room: RoomIx) -> &[Entity] {
        &self.rooms[room.index()]
    }

    /// Takes somebody out of a room, with the next [`settle`](Self::settle).
    pub(super) fn take_out(&mut self, room: RoomIx, who: Entity) {
        self.leaving.entry(room).or_default().insert(who);
    }

    /// Puts somebody into a room, behind everybody else.
    pub(super) fn put(&mut self, room: RoomIx, who: Entity) {
        // Who comes back has to be out first.
        if let Some(leaving) = self.leaving.get_mut(&room)
            && leaving.remove(&who)
        {
            self.rooms[room.index()].retain(|one| *one != who);
        }
        self.rooms[room.index()].push(who);
    }

    /// Takes somebody out who is no more, wherever that was.
    pub(super) fn strike_out(&mut self, who: Entity) {
        for room in &mut self.rooms {
            room.retain(|one| *one != who);
        }
    }

    /// Lists just these: whoever was listed in their room keeps their place, the others come behind
    /// in the order of their ids.
    pub(super) fn recount(&mut self, mut there: BTreeSet<(RoomIx, (StableId, Entity))>) {
        self.leaving.clear();
        let known: HashMap<Entity, (RoomIx, StableId)> = there
            .iter()
            .map(|(room, (id, one))| (*one, (*room, *id)))
            .collect();
        for (ix, room) in self.rooms.iter_mut().enumerate() {
            room.retain(|one| {
                known
                    .get(one)
                    .is_some_and(|(at, id)| at.index() == ix && there.remove(&(*at, (*id, *one))))
            });
        }
        for (room, (_, one)) in there {
            self.rooms[room.index()].push(one);
        }
    }

    /// The same people and things over another atlas; who was in a room that is gone is behind the
    /// others where they are now.
    pub(super) fn carry(&mut self, map: &RoomMap, to: Option<&Atlas>) {
        let count = to.map_or(0, |atlas| atlas.rooms().len());
        for lists in [&mut self.rooms, &mut self.things] {
            let was = std::mem::replace(lists, vec![Vec::new(); count]);
            let mut behind = Vec::new();
            for (ix, list) in RoomIx::all().zip(was) {
                match map.get(ix) {
                    Some(to) => lists[to.index()] = list,
                    None => behind.push((map.refuge(ix), list)),
                }
            }
            for (to, mut list) in behind.into_iter().filter(|(_, list)| !list.is_empty()) {
                lists[to.index()].append(&mut list);
            }
        }
        for room in self.lying.values_mut() {
            *room = map.refuge(*room);
        }
        self.creatures.carry(map);
        self.leaving.clear();
    }

    pub(super) fn settle(&mut self) {
        for (room, leaving) in std::mem::take(&mut self.leaving) {
            self.rooms[room.index()].retain(|one| !leaving.contains(one));
        }
    }
}

/// Which creatures are in which room, and where each is. Most rooms have none.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct CreatureList {
    rooms: BTreeMap<RoomIx, Vec<Entity>>,
    #[serde(serialize_with = "in_order")]
    places: EntityHashMap<RoomIx>,
}

impl CreatureList {
    pub(super) fn at(&self, creature: Entity) -> Option<RoomIx> {
        self.places.get(&creature).copied()
    }

    /// Puts one into a room that is in none.
    pub(super) fn put(&mut self, creature: Entity, room: RoomIx) {
        self.places.insert(creature, room);
        self.rooms.entry(room).or_default().push(creature);
    }

    /// Takes one out of the room that it is in, which is answered.
    pub(super) fn take_out(&mut self, creature: Entity) -> Option<RoomIx> {
        let room = self.places.remove(&creature)?;
        if let Some(here) = self.rooms.get_mut(&room) {
            here.retain(|one| *one != creature);
            if here.is_empty() {
                self.rooms.remove(&room);
            }
        }
        Some(room)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The same over another atlas; whose room is gone is where one takes refuge.
    fn carry(&mut self, map: &RoomMap) {
        for (room, mut here) in std::mem::take(&mut self.rooms) {
            let to = map.refuge(room);
            self.places.extend(here.iter().map(|one| (*one, to)));
            self.rooms.entry(to).or_default().append(&mut here);
        }
    }
}
