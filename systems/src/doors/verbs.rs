//! Opening, closing, locking and unlocking what has a door, a lid or a lock.

use engine::prelude::*;

use super::content::DoorWay;
use super::gate::DoorGate;
use super::settle::DoorDeed;
use crate::command::{Usage, Verb, Words};
use crate::place::InRoom;
use crate::things::{Latch, Near, ThingDeed};
use crate::world::{Direction, RoomIx};

macro_rules! lock_verb {
    ($(#[$doc:meta])* $name:ident, $words:expr, $usage:expr, $help:expr) => {
        $(#[$doc])*
        #[derive(Message, Debug)]
        pub(super) struct $name {
            order: Order,
            what: String,
        }

        impl Verb for $name {
            const WORDS: &'static [&'static str] = $words;
            const WHOLE: bool = true;
            const USAGE: &'static str = $usage;
            const HELP: &'static str = $help;
            const LASTS: bool = true;

            fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
                let what = words.some()?;
                Ok(Self { order, what })
            }
        }
    };
}

lock_verb! {
    /// `open north`, `open chest`
    Open, &["open"], "open <container> | <direction> | <door>",
    "Opens what is closed; what is locked takes its key."
}
lock_verb! {
    /// `close north`, `close chest`
    Close, &["close", "shut"], "close <container> | <direction> | <door>",
    "Closes what stands open."
}
lock_verb! {
    /// `lock north`, `lock chest`
    Lock, &["lock"], "lock <container> | <direction> | <door>",
    "Locks what you have the key to, and closes it."
}
lock_verb! {
    /// `unlock north`, `unlock chest`
    Unlock, &["unlock"], "unlock <container> | <direction> | <door>",
    "Unlocks what you have the key to, for everybody."
}

/// Something that can be closed.
#[derive(Clone, Debug)]
pub(super) enum Lockable {
    Way {
        room: RoomIx,
        way: Direction,
        door: DoorWay,
    },
    Thing(Entity),
}

/// What is read of those who open and close.
#[derive(SystemParam)]
pub(super) struct Locksmith<'w, 's> {
    places: Query<'w, 's, &'static InRoom>,
    pub(super) gate: DoorGate<'w, 's>,
    pub(super) near: Near<'w, 's>,
    doors: MessageWriter<'w, DoorDeed>,
    things: MessageWriter<'w, ThingDeed>,
    answers: MessageWriter<'w, Answer>,
}

impl Locksmith<'_, '_> {
    /// What somebody means: a way, a door by its name, or else a thing.
    pub(super) fn find(&self, who: Entity, what: &str) -> Result<Lockable, Refusal> {
        let nowhere = || Refusal::new(Code::GameLogicError, "You are nowhere.");
        let room = self.places.get(who).map_err(|_| nowhere())?.0;
        let unseen = || {
            let words = format!("You see no \"{what}\" here.");
            Refusal::new(Code::ResourceNotFound, words)
        };
        let asked = Direction::from_word(what.trim());
        let meant = what.trim().to_lowercase();
        let meant = meant.strip_prefix("the ").unwrap_or(&meant).to_owned();
        let mut doors = Direction::ALL.into_iter().filter_map(|way| {
            let door = self.gate.seen_door(who, room, way)?;
            Some((way, door, door.name.as_ref()?.to_lowercase()))
        });
        let found = doors.find(|(way, _, name)| match asked {
            Some(asked) => asked == *way,
            None => *name == meant || name.split_whitespace().any(|word| word == meant),
        });
        if let Some((way, door, _)) = found {
            let door = door.clone();
            return Ok(Lockable::Way { room, way, door });
        }
        if let Some(way) = asked {
            let words = format!("There is no door {way} of here.");
            return Err(Refusal::new(Code::ResourceNotFound, words));
        }
        let thing = self.near.container(who, what).ok_or_else(unseen)?;
        match self.near.latch(thing) {
            Some(_) => Ok(Lockable::Thing(thing)),
            None => {
                let words = format!("The {} neither opens nor closes.", self.near.name(thing));
                Err(Refusal::new(Code::GameLogicError, words))
            }
        }
    }

    pub(super) fn latch(&self, of: &Lockable) -> Latch {
        match of {
            Lockable::Way { door, .. } => self.gate.latch(door),
            Lockable::Thing(thing) => self.near.latch(*thing).unwrap_or(Latch::Open),
        }
    }

    pub(super) fn name(&self, of: &Lockable) -> String {
        match of {
            Lockable::Way { door, .. } => door.name.clone().unwrap_or_else(|| "way".to_owned()),
            Lockable::Thing(thing) => self.near.name(*thing).to_owned(),
        }
    }

    /// The lock of something, and what is added to the chance of picking it.
    pub(super) fn lock(&self, of: &Lockable) -> Option<(String, i32)> {
        match of {
            Lockable::Way { door, .. } => Some((door.lock.clone()?, door.pick)),
            Lockable::Thing(thing) => {
                let holds = self.near.prototype(*thing)?.holds.as_ref()?;
                Some((holds.lock.clone()?, holds.pick))
            }
        }
    }

