//! Picking locks: ten seconds over one, and then the dice.

use std::collections::BTreeSet;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::verbs::{Lockable, Locksmith};
use crate::character::{Stat, Stats};
use crate::command::{Acted, Needs, Usage, Verb, Words};
use crate::place::InRoom;
use crate::presence::Say;
use crate::things::Latch;
use crate::world::RoomIx;

/// How long it takes.
const SPAN: Duration = Duration::from_secs(10);

/// The tag of what locks are picked with.
const TOOL: &str = "lockpick";

/// `pick north`, `pick chest`
#[derive(Message, Debug)]
pub(super) struct PickVerb {
    order: Order,
    what: String,
}

impl Verb for PickVerb {
    const WORDS: &'static [&'static str] = &["pick"];
    const WHOLE: bool = true;
    const USAGE: &'static str = "pick <container> | <direction> | <door>";
    const HELP: &'static str = "Tries a lock with a lockpick that you have, which takes ten seconds in which you do nothing else.";
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let what = words.some()?;
        Ok(Self { order, what })
    }
}

/// Somebody picks a lock. Transient: it ends with the process.
#[derive(Component, Clone, Debug, Serialize, Deserialize)]
pub(super) struct Picking {
    what: String,
    ends: WorldTime,
}

/// What somebody picks locks with.
fn tool(smith: &Locksmith<'_, '_>, who: Entity) -> Option<Entity> {
    let has = smith.near.on_person(who).into_iter();
    let mut tools = has.filter(|one| {
        let kind = smith.near.prototype(one.thing);
        kind.is_some_and(|kind| kind.tags.iter().any(|tag| tag == TOOL))
    });
    tools.next().map(|one| one.thing)
}

/// What somebody can pick by now.
fn pickable(
    smith: &Locksmith<'_, '_>,
    who: Entity,
    what: &str,
) -> Result<(Lockable, i32), Refusal> {
    let rule = |words: String| Refusal::new(Code::GameLogicError, words);
    let of = smith.find(who, what)?;
    let name = smith.name(&of);
    let (_, modifier) = smith
        .lock(&of)
        .ok_or_else(|| rule(format!("The {name} has no lock.")))?;
    match smith.latch(&of) {
        Latch::Locked => {}
        Latch::Sealed => return Err(rule(format!("The {name} is sealed."))),
        _ => return Err(rule(format!("The {name} is unlocked already."))),
    }
    if tool(smith, who).is_none() {
        return Err(rule("You have nothing to pick it with.".to_owned()));
    }
    Ok((of, modifier))
}

/// Begins to pick locks.
pub(super) fn begin(
    mut asked: MessageReader<PickVerb>,
    mut smith: Locksmith<'_, '_>,
    clock: Res<Clock>,
    mut commands: Commands<'_, '_>,
) {
    for PickVerb { order, what } in asked.read() {
        match pickable(&smith, order.actor, what) {
            Ok((of, _)) => {
                let picking = Picking {
                    what: what.clone(),
                    ends: clock.now.plus(SPAN),
                };
                commands.entity(order.actor).try_insert(picking);
                let words = format!("You bend over the lock of the {}.", smith.name(&of));
                smith.answer(Answer::with(*order, words));
            }
            Err(refusal) => smith.answer(Answer::refusal(*order, refusal)),
        }
    }
}

/// Goes on picking, and comes to an end with it. Whoever does something else has broken it off.
pub(super) fn go_on(
    picking: Query<(&StableId, Entity, &Picking, Option<&Stats>, Has<InRoom>)>,
    mut acted: MessageReader<Acted>,
    mut smith: Locksmith<'_, '_>,
    clock: Res<Clock>,
    dice: Res<Dice>,
    mut say: MessageWriter<Say>,
    mut commands: Commands<'_, '_>,
) {
    if picking.is_empty() {
        acted.clear();
        return;
    }
    let busy = acted.read().filter(|one| one.needs.include(Needs::BODY));
    let busy: BTreeSet<Entity> = busy.map(|one| one.order.actor).collect();
    let mut all: Vec<_> = picking.iter().collect();
    all.sort_unstable_by_key(|(id, ..)| **id);
    for (id, who, picking, stats, here) in all {
        if busy.contains(&who) || !here {
            commands.entity(who).try_remove::<Picking>();
            say.write(Say::to(who, "You leave the lock alone."));
            continue;
        }
        if clock.now < picking.ends {
            continue;
        }
        commands.entity(who).try_remove::<Picking>();
        let (of, modifier) = match pickable(&smith, who, &picking.what) {
            Ok(found) => found,
            Err(refusal) => {
                say.write(Say::to(who, refusal.message));
                continue;
            }
        };
        // Steady fingers, until there is a skill of its own.
        let hand = stats.map_or(0, |stats| i32::from(stats.get(Stat::Dexterity)));
        let chance = (hand / 2 + modifier).clamp(1, 99);
        let thrown = i32::try_from(dice.pick(100, *id, "pick", 0)).unwrap_or(99) + 1;
        let name = smith.name(&of);
        let text = if thrown <= chance {
            smith.set(&of, Latch::Closed);
            format!("The lock of the {name} gives.")
        } else if thrown == 100 || (chance < 50 && thrown >= 96) {
            if let Some(tool) = tool(&smith, who) {
                smith.consume(tool);
            }
            "Something snaps, and it is not the lock.".to_owned()
        } else {
            format!("The lock of the {name} does not give.")
        };
        say.write(Say::to(who, text));
    }
}

/// The room in which somebody is.
pub(super) fn room_of(places: &Query<'_, '_, &InRoom>, who: Entity) -> Option<RoomIx> {
    places.get(who).ok().map(|place| place.0)
}
