//! Putting on, and taking into a hand.

use engine::prelude::*;

use super::ThingUses;
use super::hooks::carrier;
use crate::command::{Usage, Verb, Words};
use crate::effects::{Parties, View};
use crate::place::{Noun, Portion};
use crate::things::{Handle, Near, Slot, TakenFrom, ThingDeed, To};

/// `wear coat`, `wield knife left hand`
#[derive(Message, Debug)]
pub(super) struct WearVerb {
    order: Order,
    what: String,
}

impl Verb for WearVerb {
    const WORDS: &'static [&'static str] = &["wear", "equip", "wield", "hold"];
    const USAGE: &'static str = "wear <thing> [where]";
    const HELP: &'static str = "Puts on what you carry, or takes it into a hand: \"wear coat\", \"wield knife left hand\". What was there comes off.";
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let what = words.some()?;
        Ok(Self { order, what })
    }
}

/// What is meant, and where it is to go: the last one or two words may be a place.
fn meant(what: &str, actor: Entity, near: &Near<'_, '_>) -> Option<(Entity, Option<Slot>)> {
    let whole = Noun::read(what).first(near.carried(actor));
    if let Some(thing) = whole {
        return Some((thing, None));
    }
    let words: Vec<&str> = what.split_whitespace().collect();
    (1..=2).find_map(|last| {
        let (name, place) = words.split_at_checked(words.len().checked_sub(last)?)?;
        let slot = Slot::from_words(&place.join(" "))?;
        let thing = Noun::read(&name.join(" ")).first(near.carried(actor))?;
        Some((thing, Some(slot)))
    })
}

/// Puts things on.
pub(super) fn wear(
    mut asked: MessageReader<WearVerb>,
    near: Near<'_, '_>,
    uses: Res<ThingUses>,
    view: View<'_, '_>,
    mut deeds: MessageWriter<ThingDeed>,
    mut answers: MessageWriter<Answer>,
) {
    for WearVerb { order, what } in asked.read() {
        let actor = order.actor;
        let Some((thing, slot)) = meant(what, actor, &near) else {
            let words = format!("You carry no \"{what}\".");
            answers.write(Answer::refused(*order, Code::ResourceNotFound, words));
            continue;
        };
        if let Some((sort, id)) = near.sort(thing)
            && let Some(asked) = uses.requires.get(sort)
        {
            let parties = Parties {
                actor: Some(actor),
                target: None,
                here: None,
                carrier: carrier(sort, id, near.name(thing)),
                me: None,
            };
            if !view.holds(&asked.0, &parties) {
                let words = format!("The {} is not for you.", near.name(thing));
                answers.write(Answer::refused(*order, Code::GameLogicError, words));
                continue;
            }
        }
        deeds.write(ThingDeed::Handle(Handle {
            order: Some(*order),
            actor,
            things: vec![Portion { thing, count: None }],
            from: TakenFrom::Hands(actor),
            to: To::Worn(slot),
        }));
    }
}
