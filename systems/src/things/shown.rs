//! What is seen of a thing by whoever looks at it.

use engine::prelude::*;

use super::containers::unseen;
use super::inventory::{pounds, state};
use super::near::Near;
use super::place::ThingView;
use super::prototype::Prototype;
use crate::place::{LookedAtThing, LookedIn};

/// Shows things to those who look at them.
pub(super) fn look(
    mut looked: MessageReader<LookedAtThing>,
    near: Near<'_, '_>,
    mut answers: MessageWriter<Answer>,
) {
    for LookedAtThing { order, thing } in looked.read() {
        answers.write(match near.world.view(*thing) {
            Some(view) => Answer::with(*order, seen(&view)),
            None => Answer::refused(*order, Code::ResourceNotFound, "It is gone."),
        });
    }
}

/// A thing in words.
fn seen(view: &ThingView<'_>) -> String {
    let Some(prototype) = view.prototype else {
        return format!(
            "You see: {}. Nobody knows any more what it is for.",
            view.name
        );
    };
    let mut text = format!("You see: {}.\n{}", state(view), prototype.long.trim());
    let details = details(view, prototype);
    if !details.is_empty() {
        text.push_str(&format!("\n{}.", details.join("; ")));
    }
    text
}

/// What can be told of it by numbers.
fn details(view: &ThingView<'_>, prototype: &Prototype) -> Vec<String> {
    let mut told = Vec::new();
    let weight = prototype.weight.saturating_mul(view.quantity);
    told.push(format!("It weighs {} lb", pounds(weight)));
    if let Some(weapon) = &prototype.weapon {
        let magical = prototype.is(super::ThingFlag::Magical);
        let magical = if magical { ", not of this world" } else { "" };
        told.push(format!(
            "{} {} damage{magical}",
            weapon.damage,
            weapon.kind.word()
        ));
        told.extend(weapon.ammo.as_ref().map(|ammo| format!("takes {ammo}")));
        if weapon.reach {
            told.push("strikes from out of reach".to_owned());
        }
    }
    if !prototype.armour.is_empty() {
        let all = prototype.armour.0.iter();
        let all = all.map(|(kind, points)| format!("{points} off {}", kind.word()));
        told.push(format!("takes {}", all.collect::<Vec<_>>().join(", ")));
    }
    if prototype.hands == 2 {
        told.push("takes both hands".to_owned());
    } else if !prototype.slots.is_empty() {
        let slots: Vec<&str> = prototype.slots.iter().map(|slot| slot.place()).collect();
        told.push(format!("goes {}", slots.join(" or ")));
    }
    if prototype.durability > 0 {
        let left = prototype.durability.saturating_sub(view.thing.wear);
        told.push(match left {
            0 => "it is broken".to_owned(),
            left => format!("{left} of {} wear left", prototype.durability),
        });
    }
    if let Some(light) = &prototype.light {
        let left = view.thing.fuel.unwrap_or(light.fuel_seconds);
        told.push(match (view.burning, left) {
            (Some(_), _) => "it is lit".to_owned(),
            (None, 0) => "there is nothing left in it to burn".to_owned(),
            (None, left) => format!("good for {} minutes of light", left.div_ceil(60)),
        });
    }
    if let Some(charges) = view.thing.charges {
        told.push(format!("good for {charges} more"));
    }
    told
}

/// Shows what is in things to those who look into them.
pub(super) fn look_in(
    mut looked: MessageReader<LookedIn>,
    near: Near<'_, '_>,
    mut answers: MessageWriter<Answer>,
) {
    for LookedIn { order, what } in looked.read() {
        let Some(thing) = near.container(order.actor, what) else {
            answers.write(unseen(*order, what));
            continue;
        };
        answers.write(match within(order.actor, thing, &near) {
            Ok(words) => Answer::with(*order, words),
            Err(refusal) => Answer::refusal(*order, refusal),
        });
    }
}

/// What is in a thing, in words.
fn within(who: Entity, thing: Entity, near: &Near<'_, '_>) -> Result<String, Refusal> {
    let name = near.name(thing);
    let inside = near.held(thing);
    let holds = near.prototype(thing).is_some_and(|one| one.holds.is_some());
    if !holds && near.world.corpse(thing).is_none() && inside.is_empty() {
        let words = format!("The {name} holds nothing, and never does.");
        return Err(Refusal::new(Code::GameLogicError, words));
    }
    near.reach(who, thing)?;
    let mut text = match inside.is_empty() {
        true => return Ok(format!("The {name} is empty.")),
        false => format!("In the {name}:"),
    };
    for (n, one) in (1..).zip(&inside) {
        text.push_str(&format!("\n{n:>3}. {}", state(one)));
    }
    Ok(text)
}
