//! Looking around, at somebody, and out by a way.

use engine::prelude::*;

use super::{InRoom, Rooms};
use crate::body::Posture;
use crate::calendar::{Daylight, MythosTime};
use crate::command::{Missed, Needs, Usage, Verb, Words};
use crate::world::Direction;

/// `look`, `look north`, `look Ann`
#[derive(Message, Debug)]
pub(super) struct Look {
    order: Order,
    target: String,
}

impl Verb for Look {
    const WORDS: &'static [&'static str] = &["look", "l", "examine"];
    const USAGE: &'static str = "look [direction or name] [which]";
    const HELP: &'static str = "Shows where you are. With a direction it shows what lies that way, with a name the one you mean, with a thing what you hold or what lies here.";
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

pub(super) fn look(
    mut looking: MessageReader<Look>,
    lookers: Query<&InRoom>,
    people: Query<(&Character, Has<Linkdead>, Option<&Posture>)>,
    rooms: Rooms<'_, '_>,
    clock: Res<Clock>,
    daylight: Res<Daylight>,
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
        if let Some(way) = Direction::from_word(target) {
            answers.write(match rooms.atlas.room(room).exit(way) {
                Some(exit) => {
                    let beyond = &rooms.atlas.room(exit.to).name;
                    let through = exit
                        .name
                        .as_deref()
                        .map_or(String::new(), |name| format!("{name}; beyond it, "));
                    Answer::with(*order, format!("{way}: {through}{beyond}."))
                }
                None => Answer::refused(
                    *order,
                    Code::InvalidMovement,
                    format!("There is nothing to see {way} of here."),
                ),
            });
            continue;
        }
        let seen = match rooms.find_for(order.actor, room, target) {
            Ok(entity) => people
                .get(entity)
                .ok()
                .map(|seen| (seen, rooms.pose(entity, order.actor))),
            // Persons are asked for, things are not.
            Err(Missed::Nobody { .. })
                if let Some(name) = rooms.thing_near(order.actor, room, target) =>
            {
                answers.write(Answer::with(*order, format!("You see: {name}.")));
                continue;
            }
            Err(missed) => {
                let nobody = format!("You see no \"{target}\" here.");
                answers.write(Answer::refusal(*order, missed.refusal(nobody)));
                continue;
            }
        };
        answers.write(match seen {
            Some(((character, true, _), _)) => Answer::with(
                *order,
                format!(
                    "{} stands with empty eyes, as if the mind had been called away.",
                    character.name
                ),
            ),
            Some(((character, false, posture), None)) => {
                Answer::with(*order, person(character, posture))
            }
            Some(((character, false, posture), Some(pose))) => Answer::with(
                *order,
                format!("{}\n{} {pose}", person(character, posture), character.name),
            ),
            None => Answer::refused(
                *order,
                Code::ResourceNotFound,
                format!("You see no \"{target}\" here."),
            ),
        });
    }
}

fn person(character: &Character, posture: Option<&Posture>) -> String {
    let who = match &character.profession {
        Some(profession) => format!("{}, {profession}", character.name),
        None if character.guest => format!("{}, a stranger to the town", character.name),
        None => character.name.clone(),
    };
    match posture {
        Some(posture) if *posture != Posture::Standing => format!("{who}, {}.", posture.word()),
        _ => format!("{who}."),
    }
}
