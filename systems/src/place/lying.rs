//! What is in a room and is no person.
//!
//! **Invariant:** whatever has a [`Spot`] is in a room, and nothing else that is no person is. Both are
//! levels: however long this plugin was left out, it finds the world right afterwards.

use std::sync::Arc;

use engine::prelude::*;
use engine::{Reverted, Revised};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::listing::LISTED_MAX;
use super::{Creature, InRoom, Occupancy, Whereabouts};
use crate::world::{Atlas, RoomIx};

/// Where a thing lies that nobody holds. Saved by the plugin that owns things.
#[derive(Component, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct Spot {
    /// The room's id, which outlives the atlas.
    pub room: String,
    /// Since when.
    pub since: WorldTime,
}

/// What a thing is called. Saved by the plugin that owns things.
#[derive(Component, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
#[serde(transparent)]
pub struct Label(pub String);

/// How many a stack has; what has none is one. Saved by the plugin that owns things.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
#[serde(transparent)]
pub struct Quantity(pub u32);

/// What sort of thing it is: the id of its prototype, which may be gone. Saved by the plugin that owns
/// things.
#[derive(Component, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
#[serde(transparent)]
pub struct Sort(pub String);

/// Not one of the things on the floor: it stands there, or has to be searched for. Saved by the plugin
/// that owns things.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unlisted {
    /// It is seen, and stands there to be reached into.
    Stands {
        /// Whether it is a corpse, and no part of the room.
        corpse: bool,
        /// Whether it is closed.
        closed: bool,
        /// Whether it is locked.
        locked: bool,
    },
    /// It is not seen.
    Hidden,
}

/// By which words each sort of thing is known besides its name. Derived from the prototypes by the
/// plugin that owns things.
#[derive(Resource, Clone, Debug, Default)]
pub struct SortWords {
    words: std::collections::BTreeMap<String, String>,
    /// That plugin is there, and answers those who look at things.
    shown: bool,
}

impl SortWords {
    /// These, by sort.
    #[must_use]
    pub const fn new(words: std::collections::BTreeMap<String, String>, shown: bool) -> Self {
        Self { words, shown }
    }

    /// Those of a sort.
    #[must_use]
    pub fn of(&self, sort: Option<&Sort>) -> &str {
        let known = sort.and_then(|Sort(id)| self.words.get(id));
        known.map_or("", String::as_str)
    }

    /// Those of the sort of an id.
    #[must_use]
    pub fn of_id(&self, id: &str) -> &str {
        self.words.get(id).map_or("", String::as_str)
    }

    pub(super) const fn are_shown(&self) -> bool {
        self.shown
    }
}

/// Somebody looks at a thing near them. Whoever owns things answers.
#[derive(Message, Clone, Copy, Debug)]
pub struct LookedAtThing {
    /// Their command.
    pub order: Order,
    /// What they look at.
    pub thing: Entity,
}

/// Somebody looks into something. Whoever owns things answers.
#[derive(Message, Clone, Debug)]
pub struct LookedIn {
    /// Their command.
    pub order: Order,
    /// Into what.
    pub what: String,
}

/// Something that is no person is in a room now.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appeared {
    /// What.
    pub entity: Entity,
    /// Where.
    pub room: RoomIx,
}

/// Something that is no person is not in a room any more: taken, moved or gone.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vanished {
    /// What; may be no more.
    pub entity: Entity,
    /// Where it was.
    pub room: RoomIx,
}

/// A thing on the floor as clients see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RoomDrop {
    /// The number by which it can be meant, from 1.
    pub index: usize,
    /// Which thing.
    pub item_instance_id: StableId,
    /// What it is called.
    pub item_name: String,
    /// How many.
    pub quantity: u32,
}

/// Something that stands in a room and can be reached into, as clients see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StandingThing {
    /// Which.
    pub container_id: StableId,
    /// What it is called.
    pub name: String,
    /// `environment`, or `corpse`.
    pub source_type: &'static str,
    /// `unlocked` or `locked`.
    pub lock_state: &'static str,
    /// Whether it is closed.
    pub closed: bool,
}

impl StandingThing {
    /// Something that stands there; `None`: it is on the floor, or not seen.
    pub(super) fn of(id: StableId, name: &str, how: Unlisted) -> Option<Self> {
        let Unlisted::Stands {
            corpse,
            closed,
            locked,
        } = how
        else {
            return None;
        };
        Some(Self {
            container_id: id,
            name: name.to_owned(),
            source_type: if corpse { "corpse" } else { "environment" },
            lock_state: if locked { "locked" } else { "unlocked" },
            closed,
        })
    }
}

/// The things on the floor of a room, and what stands there.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Drops {
    /// Things on the floor, those that lie longest first: all up to 50, else the first 50.
    #[serde(serialize_with = "drops")]
    #[schemars(with = "Vec<RoomDrop>")]
    room_drops: Arc<[RoomDrop]>,
    /// How many things lie there.
    drop_count: usize,
    /// The same in words; empty where nothing lies.
    drop_summary: String,
    /// What stands there and can be reached into.
    #[serde(serialize_with = "drops", skip_serializing_if = "stands_empty")]
    #[schemars(with = "Option<Vec<StandingThing>>")]
    containers: Arc<[StandingThing]>,
}

fn stands_empty(containers: &Arc<[StandingThing]>) -> bool {
    containers.is_empty()
}

fn drops<T: Serialize, S: Serializer>(drops: &Arc<[T]>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(drops.iter())
}

