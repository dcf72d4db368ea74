//! The one place where things change hands. Each wish is checked whole before the first write, in the
//! order in which they were made: of two takers in one tick the first has the thing, and the other is
//! told that it is gone (game.md §1.7).

use std::collections::HashMap;

use engine::prelude::*;

use super::{CARRIED_MAX, FLOOR_MAX, Thing};
use crate::place::{InRoom, Label, Spot};
use crate::world::{Atlas, RoomIx};

/// Where a thing is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// Into somebody's hands.
    Hands(Entity),
    /// Onto the floor of a room.
    Floor(RoomIx),
}

/// Put things somewhere else: the one way in which they move.
#[derive(Message, Clone, Debug)]
pub struct Handle {
    /// The command that is answered, if it is one.
    pub order: Option<Order>,
    /// Who does it.
    pub actor: Entity,
    /// Which things, in this order; those that can't be moved stay.
    pub things: Vec<Entity>,
    /// From whom they are taken; `None`: from the floor of the room where the actor is.
    pub from: Option<Entity>,
    /// Where to.
    pub to: To,
}

/// Things were moved.
#[derive(Message, Clone, Debug)]
pub(super) struct Handled {
    pub(super) actor: Entity,
    pub(super) room: Option<RoomIx>,
    /// What they are called.
    pub(super) names: Vec<String>,
    pub(super) ids: Vec<StableId>,
    pub(super) to: To,
}

/// Who and where things and people are.
#[derive(SystemParam)]
pub(super) struct ThingsAndPeople<'w, 's> {
    things: Query<'w, 's, (&'static StableId, &'static Label, &'static Holder)>,
    people: Query<'w, 's, (&'static StableId, &'static Character)>,
    places: Query<'w, 's, &'static InRoom>,
    occupancy: Res<'w, crate::place::Occupancy>,
    holdings: Res<'w, Holdings>,
    atlas: Res<'w, Atlas>,
    clock: Res<'w, Clock>,
}

/// What was moved in this run, which the world shows only after it. Scratch.
#[derive(Default)]
struct MovedInRun {
    to: HashMap<Entity, To>,
    /// How many more than before are in somebody's hands, and on a floor.
    hands: HashMap<Entity, isize>,
    floors: HashMap<RoomIx, isize>,
}

impl ThingsAndPeople<'_, '_> {
    fn name(&self, thing: Entity) -> &str {
        let label = self.things.get(thing);
        label.map_or("thing", |(_, label, _)| label.0.as_str())
    }

    fn person(&self, who: Entity) -> &str {
        let known = self.people.get(who);
        known.map_or("somebody", |(_, character)| character.name.as_str())
    }

    fn room(&self, who: Entity) -> Option<RoomIx> {
        self.places.get(who).ok().map(|place| place.0)
    }

    /// Whether a thing is where a wish takes it from.
    fn is_there(&self, thing: Entity, wish: &Handle, moved: &MovedInRun) -> bool {
        if let Some(to) = moved.to.get(&thing) {
            return match (to, wish.from) {
                (To::Hands(who), Some(from)) => *who == from,
                (To::Floor(room), None) => self.room(wish.actor) == Some(*room),
                _ => false,
            };
        }
        let Ok((_, _, Holder(holder))) = self.things.get(thing) else {
            return false;
        };
        match wish.from {
            Some(from) => {
                let from = self.people.get(from).ok().map(|(id, _)| *id);
                from.is_some() && *holder == from
            }
            None => holder.is_none() && self.room(thing) == self.room(wish.actor),
        }
    }

    /// Whether there is room for one more.
    fn has_room(&self, to: To, moved: &MovedInRun) -> bool {
        let more = |more: Option<&isize>, there: usize| {
            there.saturating_add_signed(more.copied().unwrap_or(0))
        };
        match to {
            To::Hands(who) => self.people.get(who).is_ok_and(|(id, _)| {
                more(moved.hands.get(&who), self.holdings.of(*id).len()) < CARRIED_MAX
            }),
            To::Floor(room) => {
                more(moved.floors.get(&room), self.occupancy.things(room).len()) < FLOOR_MAX
            }
        }
    }

