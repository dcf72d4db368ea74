//! `teleport` and `goto`.

use engine::prelude::*;

use crate::audit::Audit;
use crate::body::{Condition, Vitals};
use crate::command::{Needs, Usage, Verb, Words};
use crate::faces::People;
use crate::place::{InRoom, Relocate};
use crate::presence::Say;
use crate::world::{Atlas, Direction};

/// `teleport Bob`, `teleport Bob north`
#[derive(Message, Debug)]
pub(super) struct Teleport {
    order: Order,
    who: String,
    way: Option<Direction>,
}

impl Verb for Teleport {
    const WORDS: &'static [&'static str] = &["teleport"];
    const USAGE: &'static str = "teleport <name> [direction]";
    const HELP: &'static str =
        "Brings somebody to you, or into the room that lies that way from yours.";
    const NEEDS: Needs = Needs::NOTHING;
    const LASTS: bool = true;
    const FACTS: u32 = 1;
    const ADMIN: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let (who, words) = words.first();
        if who.is_empty() {
            return Err(Usage::Show);
        }
        let way = match words.first().0 {
            "" => None,
            word => Some(
                Direction::from_word(word)
                    .ok_or_else(|| Usage::Say(format!("\"{word}\" is not a direction.")))?,
            ),
        };
        Ok(Self {
            order,
            who: who.to_owned(),
            way,
        })
    }
}

/// `goto Bob`
#[derive(Message, Debug)]
pub(super) struct Goto {
    order: Order,
    who: String,
}

impl Verb for Goto {
    const WORDS: &'static [&'static str] = &["goto"];
    const USAGE: &'static str = "goto <name>";
    const HELP: &'static str = "Brings you to somebody.";
    const NEEDS: Needs = Needs::NOTHING;
    const LASTS: bool = true;
    const FACTS: u32 = 1;
    const ADMIN: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        match words.first() {
            ("", _) => Err(Usage::Show),
            (who, _) => Ok(Self {
                order,
                who: who.to_owned(),
            }),
        }
    }
}

/// Moves people to admins and admins to people.
pub(super) fn travel(
    mut teleports: MessageReader<Teleport>,
    mut gotos: MessageReader<Goto>,
    places: Query<&InRoom>,
    bodies: Query<&Vitals>,
    atlas: Res<Atlas>,
    people: People<'_, '_>,
    mut audit: Audit<'_, '_>,
    mut relocate: MessageWriter<Relocate>,
    mut tell: MessageWriter<Say>,
    mut answers: MessageWriter<Answer>,
) {
    let dead = |who| {
        let vitals = bodies.get(who);
        vitals.is_ok_and(|vitals| vitals.condition() == Condition::Dead)
    };
    let nowhere = || Refusal::new(Code::GameLogicError, "That is nowhere.");
    for Teleport { order, who, way } in teleports.read() {
        let done = people
            .awake(&people.named_by(order.actor, who))
            .and_then(|(target, face)| {
                // Nobody is led out of limbo by the hand.
                if dead(target) {
                    let message = format!("{} is dead.", face.name);
                    return Err(Refusal::new(Code::GameLogicError, message));
                }
                let here = places.get(order.actor).map_err(|_| nowhere())?.0;
                let to = match way {
                    None => here,
                    Some(way) => {
                        let exit = atlas.room(here).exit(*way).ok_or_else(|| {
                            let message = format!("There is no way {way} from here.");
                            Refusal::new(Code::InvalidMovement, message)
                        })?;
                        exit.to
                    }
                };
                if places.get(target).is_ok_and(|place| place.0 == to) {
                    let message = format!("{} is there already.", face.name);
                    return Err(Refusal::new(Code::InvalidMovement, message));
                }
                let room = atlas.room(to);
                audit.record(*order, "teleport", Some((face.id, &face.name)), &room.id);
                relocate.write(Relocate {
                    actor: target,
                    to,
                    way: None,
                });
                if target != order.actor {
                    tell.write(Say {
                        to: Some(target),
                        text: "The world folds, and you are elsewhere.".to_owned(),
                    });
                }
                Ok(format!("{} is in {} now.", face.name, room.name))
            });
        answers.write(super::door::answered(*order, done));
    }
    for Goto { order, who } in gotos.read() {
        let done = people
            .awake(&people.named_by(order.actor, who))
            .and_then(|(target, face)| {
                if dead(order.actor) {
                    let message = "You are dead. Type \"respawn\" to come back.";
                    return Err(Refusal::new(Code::GameLogicError, message));
                }
                let to = places.get(target).map_err(|_| nowhere())?.0;
                if places.get(order.actor).is_ok_and(|place| place.0 == to) {
                    let message = format!("{} is here.", face.name);
                    return Err(Refusal::new(Code::InvalidMovement, message));
                }
                let room = atlas.room(to);
                audit.record(*order, "goto", Some((face.id, &face.name)), &room.id);
                relocate.write(Relocate {
                    actor: order.actor,
                    to,
                    way: None,
                });
                Ok(format!("You are where {} is.", face.name))
            });
        answers.write(super::door::answered(*order, done));
    }
}
