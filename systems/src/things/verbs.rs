//! What people do with things (game.md §1.4).

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Handle, Thing, To};
use crate::chat::Channel;
use crate::command::{Needs, Usage, Verb, Words, means_self};
use crate::hearing::Hearing;
use crate::place::{InRoom, Label, Noun, Rooms};

/// `inventory`
#[derive(Message, Debug)]
pub(super) struct Inventory {
    order: Order,
}

impl Verb for Inventory {
    const WORDS: &'static [&'static str] = &["inventory", "inv", "i"];
    const USAGE: &'static str = "inventory";
    const HELP: &'static str = "Lists what you carry, with a number for each.";
    const NEEDS: Needs = Needs::MIND;

    fn read(order: Order, _: Words<'_>) -> Result<Self, Usage> {
        Ok(Self { order })
    }
}

/// `get lamp`, `take all`
#[derive(Message, Debug)]
pub(super) struct Get {
    order: Order,
    what: String,
}

impl Verb for Get {
    const WORDS: &'static [&'static str] = &["get", "take", "pickup"];
    const USAGE: &'static str = "get <thing> | all | all.<thing>";
    const HELP: &'static str =
        "Takes what lies here: \"get lamp\", \"get 2.lamp\" for the second, \"get all\".";
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let what = named(words)?;
        Ok(Self { order, what })
    }
}

/// `drop lamp`, `drop all`
#[derive(Message, Debug)]
pub(super) struct Drop {
    order: Order,
    what: String,
}

impl Verb for Drop {
    const WORDS: &'static [&'static str] = &["drop"];
    const WHOLE: bool = true;
    const USAGE: &'static str = "drop <thing> | all | all.<thing>";
    const HELP: &'static str = "Puts down what you carry: \"drop lamp\", \"drop all\".";
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let what = named(words)?;
        Ok(Self { order, what })
    }
}

/// `give lamp to Ann`
#[derive(Message, Debug)]
pub(super) struct Give {
    order: Order,
    what: String,
    whom: String,
}

impl Verb for Give {
    const WORDS: &'static [&'static str] = &["give"];
    const WHOLE: bool = true;
    const USAGE: &'static str = "give <thing> to <name>";
    const HELP: &'static str =
        "Gives something that you carry to somebody here: \"give lamp to Ann\".";
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let rest = words.rest();
        let lower = rest.to_ascii_lowercase();
        let at = lower.rfind(" to ").ok_or(Usage::Show)?;
        let (what, whom) = (rest[..at].trim(), rest[at + 4..].trim());
        if what.is_empty() || whom.is_empty() {
            return Err(Usage::Show);
        }
        let (what, whom) = (what.to_owned(), whom.to_owned());
        Ok(Self { order, what, whom })
    }
}

fn named(words: Words<'_>) -> Result<String, Usage> {
    match words.rest() {
        "" => Err(Usage::Show),
        what => Ok(what.to_owned()),
    }
}

/// What somebody carries, what they have longest first.
#[derive(SystemParam)]
pub(super) struct CarriedThings<'w, 's> {
    ids: Query<'w, 's, &'static StableId>,
    things: Query<'w, 's, (&'static Thing, &'static Label)>,
    holdings: Res<'w, Holdings>,
    index: Res<'w, Index>,
}

impl CarriedThings<'_, '_> {
    fn of(&self, who: Entity) -> Vec<(&str, Entity)> {
        let Ok(id) = self.ids.get(who) else {
            return Vec::new();
        };
        let held = self.holdings.of(*id).filter_map(|id| {
            let entity = self.index.get(id)?;
            let (thing, label) = self.things.get(entity).ok()?;
            Some((thing.since, id, label.0.as_str(), entity))
        });
        let mut held: Vec<_> = held.collect();
        held.sort_unstable_by_key(|(since, id, ..)| (*since, *id));
        held.into_iter()
            .map(|(_, _, name, entity)| (name, entity))
            .collect()
    }
}

pub(super) fn inventory(
    mut asked: MessageReader<Inventory>,
    hands: CarriedThings<'_, '_>,
    mut answers: MessageWriter<Answer>,
) {
    for Inventory { order } in asked.read() {
        let held = hands.of(order.actor);
        let mut text = match held.len() {
            0 => "You carry nothing.".to_owned(),
            _ => "You carry:".to_owned(),
        };
        for (n, (name, _)) in (1..).zip(&held) {
            text.push_str(&format!("\n{n:>3}. {name}"));
        }
        let things = held.into_iter().filter_map(|(name, thing)| {
            let id = *hands.ids.get(thing).ok()?;
            let name = name.to_owned();
            Some(CarriedThing { id, name })
        });
        let things = things.collect();
        answers.write(Answer::with_data(*order, text, Carried { things }));
    }
}

