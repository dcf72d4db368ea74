//! Where a thing is, and what is read of things and of those who have them.

use engine::prelude::*;

use super::kinds::ThingKinds;
use super::prototype::{Prototype, Slot, ThingFlag};
use super::{Burning, Corpse, Placed, Rot, Thing, Worn};
use crate::character::{Stat, Stats};
use crate::place::{InRoom, Label, Occupancy, Quantity, Sort, Spot, Unlisted};
use crate::world::{Atlas, RoomIx};

/// Where a thing is: in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ThingPlace {
    /// On the floor of a room.
    Floor(RoomIx),
    /// Carried by somebody.
    Carried(StableId),
    /// Worn by somebody.
    Worn(StableId, Slot),
    /// In another thing.
    Inside(StableId),
}

impl ThingPlace {
    /// Who or what holds it.
    #[must_use]
    pub const fn holder(self) -> Option<StableId> {
        match self {
            Self::Floor(_) => None,
            Self::Carried(holder) | Self::Worn(holder, _) | Self::Inside(holder) => Some(holder),
        }
    }
}

type ThingQuery = (
    Entity,
    &'static StableId,
    &'static Thing,
    &'static Label,
    &'static Holder,
    Option<&'static Sort>,
    Option<&'static Quantity>,
    Option<&'static Spot>,
    Option<&'static Worn>,
    Option<&'static Rot>,
    Option<&'static Burning>,
    Option<&'static Placed>,
    Option<&'static Unlisted>,
);

/// A thing as it is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct ThingView<'a> {
    pub(super) entity: Entity,
    pub(super) id: StableId,
    pub(super) thing: &'a Thing,
    pub(super) name: &'a str,
    pub(super) sort: &'a str,
    pub(super) quantity: u32,
    /// `None`: it is nowhere any more, and goes with the tick.
    pub(super) place: Option<ThingPlace>,
    pub(super) rot: Option<WorldTime>,
    pub(super) burning: Option<WorldTime>,
    pub(super) placed: Option<StableId>,
    pub(super) unlisted: Option<Unlisted>,
    pub(super) prototype: Option<&'a Prototype>,
}

impl ThingView<'_> {
    pub(super) fn is(&self, flag: ThingFlag) -> bool {
        self.prototype.is_some_and(|one| one.is(flag))
    }

    /// Whether it has borne all the wear that it bears.
    pub(super) fn is_broken(&self) -> bool {
        let bears = self.prototype.map_or(0, |one| one.durability);
        bears > 0 && self.thing.wear >= bears
    }
}

/// What is read of things and of those who have them.
#[derive(SystemParam)]
pub struct ThingWorld<'w, 's> {
    things: Query<'w, 's, ThingQuery>,
    ids: Query<'w, 's, &'static StableId>,
    people: Query<'w, 's, &'static Character>,
    labels: Query<'w, 's, &'static Label>,
    stats: Query<'w, 's, &'static Stats>,
    corpses: Query<'w, 's, &'static Corpse>,
    rooms: Query<'w, 's, &'static InRoom>,
    holdings: Res<'w, Holdings>,
    occupancy: Res<'w, Occupancy>,
    prototypes: Res<'w, ThingKinds>,
    pub(super) placements: Res<'w, super::placements::Placements>,
    pub(super) index: Res<'w, Index>,
    pub(super) atlas: Res<'w, Atlas>,
    pub(super) clock: Res<'w, Clock>,
    pub(super) dice: Res<'w, Dice>,
}

