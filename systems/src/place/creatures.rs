//! Creatures as rooms show them, and where they are.
//!
//! What lives and is no player: declared here, because rooms list it. Its owner is `creatures`, which
//! spawns and takes away; this plugin keeps in which room each is. **Invariant:** a creature that is
//! in a room is on that room's list, in the step in which it comes or goes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::listing::LISTED_MAX;
use super::{Candidate, InRoom, Noun, Occupancy, Relocate, Rooms};
use crate::world::{Direction, RoomIx};

/// Something that lives and is no player. Transient: a world that begins spawns its creatures anew.
#[derive(Component, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Creature {
    /// The id of what it is, by the world's files.
    pub kind: String,
    /// The id of the room that it belongs to.
    pub home: String,
}

/// How creatures of a kind look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreatureLook {
    /// What it is called: `wharf rat`.
    pub name: String,
    /// `a` or `an`; empty: its name is its own.
    pub article: String,
    /// More words by which it is meant.
    pub called: String,
    /// Its line in the room.
    pub short: String,
    /// What whoever looks at it sees.
    pub long: String,
    /// Which sort it is, for clients.
    pub class: &'static str,
    /// Nobody may harm it.
    pub spared: bool,
    /// Kinds of damage, and conditions by their ids and tags, that do nothing to it.
    pub immune: Vec<String>,
}

impl CreatureLook {
    /// As it is named within a sentence: `the wharf rat`, `Peg Dunphy`.
    #[must_use]
    pub fn named(&self) -> String {
        match self.article.is_empty() {
            true => self.name.clone(),
            false => format!("the {}", self.name),
        }
    }

    /// As it is named where a sentence begins.
    #[must_use]
    pub fn begins(&self) -> String {
        capital(&self.named())
    }

    /// As it is named where nobody has met it yet: `A wharf rat`.
    #[must_use]
    pub fn some(&self) -> String {
        match self.article.is_empty() {
            true => self.name.clone(),
            false => capital(&format!("{} {}", self.article, self.name)),
        }
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// How each kind of creature looks, by its id. Derived by `creatures` from the world's files.
#[derive(Resource, Clone, Debug, Default)]
pub struct CreatureLooks(BTreeMap<String, CreatureLook>);

impl CreatureLooks {
    /// These.
    #[must_use]
    pub const fn new(looks: BTreeMap<String, CreatureLook>) -> Self {
        Self(looks)
    }

    /// How creatures of a kind look; `None`: there is no such kind any more.
    #[must_use]
    pub fn get(&self, kind: &str) -> Option<&CreatureLook> {
        self.0.get(kind)
    }
}

/// The ids of all kinds of creatures: what data may name. Read by `creatures` before anybody's lists.
#[derive(Resource, Clone, Debug, Default)]
pub struct CreatureNames(pub BTreeSet<String>);

/// A creature as clients see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Npc {
    /// Which.
    pub id: StableId,
    /// What it is called.
    pub name: String,
    /// The number by which it is meant among those of its name here, from 1.
    pub number: usize,
    /// `shopkeeper`, `quest_giver`, `passive_mob` or `aggressive_mob`.
    pub kind: &'static str,
    /// What is seen of it at once.
    pub short: String,
}

/// Let a creature come into being. Its caps may keep it from that.
#[derive(Message, Clone, Debug, PartialEq, Eq)]
pub struct SpawnCreature {
    /// What.
    pub kind: String,
    /// Where.
    pub room: RoomIx,
    /// It goes after so many seconds.
    pub seconds: Option<u32>,
}

/// Take a creature out of the world; nobody has killed it.
#[derive(Message, Clone, Debug, PartialEq, Eq)]
pub struct DespawnCreature {
    /// Which.
    pub creature: Entity,
    /// What those around read.
    pub text: Option<String>,
}

/// A creature is to be in no room any more.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct VacateRoom(pub Entity);

/// A creature is somewhere else now.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreatureMoved {
    /// Which; may be no more.
    pub creature: Entity,
    /// Where it was; `None`: it came into being.
    pub from: Option<RoomIx>,
    /// Where it is; `None`: it is gone.
    pub to: Option<RoomIx>,
    /// By which way it walked, if it walked.
    pub way: Option<Direction>,
}

type PlacedCreature = (&'static StableId, Option<&'static mut InRoom>);

