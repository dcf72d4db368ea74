//! Lighting what burns, and putting it out.

use engine::prelude::*;

use crate::command::{Usage, Verb, Words};
use crate::place::Noun;
use crate::things::{Near, ThingDeed};

/// `light lamp`
#[derive(Message, Debug)]
pub(super) struct LightVerb {
    order: Order,
    what: String,
}

impl Verb for LightVerb {
    const WORDS: &'static [&'static str] = &["light"];
    const WHOLE: bool = true;
    const USAGE: &'static str = "light <thing>";
    const HELP: &'static str = "Lights what you have that burns: \"light lamp\".";
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let what = words.some()?;
        Ok(Self { order, what })
    }
}

/// `extinguish lamp`
#[derive(Message, Debug)]
pub(super) struct Extinguish {
    order: Order,
    what: String,
}

impl Verb for Extinguish {
    const WORDS: &'static [&'static str] = &["extinguish"];
    const WHOLE: bool = true;
    const USAGE: &'static str = "extinguish <thing>";
    const HELP: &'static str = "Puts out what you have that burns, and keeps what is left of it.";
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let what = words.some()?;
        Ok(Self { order, what })
    }
}

/// What somebody has that is lit, or is not.
fn kindle(order: Order, what: &str, lit: bool, near: &Near<'_, '_>) -> Result<Entity, Refusal> {
    let noun = Noun::read(what);
    let has = || near.on_person(order.actor).into_iter();
    // What can be lit is meant before what is lit already.
    let fitting = noun.first(has().filter(|one| near.burns(one.thing) == Some(!lit)));
    let thing = fitting.or_else(|| noun.first(has())).ok_or_else(|| {
        let words = format!("You have no \"{what}\".");
        Refusal::new(Code::ResourceNotFound, words)
    })?;
    let name = near.name(thing);
    let rule = |words: String| Err(Refusal::new(Code::GameLogicError, words));
    match (near.burns(thing), lit) {
        (None, true) => rule(format!("The {name} does not burn.")),
        (Some(true), true) => rule(format!("The {name} is lit already.")),
        (None | Some(false), false) => rule(format!("The {name} is not lit.")),
        (Some(false), true) if near.fuel(thing) == Some(0) => {
            rule(format!("There is nothing left to burn in the {name}."))
        }
        _ => Ok(thing),
    }
}

fn answer(
    order: Order,
    what: &str,
    lit: bool,
    near: &Near<'_, '_>,
    deeds: &mut MessageWriter<'_, ThingDeed>,
) -> Answer {
    match kindle(order, what, lit, near) {
        Ok(thing) => {
            let does = if lit { "light" } else { "put out" };
            deeds.write(ThingDeed::Kindle {
                thing,
                lit: Some(lit),
                fuel: 0,
            });
            Answer::with(order, format!("You {does} the {}.", near.name(thing)))
        }
        Err(refusal) => Answer::refusal(order, refusal),
    }
}

pub(super) fn light(
    mut asked: MessageReader<LightVerb>,
    near: Near<'_, '_>,
    mut deeds: MessageWriter<ThingDeed>,
    mut answers: MessageWriter<Answer>,
) {
    for LightVerb { order, what } in asked.read() {
        let told = answer(*order, what, true, &near, &mut deeds);
        answers.write(told);
    }
}

pub(super) fn extinguish(
    mut asked: MessageReader<Extinguish>,
    near: Near<'_, '_>,
    mut deeds: MessageWriter<ThingDeed>,
    mut answers: MessageWriter<Answer>,
) {
    for Extinguish { order, what } in asked.read() {
        let told = answer(*order, what, false, &near, &mut deeds);
        answers.write(told);
    }
}
