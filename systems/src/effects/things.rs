//! Effects on things: what is made, used up and worn out. What a list uses up twice is there twice, or
//! the second is refused.

use engine::prelude::*;

use super::act::{CreatedAt, WayState, Whom};
use super::deeds::Done;
use super::refused::RefusedEffect;
use super::run::ListRun;
use crate::doors::DoorDeed;
use crate::things::{CreateThings, Latch, Slot, ThingDeed, ThingPlace};
use crate::world::Direction;

impl ListRun<'_, '_, '_, '_> {
    /// Makes things for somebody.
    pub(super) fn create(
        &mut self,
        whom: Entity,
        thing: &str,
        (count, at, bound): (u32, CreatedAt, bool),
    ) -> Done {
        let id = self.scene.view.id(whom).ok_or(RefusedEffect::GONE)?;
        let room = self.scene.person(whom).and_then(|person| person.room);
        let room = room.ok_or(RefusedEffect::GONE)?;
        let at = match at {
            CreatedAt::Floor => ThingPlace::Floor(room),
            CreatedAt::Carried => ThingPlace::Carried(id),
            // Where it goes is the prototype's to say.
            CreatedAt::Worn => ThingPlace::Worn(id, Slot::MainHand),
        };
        let mut wish = CreateThings::new(thing, count, at);
        wish.bound = bound.then_some(id);
        wish.by = Some(whom);
        self.owners.things.write(ThingDeed::Create(wish));
        self.scene.expect_things(whom, thing, i64::from(count));
        Ok(())
    }

    /// Uses up what somebody has.
    pub(super) fn use_up(&mut self, whom: Entity, thing: &str, count: u32) -> Done {
        let of = self.scene.view.id(whom).ok_or(RefusedEffect::GONE)?;
        let has = i64::from(self.scene.view.things.of_sort(of, thing, false));
        let has = has + self.scene.expected_things(whom, thing);
        if has < i64::from(count) {
            return Err(LACKS);
        }
        self.scene.expect_things(whom, thing, -i64::from(count));
        self.owners.things.write(ThingDeed::Destroy {
            of,
            prototype: thing.to_owned(),
            count,
        });
        Ok(())
    }

    /// Uses up what carries the list.
    pub(super) fn use_up_carrier(&mut self, count: u32) -> Done {
        let thing = self.carrier().ok_or(NO_THING)?;
        self.owners
            .things
            .write(ThingDeed::Consume { thing, count });
        Ok(())
    }

    /// Wears out what carries the list.
    pub(super) fn wear_out(&mut self, amount: u16) -> Done {
        let thing = self.carrier().ok_or(NO_THING)?;
        self.owners
            .things
            .write(ThingDeed::WearOut { thing, amount });
        Ok(())
    }

    /// Lights a thing, puts it out or fills it.
    pub(super) fn kindle(&mut self, to: Option<Whom>, lit: Option<bool>, fuel: u32) -> Done {
        let thing = match to {
            Some(_) => self.scene.parties.target,
            None => self.carrier(),
        };
        let thing = thing.ok_or(NO_THING)?;
        if !self.scene.view.things.can_burn(thing) {
            return Err(NO_THING);
        }
        self.owners
            .things
            .write(ThingDeed::Kindle { thing, lit, fuel });
        Ok(())
    }

    /// Opens, closes or finds ways.
    pub(super) fn exit(
        &mut self,
        room: Option<&str>,
        way: Option<Direction>,
        is: WayState,
        seconds: Option<u32>,
    ) -> Done {
        let view = self.scene.view;
        let room = match room {
            Some(id) => view.atlas.find(id),
            None => self.scene.here(),
        };
        let room = room.ok_or(NO_DOOR)?;
        let ways: Vec<Direction> = match way {
            Some(way) => vec![way],
            None => Direction::ALL.to_vec(),
        };
        let span = seconds.map(|seconds| Duration::from_secs(seconds.into()));
        let who = self.scene.parties.actor;
        let mut done = Err(NO_DOOR);
        for way in ways {
            let Some(door) = view.doors.get(room, way) else {
                continue;
            };
            let deed = match (is, who) {
                (WayState::Latch(latch), _) if door.name.is_some() => DoorDeed::Latch {
                    room,
                    way,
                    latch,
                    span,
                },
                (WayState::Found, Some(who)) if door.hidden.is_some() => DoorDeed::Find {
                    who,
                    room,
                    way,
                    span,
                },
                _ => continue,
            };
            self.owners.doors.write(deed);
            done = Ok(());
        }
        done
    }

    /// Locks or unlocks something that holds things.
    pub(super) fn lock(&mut self, container: Option<&str>, latch: Latch) -> Done {
        let thing = match container {
            Some(id) => self.scene.view.things.standing(id),
            None => self.carrier(),
        };
        let thing = thing.ok_or(NO_THING)?;
        self.owners.things.write(ThingDeed::Latch { thing, latch });
        Ok(())
    }

    /// The thing that carries the list.
    fn carrier(&self) -> Option<Entity> {
        let id = self.scene.parties.carrier.id;
        self.scene.view.things.thing(id)
    }
}

const LACKS: RefusedEffect = RefusedEffect {
    code: Code::ResourceNotFound,
    words: "There is not enough of it.",
};
const NO_THING: RefusedEffect = RefusedEffect {
    code: Code::ResourceNotFound,
    words: "There is nothing to do it with.",
};
const NO_DOOR: RefusedEffect = RefusedEffect {
    code: Code::ResourceNotFound,
    words: "There is nothing of the kind here.",
};