impl ThingWorld<'_, '_> {
    /// A thing.
    pub(super) fn view(&self, thing: Entity) -> Option<ThingView<'_>> {
        let (
            entity,
            id,
            thing,
            label,
            holder,
            sort,
            quantity,
            spot,
            worn,
            rot,
            burning,
            placed,
            unlisted,
        ) = self.things.get(thing).ok()?;
        let sort = sort.map_or("", |Sort(id)| id.as_str());
        let place = match (holder.0, worn, spot) {
            (Some(holder), Some(Worn(slot)), _) => Some(ThingPlace::Worn(holder, *slot)),
            (Some(holder), None, _) => Some(match self.is_thing(holder) {
                true => ThingPlace::Inside(holder),
                false => ThingPlace::Carried(holder),
            }),
            (None, _, Some(spot)) => Some(ThingPlace::Floor(self.room_of(entity, spot))),
            (None, _, None) => None,
        };
        Some(ThingView {
            entity,
            id: *id,
            thing,
            name: &label.0,
            sort,
            quantity: quantity.map_or(1, |quantity| quantity.0),
            place,
            rot: rot.map(|rot| rot.0),
            burning: burning.map(|one| one.0),
            placed: placed.map(|placed| placed.0),
            unlisted: unlisted.copied(),
            prototype: self.prototypes.get(sort),
        })
    }

    fn room_of(&self, thing: Entity, spot: &Spot) -> RoomIx {
        let place = self.rooms.get(thing).ok().map(|place| place.0);
        place
            .or_else(|| self.atlas.find(&spot.room))
            .unwrap_or_else(|| self.atlas.default_room())
    }

    fn is_thing(&self, id: StableId) -> bool {
        let entity = self.index.get(id);
        entity.is_some_and(|entity| self.things.contains(entity))
    }

    /// A kind of thing.
    pub(super) fn prototype(&self, id: &str) -> Option<&Prototype> {
        self.prototypes.get(id)
    }

    /// The id of somebody or something.
    pub(super) fn id(&self, entity: Entity) -> Option<StableId> {
        self.ids.get(entity).ok().copied()
    }

    /// What somebody or something is called.
    pub(super) fn name(&self, who: Entity) -> &str {
        if let Ok(character) = self.people.get(who) {
            return &character.name;
        }
        let label = self.labels.get(who).ok();
        label.map_or("somebody", |label| label.0.as_str())
    }

    /// Where somebody or something is: what is held, where its holder is.
    pub(super) fn room(&self, of: Entity) -> Option<RoomIx> {
        let mut at = of;
        for _ in 0..DEPTH_MAX {
            if let Ok(place) = self.rooms.get(at) {
                return Some(place.0);
            }
            let (_, _, _, _, Holder(holder), ..) = self.things.get(at).ok()?;
            at = self.index.get((*holder)?)?;
        }
        None
    }

    /// Who has a thing in the end: somebody, or the outermost thing.
    pub(super) fn root(&self, of: Entity) -> Option<(StableId, Entity)> {
        let mut at = of;
        for _ in 0..DEPTH_MAX {
            match self.things.get(at) {
                Ok((_, _, _, _, Holder(Some(holder)), ..)) => at = self.index.get(*holder)?,
                _ => return Some((self.id(at)?, at)),
            }
        }
        None
    }

    /// A thing as a corpse, if it is one.
    pub(super) fn corpse(&self, thing: Entity) -> Option<&Corpse> {
        self.corpses.get(thing).ok()
    }

    /// Whether somebody is an admin, whom no lock keeps out.
    pub(super) fn is_admin(&self, who: Entity) -> bool {
        let known = self.people.get(who);
        known.is_ok_and(|character| character.role == Role::Admin)
    }

    /// How much somebody can bear, in tenths of a pound; `None`: they have no strength to speak of.
    pub(super) fn bears(&self, who: Entity) -> Option<u32> {
        let stats = self.stats.get(who).ok()?;
        Some(u32::from(stats.get(Stat::Strength)) * 10)
    }

    /// What somebody or something holds itself: worn things, too.
    pub(super) fn held(&self, holder: StableId) -> impl Iterator<Item = ThingView<'_>> {
        let held = self.holdings.of(holder);
        held.filter_map(|id| self.view(self.index.get(id)?))
    }

    /// What lies in a room.
    pub(super) fn lying(&self, room: RoomIx) -> impl Iterator<Item = ThingView<'_>> {
        let here = self.occupancy.things(room).iter();
        here.filter_map(|one| self.view(*one))
            .filter(|one| one.place.is_some())
    }
}

/// How deep things are in things, at most: somebody, their bag, a pouch in it, and what that holds.
const DEPTH_MAX: usize = 5;
