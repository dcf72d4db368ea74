//! The one place where things are made, moved, changed and used up. Each wish is checked whole before
//! its first write, in the order in which they were made: of two takers in one tick the first has the
//! thing, and the other is told that it is gone (game.md §1.7).

use engine::prelude::*;

use super::deeds::{CreateThings, ThingDeed};
use super::draft::{Draft, Drafts};
use super::handle::{self, Handled};
use super::inventory::HoldingsChanged;
use super::place::{ThingPlace, ThingWorld};
use super::prototype::{Prototype, Slot, ThingFlag};
use super::shift::ROT;
use super::{CARRIED_MAX, Thing, corpse, light, wear};
use crate::place::Unlisted;

/// What is said of it.
#[derive(SystemParam)]
pub(super) struct SettledThings<'w> {
    pub(super) handled: MessageWriter<'w, Handled>,
    pub(super) answers: MessageWriter<'w, Answer>,
    gone: MessageWriter<'w, Destroy>,
    changed: MessageWriter<'w, HoldingsChanged>,
}

/// Does everything that is to be done with things.
pub(super) fn settle(
    mut deeds: MessageReader<ThingDeed>,
    world: ThingWorld<'_, '_>,
    mut told: SettledThings<'_>,
    mut commands: Commands<'_, '_>,
) {
    if deeds.is_empty() {
        return;
    }
    let mut drafts = Drafts::of(&world);
    for deed in deeds.read() {
        match deed {
            ThingDeed::Handle(wish) => handle::handle(wish, &mut drafts, &mut told, &mut commands),
            ThingDeed::Create(wish) => create(wish, &mut drafts, &mut commands),
            ThingDeed::Destroy {
                of,
                prototype,
                count,
            } => destroy(*of, prototype, *count, &mut drafts),
            ThingDeed::Consume { thing, count } => {
                drafts.lessen(*thing, *count);
                // The next of a stack is as good as new.
                drafts.change(*thing, |one| one.thing.charges = None);
            }
            ThingDeed::WearOut { thing, amount } => wear_out(*thing, *amount, &mut drafts),
            ThingDeed::Charges { thing, left } => {
                drafts.change(*thing, |one| one.thing.charges = Some(*left));
            }
            ThingDeed::Kindle { thing, lit, fuel } => {
                light::kindle(*thing, *lit, *fuel, &mut drafts, &mut commands);
            }
            ThingDeed::Find { thing } => drafts.change(*thing, |one| one.unlisted = None),
            ThingDeed::Rot { thing } => rot(*thing, &mut drafts),
            ThingDeed::LeaveCorpse(wish) => corpse::leave(wish, &mut drafts, &mut commands),
            ThingDeed::Latch { thing, latch } => {
                drafts.change(*thing, |one| one.thing.latch = Some(*latch));
            }
        }
    }
    let holders = drafts.touched();
    drafts.write(&mut commands, &mut told.gone);
    told.changed
        .write_batch(holders.into_iter().map(HoldingsChanged));
}

/// Makes things, as many stacks as it takes.
fn create(wish: &CreateThings, drafts: &mut Drafts<'_, '_, '_>, commands: &mut Commands<'_, '_>) {
    let world = drafts.world;
    let Some(prototype) = world.prototype(&wish.prototype) else {
        tracing::warn!(prototype = wish.prototype, "no such thing to make");
        return;
    };
    let by = wish.by.and_then(|by| world.id(by)).or(wish.at.holder());
    let by = by.or(wish.placed);
    let by = by.unwrap_or_else(|| StableId::named(&wish.prototype));
    let mut left = wish.count;
    while left > 0 {
        let quantity = left.min(prototype.stack);
        left -= quantity;
        let id = wish.id.unwrap_or_else(|| drafts.new_id(by));
        let world_puts = wish.placed.is_some() || wish.id.is_some();
        let unlisted = match () {
            () if !world_puts => None,
            () if prototype.is(ThingFlag::Hidden) => Some(Unlisted::Hidden),
            () if prototype.is(ThingFlag::Fixed) => Some(Unlisted::Stands),
            () => None,
        };
        // It is made nowhere, and moved from there like everything else.
        let made = Draft {
            id,
            name: prototype.name.clone(),
            sort: wish.prototype.clone(),
            quantity,
            thing: Thing {
                since: world.clock.now,
                bound: wish.bound,
                issued: wish.issued,
                ..Thing::default()
            },
            place: Some(nowhere()),
            rot: None,
            burning: None,
            placed: None,
            unlisted,
        };
        let thing = drafts.make(made, commands);
        if let ThingPlace::Worn(who, slot) = wish.at {
            dress(thing, who, slot, prototype, drafts);
            continue;
        }
        let to = match drafts.room_for(thing, quantity, wish.at) {
            Err(_) if !world_puts => floor_near(wish.at, drafts),
            _ => wish.at,
        };
        drafts.clear_floor(to);
        let now = match world_puts {
            true => {
                drafts.put(thing, Some(to));
                vec![thing]
            }
            false => drafts.shift(thing, quantity, to, commands),
        };
        for one in now {
            let rots = !world_puts && matches!(to, ThingPlace::Floor(_));
            drafts.change(one, |one| {
                one.placed = wish.placed.or(one.placed);
                one.thing.issued = wish.issued;
                one.rot = rots.then(|| world.clock.now.plus(ROT));
            });
        }
    }
}

