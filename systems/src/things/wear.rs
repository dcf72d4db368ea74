//! What is worn and held: where it goes, what it displaces, and taking it off.

use engine::prelude::*;

use super::CARRIED_MAX;
use super::deeds::{Handle, TakenFrom, ThingDeed, To};
use super::draft::Drafts;
use super::handle::{HandledThing, MissedThing, handled};
use super::near::Near;
use super::place::ThingPlace;
use super::prototype::{Slot, ThingFlag};
use crate::command::{Usage, Verb, Words};
use crate::place::{Noun, Portion};

/// Puts a thing on somebody, and what it displaces into their hands.
pub(super) fn put_on(
    actor: Entity,
    thing: Entity,
    wanted: Option<Slot>,
    drafts: &mut Drafts<'_, '_, '_>,
    commands: &mut Commands<'_, '_>,
) -> Result<Vec<HandledThing>, MissedThing> {
    let rule = |words: String| (Code::GameLogicError, words);
    let name = drafts
        .get(thing)
        .map_or_else(String::new, |one| one.name.clone());
    let who = drafts.world.id(actor);
    let (Some(who), Some(prototype)) = (who, drafts.prototype(thing)) else {
        return Err(rule(format!("The {name} can't be worn.")));
    };
    let worn = |drafts: &mut Drafts<'_, '_, '_>, slot| worn_on(who, slot, drafts);
    let fits = |slot: &Slot| wanted.is_none_or(|wanted| wanted == *slot);
    let slots: Vec<Slot> = prototype.slots.iter().copied().filter(fits).collect();
    let free = slots.iter().find(|slot| worn(drafts, **slot).is_none());
    let Some(slot) = free.or(slots.first()).copied() else {
        let place = wanted.map_or("anywhere", Slot::place);
        return Err(rule(format!("The {name} can't be worn {place}.")));
    };
    let broken = drafts
        .get(thing)
        .is_some_and(|one| one.thing.wear >= prototype.durability);
    if prototype.durability > 0 && broken {
        return Err(rule(format!("The {name} is broken.")));
    }
    let displaced = displaced(who, slot, prototype.hands == 2, drafts);
    for one in &displaced {
        if drafts.is(*one, ThingFlag::Cursed) {
            let name = drafts.get(*one).map_or("", |one| &one.name);
            return Err(rule(format!("The {name} does not come off.")));
        }
    }
    let single = drafts.get(thing).is_none_or(|one| one.quantity == 1);
    let carried = drafts.slots_of(who) + displaced.len();
    if carried > CARRIED_MAX + usize::from(single) {
        return Err(rule(
            "Your hands are too full for what you would take off.".to_owned(),
        ));
    }
    for one in displaced {
        drafts.put(one, Some(ThingPlace::Carried(who)));
    }
    let now = drafts.shift(thing, 1, ThingPlace::Worn(who, slot), commands);
    let binds = prototype.is(ThingFlag::Soulbound);
    let mut went = Vec::new();
    for one in now {
        drafts.change(one, |one| {
            one.thing.bound = one.thing.bound.or(binds.then_some(who));
        });
        went.extend(handled(one, 1, Some(slot), drafts));
    }
    Ok(went)
}

pub(super) fn worn_on(
    who: StableId,
    slot: Slot,
    drafts: &mut Drafts<'_, '_, '_>,
) -> Option<Entity> {
    let place = ThingPlace::Worn(who, slot);
    let mut all = drafts.list(place).into_iter();
    all.find(|one| drafts.get(*one).and_then(|one| one.place) == Some(place))
}

/// What has to come off before something is worn there.
fn displaced(
    who: StableId,
    slot: Slot,
    two_handed: bool,
    drafts: &mut Drafts<'_, '_, '_>,
) -> Vec<Entity> {
    let mut all: Vec<Entity> = worn_on(who, slot, drafts).into_iter().collect();
    match slot {
        Slot::MainHand if two_handed => all.extend(worn_on(who, Slot::OffHand, drafts)),
        Slot::OffHand => {
            let main = worn_on(who, Slot::MainHand, drafts);
            let both =
                main.filter(|main| drafts.prototype(*main).is_some_and(|one| one.hands == 2));
            all.extend(both);
        }
        _ => {}
    }
    all
}

/// What whoever puts something on is told.
pub(super) fn worn_words(what: &str, went: &[HandledThing]) -> String {
    let slot = went.first().and_then(|one| one.slot);
    match slot {
        Some(slot @ (Slot::MainHand | Slot::OffHand)) => {
            format!("You hold {what} {}.", slot.place())
        }
        Some(slot) => format!("You wear {what} {}.", slot.place()),
        None => format!("You wear {what}."),
    }
}

/// `remove coat`, `remove right hand`, `remove all`
#[derive(Message, Debug)]
pub(super) struct RemoveVerb {
    order: Order,
    what: String,
}

impl Verb for RemoveVerb {
    const WORDS: &'static [&'static str] = &["remove", "unequip"];
    const WHOLE: bool = true;
    const USAGE: &'static str = "remove <thing> | <where it is worn> | all";
    const HELP: &'static str =
        "Takes off what you wear or hold: \"remove coat\", \"remove left hand\", \"remove all\".";
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let what = words.some()?;
        Ok(Self { order, what })
    }
}

pub(super) fn remove(
    mut asked: MessageReader<RemoveVerb>,
    near: Near<'_, '_>,
    mut deeds: MessageWriter<ThingDeed>,
    mut answers: MessageWriter<Answer>,
) {
    for RemoveVerb { order, what } in asked.read() {
        let actor = order.actor;
        let on_slot = Slot::from_words(what).and_then(|slot| near.worn_on(actor, slot));
        let things = match on_slot {
            Some(thing) => vec![Portion { thing, count: None }],
            None => Noun::read(what).pick(near.worn(actor)),
        };
        if things.is_empty() {
            let words = match Noun::read(what).is_all() {
                true => "You wear nothing.".to_owned(),
                false => format!("You wear no \"{what}\"."),
            };
            answers.write(Answer::refused(*order, Code::ResourceNotFound, words));
            continue;
        }
        deeds.write(ThingDeed::Handle(Handle {
            order: Some(*order),
            actor,
            things,
            from: TakenFrom::Worn(actor),
            to: To::Hands(actor),
        }));
    }
}
