//! `status` and `whoami`.

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Sheet, SheetQuery};
use crate::command::{Needs, Usage, Verb, Words};
use crate::describe::Beheld;
use crate::place::{InRoom, Rooms};

/// `status`
#[derive(Message, Debug)]
pub(super) struct Status {
    order: Order,
}

impl Verb for Status {
    const WORDS: &'static [&'static str] = &["status", "score"];
    const USAGE: &'static str = "status";
    const HELP: &'static str =
        "Tells who you are and where, what you were born with, and how body and mind stand.";
    const NEEDS: Needs = Needs::NOTHING;

    fn read(order: Order, _: Words<'_>) -> Result<Self, Usage> {
        Ok(Self { order })
    }
}

pub(super) fn status(
    mut asked: MessageReader<Status>,
    known: SheetQuery<'_, '_>,
    rooms: Rooms<'_, '_>,
    beheld: Beheld<'_, '_>,
    clock: Res<Clock>,
    mut answers: MessageWriter<Answer>,
) {
    for Status { order } in asked.read() {
        let Ok((id, character, InRoom(room))) = known.people.get(order.actor) else {
            answers.write(Answer::refused(
                *order,
                Code::GameLogicError,
                "You are nowhere.",
            ));
            continue;
        };
        let place = rooms.atlas.room(*room);
        let around = &rooms.atlas.sub_zone(*room).name;
        let mut text = format!("{}\nPlace: {}, {around}", called(character), place.name);
        for line in beheld.status(order.actor) {
            text.push_str(&format!("\n{line}"));
        }
        let level = known.characters.levels.level(known.experience(order.actor));
        let data = StatusData {
            player: known.sheet(
                *id,
                order.actor,
                character,
                (*room, &rooms),
                &beheld,
                &clock,
            ),
            room_name: place.name.clone(),
            sub_zone_name: around.clone(),
            next_level_at: known.characters.levels.next(level),
        };
        answers.write(Answer::with_data(*order, text, data));
    }
}

/// How one stands.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct StatusData {
    pub(super) player: Sheet,
    pub(super) room_name: String,
    pub(super) sub_zone_name: String,
    /// The experience points at which the next level begins, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_level_at: Option<u32>,
}

/// The name, and what people take one for.
fn called(character: &Character) -> String {
    match (&character.profession, character.guest) {
        (Some(profession), _) => format!("{}, {profession}", character.name),
        (None, true) => format!("{}, a stranger to the town", character.name),
        (None, false) => character.name.clone(),
    }
}

/// `whoami`
#[derive(Message, Debug)]
pub(super) struct Whoami(Order);

impl Verb for Whoami {
    const WORDS: &'static [&'static str] = &["whoami"];
    const USAGE: &'static str = "whoami";
    const HELP: &'static str =
        "Tells your name and what people take you for. For the rest there is \"status\".";
    const NEEDS: Needs = Needs::MIND;

    fn read(order: Order, _: Words<'_>) -> Result<Self, Usage> {
        Ok(Self(order))
    }
}

pub(super) fn whoami(
    mut asked: MessageReader<Whoami>,
    people: Query<&Character>,
    mut answers: MessageWriter<Answer>,
) {
    for Whoami(order) in asked.read() {
        if let Ok(character) = people.get(order.actor) {
            answers.write(Answer::with(
                *order,
                format!("You are {}.", called(character)),
            ));
        }
    }
}
