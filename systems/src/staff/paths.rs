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

/// `goto Bob`, `goto earth_arkhamcity_downtown_room_square_001`
#[derive(Message, Debug)]
pub(super) struct Goto {
    order: Order,
    who: String,
}

impl Verb for Goto {
    const WORDS: &'static [&'static str] = &["goto"];
    const USAGE: &'static str = "goto <name or room>";
    const HELP: &'static str = "Brings you to somebody, or to a room by its id, or its name where that is one word; also out of limbo, where you are there alive.";
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

/// So many rooms of one name are told.
const ROOMS_TOLD_MAX: usize = 8;

/// Somebody is to be moved by an admin's order, which is answered when it is known whether they were.
#[derive(Message, Clone, Debug)]
pub(super) struct Journey {
    order: Order,
    verb: &'static str,
    who: Entity,
    to: RoomIx,
    /// Of whom the audit log tells, where it is of anybody.
    face: Option<Face>,
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
            face: Some(face),
        })
    }

    fn goto(&self, Goto { order, who }: &Goto) -> Result<Journey, Refusal> {
        if self.is_dead(order.actor) {
            let message = "You are dead. Type \"respawn\" to come back.";
            return Err(Refusal::new(Code::GameLogicError, message));
        }
        let (to, face) = self.aim(*order, who)?;
        let here = self.places.get(order.actor);
        let name = match &face {
            Some(face) => &face.name,
            None => &self.atlas.room(to).name,
        };
        if here.is_ok_and(|place| place.0 == to) {
            let message = match face {
                Some(_) => format!("{name} is here."),
                None => format!("You are in {name}."),
            };
            return Err(Refusal::new(Code::InvalidMovement, message));
        }
        let told = match face {
            Some(_) => format!("You are where {name} is."),
            None => format!("You are in {name} now."),
        };
        Ok(Journey {
            order: *order,
            verb: "goto",
            who: order.actor,
            to,
            told,
            face,
        })
    }

    /// Where an admin goes: to the room of this id, to whoever is called so, or else to the only
    /// room of this name.
    fn aim(&self, order: Order, who: &str) -> Result<(RoomIx, Option<Face>), Refusal> {
        let called = self.people.awake_called(who).is_ok();
        if let Some(room) = self.atlas.find(who).filter(|_| !called) {
            return Ok((room, None));
        }
        let refusal = match self.people.awake(&self.people.named_by(order.actor, who)) {
            Ok((target, face)) => return Ok((self.room(target)?, Some(face))),
            Err(refusal) => refusal,
        };
        let rooms = self.atlas.rooms();
        let named = rooms.filter(|(_, room)| room.name.eq_ignore_ascii_case(who));
        let named: Vec<(RoomIx, &str)> = named.map(|(ix, room)| (ix, room.id.as_str())).collect();
        match named.as_slice() {
            [] => Err(refusal),
            [(room, _)] => Ok((*room, None)),
            several => {
                let ids = several.iter().take(ROOMS_TOLD_MAX).map(|(_, id)| *id);
                let ids: Vec<&str> = ids.collect();
                let message = format!("Several rooms are called so: {}.", ids.join(", "));
                Err(Refusal::new(Code::InvalidInput, message))
            }
        }
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
        let target = face.as_ref().map(|face| (face.id, face.name.as_str()));
        audit.record(*order, verb, target, room);
        if *verb == "teleport" && *who != order.actor {
            tell.write(Say {
                to: Some(*who),
                text: "The world folds, and you are elsewhere.".to_owned(),
            });
        }
        answers.write(Answer::with(*order, told.as_str()));
    }
}
