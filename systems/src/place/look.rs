//! Looking around, at somebody, and out by a way.

use engine::prelude::*;

use super::{Details, InRoom, LookedAt, Posture, Rooms};
use crate::calendar::{Daylight, MythosTime};
use crate::command::{Missed, Needs, Usage, Verb, Words};
use crate::describe::Beheld;
use crate::world::{Direction, RoomIx};

/// `look`, `look north`, `look Ann`
#[derive(Message, Debug)]
pub(super) struct Look {
    order: Order,
    target: String,
}

impl Verb for Look {
    const WORDS: &'static [&'static str] = &["look", "l", "examine"];
    const USAGE: &'static str = "look [direction or name] [which]";
    const HELP: &'static str = "Shows where you are. With a direction it shows what lies that way, with a name the one you mean, with a thing what you hold or what lies here, and with a word of the room's text what that is.";
    const NEEDS: Needs = Needs::MIND;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let target = words.rest().strip_prefix("at ").unwrap_or(words.rest());
        Ok(Self {
            order,
            target: ordinal(target.trim()),
        })
    }
}

/// `ann 2` is the second who could be meant by `ann`, as `ann-2` is everywhere.
fn ordinal(target: &str) -> String {
    match target.rsplit_once(' ') {
        Some((name, digits)) if digits.chars().all(|c| c.is_ascii_digit()) => {
            format!("{}-{digits}", name.trim_end())
        }
        _ => target.to_owned(),
    }
}

/// What is seen of a person.
type Looks = (&'static Character, Has<Linkdead>, Option<&'static Posture>);

pub(super) fn look(
    mut looking: MessageReader<Look>,
    lookers: Query<&InRoom>,
    people: Query<Looks>,
    rooms: Rooms<'_, '_>,
    beheld: Beheld<'_, '_>,
    details: Res<Details>,
    clock: Res<Clock>,
    daylight: Res<Daylight>,
    mut looked_at: MessageWriter<LookedAt>,
    mut answers: MessageWriter<Answer>,
) {
    let night = daylight.is_night(MythosTime::at(clock.wall()));
    for Look { order, target } in looking.read() {
        let Ok(InRoom(room)) = lookers.get(order.actor).copied() else {
            answers.write(Answer::refused(
                *order,
                Code::GameLogicError,
                "You are nowhere.",
            ));
            continue;
        };
        if target.is_empty() {
            let me = people
                .get(order.actor)
                .map_or("", |(character, ..)| &character.name);
            let text = rooms
                .view(room, night)
                .prose(
                    &rooms.listing_for(room, order.actor),
                    &rooms.drops(room),
                    me,
                )
                .plain();
            answers.write(Answer::with(*order, text));
            continue;
        }
        answers.write(match Direction::from_word(target) {
            Some(way) => out_by(*order, room, way, &rooms),
            None => {
                let detail = details.find(room, target);
                let seen = detail.map(|(_, one)| one.seen(night));
                let (answer, scenery) = at(*order, room, target, seen, &people, &rooms, &beheld);
                if let (true, Some((detail, _))) = (scenery, detail) {
                    let actor = order.actor;
                    looked_at.write(LookedAt {
                        actor,
                        room,
                        detail,
                    });
                }
                answer
            }
        });
    }
}

/// What lies that way.
fn out_by(order: Order, room: RoomIx, way: Direction, rooms: &Rooms<'_, '_>) -> Answer {
    let Some(exit) = rooms.atlas.room(room).exit(way) else {
        let nothing = format!("There is nothing to see {way} of here.");
        return Answer::refused(order, Code::InvalidMovement, nothing);
    };
    let beyond = &rooms.atlas.room(exit.to).name;
    let through = exit
        .name
        .as_deref()
        .map_or(String::new(), |name| format!("{name}; beyond it, "));
    Answer::with(order, format!("{way}: {through}{beyond}."))
}

/// Somebody here, or else something, or else what the room's text names: persons are asked for,
/// things are not. Answers whether it was the last of these.
fn at(
    order: Order,
    room: RoomIx,
    target: &str,
    detail: Option<&str>,
    people: &Query<'_, '_, Looks>,
    rooms: &Rooms<'_, '_>,
    beheld: &Beheld<'_, '_>,
) -> (Answer, bool) {
    let nobody = format!("You see no \"{target}\" here.");
    let entity = match rooms.find_for(order.actor, room, target) {
        Ok(entity) => entity,
        Err(Missed::Nobody { .. }) if let Some((_, look)) = rooms.creature_near(room, target) => {
            return (Answer::with(order, look.long.as_str()), false);
        }
        Err(Missed::Nobody { .. })
            if let Some(name) = rooms.thing_near(order.actor, room, target) =>
        {
            return (Answer::with(order, format!("You see: {name}.")), false);
        }
        Err(Missed::Nobody { .. }) if let Some(detail) = detail => {
            return (Answer::with(order, detail), true);
        }
        Err(missed) => return (Answer::refusal(order, missed.refusal(nobody)), false),
    };
    let Ok(looks) = people.get(entity) else {
        return (
            Answer::refused(order, Code::ResourceNotFound, nobody),
            false,
        );
    };
    (somebody(order, entity, looks, rooms, beheld), false)
}

/// What is seen of somebody.
fn somebody(
    order: Order,
    entity: Entity,
    (character, linkdead, posture): (&Character, bool, Option<&Posture>),
    rooms: &Rooms<'_, '_>,
    beheld: &Beheld<'_, '_>,
) -> Answer {
    let name = &character.name;
    if linkdead {
        let words = format!("{name} stands with empty eyes, as if the mind had been called away.");
        return Answer::with(order, words);
    }
    let mut words = person(character, posture, rooms.marks(entity));
    if let Some(pose) = rooms.pose(entity, order.actor) {
        words.push_str(&format!("\n{name} {pose}"));
    }
    for line in beheld.looks(entity) {
        words.push_str(&format!("\n{line}"));
    }
    Answer::with(order, words)
}

fn person<'a>(
    character: &Character,
    posture: Option<&Posture>,
    marks: impl Iterator<Item = &'a str>,
) -> String {
    let who = match &character.profession {
        Some(profession) => format!("{}, {profession}", character.name),
        None if character.guest => format!("{}, a stranger to the town", character.name),
        None => character.name.clone(),
    };
    let posture = posture.filter(|posture| **posture != Posture::Standing);
    let seen = posture.map(|posture| posture.word()).into_iter();
    let seen: String = seen.chain(marks).map(|one| format!(", {one}")).collect();
    format!("{who}{seen}.")
}
