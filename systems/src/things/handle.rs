//! Things that change hands: what each wish asks for, what is refused of it, and what is told.

use engine::prelude::*;

use super::deeds::{Handle, Source, To};
use super::draft::Drafts;
use super::place::ThingPlace;
use super::prototype::{Slot, ThingFlag};
use super::settle::SettledThings;
use super::shift::{NoRoom, ROT};
use super::wear;
use crate::place::Portion;
use crate::world::RoomIx;

/// Something of a stack that was moved.
#[derive(Clone, Debug)]
pub struct HandledThing {
    /// The stack that it is in now.
    pub thing: Entity,
    /// Its id.
    pub id: StableId,
    /// Its prototype's.
    pub sort: String,
    /// What it is called.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// Where it is worn, or was.
    pub slot: Option<Slot>,
}

/// Things were moved.
#[derive(Message, Clone, Debug)]
pub struct Handled {
    /// By whom.
    pub actor: Entity,
    /// Where they are.
    pub room: Option<RoomIx>,
    /// What.
    pub things: Vec<HandledThing>,
    /// From where.
    pub from: Source,
    /// Where to.
    pub to: To,
}

/// What kept something where it is.
pub(super) type Missed = (Code, String);

/// Moves things, and answers whoever wished it.
pub(super) fn handle(
    wish: &Handle,
    drafts: &mut Drafts<'_, '_, '_>,
    told: &mut SettledThings<'_>,
    commands: &mut Commands<'_, '_>,
) {
    let mut went = Vec::new();
    let mut missed: Option<Missed> = None;
    for portion in &wish.things {
        match one(wish, *portion, drafts, commands) {
            Ok(things) => went.extend(things),
            Err(why) => _ = missed.get_or_insert(why),
        }
    }
    if let Some(order) = wish.order {
        told.answers.write(match (went.is_empty(), missed) {
            (true, Some((code, words))) => Answer::refused(order, code, words),
            (_, missed) => {
                let mut words = in_words(wish, &went, drafts);
                if let Some((_, more)) = missed {
                    words = format!("{words} {more}");
                }
                Answer::with(order, words)
            }
        });
    }
    if !went.is_empty() {
        told.handled.write(Handled {
            actor: wish.actor,
            room: drafts.world.room(wish.actor),
            things: went,
            from: wish.from,
            to: wish.to,
        });
    }
}

/// Moves some of one stack.
fn one(
    wish: &Handle,
    portion: Portion,
    drafts: &mut Drafts<'_, '_, '_>,
    commands: &mut Commands<'_, '_>,
) -> Result<Vec<HandledThing>, Missed> {
    let thing = portion.thing;
    let place = where_it_is(wish, thing, drafts)?;
    for container in [inside(wish.from), into(wish.to)].into_iter().flatten() {
        let reached = drafts.world.reach(wish.actor, container);
        reached.map_err(|refusal| (refusal.code, refusal.message))?;
    }
    may_leave(wish, thing, place, drafts)?;
    let quantity = drafts.get(thing).map_or(1, |draft| draft.quantity);
    let count = portion.count.unwrap_or(quantity).clamp(1, quantity);
    let was_worn = match place {
        ThingPlace::Worn(_, slot) => Some(slot),
        _ => None,
    };
    if let To::Worn(slot) = wish.to {
        return wear::put_on(wish.actor, thing, slot, drafts, commands);
    }
    let to = destination(wish, drafts).ok_or_else(|| gone(thing, drafts))?;
    drafts
        .room_for(thing, count, to)
        .map_err(|why| no_room(wish, thing, why, drafts))?;
    let now = drafts.shift(thing, count, to, commands);
    let binds = drafts.is(thing, ThingFlag::Soulbound);
    let rots = match to {
        ThingPlace::Floor(_) => Some(drafts.world.clock.now.plus(ROT)),
        _ => None,
    };
    let taker = to
        .holder()
        .filter(|_| matches!(to, ThingPlace::Carried(_)) && binds);
    for one in &now {
        drafts.change(*one, |one| {
            one.rot = rots;
            one.thing.bound = one.thing.bound.or(taker);
        });
    }
    // A stack is one thing to those who see it, in however many it ends.
    let Some(last) = now.last().copied() else {
        return Ok(Vec::new());
    };
    Ok(handled(last, count, was_worn, drafts).into_iter().collect())
}

const fn inside(from: Source) -> Option<Entity> {
    match from {
        Source::Inside(container) => Some(container),
        _ => None,
    }
}

const fn into(to: To) -> Option<Entity> {
    match to {
        To::Inside(container) => Some(container),
        _ => None,
    }
}

/// What is told of something that was moved.
pub(super) fn handled(
    thing: Entity,
    quantity: u32,
    slot: Option<Slot>,
    drafts: &mut Drafts<'_, '_, '_>,
) -> Option<HandledThing> {
    let draft = drafts.get(thing)?;
    Some(HandledThing {
        thing,
        id: draft.id,
        sort: draft.sort.clone(),
        name: draft.name.clone(),
        quantity,
        slot,
    })
}

fn gone(thing: Entity, drafts: &mut Drafts<'_, '_, '_>) -> Missed {
    let name = match drafts.get(thing) {
        Some(draft) => draft.name.clone(),
        None => drafts.world.name(thing).to_owned(),
    };
    (Code::ResourceNotFound, format!("The {name} is gone."))
}

