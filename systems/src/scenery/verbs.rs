//! What people do with scenery beside looking at it.

use engine::prelude::*;

use super::{DetailDeed, DetailUsed, Scenery};
use crate::character::HasRead;
use crate::command::{Usage, Verb, Words};
use crate::effects::RunEffects;
use crate::light::RoomLight;
use crate::place::{Candidate, Details, InRoom, Noun};
use crate::things::Near;
use crate::world::{Atlas, RoomData, RoomIx};

/// `touch the altar`
#[derive(Message, Debug)]
pub(super) struct TouchVerb {
    order: Order,
    what: String,
}

impl Verb for TouchVerb {
    const WORDS: &'static [&'static str] = &["touch", "feel"];
    const USAGE: &'static str = "touch <what you see>";
    const HELP: &'static str = "Lays a hand on something that the room's text names: \"touch altar\". Of most things nothing comes.";
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let what = words.some()?;
        Ok(Self { order, what })
    }
}

/// `read the notice`
#[derive(Message, Debug)]
pub(super) struct Read {
    order: Order,
    what: String,
}

impl Verb for Read {
    const WORDS: &'static [&'static str] = &["read"];
    const USAGE: &'static str = "read <what you see>";
    const HELP: &'static str = "Reads a book that you have, or what is written on something that the room's text names: \"read notice\".";
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let what = words.some()?;
        Ok(Self { order, what })
    }
}

/// `ring the bell`
#[derive(Message, Debug)]
pub(super) struct Ring {
    order: Order,
    what: String,
}

impl Verb for Ring {
    const WORDS: &'static [&'static str] = &["ring"];
    const USAGE: &'static str = "ring <what you see>";
    const HELP: &'static str = "Rings a bell that the room's text names: \"ring bell\".";
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let what = words.some()?;
        Ok(Self { order, what })
    }
}

/// What is there to do something with.
#[derive(SystemParam)]
pub(super) struct Furnished<'w, 's> {
    people: Query<'w, 's, &'static InRoom>,
    details: Res<'w, Details>,
    scenery: Res<'w, RoomData<Scenery>>,
    atlas: Res<'w, Atlas>,
    runs: MessageWriter<'w, RunEffects>,
    used: MessageWriter<'w, DetailUsed>,
    read: MessageWriter<'w, HasRead>,
    answers: MessageWriter<'w, Answer>,
}

impl Furnished<'_, '_> {
    /// Runs what comes of a deed, and answers whether anything does; `nothing` is the player's answer
    /// where nothing does.
    fn act(&mut self, order: Order, what: &str, deed: DetailDeed, nothing: Answer) -> bool {
        let (answer, done) = match self.begin(order, what, deed) {
            Ok((used, run)) => {
                self.used.write(used);
                match run {
                    Some(run) => {
                        self.runs.write(run);
                        (Answer::done(order), true)
                    }
                    None => (nothing, false),
                }
            }
            Err(refusal) => (Answer::refusal(order, refusal), false),
        };
        self.answers.write(answer);
        done
    }

    /// The lasting name of what a room's text names.
    fn key(&self, actor: Entity, what: &str) -> Option<String> {
        let InRoom(room) = self.people.get(actor).ok()?;
        let (at, _) = self.details.find(*room, what)?;
        let detail = self.scenery.get(*room)?.0.get(at)?;
        let word = detail.words.first()?;
        Some(format!("{} {word}", self.atlas.room(*room).id))
    }

    fn begin(
        &self,
        order: Order,
        what: &str,
        deed: DetailDeed,
    ) -> Result<(DetailUsed, Option<RunEffects>), Refusal> {
        let actor = order.actor;
        let InRoom(room) = self
            .people
            .get(actor)
            .copied()
            .map_err(|_| Refusal::new(Code::GameLogicError, "You are nowhere."))?;
        let found = self
            .details
            .find(room, what)
            .and_then(|(at, _)| Some((at, self.scenery.get(room)?.0.get(at)?)));
        let (at, detail) = found.ok_or_else(|| {
            let words = format!("You see no \"{what}\" here.");
            Refusal::new(Code::ResourceNotFound, words)
        })?;
        let used = DetailUsed {
            actor,
            room,
            detail: at,
            deed,
        };
        let list = detail.list(deed);
        let run = (!list.is_empty()).then(|| detail.run(list, actor, room, &self.atlas));
        Ok((used, run))
    }
}

pub(super) fn touch(mut asked: MessageReader<TouchVerb>, mut here: Furnished<'_, '_>) {
    for TouchVerb { order, what } in asked.read() {
        let nothing = Answer::with(*order, "You touch it. Nothing comes of it.");
        _ = here.act(*order, what, DetailDeed::Touch, nothing);
    }
}

pub(super) fn read(
    mut asked: MessageReader<Read>,
    near: Near<'_, '_>,
    light: RoomLight<'_, '_>,
    mut here: Furnished<'_, '_>,
) {
    for Read { order, what } in asked.read() {
        let place = here.people.get(order.actor).ok().map(|place| place.0);
        if place.is_some_and(|room| light.level(room) == 0) {
            let words = "It is too dark to read.";
            let dark = Answer::refused(*order, Code::GameLogicError, words);
            here.answers.write(dark);
            continue;
        }
        let actor = order.actor;
        if let Some((thing, text)) = book(*order, what, place, &near, &here) {
            here.answers.write(Answer::with(*order, text));
            if let Some((prototype, _)) = near.sort(thing) {
                let what = prototype.to_owned();
                here.read.write(HasRead { actor, what });
            }
            continue;
        }
        let nothing = Answer::refused(
            *order,
            Code::GameLogicError,
            "There is nothing to read on it.",
        );
        let has_read = here.act(*order, what, DetailDeed::Read, nothing);
        if has_read && let Some(what) = here.key(actor, what) {
            here.read.write(HasRead { actor, what });
        }
    }
}

/// What is written in a thing that somebody has, or that lies here: what the room's text names comes
/// before what lies here.
fn book(
    order: Order,
    what: &str,
    room: Option<RoomIx>,
    near: &Near<'_, '_>,
    here: &Furnished<'_, '_>,
) -> Option<(Entity, String)> {
    let written = |thing: Entity| near.prototype(thing)?.book.as_ref();
    let noun = Noun::read(what);
    let readable = |one: &Candidate<'_>| written(one.thing).is_some();
    let has = near.on_person(order.actor).into_iter();
    let named = room.is_some_and(|room| here.details.find(room, what).is_some());
    let lying = near.lying(order.actor).into_iter().filter(|_| !named);
    let thing = noun.first(has.chain(lying).filter(readable))?;
    let book = written(thing)?;
    let language = book.language.as_ref();
    let language = language.map_or(String::new(), |one| format!(", which is in {one}"));
    let name = near.name(thing);
    let text = book.text.trim();
    Some((thing, format!("You read the {name}{language}:\n{text}")))
}

pub(super) fn ring(mut asked: MessageReader<Ring>, mut here: Furnished<'_, '_>) {
    for Ring { order, what } in asked.read() {
        let nothing = Answer::refused(*order, Code::GameLogicError, "That is nothing to ring.");
        _ = here.act(*order, what, DetailDeed::Ring, nothing);
    }
}