/// Puts what was made on somebody: on the slot that was asked for, if it goes there, or else on
/// another that is free; or else they carry it.
fn dress(
    thing: Entity,
    who: StableId,
    slot: Slot,
    prototype: &Prototype,
    drafts: &mut Drafts<'_, '_, '_>,
) {
    let asked = prototype.slots.iter().filter(|one| **one == slot);
    let slots = asked.chain(&prototype.slots);
    let free = slots.copied().find(|slot| {
        let both = prototype.hands == 2 && wear::worn_on(who, Slot::OffHand, drafts).is_some();
        wear::worn_on(who, *slot, drafts).is_none() && !both
    });
    let issued = drafts.get(thing).is_some_and(|one| one.thing.issued);
    let to = match free {
        Some(slot) => ThingPlace::Worn(who, slot),
        None if drafts.slots_of(who) < CARRIED_MAX => ThingPlace::Carried(who),
        None => floor_near(ThingPlace::Carried(who), drafts),
    };
    drafts.put(thing, Some(to));
    drafts.change(thing, |one| one.thing.issued = issued);
}

/// Where things are while they are made. None stays there.
fn nowhere() -> ThingPlace {
    ThingPlace::Inside(StableId::named("nowhere"))
}

/// The floor under a place.
fn floor_near(place: ThingPlace, drafts: &Drafts<'_, '_, '_>) -> ThingPlace {
    let world = drafts.world;
    let holder = place.holder().and_then(|holder| world.index.get(holder));
    let room = match place {
        ThingPlace::Floor(room) => Some(room),
        _ => holder.and_then(|holder| world.room(holder)),
    };
    ThingPlace::Floor(room.unwrap_or_else(|| world.atlas.default_room()))
}

/// Uses up so many of what somebody holds, wears or has in a bag.
fn destroy(of: StableId, prototype: &str, count: u32, drafts: &mut Drafts<'_, '_, '_>) {
    let mut left = count;
    let mut next = drafts.list(ThingPlace::Carried(of));
    while let Some(thing) = next.pop() {
        let Some(draft) = drafts.get(thing).cloned() else {
            continue;
        };
        if draft.sort == prototype && left > 0 {
            drafts.lessen(thing, left.min(draft.quantity));
            left -= left.min(draft.quantity);
        } else {
            next.extend(drafts.list(ThingPlace::Inside(draft.id)));
        }
    }
}

/// Wears a thing out, at most until it is broken.
fn wear_out(thing: Entity, amount: u16, drafts: &mut Drafts<'_, '_, '_>) {
    let bears = drafts.prototype(thing).map_or(0, |one| one.durability);
    if bears > 0 {
        drafts.change(thing, |one| {
            one.thing.wear = one.thing.wear.saturating_add(amount).min(bears);
        });
    }
}

/// Lets go what has lain there long enough; what is in it lies there.
fn rot(thing: Entity, drafts: &mut Drafts<'_, '_, '_>) {
    let now = drafts.world.clock.now;
    let Some(draft) = drafts
        .get(thing)
        .filter(|one| one.rot.is_some_and(|at| at <= now))
    else {
        return;
    };
    let (id, Some(place)) = (draft.id, draft.place) else {
        return;
    };
    for inner in drafts.list(ThingPlace::Inside(id)) {
        drafts.clear_floor(place);
        drafts.put(inner, Some(place));
        drafts.change(inner, |one| one.rot = Some(now.plus(ROT)));
    }
    drafts.put(thing, None);
}
