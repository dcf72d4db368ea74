//! Searching a room for what is hidden in it: things, and ways.

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::gate::DoorGate;
use super::pick::room_of;
use super::settle::DoorDeed;
use crate::character::{Stat, Stats};
use crate::command::{Usage, Verb, Words};
use crate::light::RoomLight;
use crate::place::InRoom;
use crate::things::{Near, ThingDeed};
use crate::world::{Direction, RoomIx, RoomMap};

/// How long somebody waits before they search the same room again.
const PACE: Duration = Duration::from_secs(30);

/// `search`
#[derive(Message, Debug)]
pub(super) struct Search(Order);

impl Verb for Search {
    const WORDS: &'static [&'static str] = &["search"];
    const USAGE: &'static str = "search";
    const HELP: &'static str =
        "Looks for what is hidden here, once in half a minute; sharp eyes find more.";
    const LASTS: bool = true;

    fn read(order: Order, _: Words<'_>) -> Result<Self, Usage> {
        Ok(Self(order))
    }
}

/// Where and when somebody searched last. Transient.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastSearch {
    room: RoomIx,
    at: WorldTime,
}

impl LastSearch {
    /// The same over another atlas.
    pub(super) fn carry(&mut self, map: &RoomMap) -> bool {
        let room = map.get(self.room);
        self.room = room.unwrap_or_default();
        room.is_some()
    }
}

/// Searches rooms.
pub(super) fn search(
    mut asked: MessageReader<Search>,
    places: Query<&InRoom>,
    searchers: Query<(&StableId, Option<&Stats>, Option<&LastSearch>)>,
    gate: DoorGate<'_, '_>,
    (near, light): (Near<'_, '_>, RoomLight<'_, '_>),
    (clock, dice): (Res<Clock>, Res<Dice>),
    mut doors: MessageWriter<DoorDeed>,
    mut things: MessageWriter<ThingDeed>,
    mut answers: MessageWriter<Answer>,
    mut commands: Commands<'_, '_>,
) {
    for Search(order) in asked.read() {
        let actor = order.actor;
        let (Some(room), Ok((id, stats, last))) = (room_of(&places, actor), searchers.get(actor))
        else {
            let words = "You are nowhere.";
            answers.write(Answer::refused(*order, Code::GameLogicError, words));
            continue;
        };
        if light.level(room) == 0 {
            let words = "It is too dark to find anything.";
            answers.write(Answer::refused(*order, Code::GameLogicError, words));
            continue;
        }
        let again = last.filter(|last| last.room == room);
        let wait = again.and_then(|last| PACE.checked_sub(clock.now.since(last.at)));
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let words = format!("You have just looked everywhere: wait {seconds} more seconds.");
            answers.write(Answer::refused(*order, Code::RateLimitExceeded, words));
            continue;
        }
        let at = clock.now;
        commands.entity(actor).try_insert(LastSearch { room, at });
        // Sharp eyes, until there is a skill of its own.
        let eyes = stats.map_or(0, |stats| i32::from(stats.get(Stat::Intelligence)));
        let mut throws = 0;
        let mut finds = |modifier: i32| {
            throws += 1;
            let chance = (eyes / 2 + 25 + modifier).clamp(1, 99);
            let thrown = i32::try_from(dice.pick(100, *id, "search", throws)).unwrap_or(99) + 1;
            thrown <= chance
        };
        let mut found = Vec::new();
        for way in Direction::ALL {
            let hidden = gate.doors.get(room, way).and_then(|door| door.hidden);
            let hidden = hidden.filter(|_| !gate.sees(actor, room, way));
            if hidden.is_some_and(&mut finds) {
                doors.write(DoorDeed::Find {
                    who: actor,
                    room,
                    way,
                    span: None,
                });
                found.push(format!("a way {way}"));
            }
        }
        for thing in near.hidden(room) {
            if finds(0) {
                things.write(ThingDeed::Find { thing });
                found.push(format!("the {}", near.name(thing)));
            }
        }
        let words = match found.is_empty() {
            true => "You find nothing that you had not seen.".to_owned(),
            false => format!("You find {}.", found.join(" and ")),
        };
        answers.write(Answer::with(*order, words));
    }
}