/// Moves the creatures that are to be moved.
pub(super) fn relocate(
    mut wanted: MessageReader<Relocate>,
    mut left: MessageReader<VacateRoom>,
    mut destroyed: MessageReader<Destroyed>,
    mut creatures: Query<PlacedCreature, With<Creature>>,
    mut occupancy: ResMut<Occupancy>,
    mut moved: MessageWriter<CreatureMoved>,
    mut commands: Commands<'_, '_>,
) {
    for Relocate { actor, to, way, .. } in wanted.read() {
        let creature = *actor;
        let Ok((_, place)) = creatures.get_mut(creature) else {
            continue;
        };
        let from = occupancy.creatures.at(creature);
        if from == Some(*to) {
            continue;
        }
        match place {
            Some(mut place) => place.0 = *to,
            None => _ = commands.entity(creature).try_insert(InRoom(*to)),
        }
        occupancy.creatures.take_out(creature);
        occupancy.creatures.put(creature, *to);
        moved.write(CreatureMoved {
            creature,
            from,
            to: Some(*to),
            way: *way,
        });
    }
    let left = left.read().map(|VacateRoom(creature)| *creature);
    let gone = destroyed.read().map(|one| one.entity);
    for creature in left.chain(gone).collect::<BTreeSet<Entity>>() {
        let Some(from) = occupancy.creatures.take_out(creature) else {
            continue;
        };
        commands.entity(creature).try_remove::<InRoom>();
        moved.write(CreatureMoved {
            creature,
            from: Some(from),
            to: None,
            way: None,
        });
    }
}

/// Makes the lists of creatures anew.
pub(super) fn recount(
    places: Query<(&StableId, Entity, &InRoom), With<Creature>>,
    mut occupancy: ResMut<Occupancy>,
) {
    let mut there: Vec<_> = places.iter().collect();
    there.sort_unstable_by_key(|(id, ..)| **id);
    occupancy.creatures.clear();
    for (_, creature, place) in there {
        occupancy.creatures.put(creature, place.0);
    }
}

impl Rooms<'_, '_> {
    /// The creatures in a room, in the order of their ids.
    #[must_use]
    pub fn creatures(&self, room: RoomIx) -> Vec<(StableId, Entity, &CreatureLook)> {
        let here = self.occupancy.creatures(room);
        let here = self.creatures.iter_many(here).matched();
        let mut here: Vec<_> = here
            .filter_map(|(id, entity, one)| Some((*id, entity, self.looks.get(&one.kind)?)))
            .collect();
        here.sort_unstable_by_key(|(id, ..)| *id);
        here
    }

    /// The kinds of the creatures in a room, one for each of them.
    pub fn kinds_in(&self, room: RoomIx) -> impl Iterator<Item = &str> {
        let here = self.creatures.iter_many(self.occupancy.creatures(room));
        here.matched().map(|(_, _, one)| one.kind.as_str())
    }

    /// The creature in a room that is meant; of several that fit, the first.
    #[must_use]
    pub fn creature_near(&self, room: RoomIx, target: &str) -> Option<(Entity, &CreatureLook)> {
        let noun = Noun::read(target);
        if noun.is_all() || noun.is_bare() {
            return None;
        }
        let here = self.creatures(room);
        let meant = noun.first(here.iter().map(|(_, entity, look)| Candidate {
            name: &look.name,
            more: &look.called,
            quantity: 1,
            thing: *entity,
        }))?;
        let (_, entity, look) = here.into_iter().find(|(_, entity, _)| *entity == meant)?;
        Some((entity, look))
    }

    /// What is told of the creatures in a room.
    #[must_use]
    pub fn npcs(&self, room: RoomIx) -> Arc<[Npc]> {
        if self.occupancy.creatures(room).is_empty() {
            return Arc::default();
        }
        if let Some(known) = self.known(|known| known.npcs.get(&room).cloned()) {
            return known;
        }
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        let mut npcs = Vec::new();
        for (id, _, look) in self.creatures(room).into_iter().take(LISTED_MAX) {
            let number = numbers.entry(&look.name).or_default();
            *number += 1;
            npcs.push(Npc {
                id,
                name: look.name.clone(),
                number: *number,
                kind: look.class,
                short: look.short.clone(),
            });
        }
        let npcs: Arc<[Npc]> = npcs.into();
        self.known(|known| known.npcs.insert(room, Arc::clone(&npcs)));
        npcs
    }
}

/// The lines of these in a room, alike ones once.
pub(super) fn lines(npcs: &[Npc]) -> Vec<String> {
    let mut lines: Vec<(&str, usize)> = Vec::new();
    for one in npcs {
        match lines.iter_mut().find(|(short, _)| *short == one.short) {
            Some((_, count)) => *count += 1,
            None => lines.push((&one.short, 1)),
        }
    }
    let line = |(short, count): (&str, usize)| match count {
        1 => short.to_owned(),
        count => format!("{short} ({count} of them.)"),
    };
    lines.into_iter().map(line).collect()
}
