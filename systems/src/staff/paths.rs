//! `teleport` and `goto`.

use std::collections::HashSet;

use engine::prelude::*;

use crate::audit::Audit;
use crate::body::{Condition, Vitals};
use crate::command::{Needs, Usage, Verb, Words};
use crate::faces::{Face, People};
use crate::place::{InRoom, Moved, Relocate};
use crate::presence::Say;
use crate::world::{Atlas, Direction, RoomIx};

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

/// Somebody is to be moved by an admin's order, which is answered when it is known whether they were.
#[derive(Message, Clone, Debug)]
pub(super) struct Journey {
    order: Order,
    verb: &'static str,
    who: Entity,
    to: RoomIx,
    /// Of whom the audit log tells.
    face: Face,
    /// What the admin is told.
    told: String,
}

/// Where people are, and whom admins mean.
#[derive(SystemParam)]
pub(super) struct Paths<'w, 's> {
    people: People<'w, 's>,
    places: Query<'w, 's, &'static InRoom>,
    bodies: Query<'w, 's, &'static Vitals>,
    atlas: Res<'w, Atlas>,
}

impl Paths<'_, '_> {
    fn room(&self, who: Entity) -> Result<RoomIx, Refusal> {
        let nowhere = |_| Refusal::new(Code::GameLogicError, "That is nowhere.");
        self.places.get(who).map(|place| place.0).map_err(nowhere)
    }

    fn is_dead(&self, who: Entity) -> bool {
        let vitals = self.bodies.get(who);
        vitals.is_ok_and(|vitals| vitals.condition() == Condition::Dead)
    }

    fn teleport(&self, Teleport { order, who, way }: &Teleport) -> Result<Journey, Refusal> {
        let (target, face) = self.people.awake(&self.people.named_by(order.actor, who))?;
        // Nobody is led out of limbo by the hand.
        if self.is_dead(target) {
            let message = format!("{} is dead.", face.name);
            return Err(Refusal::new(Code::GameLogicError, message));
        }
        let here = self.room(order.actor)?;
        let to = match way {
            None => here,
            Some(way) => {
                let exit = self.atlas.room(here).exit(*way).ok_or_else(|| {
                    let message = format!("There is no way {way} from here.");
                    Refusal::new(Code::InvalidMovement, message)
                })?;
                exit.to
            }
        };
        if self.places.get(target).is_ok_and(|place| place.0 == to) {
            let message = format!("{} is there already.", face.name);
            return Err(Refusal::new(Code::InvalidMovement, message));
        }
        Ok(Journey {
            order: *order,
            verb: "teleport",
            who: target,
            to,
            told: format!("{} is in {} now.", face.name, self.atlas.room(to).name),
            face,
        })
    }

    fn goto(&self, Goto { order, who }: &Goto) -> Result<Journey, Refusal> {
        let (target, face) = self.people.awake(&self.people.named_by(order.actor, who))?;
        if self.is_dead(order.actor) {
            let message = "You are dead. Type \"respawn\" to come back.";
            return Err(Refusal::new(Code::GameLogicError, message));
        }
        let to = self.room(target)?;
        if self
            .places
            .get(order.actor)
            .is_ok_and(|place| place.0 == to)
        {
            let message = format!("{} is here.", face.name);
            return Err(Refusal::new(Code::InvalidMovement, message));
        }
        Ok(Journey {
            order: *order,
            verb: "goto",
            who: order.actor,
            to,
            told: format!("You are where {} is.", face.name),
            face,
        })
    }
}

/// Moves people to admins and admins to people.
pub(super) fn travel(
    mut teleports: MessageReader<Teleport>,
    mut gotos: MessageReader<Goto>,
    paths: Paths<'_, '_>,
    mut relocate: MessageWriter<Relocate>,
    mut journeys: MessageWriter<Journey>,
    mut answers: MessageWriter<Answer>,
) {
    let teleports = teleports.read().map(|one| (one.order, paths.teleport(one)));
    let gotos = gotos.read().map(|one| (one.order, paths.goto(one)));
    for (order, journey) in teleports.chain(gotos) {
        match journey {
            Ok(journey) => {
                relocate.write(Relocate::to(journey.who, journey.to));
                journeys.write(journey);
            }
            Err(refusal) => _ = answers.write(Answer::refusal(order, refusal)),
        }
    }
}

/// Answers admins whose orders moved somebody, or did not. After `place`, which moves people.
pub(super) fn arrive(
    mut journeys: MessageReader<Journey>,
    mut moved: MessageReader<Moved>,
    atlas: Res<Atlas>,
    mut audit: Audit<'_, '_>,
    mut tell: MessageWriter<Say>,
    mut answers: MessageWriter<Answer>,
) {
    if journeys.is_empty() {
        moved.clear();
        return;
    }
    let moved: HashSet<(Entity, RoomIx)> = moved
        .read()
        .filter_map(|one| Some((one.actor, one.to?)))
        .collect();
    for Journey {
        order,
        verb,
        who,
        to,
        face,
        told,
    } in journeys.read()
    {
        if !moved.contains(&(*who, *to)) {
            let message = "Nobody was moved.";
            answers.write(Answer::refused(*order, Code::GameLogicError, message));
            continue;
        }
        let room = &atlas.room(*to).id;
        audit.record(*order, verb, Some((face.id, &face.name)), room);
        if *verb == "teleport" && *who != order.actor {
            tell.write(Say {
                to: Some(*who),
                text: "The world folds, and you are elsewhere.".to_owned(),
            });
        }
        answers.write(Answer::with(*order, told.as_str()));
    }
}
