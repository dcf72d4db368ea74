//! How stacks are moved, split and merged, and what somebody can still take (game.md §1.2).

use engine::prelude::*;

use super::draft::{Draft, Drafts};
use super::place::ThingPlace;
use super::prototype::ThingFlag;
use super::{CARRIED_MAX, FLOOR_MAX};

/// How long what people drop lies there before it is gone.
pub(super) const ROT: Duration = Duration::from_secs(3_600);

/// How deep things are in things: in somebody's bag, and in a pouch in it.
const NESTED_MAX: usize = 2;

/// Why something can't be put somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoRoom {
    Slots,
    Weight,
    Floor,
    Tags,
    Depth,
    Bound,
}

impl Drafts<'_, '_, '_> {
    /// What a stack weighs, with what is in it, in tenths of a pound; what belongs to a quest weighs
    /// nothing.
    pub(super) fn weight(&mut self, thing: Entity) -> u32 {
        let Some((quantity, id)) = self.get(thing).map(|one| (one.quantity, one.id)) else {
            return 0;
        };
        let each = self.prototype(thing);
        let each = each.map_or(0, |one| match one.is(ThingFlag::QuestItem) {
            true => 0,
            false => one.weight,
        });
        each.saturating_mul(quantity)
            .saturating_add(self.weight_of(ThingPlace::Inside(id)))
    }

    /// What everything in a place weighs.
    pub(super) fn weight_of(&mut self, place: ThingPlace) -> u32 {
        let all = self.list(place).into_iter();
        all.fold(0, |sum: u32, one| sum.saturating_add(self.weight(one)))
    }

    /// How many slots of somebody are taken.
    pub(super) fn slots_of(&mut self, who: StableId) -> usize {
        let all = self.list(ThingPlace::Carried(who)).into_iter();
        all.filter(|one| {
            let place = self.get(*one).and_then(|draft| draft.place);
            place == Some(ThingPlace::Carried(who)) && !self.is(*one, ThingFlag::QuestItem)
        })
        .count()
    }

    /// Whether two stacks can be one.
    fn merge(&mut self, thing: Entity, with: Entity) -> bool {
        if thing == with {
            return false;
        }
        let Some(one) = self.get(thing).cloned() else {
            return false;
        };
        let single = self
            .prototype(thing)
            .is_none_or(|kind| kind.stack <= 1 || kind.holds.is_some());
        let Some(other) = self.get(with) else {
            return false;
        };
        let alike = one.sort == other.sort
            && one.name == other.name
            && one.thing.wear == other.thing.wear
            && one.thing.charges == other.thing.charges
            && one.thing.fuel == other.thing.fuel
            && one.unlisted == other.unlisted
            && one.burning.is_none()
            && other.burning.is_none()
            && one.thing.issued == other.thing.issued;
        !single && alike && one.thing.bound.is_none() && other.thing.bound.is_none()
    }

    /// Whether there is room for so many more of a stack that comes from elsewhere.
    pub(super) fn room_for(
        &mut self,
        thing: Entity,
        count: u32,
        to: ThingPlace,
    ) -> Result<(), NoRoom> {
        let from = self.get(thing).and_then(|draft| draft.place);
        match to {
            ThingPlace::Floor(_) => {
                let full = self.list(to).len() >= FLOOR_MAX;
                (!full).then_some(()).ok_or(NoRoom::Floor)
            }
            ThingPlace::Worn(..) => Ok(()),
            ThingPlace::Carried(who) => {
                if self
                    .get(thing)
                    .and_then(|one| one.thing.bound)
                    .is_some_and(|of| of != who)
                {
                    return Err(NoRoom::Bound);
                }
                let quest = self.is(thing, ThingFlag::QuestItem);
                if !quest && self.slots_of(who) >= CARRIED_MAX && self.fits_in(thing, to) < count {
                    return Err(NoRoom::Slots);
                }
                let holder = self.entity(who);
                let bears = holder.and_then(|who| self.world.bears(who));
                let had = from.is_some_and(|from| self.root(from) == Some(who));
                let adds = self.weight_of_some(thing, count);
                match bears {
                    Some(bears) if !had && self.weight_of(to).saturating_add(adds) > bears => {
                        Err(NoRoom::Weight)
                    }
                    _ => Ok(()),
                }
            }
            ThingPlace::Inside(container) => self.room_inside(thing, count, container),
        }
    }

    fn room_inside(
        &mut self,
        thing: Entity,
        count: u32,
        container: StableId,
    ) -> Result<(), NoRoom> {
        let to = ThingPlace::Inside(container);
        let holder = self.entity(container);
        let holds = holder.and_then(|holder| self.prototype(holder)?.holds.as_ref());
        // What is no container by any file holds what it held, and nothing more.
        let holds = holds.ok_or(NoRoom::Slots)?;
        let tags = self.prototype(thing).map_or(&[][..], |one| &one.tags);
        if !holds.tags.is_empty() && !tags.iter().any(|tag| holds.tags.contains(tag)) {
            return Err(NoRoom::Tags);
        }
        if self.list(to).len() >= holds.slots && self.fits_in(thing, to) < count {
            return Err(NoRoom::Slots);
        }
        let adds = self.weight_of_some(thing, count);
        if holds
            .weight
            .is_some_and(|most| self.weight_of(to).saturating_add(adds) > most)
        {
            return Err(NoRoom::Weight);
        }
        let filled = self.get(thing).map(|one| one.id);
        let filled = filled.is_some_and(|id| !self.list(ThingPlace::Inside(id)).is_empty());
        match self.depth(to) + usize::from(filled) > NESTED_MAX {
            true => Err(NoRoom::Depth),
            false => Ok(()),
        }
    }

    fn weight_of_some(&mut self, thing: Entity, count: u32) -> u32 {
        let quantity = self.get(thing).map_or(1, |one| one.quantity.max(1));
        let weight = u64::from(self.weight(thing)) * u64::from(count) / u64::from(quantity);
        u32::try_from(weight).unwrap_or(u32::MAX)
    }

    /// How many of a stack find room in those that are in a place already.
    fn fits_in(&mut self, thing: Entity, to: ThingPlace) -> u32 {
        let most = self.prototype(thing).map_or(1, |one| one.stack);
        let there = self.list(to).into_iter();
        let rooms = there.map(|other| match self.takes_more(thing, other, to) {
            true => most.saturating_sub(self.get(other).map_or(most, |one| one.quantity)),
            false => 0,
        });
        rooms.fold(0, u32::saturating_add)
    }

    fn takes_more(&mut self, thing: Entity, other: Entity, to: ThingPlace) -> bool {
        let there = self.get(other).and_then(|one| one.place) == Some(to);
        there && self.merge(thing, other)
    }

    /// Who has what is in a place in the end: somebody, or the outermost thing.
    fn root(&mut self, place: ThingPlace) -> Option<StableId> {
        let mut at = place.holder()?;
        for _ in 0..=NESTED_MAX + 1 {
            let entity = self.entity(at)?;
            let Some(place) = self.get(entity).and_then(|draft| draft.place) else {
                break;
            };
            at = place.holder()?;
        }
        Some(at)
    }

    /// How many things are around what is in a place.
    fn depth(&mut self, place: ThingPlace) -> usize {
        let mut depth = 0;
        let mut at = place;
        while let ThingPlace::Inside(container) = at {
            depth += 1;
            let entity = self.entity(container);
            match entity.and_then(|entity| self.get(entity)?.place) {
                Some(place) if depth <= NESTED_MAX => at = place,
                _ => break,
            }
        }
        depth
    }

    /// Moves so many of a stack, whatever room there is; answers the stacks in which they are now.
    pub(super) fn shift(
        &mut self,
        thing: Entity,
        count: u32,
        to: ThingPlace,
        commands: &mut Commands<'_, '_>,
    ) -> Vec<Entity> {
        let Some(quantity) = self.get(thing).map(|draft| draft.quantity) else {
            return Vec::new();
        };
        let most = self.prototype(thing).map_or(quantity, |one| one.stack);
        let mut left = count.min(quantity);
        let mut now = Vec::new();
        if !matches!(to, ThingPlace::Worn(..)) {
            for other in self.list(to) {
                if left == 0 || !self.takes_more(thing, other, to) {
                    continue;
                }
                let free = self
                    .get(other)
                    .map_or(0, |one| most.saturating_sub(one.quantity));
                let more = left.min(free);
                if more == 0 {
                    continue;
                }
                self.lessen(thing, more);
                // What people put to it is theirs to lose, and the world's is not counted any more.
                self.note_taken(other);
                self.change(other, |one| {
                    one.quantity += more;
                    one.placed = None;
                });
                now.push(other);
                left -= more;
            }
        }
        if left == 0 {
            return now;
        }
        let rest = self.get(thing).map_or(0, |draft| draft.quantity);
        if left >= rest {
            self.put(thing, Some(to));
            now.push(thing);
        } else {
            now.extend(self.split(thing, left, to, commands));
        }
        now
    }

    /// Takes so many of a stack to a place of their own.
    pub(super) fn split(
        &mut self,
        thing: Entity,
        count: u32,
        to: ThingPlace,
        commands: &mut Commands<'_, '_>,
    ) -> Option<Entity> {
        let whole = self.get(thing)?.clone();
        self.lessen(thing, count);
        let id = self.new_id(whole.id);
        let mut part = Draft {
            id,
            quantity: count,
            place: Some(to),
            rot: None,
            placed: None,
            ..whole
        };
        part.thing.since = self.world.clock.now;
        part.thing.issued &= to.holder() == whole.place.and_then(ThingPlace::holder);
        Some(self.make(part, commands))
    }

    /// Takes so many off a stack; of none nothing is left.
    pub(super) fn lessen(&mut self, thing: Entity, count: u32) {
        let Some(quantity) = self.get(thing).map(|draft| draft.quantity) else {
            return;
        };
        if count >= quantity {
            self.put(thing, None);
        } else {
            self.note_taken(thing);
            self.change(thing, |one| one.quantity = quantity - count);
        }
    }

    /// Makes room on a floor that is full: what was dropped there first is gone.
    pub(super) fn clear_floor(&mut self, to: ThingPlace) {
        if !matches!(to, ThingPlace::Floor(_)) {
            return;
        }
        while self.list(to).len() >= FLOOR_MAX {
            let all = self.list(to).into_iter();
            let oldest = all.filter(|one| self.get(*one).is_some_and(|one| one.rot.is_some()));
            let Some(oldest) = oldest.collect::<Vec<_>>().first().copied() else {
                return;
            };
            self.crumble(oldest);
        }
    }

    /// A thing is gone, with all that is in it.
    pub(super) fn crumble(&mut self, thing: Entity) {
        let Some(id) = self.get(thing).map(|one| one.id) else {
            return;
        };
        for inner in self.list(ThingPlace::Inside(id)) {
            self.crumble(inner);
        }
        self.put(thing, None);
    }
}
