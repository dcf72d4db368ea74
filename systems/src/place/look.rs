//! Looking around, at somebody, and out by a way.

use engine::prelude::*;

use super::{Details, InRoom, LookedAt, LookedAtThing, LookedIn, Posture, Rooms};
use crate::calendar::{Daylight, MythosTime};
use crate::command::{Missed, Needs, Usage, Verb, Words};
use crate::describe::Beheld;
use crate::world::{Direction, RoomIx};

/// `look`, `look north`, `look Ann`
#[derive(Message, Debug)]
pub(super) struct Look {
    order: Order,
    target: String,
    /// Into something, not at it.
    within: bool,
}

impl Verb for Look {
    const WORDS: &'static [&'static str] = &["look", "l", "examine"];
    const USAGE: &'static str = "look [direction or name] [which] | look in <thing>";
    const HELP: &'static str = "Shows where you are. With a direction it shows what lies that way, with a name the one you mean, with a thing what you hold or what lies here, and with a word of the room's text what that is.";
    const NEEDS: Needs = Needs::MIND;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let rest = words.rest();
        let within = rest.strip_prefix("in ").or(rest.strip_prefix("into "));
        let target = within.or(rest.strip_prefix("at ")).unwrap_or(rest);
        Ok(Self {
            order,
            target: ordinal(target.trim()),
            within: within.is_some(),
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
    mut told: LookTellers<'_>,
    mut answers: MessageWriter<Answer>,
) {
    let night = daylight.is_night(MythosTime::at(clock.wall()));
    for Look {
        order,
        target,
        within,
    } in looking.read()
    {
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
                .view_for(room, night, order.actor)
                .prose(
                    &rooms.listing_for(room, order.actor),
                    &rooms.drops(room),
                    me,
                )
                .plain();
            answers.write(Answer::with(*order, text));
            continue;
        }
        if *within && rooms.has_things_shown() {
            let (order, what) = (*order, target.clone());
            told.within.write(LookedIn { order, what });
            continue;
        }
        if let Some(way) = Direction::from_word(target) {
            answers.write(out_by(*order, room, way, &rooms));
            continue;
        }
        let detail = details.find(room, target);
        let text = detail.map(|(_, one)| one.seen(night));
        answers.write(
            match at(*order, room, target, text, &people, &rooms, &beheld) {
                SeenTarget::Answer(answer) => answer,
                SeenTarget::Detail(answer) => {
                    if let Some((detail, _)) = detail {
                        let actor = order.actor;
                        told.details.write(LookedAt {
                            actor,
                            room,
                            detail,
                        });
                    }
                    answer
                }
                SeenTarget::Thing(thing) => {
                    if rooms.has_things_shown() {
                        let order = *order;
                        told.things.write(LookedAtThing { order, thing });
                        continue;
                    }
                    let name = rooms.label(thing).unwrap_or("something");
                    Answer::with(*order, format!("You see: {name}."))
                }
            },
        );
    }
}

/// Who is told of what is looked at.
#[derive(SystemParam)]
pub(super) struct LookTellers<'w> {
    details: MessageWriter<'w, LookedAt>,
    things: MessageWriter<'w, LookedAtThing>,
    within: MessageWriter<'w, LookedIn>,
}

/// What is looked at.
enum SeenTarget {
    /// A person, or nothing.
    Answer(Answer),
    /// Something that the room's text names.
    Detail(Answer),
    /// Something that is held or lies here.
    Thing(Entity),
}

/// What lies that way.
fn out_by(order: Order, room: RoomIx, way: Direction, rooms: &Rooms<'_, '_>) -> Answer {
    let exit = rooms.atlas.room(room).exit(way);
    let exit = exit.filter(|_| rooms.sees_way(order.actor, room, way));
    let Some(exit) = exit else {
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
/// things are not.
fn at(
    order: Order,
    room: RoomIx,
    target: &str,
    detail: Option<&str>,
    people: &Query<'_, '_, Looks>,
    rooms: &Rooms<'_, '_>,
    beheld: &Beheld<'_, '_>,
) -> SeenTarget {
    let nobody = format!("You see no \"{target}\" here.");
    let entity = match rooms.find_for(order.actor, room, target) {
        Ok(entity) => entity,
        Err(Missed::Nobody { .. }) if let Some((_, look)) = rooms.creature_near(room, target) => {
            return SeenTarget::Answer(Answer::with(order, look.long.as_str()));
        }
        Err(Missed::Nobody { .. })
            if let Some(thing) = rooms.thing_near(order.actor, room, target) =>
        {
            return SeenTarget::Thing(thing);
        }
        Err(Missed::Nobody { .. }) if let Some(detail) = detail => {
            return SeenTarget::Detail(Answer::with(order, detail));
        }
        Err(missed) => return SeenTarget::Answer(Answer::refusal(order, missed.refusal(nobody))),
    };
    SeenTarget::Answer(match people.get(entity) {
        Ok(looks) => somebody(order, entity, looks, rooms, beheld),
        Err(_) => Answer::refused(order, Code::ResourceNotFound, nobody),
    })
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
    let lost = linkdead.then_some("link lost");
    let marks = rooms.marks(entity).chain(lost);
    let mut words = person(character, posture, marks);
    if let Some(likeness) = rooms.likeness(entity, order.actor) {
        words.push_str(&format!("\n{likeness}"));
    }
    if linkdead {
        words.push_str(&format!(
            "\n{name} stands with empty eyes, as if the mind had been called away."
        ));
    }
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
