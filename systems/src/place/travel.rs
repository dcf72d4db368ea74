//! Walking, and every other change of place.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use engine::prelude::*;

use super::changes::Changes;
use super::{CrossGuarded, GuardedWays, InRoom, Moved, Occupancy, Relocate, Whereabouts};
use crate::command::{Needs, Usage, Verb, Words};
use crate::world::{Atlas, Direction, RoomIx};

/// `go north`, `north`, `n`
#[derive(Message, Debug)]
pub(super) struct Go {
    order: Order,
    way: Direction,
}

impl Verb for Go {
    const WORDS: &'static [&'static str] = &[
        "go",
        "walk",
        "north",
        "n",
        "east",
        "e",
        "south",
        "s",
        "west",
        "w",
        "northeast",
        "ne",
        "northwest",
        "nw",
        "southeast",
        "se",
        "southwest",
        "sw",
        "up",
        "u",
        "down",
        "d",
    ];
    const USAGE: &'static str = "go <direction>";
    const HELP: &'static str = "Walks out by one of the ways you see. The direction alone does it, too: \"north\", or \"n\".";
    const NEEDS: Needs = Needs::LIFE.and(Needs::FEET);
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        if let Some(way) = Direction::from_word(words.verb()) {
            return Ok(Self { order, way });
        }
        match words.first() {
            ("", _) => Err(Usage::Show),
            (word, _) => match Direction::from_word(word) {
                Some(way) => Ok(Self { order, way }),
                None => Err(Usage::Say(format!("\"{word}\" is not a direction."))),
            },
        }
    }
}

/// Walks out by an exit.
pub(super) fn travel(
    mut going: MessageReader<Go>,
    walkers: Query<&InRoom>,
    atlas: Res<Atlas>,
    guarded: Res<GuardedWays>,
    mut cross: MessageWriter<CrossGuarded>,
    mut relocate: MessageWriter<Relocate>,
    mut answers: MessageWriter<Answer>,
) {
    // Who is to be let through: what they walk after that waits for it.
    let mut held: BTreeSet<Entity> = BTreeSet::new();
    // Where those are who walked in this tick already: `InRoom` follows only when things settle.
    let mut stepped: HashMap<Entity, RoomIx> = HashMap::new();
    for Go { order, way } in going.read() {
        let actor = order.actor;
        let Ok(InRoom(room)) = walkers.get(actor).copied() else {
            answers.write(Answer::refused(
                *order,
                Code::GameLogicError,
                "You are nowhere.",
            ));
            continue;
        };
        let room = stepped.get(&actor).copied().unwrap_or(room);
        match atlas.room(room).exit(*way) {
            Some(exit) => {
                stepped.insert(actor, exit.to);
                if guarded.is_guarded(room, *way) || held.contains(&actor) {
                    held.insert(actor);
                    cross.write(CrossGuarded {
                        order: *order,
                        from: room,
                        way: *way,
                        to: exit.to,
                    });
                    continue;
                }
                relocate.write(Relocate {
                    actor,
                    to: exit.to,
                    way: Some(*way),
                    walk: Some((*order, room)),
                });
            }
            None => {
                answers.write(Answer::refused(
                    *order,
                    Code::InvalidMovement,
                    format!("There is no way {way} from here."),
                ));
            }
        }
    }
}

/// Takes those out of their rooms who left, whether or not it was heard, and also who was back
/// within the tick.
pub(super) fn leave_world(
    mut departed: MessageReader<Departed>,
    places: Query<(&StableId, Entity, &InRoom)>,
    left: Query<(&StableId, Entity, &InRoom), (With<Character>, Without<Online>)>,
    mut occupancy: ResMut<Occupancy>,
    mut moved: MessageWriter<Moved>,
    mut commands: Commands<'_, '_>,
) {
    let mut leaving: BTreeMap<StableId, (Entity, RoomIx)> = BTreeMap::new();
    for Departed { actor, .. } in departed.read() {
        if let Ok((id, _, InRoom(from))) = places.get(*actor) {
            leaving.insert(*id, (*actor, *from));
        } else {
            // Taken out of the world without a word.
            occupancy.strike_out(*actor);
        }
    }
    leaving.extend(
        left.iter()
            .map(|(id, actor, place)| (*id, (actor, place.0))),
    );
    for (actor, from) in leaving.into_values() {
        occupancy.take_out(from, actor);
        commands.entity(actor).try_remove::<InRoom>();
        moved.write(Moved {
            actor,
            from: Some(from),
            to: None,
            way: None,
        });
    }
    occupancy.settle();
}