/// What somebody carries.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Carried {
    /// What they have longest first: their places are their numbers.
    things: Vec<CarriedThing>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CarriedThing {
    id: StableId,
    name: String,
}

impl CommandResult for Carried {
    const KIND: &'static str = "inventory";

    fn examples() -> Vec<Self> {
        let name = "brass lamp";
        vec![Self {
            things: vec![CarriedThing {
                id: StableId::named(name),
                name: name.to_owned(),
            }],
        }]
    }
}

pub(super) fn get(
    mut asked: MessageReader<Get>,
    places: Query<&InRoom>,
    rooms: Rooms<'_, '_>,
    mut handle: MessageWriter<Handle>,
    mut answers: MessageWriter<Answer>,
) {
    for Get { order, what } in asked.read() {
        let actor = order.actor;
        let Ok(InRoom(room)) = places.get(actor) else {
            answers.write(nowhere(*order));
            continue;
        };
        let lying = rooms.lying(*room);
        let noun = Noun::read(what);
        let things = noun.pick(lying.iter().map(|(_, entity, name)| (*name, *entity)));
        if things.is_empty() {
            let nothing = match noun.is_all() {
                true => "There is nothing here to take.".to_owned(),
                false => format!("You see no \"{what}\" here."),
            };
            answers.write(Answer::refused(*order, Code::ResourceNotFound, nothing));
            continue;
        }
        handle.write(Handle {
            order: Some(*order),
            actor,
            things,
            from: None,
            to: To::Hands(actor),
        });
    }
}

pub(super) fn drop(
    mut asked: MessageReader<Drop>,
    places: Query<&InRoom>,
    hands: CarriedThings<'_, '_>,
    mut handle: MessageWriter<Handle>,
    mut answers: MessageWriter<Answer>,
) {
    for Drop { order, what } in asked.read() {
        let actor = order.actor;
        let Ok(InRoom(room)) = places.get(actor) else {
            answers.write(nowhere(*order));
            continue;
        };
        let things = Noun::read(what).pick(hands.of(actor));
        if things.is_empty() {
            answers.write(lacks(*order, what));
            continue;
        }
        handle.write(Handle {
            order: Some(*order),
            actor,
            things,
            from: Some(actor),
            to: To::Floor(*room),
        });
    }
}

pub(super) fn give(
    mut asked: MessageReader<Give>,
    people: Query<(&StableId, &Character, Has<Linkdead>)>,
    places: Query<&InRoom>,
    rooms: Rooms<'_, '_>,
    hands: CarriedThings<'_, '_>,
    hearing: Hearing<'_, '_>,
    mut handle: MessageWriter<Handle>,
    mut answers: MessageWriter<Answer>,
) {
    for Give { order, what, whom } in asked.read() {
        let actor = order.actor;
        let mut refuse = |code, words: String| {
            answers.write(Answer::refused(*order, code, words));
        };
        let Ok(InRoom(room)) = places.get(actor) else {
            refuse(Code::GameLogicError, "You are nowhere.".to_owned());
            continue;
        };
        let to = match rooms.find_for(actor, *room, whom) {
            Ok(to) => to,
            Err(missed) => {
                let refusal = missed.refusal(format!("You see no \"{whom}\" here."));
                answers.write(Answer::refusal(*order, refusal));
                continue;
            }
        };
        if to == actor || means_self(whom) {
            refuse(Code::GameLogicError, "You have it already.".to_owned());
            continue;
        }
        let (Ok((id, me, _)), Ok((_, other, linkdead))) = (people.get(actor), people.get(to))
        else {
            refuse(
                Code::ResourceNotFound,
                format!("You see no \"{whom}\" here."),
            );
            continue;
        };
        let heard = hearing.hears(to, (*id, me.role), Channel::Whisper);
        if linkdead || !heard {
            let words = format!("{} takes no notice.", other.name);
            refuse(Code::GameLogicError, words);
            continue;
        }
        let things = Noun::read(what).pick(hands.of(actor));
        if things.is_empty() {
            answers.write(lacks(*order, what));
            continue;
        }
        handle.write(Handle {
            order: Some(*order),
            actor,
            things,
            from: Some(actor),
            to: To::Hands(to),
        });
    }
}

fn nowhere(order: Order) -> Answer {
    Answer::refused(order, Code::GameLogicError, "You are nowhere.")
}

fn lacks(order: Order, what: &str) -> Answer {
    let words = match Noun::read(what).is_all() {
        true => "You carry nothing of the kind.".to_owned(),
        false => format!("You carry no \"{what}\"."),
    };
    Answer::refused(order, Code::ResourceNotFound, words)
}
