//! Things out of nothing, which only admins have.

use engine::prelude::*;

use super::deeds::{CreateThings, ThingDeed};
use super::place::{ThingPlace, ThingWorld};
use crate::command::{Needs, Usage, Verb, Words};
use crate::world::RoomIx;

/// The most of it at once.
const COUNT_MAX: u32 = 100;

/// `summon lamp.hand.hurricane 2`
#[derive(Message, Debug)]
pub(super) struct Summon {
    order: Order,
    prototype: String,
    count: u32,
}

impl Verb for Summon {
    const WORDS: &'static [&'static str] = &["summon"];
    const USAGE: &'static str = "summon <prototype> [count]";
    const HELP: &'static str =
        "Makes things of a prototype, by its id; they lie at your feet then.";
    const NEEDS: Needs = Needs::NOTHING;
    const LASTS: bool = true;
    const ADMIN: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let (prototype, words) = words.first();
        let (count, _) = words.first();
        let count = match count {
            "" => 1,
            digits => digits.parse().map_err(|_| Usage::Show)?,
        };
        if prototype.is_empty() || count == 0 {
            return Err(Usage::Show);
        }
        if count > COUNT_MAX {
            let most = format!("At most {COUNT_MAX} at once.");
            return Err(Usage::Say(most));
        }
        let prototype = prototype.to_ascii_lowercase();
        Ok(Self {
            order,
            prototype,
            count,
        })
    }
}

/// An admin has made things.
#[derive(Message, Clone, Debug)]
pub(super) struct Summoned {
    pub(super) actor: Entity,
    pub(super) room: RoomIx,
    pub(super) prototype: String,
    pub(super) name: String,
    pub(super) count: u32,
}

/// Makes things.
pub(super) fn summon(
    mut asked: MessageReader<Summon>,
    world: ThingWorld<'_, '_>,
    mut deeds: MessageWriter<ThingDeed>,
    mut summoned: MessageWriter<Summoned>,
    mut answers: MessageWriter<Answer>,
) {
    for Summon {
        order,
        prototype: id,
        count,
    } in asked.read()
    {
        let Some(room) = world.room(order.actor) else {
            let words = "You are nowhere.";
            answers.write(Answer::refused(*order, Code::GameLogicError, words));
            continue;
        };
        let Some(prototype) = world.prototype(id) else {
            let words = format!("There is no prototype \"{id}\".");
            answers.write(Answer::refused(*order, Code::ResourceNotFound, words));
            continue;
        };
        let mut wish = CreateThings::new(id, *count, ThingPlace::Floor(room));
        wish.by = Some(order.actor);
        deeds.write(ThingDeed::Create(wish));
        summoned.write(Summoned {
            actor: order.actor,
            room,
            prototype: id.clone(),
            name: prototype.name.clone(),
            count: *count,
        });
        let words = format!("Here is: {}.", prototype.counted(*count));
        answers.write(Answer::with(*order, words));
    }
}