type Placeless = (With<Online>, Without<InRoom>);

/// Puts those who are in the world and nowhere where they were, or into the default room.
pub(super) fn enter_world(
    nowhere: Query<(&StableId, Entity), Placeless>,
    mut people: Query<(&mut Whereabouts, &Character), Placeless>,
    atlas: Res<Atlas>,
    mut occupancy: ResMut<Occupancy>,
    mut moved: MessageWriter<Moved>,
    mut commands: Commands<'_, '_>,
) {
    let mut coming: Vec<(StableId, Entity)> =
        nowhere.iter().map(|(id, actor)| (*id, actor)).collect();
    coming.sort_unstable();
    for (_, actor) in coming {
        let Ok((mut whereabouts, character)) = people.get_mut(actor) else {
            continue;
        };
        let room = atlas.find(&whereabouts.room).unwrap_or_else(|| {
            if !whereabouts.room.is_empty() {
                tracing::warn!(
                    name = character.name,
                    room = whereabouts.room,
                    "room is gone; the character wakes in the default room"
                );
            }
            atlas.default_room()
        });
        whereabouts.set_if_neq(Whereabouts {
            room: atlas.room(room).id.clone(),
        });
        occupancy.put(room, actor);
        commands.entity(actor).try_insert(InRoom(room));
        moved.write(Moved {
            actor,
            from: None,
            to: Some(room),
            way: None,
        });
    }
}

/// Makes the lists of who is in which room anew from where people are: what was begun when the
/// plugin broke may be half done, and who was destroyed since can't be asked where they were. And
/// everybody is to be told who is there: they did not hear who came and went.
pub(super) fn recount(
    places: Query<(&StableId, Entity, &InRoom), With<Character>>,
    mut occupancy: ResMut<Occupancy>,
    mut changes: ResMut<Changes>,
) {
    let there = places.iter().map(|(id, one, place)| (place.0, (*id, one)));
    let there: BTreeSet<_> = there.collect();
    changes.tell_anew(there.iter().map(|(room, _)| *room));
    occupancy.recount(there);
}

/// Moves those who are to be moved, and answers those who walk. Whoever was moved before in this tick
/// does not walk out of a room in which they no longer are.
pub(super) fn relocate(
    mut wanted: MessageReader<Relocate>,
    mut people: Query<(&mut InRoom, &mut Whereabouts)>,
    atlas: Res<Atlas>,
    mut occupancy: ResMut<Occupancy>,
    mut moved: MessageWriter<Moved>,
    mut answers: MessageWriter<Answer>,
) {
    for Relocate {
        actor,
        to,
        way,
        walk,
    } in wanted.read()
    {
        let there = people.get_mut(*actor).ok();
        let there = there.filter(|(place, _)| walk.is_none_or(|(_, from)| from == place.0));
        if let Some((order, _)) = walk {
            answers.write(match (&there, way) {
                (Some(_), Some(way)) => Answer::with(*order, format!("You go {way}.")),
                _ => {
                    let message = "You are no longer where that way begins.";
                    Answer::refused(*order, Code::InvalidMovement, message)
                }
            });
        }
        let Some((mut place, mut whereabouts)) = there else {
            continue;
        };
        let from = place.0;
        if from == *to {
            continue;
        }
        place.0 = *to;
        whereabouts.room.clone_from(&atlas.room(*to).id);
        occupancy.take_out(from, *actor);
        occupancy.put(*to, *actor);
        moved.write(Moved {
            actor: *actor,
            from: Some(from),
            to: Some(*to),
            way: *way,
        });
    }
    occupancy.settle();
}