    fn full(&self, wish: &Handle) -> String {
        match wish.to {
            To::Floor(_) => "The floor is full.".to_owned(),
            To::Hands(who) if who == wish.actor => "Your hands are full.".to_owned(),
            To::Hands(who) => format!("{} can't carry any more.", self.person(who)),
        }
    }
}

impl MovedInRun {
    fn note(&mut self, thing: Entity, wish: &Handle, room: Option<RoomIx>) {
        self.to.insert(thing, wish.to);
        match (wish.from, room) {
            (Some(from), _) => *self.hands.entry(from).or_default() -= 1,
            (None, Some(room)) => *self.floors.entry(room).or_default() -= 1,
            (None, None) => {}
        }
        match wish.to {
            To::Hands(who) => *self.hands.entry(who).or_default() += 1,
            To::Floor(room) => *self.floors.entry(room).or_default() += 1,
        }
    }
}

/// Moves things, and answers those who wished it.
pub(super) fn handle(
    mut wishes: MessageReader<Handle>,
    known: ThingsAndPeople<'_, '_>,
    mut commands: Commands<'_, '_>,
    mut handled: MessageWriter<Handled>,
    mut answers: MessageWriter<Answer>,
) {
    let mut moved = MovedInRun::default();
    for wish in wishes.read() {
        let room = known.room(wish.actor);
        let (mut went, mut missed) = (Vec::new(), None);
        for thing in &wish.things {
            if !known.is_there(*thing, wish, &moved) {
                let gone = format!("The {} is gone.", known.name(*thing));
                missed.get_or_insert((Code::ResourceNotFound, gone));
            } else if !known.has_room(wish.to, &moved) {
                missed.get_or_insert((Code::GameLogicError, known.full(wish)));
            } else {
                moved.note(*thing, wish, room);
                went.push(*thing);
            }
        }
        for thing in &went {
            put(*thing, wish.to, &known, &mut commands);
        }
        if let Some(order) = wish.order {
            answers.write(match (went.is_empty(), missed) {
                (true, Some((code, words))) => Answer::refused(order, code, words),
                (_, missed) => {
                    let mut words = told(wish, &went, &known);
                    if let Some((_, more)) = missed {
                        words = format!("{words} {more}");
                    }
                    Answer::with(order, words)
                }
            });
        }
        if !went.is_empty() {
            let named = went
                .iter()
                .filter_map(|thing| known.things.get(*thing).ok());
            let (ids, names) = named.map(|(id, label, _)| (*id, label.0.clone())).unzip();
            handled.write(Handled {
                actor: wish.actor,
                room,
                names,
                ids,
                to: wish.to,
            });
        }
    }
}

/// Writes where a thing is.
fn put(thing: Entity, to: To, known: &ThingsAndPeople<'_, '_>, commands: &mut Commands<'_, '_>) {
    let since = known.clock.now;
    let mut thing = commands.entity(thing);
    match to {
        To::Hands(who) => {
            let Ok((id, _)) = known.people.get(who) else {
                return;
            };
            thing
                .try_remove::<Spot>()
                .try_insert((Holder(Some(*id)), Thing { since }));
        }
        To::Floor(room) => {
            let room = known.atlas.room(room).id.clone();
            let spot = Spot { room, since };
            thing.try_insert((Holder(None), spot, Thing { since }));
        }
    }
}

/// What the one who did it is told.
fn told(wish: &Handle, went: &[Entity], known: &ThingsAndPeople<'_, '_>) -> String {
    let names: Vec<&str> = went.iter().map(|thing| known.name(*thing)).collect();
    let what = listed(&names);
    match (wish.from, wish.to) {
        (None, To::Hands(_)) => format!("You take {what}."),
        (_, To::Floor(_)) => format!("You put down {what}."),
        (Some(_), To::Hands(who)) => format!("You give {what} to {}.", known.person(who)),
    }
}

/// `the lamp`, `the lamp and the stone`, `the lamp, the stone and the key`
fn listed<T: AsRef<str>>(names: &[T]) -> String {
    let named: Vec<String> = names
        .iter()
        .map(|one| format!("the {}", one.as_ref()))
        .collect();
    match named.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}