/// Where a thing is, if it is where a wish takes it from.
fn where_it_is(
    wish: &Handle,
    thing: Entity,
    drafts: &mut Drafts<'_, '_, '_>,
) -> Result<ThingPlace, Missed> {
    let world = drafts.world;
    let place = drafts.get(thing).and_then(|draft| draft.place);
    let there = place.filter(|place| match (wish.from, place) {
        (Source::Floor, ThingPlace::Floor(room)) => world.room(wish.actor) == Some(*room),
        (Source::Hands(who), ThingPlace::Carried(by))
        | (Source::Worn(who), ThingPlace::Worn(by, _)) => world.id(who) == Some(*by),
        (Source::Inside(container), ThingPlace::Inside(by)) => world.id(container) == Some(*by),
        _ => false,
    });
    there.ok_or_else(|| gone(thing, drafts))
}

/// Whether something may be taken from where it is.
fn may_leave(
    wish: &Handle,
    thing: Entity,
    place: ThingPlace,
    drafts: &mut Drafts<'_, '_, '_>,
) -> Result<(), Missed> {
    let name = drafts
        .get(thing)
        .map_or_else(String::new, |one| one.name.clone());
    let rule = |words: String| Err((Code::GameLogicError, words));
    let to_self = match wish.to {
        To::Hands(who) => who == wish.actor,
        To::Worn(_) => true,
        To::Floor(_) | To::Inside(_) => false,
    };
    let fixed = drafts.is(thing, ThingFlag::Fixed) || drafts.world.corpse(thing).is_some();
    if matches!(place, ThingPlace::Floor(_)) && fixed {
        return rule(format!("The {name} can't be taken."));
    }
    let bound = drafts.get(thing).and_then(|one| one.thing.bound);
    if bound.is_some() && bound != drafts.world.id(wish.actor) {
        return rule(format!(
            "The {name} belongs to somebody else, and knows it."
        ));
    }
    let stays = drafts.prototype(thing).is_some_and(super::Prototype::stays);
    let carried = matches!(place, ThingPlace::Carried(_) | ThingPlace::Worn(..));
    if carried && stays && !to_self {
        return rule(format!("You can't let go of the {name}."));
    }
    if let To::Floor(room) = wish.to
        && drafts.world.atlas.limbo_room() == Some(room)
    {
        return rule("Nothing stays where you put it here.".to_owned());
    }
    let worn = matches!(place, ThingPlace::Worn(..));
    if worn && drafts.is(thing, ThingFlag::Cursed) {
        return rule(format!("The {name} does not come off."));
    }
    Ok(())
}

/// Where a wish takes things to.
fn destination(wish: &Handle, drafts: &Drafts<'_, '_, '_>) -> Option<ThingPlace> {
    let world = drafts.world;
    match wish.to {
        To::Hands(who) => world.id(who).map(ThingPlace::Carried),
        To::Floor(room) => Some(ThingPlace::Floor(room)),
        To::Inside(container) => world.id(container).map(ThingPlace::Inside),
        To::Worn(_) => None,
    }
}

/// Why there is no room, to whoever wished it.
fn no_room(wish: &Handle, thing: Entity, why: NoRoom, drafts: &mut Drafts<'_, '_, '_>) -> Missed {
    let name = drafts
        .get(thing)
        .map_or_else(String::new, |one| one.name.clone());
    let other = match wish.to {
        To::Hands(who) if who != wish.actor => Some(drafts.world.name(who).to_owned()),
        _ => None,
    };
    let inside = match wish.to {
        To::Inside(container) => drafts.world.name(container).to_owned(),
        _ => String::new(),
    };
    let words = match (why, other, wish.to) {
        (NoRoom::Floor, ..) => "The floor is full.".to_owned(),
        (NoRoom::Slots, _, To::Inside(_)) => format!("The {inside} is full."),
        (NoRoom::Weight, _, To::Inside(_)) => format!("The {inside} can't bear that."),
        (NoRoom::Slots, None, _) => "Your hands are full.".to_owned(),
        (NoRoom::Weight, None, _) => format!("The {name} is too heavy for you."),
        (NoRoom::Slots | NoRoom::Weight, Some(other), _) => {
            format!("{other} can't carry any more.")
        }
        (NoRoom::Tags, ..) => format!("The {name} does not belong in the {inside}."),
        (NoRoom::Depth, ..) => format!("The {name} has too much in it for that."),
        (NoRoom::Bound, ..) => format!("The {name} belongs to somebody else, and knows it."),
    };
    (Code::GameLogicError, words)
}

/// What whoever did it is told.
fn in_words(wish: &Handle, went: &[HandledThing], drafts: &Drafts<'_, '_, '_>) -> String {
    let world = drafts.world;
    let names: Vec<String> = went.iter().map(|one| named(one, drafts)).collect();
    let what = listed(&names);
    match (wish.from, wish.to) {
        (Source::Inside(from), To::Hands(_)) => {
            format!("You take {what} from the {}.", world.name(from))
        }
        (Source::Floor, To::Hands(_)) => format!("You take {what}."),
        (Source::Worn(_), To::Hands(_)) => format!("You take off {what}."),
        (_, To::Floor(_)) => format!("You put down {what}."),
        (_, To::Inside(into)) => format!("You put {what} in the {}.", world.name(into)),
        (_, To::Hands(who)) => format!("You give {what} to {}.", world.name(who)),
        (_, To::Worn(_)) => wear::worn_words(&what, went),
    }
}

/// `the lamp`, `3 candles`
fn named(one: &HandledThing, drafts: &Drafts<'_, '_, '_>) -> String {
    match (one.quantity, drafts.world.prototype(&one.sort)) {
        (1, _) => format!("the {}", one.name),
        (count, Some(prototype)) => format!("{count} {}", prototype.plural),
        (count, None) => format!("{count} of the {}", one.name),
    }
}

/// `the lamp`, `the lamp and the stone`, `the lamp, the stone and the key`
pub(super) fn listed(named: &[String]) -> String {
    match named.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}