impl Drops {
    /// These things, in this order.
    pub(super) fn of<'a>(
        things: impl ExactSizeIterator<Item = (StableId, &'a str, u32)>,
        containers: Vec<StandingThing>,
    ) -> Self {
        let drop_count = things.len();
        let listed = (1..)
            .zip(things.take(LISTED_MAX))
            .map(|(index, (id, name, quantity))| RoomDrop {
                index,
                item_instance_id: id,
                item_name: name.to_owned(),
                quantity,
            });
        let room_drops: Arc<[RoomDrop]> = listed.collect();
        let named = |one: &RoomDrop| match one.quantity {
            1 => one.item_name.clone(),
            count => format!("{} ({count})", one.item_name),
        };
        let mut names: Vec<String> = room_drops.iter().map(named).collect();
        let more = drop_count - names.len();
        if more > 0 {
            names.push(format!("and {more} more"));
        }
        let drop_summary = match names.is_empty() {
            true => String::new(),
            false => format!("On the floor: {}.", names.join(", ")),
        };
        Self {
            room_drops,
            drop_count,
            drop_summary,
            containers: containers.into(),
        }
    }

    /// What stands there, in words; empty where nothing does.
    pub(super) fn standing(&self) -> String {
        let named = self.containers.iter().map(|one| match one.closed {
            true => format!("{} (closed)", one.name),
            false => one.name.clone(),
        });
        let named: Vec<String> = named.collect();
        match named.is_empty() {
            true => String::new(),
            false => format!("To be looked into: {}.", named.join(", ")),
        }
    }

    /// As text; empty where nothing lies.
    pub(super) fn words(&self) -> &str {
        &self.drop_summary
    }

    /// Those that are listed.
    pub(super) fn listed(&self) -> impl Iterator<Item = &RoomDrop> {
        self.room_drops.iter()
    }

    /// What they are called.
    pub(super) fn names(&self) -> Vec<String> {
        let names = self.room_drops.iter();
        names.map(|one| one.item_name.clone()).collect()
    }
}

/// Makes the lists of what is where anew.
pub(super) fn recount(
    places: Query<(&StableId, Entity, &InRoom), (Without<Character>, Without<Creature>)>,
    mut occupancy: ResMut<Occupancy>,
) {
    let mut there: Vec<_> = places.iter().collect();
    there.sort_unstable_by_key(|(id, ..)| **id);
    occupancy.recount_things(there.into_iter().map(|(_, one, place)| (one, place.0)));
}

type Laid = (Entity, &'static StableId, &'static Spot);

/// Keeps what lies about in its rooms.
pub(super) fn keep(
    unplaced: Query<Laid, Without<InRoom>>,
    placed: Query<(Laid, &InRoom), Changed<Spot>>,
    everything: Query<(Laid, &InRoom)>,
    mut revised: MessageReader<Revised>,
    taken: Query<
        (Entity, &StableId, &InRoom),
        (Without<Spot>, Without<Whereabouts>, Without<Creature>),
    >,
    mut ended: GoneEntities<'_, '_>,
    atlas: Res<Atlas>,
    mut occupancy: ResMut<Occupancy>,
    mut appeared: MessageWriter<Appeared>,
    mut commands: Commands<'_, '_>,
) {
    let room = |id: &StableId, spot: &Spot| {
        atlas.find(&spot.room).unwrap_or_else(|| {
            tracing::warn!(%id, room = spot.room, "room is gone; the thing lies in the default room");
            atlas.default_room()
        })
    };
    let unplaced = unplaced.iter();
    let mut came: Vec<_> = unplaced
        .map(|(one, id, spot)| (*id, one, room(id, spot)))
        .collect();
    let mut gone: Vec<_> = taken
        .iter()
        .map(|(one, id, place)| (*id, one, place.0))
        .collect();
    let mut lies_in = |(one, id): (Entity, &StableId), place: &InRoom, to: RoomIx| {
        if place.0 != to {
            gone.push((*id, one, place.0));
            came.push((*id, one, to));
        }
    };
    if revised.read().count() > 0 {
        // A room that was gone may be back. What lies where its room was stays there.
        for (laid, place) in &everything {
            lies_in(
                (laid.0, laid.1),
                place,
                atlas.find(&laid.2.room).unwrap_or(place.0),
            );
        }
    } else {
        for (laid, place) in &placed {
            lies_in((laid.0, laid.1), place, room(laid.1, laid.2));
        }
    }
    // In no order of memory: it would be heard.
    gone.sort_unstable();
    came.sort_unstable();
    for (_, entity, room) in gone {
        commands.entity(entity).try_remove::<InRoom>();
        occupancy.pick_up(entity);
        ended.vanished.write(Vanished { entity, room });
    }
    ended.strike_out(&mut occupancy);
    for (_, entity, room) in came {
        commands.entity(entity).try_insert(InRoom(room));
        occupancy.lay_down(entity, room);
        appeared.write(Appeared { entity, room });
    }
}

/// What is no more.
#[derive(SystemParam)]
pub(super) struct GoneEntities<'w, 's> {
    destroyed: MessageReader<'w, 's, Destroyed>,
    reverted: MessageReader<'w, 's, Reverted>,
    living: Query<'w, 's, ()>,
    vanished: MessageWriter<'w, Vanished>,
}

impl GoneEntities<'_, '_> {
    fn strike_out(&mut self, occupancy: &mut Occupancy) {
        for Destroyed { entity, .. } in self.destroyed.read() {
            if let Some(room) = occupancy.pick_up(*entity) {
                let entity = *entity;
                self.vanished.write(Vanished { entity, room });
            }
        }
        if self.reverted.read().count() > 0 {
            for (entity, room) in occupancy.sweep(|entity| self.living.contains(entity)) {
                self.vanished.write(Vanished { entity, room });
            }
        }
    }
}