    /// The key that somebody has to a lock, and whether it is used up.
    fn key(&self, who: Entity, lock: &str) -> Option<(Entity, bool)> {
        let has = self.near.on_person(who).into_iter();
        let mut keys = has.filter_map(|one| {
            let kind = self.near.prototype(one.thing)?;
            let opens = kind.opens.iter().any(|known| known == lock);
            opens.then_some((one.thing, !kind.keeps))
        });
        keys.next()
    }

    /// Sets how something is from now on.
    pub(super) fn set(&mut self, of: &Lockable, latch: Latch) {
        match of {
            Lockable::Way { room, way, .. } => {
                self.doors.write(DoorDeed::Latch {
                    room: *room,
                    way: *way,
                    latch,
                    span: None,
                });
            }
            Lockable::Thing(thing) => {
                let thing = *thing;
                self.things.write(ThingDeed::Latch { thing, latch });
            }
        }
    }

    pub(super) fn consume(&mut self, thing: Entity) {
        self.things.write(ThingDeed::Consume { thing, count: 1 });
    }

    pub(super) fn answer(&mut self, answer: Answer) {
        self.answers.write(answer);
    }

    /// Turns the key to a lock; answers what it is called.
    fn turn_key(&mut self, who: Entity, of: &Lockable) -> Result<String, Refusal> {
        let name = self.name(of);
        let rule = |words: String| Refusal::new(Code::GameLogicError, words);
        if self.latch(of) == Latch::Sealed {
            return Err(rule(format!("The {name} is sealed.")));
        }
        let lock = self.lock(of);
        let (lock, _) = lock.ok_or_else(|| rule(format!("The {name} has no lock.")))?;
        let lacks = || rule(format!("You have no key to the {name}."));
        let (key, used_up) = self.key(who, &lock).ok_or_else(lacks)?;
        let named = self.near.name(key).to_owned();
        if used_up {
            self.consume(key);
        }
        Ok(named)
    }

    fn act(&mut self, order: Order, what: &str, deed: LockDeed) {
        let done = self.find(order.actor, what).and_then(|of| {
            let words = self.turn(order.actor, &of, deed)?;
            Ok(words)
        });
        let answer = match done {
            Ok(words) => Answer::with(order, words),
            Err(refusal) => Answer::refusal(order, refusal),
        };
        self.answer(answer);
    }

    fn turn(&mut self, who: Entity, of: &Lockable, deed: LockDeed) -> Result<String, Refusal> {
        let name = self.name(of);
        let already = |how: &str| {
            let words = format!("The {name} is {how} already.");
            Err(Refusal::new(Code::GameLogicError, words))
        };
        let latch = self.latch(of);
        match (deed, latch) {
            (LockDeed::Open, Latch::Open) => already("open"),
            (LockDeed::Close, Latch::Closed | Latch::Locked | Latch::Sealed) => already("closed"),
            (LockDeed::Unlock, Latch::Open | Latch::Closed) => already("unlocked"),
            (LockDeed::Lock, Latch::Locked | Latch::Sealed) => already("locked"),
            (LockDeed::Open, Latch::Closed) => {
                self.set(of, Latch::Open);
                Ok(format!("You open the {name}."))
            }
            (LockDeed::Open, Latch::Locked | Latch::Sealed) => {
                let key = self.turn_key(who, of)?;
                self.set(of, Latch::Open);
                Ok(format!("You open the {name} with the {key}."))
            }
            (LockDeed::Close, Latch::Open) => {
                self.set(of, Latch::Closed);
                Ok(format!("You close the {name}."))
            }
            (LockDeed::Unlock, Latch::Locked | Latch::Sealed) => {
                let key = self.turn_key(who, of)?;
                self.set(of, Latch::Closed);
                Ok(format!("You unlock the {name} with the {key}."))
            }
            (LockDeed::Lock, Latch::Open | Latch::Closed) => {
                let key = self.turn_key(who, of)?;
                self.set(of, Latch::Locked);
                Ok(format!("You lock the {name} with the {key}."))
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LockDeed {
    Open,
    Close,
    Lock,
    Unlock,
}

pub(super) fn open(mut asked: MessageReader<Open>, mut smith: Locksmith<'_, '_>) {
    for Open { order, what } in asked.read() {
        smith.act(*order, what, LockDeed::Open);
    }
}

pub(super) fn close(mut asked: MessageReader<Close>, mut smith: Locksmith<'_, '_>) {
    for Close { order, what } in asked.read() {
        smith.act(*order, what, LockDeed::Close);
    }
}

pub(super) fn lock(mut asked: MessageReader<Lock>, mut smith: Locksmith<'_, '_>) {
    for Lock { order, what } in asked.read() {
        smith.act(*order, what, LockDeed::Lock);
    }
}

pub(super) fn unlock(mut asked: MessageReader<Unlock>, mut smith: Locksmith<'_, '_>) {
    for Unlock { order, what } in asked.read() {
        smith.act(*order, what, LockDeed::Unlock);
    }
}
