//! What stands in rooms and holds things: `[[rooms.containers]]`; putting things in, and emptying.

use engine::content::{At, Section, Sections};
use engine::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::deeds::{Handle, TakenFrom, ThingDeed, To};
use super::near::Near;
use super::parts::{Armor, Holds};
use super::placements::PlacedThing;
use super::prototype::{Prototype, ThingFlag, ThingKind};
use crate::command::{Usage, Verb, Words};
use crate::place::Noun;

/// Something that stands in a room and holds things.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoomContainer {
    /// its id, once in the world
    #[schemars(length(min = 1, max = 120))]
    pub id: String,
    /// what it is called
    #[schemars(length(min = 1, max = 120))]
    pub name: String,
    /// how many stacks it holds
    #[serde(default = "usual_slots")]
    #[schemars(range(min = 1, max = 20))]
    pub slots: usize,
    /// how much it holds, in tenths of a pound
    #[serde(default)]
    #[schemars(range(min = 1, max = 100_000), extend("x-usual" = "any weight"))]
    pub weight: Option<u32>,
    /// it is closed until somebody opens it
    #[serde(default)]
    pub closed: bool,
    /// the lock that keeps it closed: a word of `opens` of its key
    #[serde(default)]
    #[schemars(length(min = 1, max = 64), extend("x-usual" = "none"))]
    pub lock: Option<String>,
    /// what is added to the chance of picking its lock
    #[serde(default)]
    #[schemars(range(min = -99, max = 99))]
    pub pick: i32,
    /// what is in it, and comes back
    #[serde(default)]
    #[schemars(length(max = 20), extend("x-bounds" = "at most 20 tables as of `[[rooms.things]]`"))]
    pub things: Vec<PlacedThing>,
}

const fn usual_slots() -> usize {
    8
}

impl RoomContainer {
    /// The id of its kind, which only it is of.
    pub(super) fn sort(&self) -> String {
        format!("container.{}", self.id)
    }

    /// It as a kind of thing.
    pub(super) fn kind(&self) -> Prototype {
        Prototype {
            name: self.name.clone(),
            article: "the".to_owned(),
            plural: self.name.clone(),
            words: Vec::new(),
            long: format!("It stands here, and holds {} things at most.", self.slots),
            kind: ThingKind::Environment,
            weight: 0,
            value: 0,
            stack: 1,
            durability: 0,
            slots: Vec::new(),
            hands: 1,
            flags: vec![ThingFlag::Fixed],
            tags: Vec::new(),
            weapon: None,
            armour: Armor::default(),
            light: None,
            holds: Some(Holds {
                slots: self.slots,
                weight: self.weight,
                tags: Vec::new(),
                closed: self.closed || self.lock.is_some(),
                lock: self.lock.clone(),
                pick: self.pick,
            }),
            opens: Vec::new(),
            keeps: false,
            book: None,
        }
    }
}

/// Whether something stands in a room under an id, where that is known.
pub(crate) fn is_container(id: &str, at: &At<'_>) -> Option<bool> {
    let rooms = at.content::<Sections<RoomContainers>>()?;
    let mut all = rooms.iter().flat_map(|(_, RoomContainers(all))| all);
    Some(all.any(|one| one.id == id))
}

/// What stands in a room and holds things: `[[rooms.containers]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct RoomContainers(pub Vec<RoomContainer>);

impl Section for RoomContainers {
    fn check(&mut self, _room: &str, at: &At<'_>) {
        at.unless(self.0.len() <= 10, "at most 10 containers stand in a room");
        for (index, one) in self.0.iter().enumerate() {
            let at = at.item(index);
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
            at.key("id")
                .unless(one.id.chars().all(plain), "`id` is not a-z, 0-9 and ._-");
            for (n, thing) in one.things.iter().enumerate() {
                let at = at.key("things").item(n);
                thing.check(&at);
                let twice = one.things[..n]
                    .iter()
                    .any(|other| other.thing == thing.thing);
                at.unless(
                    !twice,
                    format!("`{}` is in it twice: write `count`", thing.thing),
                );
            }
        }
    }
}

/// `put lamp in crate`
#[derive(Message, Debug)]
pub(super) struct Put {
    order: Order,
    what: String,
    into: String,
}

