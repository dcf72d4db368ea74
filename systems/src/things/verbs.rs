//! What people do with things (game.md §1.4).

use engine::prelude::*;

use super::containers::{split, take_out, unseen};
use super::deeds::{Handle, TakenFrom, ThingDeed, To};
use super::near::Near;
use crate::chat::Channel;
use crate::command::{Usage, Verb, Words, means_self};
use crate::hearing::Hearing;
use crate::place::{InRoom, Noun, Rooms};

/// `get lamp`, `take all`
#[derive(Message, Debug)]
pub(super) struct Get {
    order: Order,
    what: String,
}

impl Verb for Get {
    const WORDS: &'static [&'static str] = &["get", "take", "pickup"];
    const USAGE: &'static str = "get <thing> [count] | all | all.<thing> [from <container>]";
    const HELP: &'static str = "Takes what lies here: \"get lamp\", \"get 2.lamp\" for the second, \"get 3 candles\", \"get all\".";
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let what = words.some()?;
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
    const USAGE: &'static str = "drop <thing> [count] | all | all.<thing>";
    const HELP: &'static str = "Puts down what you carry: \"drop lamp\", \"drop all\".";
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let what = words.some()?;
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
    const USAGE: &'static str = "give <thing> [count] to <name>";
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

pub(super) fn get(
    mut asked: MessageReader<Get>,
    places: Query<&InRoom>,
    rooms: Rooms<'_, '_>,
    near: Near<'_, '_>,
    mut deeds: MessageWriter<ThingDeed>,
    mut answers: MessageWriter<Answer>,
) {
    for Get { order, what } in asked.read() {
        let actor = order.actor;
        let Ok(InRoom(room)) = places.get(actor) else {
            answers.write(nowhere(*order));
            continue;
        };
        if let Some((what, from)) = split(what, &[" from ", " out of "])
            && !["room", "floor", "here"].contains(&from.as_str())
        {
            match near.container(actor, &from) {
                Some(one) => take_out(*order, &what, one, &near, &mut deeds, &mut answers),
                None => _ = answers.write(unseen(*order, &from)),
            }
            continue;
        }
        let noun = Noun::read(what);
        let mut lying = rooms.lying(*room);
        if noun.is_all() {
            lying.retain(|one| near.is_loose(one.thing));
        }
        let things = noun.pick(lying);
        if things.is_empty() {
            let nothing = match noun.is_all() {
                true => "There is nothing here to take.".to_owned(),
                false => format!("You see no \"{what}\" here."),
            };
            answers.write(Answer::refused(*order, Code::ResourceNotFound, nothing));
            continue;
        }
        deeds.write(ThingDeed::Handle(Handle {
            order: Some(*order),
            actor,
            things,
            from: TakenFrom::Floor,
            to: To::Hands(actor),
        }));
    }
}

pub(super) fn drop(
    mut asked: MessageReader<Drop>,
    places: Query<&InRoom>,
    near: Near<'_, '_>,
    mut deeds: MessageWriter<ThingDeed>,
    mut answers: MessageWriter<Answer>,
) {
    for Drop { order, what } in asked.read() {
        let actor = order.actor;
        let Ok(InRoom(room)) = places.get(actor) else {
            answers.write(nowhere(*order));
            continue;
        };
        let things = Noun::read(what).pick(near.carried(actor));
        if things.is_empty() {
            answers.write(lacks(*order, what, &near));
            continue;
        }
        deeds.write(ThingDeed::Handle(Handle {
            order: Some(*order),
            actor,
            things,
            from: TakenFrom::Hands(actor),
            to: To::Floor(*room),
        }));
    }
}

pub(super) fn give(
    mut asked: MessageReader<Give>,
    people: Query<(&StableId, &Character, Has<Linkdead>)>,
    places: Query<&InRoom>,
    rooms: Rooms<'_, '_>,
    near: Near<'_, '_>,
    hearing: Hearing<'_, '_>,
    mut deeds: MessageWriter<ThingDeed>,
    mut offers: MessageWriter<Offer>,
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
                match rooms.creature_near(*room, whom) {
                    None => _ = answers.write(Answer::refusal(*order, refusal)),
                    Some((creature, _)) => match Noun::read(what).first(near.carried(actor)) {
                        None => _ = answers.write(lacks(*order, what, &near)),
                        Some(thing) => {
                            let order = *order;
                            offers.write(Offer {
                                order,
                                creature,
                                thing,
                            });
                        }
                    },
                }
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
        let things = Noun::read(what).pick(near.carried(actor));
        if things.is_empty() {
            answers.write(lacks(*order, what, &near));
            continue;
        }
        deeds.write(ThingDeed::Handle(Handle {
            order: Some(*order),
            actor,
            things,
            from: TakenFrom::Hands(actor),
            to: To::Hands(to),
        }));
    }
}

/// Somebody holds a thing out to a creature: whoever knows creatures answers, and takes it or not.
#[derive(Message, Clone, Copy, Debug)]
pub struct Offer {
    /// The command.
    pub order: Order,
    /// To which creature.
    pub creature: Entity,
    /// What, of a stack one.
    pub thing: Entity,
}

fn nowhere(order: Order) -> Answer {
    Answer::refused(order, Code::GameLogicError, "You are nowhere.")
}

fn lacks(order: Order, what: &str, near: &Near<'_, '_>) -> Answer {
    let noun = Noun::read(what);
    let words = match noun.is_all() {
        true => "You carry nothing of the kind.".to_owned(),
        false => match noun.first(near.worn(order.actor)) {
            Some(worn) => {
                let name = near.name(worn);
                let words = format!("You would have to take off the {name} first.");
                return Answer::refused(order, Code::GameLogicError, words);
            }
            None => format!("You carry no \"{what}\"."),
        },
    };
    Answer::refused(order, Code::ResourceNotFound, words)
}