impl Verb for Put {
    const WORDS: &'static [&'static str] = &["put"];
    const WHOLE: bool = true;
    const USAGE: &'static str = "put <thing> [count] in <container>";
    const HELP: &'static str =
        "Puts what you carry into something: \"put lamp in crate\", \"put all in bag\".";
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let (what, into) = split(words.rest(), &[" into ", " in "]).ok_or(Usage::Show)?;
        Ok(Self { order, what, into })
    }
}

/// The words before the last of these, and those behind it.
pub(super) fn split(text: &str, between: &[&str]) -> Option<(String, String)> {
    let lower = text.to_ascii_lowercase();
    let found = between
        .iter()
        .filter_map(|one| Some((lower.rfind(one)?, one.len())));
    let (at, length) = found.max()?;
    let (before, behind) = (text[..at].trim(), text[at + length..].trim());
    let whole = !before.is_empty() && !behind.is_empty();
    whole.then(|| (before.to_owned(), behind.to_owned()))
}

/// `loot corpse`
#[derive(Message, Debug)]
pub(super) struct Loot {
    order: Order,
    what: String,
}

impl Verb for Loot {
    const WORDS: &'static [&'static str] = &["loot"];
    const WHOLE: bool = true;
    const USAGE: &'static str = "loot <corpse or container>";
    const HELP: &'static str = "Takes everything out of it that you can carry.";
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let what = words.some()?;
        Ok(Self { order, what })
    }
}

/// Puts things into things.
pub(super) fn put(
    mut asked: MessageReader<Put>,
    near: Near<'_, '_>,
    mut deeds: MessageWriter<ThingDeed>,
    mut answers: MessageWriter<Answer>,
) {
    for Put { order, what, into } in asked.read() {
        let actor = order.actor;
        let Some(container) = near.container(actor, into) else {
            answers.write(unseen(*order, into));
            continue;
        };
        let carried = near.carried(actor).into_iter();
        let carried = carried.filter(|one| one.thing != container);
        let things = Noun::read(what).pick(carried);
        if things.is_empty() {
            let words = format!("You carry no \"{what}\".");
            answers.write(Answer::refused(*order, Code::ResourceNotFound, words));
            continue;
        }
        deeds.write(ThingDeed::Handle(Handle {
            order: Some(*order),
            actor,
            things,
            from: TakenFrom::Hands(actor),
            to: To::Inside(container),
        }));
    }
}

/// Takes everything out of something.
pub(super) fn loot(
    mut asked: MessageReader<Loot>,
    near: Near<'_, '_>,
    mut deeds: MessageWriter<ThingDeed>,
    mut answers: MessageWriter<Answer>,
) {
    for Loot { order, what } in asked.read() {
        match near.container(order.actor, what) {
            Some(container) => take_out(*order, "all", container, &near, &mut deeds, &mut answers),
            None => _ = answers.write(unseen(*order, what)),
        }
    }
}

/// Takes things out of something.
pub(super) fn take_out(
    order: Order,
    what: &str,
    container: Entity,
    near: &Near<'_, '_>,
    deeds: &mut MessageWriter<'_, ThingDeed>,
    answers: &mut MessageWriter<'_, Answer>,
) {
    if let Err(refusal) = near.reach(order.actor, container) {
        answers.write(Answer::refusal(order, refusal));
        return;
    }
    let noun = Noun::read(what);
    let things = noun.pick(near.inside(container));
    if things.is_empty() {
        let name = near.name(container);
        let words = match noun.is_all() {
            true => format!("The {name} is empty."),
            false => format!("There is no \"{what}\" in the {name}."),
        };
        answers.write(Answer::refused(order, Code::ResourceNotFound, words));
        return;
    }
    deeds.write(ThingDeed::Handle(Handle {
        order: Some(order),
        actor: order.actor,
        things,
        from: TakenFrom::Inside(container),
        to: To::Hands(order.actor),
    }));
}

pub(super) fn unseen(order: Order, what: &str) -> Answer {
    let words = format!("You see no \"{what}\" here.");
    Answer::refused(order, Code::ResourceNotFound, words)
}
