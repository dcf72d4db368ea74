//! What creatures notice, in the step in which it happens.

use std::collections::BTreeSet;

use engine::prelude::*;

use super::super::think::{ANYWHERE, Thinking};
use super::super::walk::near_sub_zones;
use super::super::wits::{Impulse, Wits};
use super::{ANSWERS, Comer, Happening, Instincts, MANNERS};
use crate::body::VitalsChanged;
use crate::calendar::MythosHour;
use crate::chat::Said;
use crate::fight::{BlowStruck, Brawls};
use crate::place::{Creature, CreatureLooks, CreatureMoved, InRoom, Moved};
use crate::things::{Near, Offer, ThingDeed};
use crate::world::{Atlas, RoomIx};

/// Lets creatures who have left out some of their walk be where they are, before anybody sees that they
/// are not.
pub(in crate::creatures) fn stir(
    mut moved: MessageReader<Moved>,
    atlas: Res<Atlas>,
    clock: Res<Clock>,
    mut thinking: Thinking<'_, '_>,
) {
    let mut places: BTreeSet<u32> = BTreeSet::new();
    for to in moved.read().filter_map(|one| one.to) {
        places.extend(near_sub_zones(&atlas, to, &mut thinking.maps).iter());
        places.insert(ANYWHERE);
    }
    for place in places {
        for who in thinking.agenda.asleep(place, clock.now) {
            thinking.one(who, true);
        }
    }
}

/// Lets creatures notice who comes, goes, speaks and makes gestures, and the hours that strike.
pub(in crate::creatures) fn notice(
    mut moved: MessageReader<Moved>,
    mut creatures: MessageReader<CreatureMoved>,
    mut said: MessageReader<Said>,
    places: Query<&InRoom>,
    people: Query<&StableId, With<Character>>,
    mut reacting: Instincts<'_, '_>,
) {
    for Moved {
        actor, from, to, ..
    } in moved.read()
    {
        let Ok(id) = people.get(*actor).copied() else {
            continue;
        };
        if let (Some(from), Some(_)) = (*from, *to) {
            for who in reacting.here(from) {
                reacting.react(who, from, Some(*actor), Happening::Goes(Comer::Player));
                if reacting.is_quiet(from) {
                    reacting.impel(who, 1, id, MANNERS, Impulse::Farewell(id));
                }
            }
        }
        for who in to.map_or_else(Vec::new, |to| reacting.here(to)) {
            let Some(to) = *to else { continue };
            reacting.react(who, to, Some(*actor), Happening::Comes(Comer::Player));
            if reacting.is_quiet(to) {
                reacting.impel(who, 0, id, MANNERS, Impulse::Greet(id));
            }
            reacting.rouse(who);
        }
    }
    for CreatureMoved {
        creature, from, to, ..
    } in creatures.read()
    {
        let watched = |room: &RoomIx| !reacting.occupancy.of(*room).is_empty();
        let [from, to] = [from.filter(watched), to.filter(watched)];
        let of = [
            (from, Happening::Goes(Comer::Creature)),
            (to, Happening::Comes(Comer::Creature)),
        ];
        for (room, what) in of {
            let Some(room) = room else { continue };
            for who in reacting
                .here(room)
                .into_iter()
                .filter(|who| who != creature)
            {
                reacting.react(who, room, Some(*creature), what);
            }
        }
        if to.is_some() {
            reacting.rouse(*creature);
        }
    }
    for one in said.read() {
        let spoken = one
            .to_room()
            .map(|(speaker, line)| (speaker, Happening::Says(line), line));
        let made = one
            .gesture()
            .map(|(who, word)| (who, Happening::Gestures(word), ""));
        let Some((speaker, what, line)) = spoken.or(made) else {
            continue;
        };
        let (Ok(InRoom(room)), Ok(id)) = (places.get(speaker), people.get(speaker)) else {
            continue;
        };
        for who in reacting.here(*room) {
            let reacts = reacting.react(who, *room, Some(speaker), what);
            if !reacts && reacting.is_called(who, line) {
                reacting.impel(who, 2, *id, ANSWERS, Impulse::Reply(*id));
            }
        }
    }
}

/// Lets creatures notice the hours that strike: those that keep hours set out, and some do something.
pub(in crate::creatures) fn strike(
    mut hours: MessageReader<MythosHour>,
    all: Query<(&StableId, Entity, &InRoom), With<Wits>>,
    mut reacting: Instincts<'_, '_>,
) {
    if hours.read().last().is_none() {
        return;
    }
    let mut all: Vec<_> = all
        .iter()
        .map(|(id, who, room)| (*id, who, room.0))
        .collect();
    all.sort_unstable();
    let now = reacting.clock.now;
    for (id, who, room) in all {
        if !reacting.occupancy.of(room).is_empty() {
            reacting.react(who, room, None, Happening::Strikes);
        }
        if let Ok((_, creature, mut wits)) = reacting.creatures.get_mut(who)
            && let Some(kind) = reacting.bestiary.get(&creature.kind)
            && kind.schedule.is_some()
        {
            reacting.agenda.wake((id, who), &mut wits, now);
        }
    }
}

/// Lets creatures take what they are given, where they know what to do with it.
pub(in crate::creatures) fn receive(
    mut offers: MessageReader<Offer>,
    places: Query<&InRoom>,
    things: Near<'_, '_>,
    looks: Res<CreatureLooks>,
    mut reacting: Instincts<'_, '_>,
    mut deeds: MessageWriter<ThingDeed>,
    mut answers: MessageWriter<Answer>,
) {
    let mut taken: BTreeSet<Entity> = BTreeSet::new();
    for Offer {
        order,
        creature,
        thing,
    } in offers.read()
    {
        let (who, thing) = (*creature, *thing);
        let look = reacting.kind(who).and_then(|kind| looks.get(&kind));
        let (Ok(InRoom(room)), Some(look)) = (places.get(who), look) else {
            let gone = Refusal::new(Code::ResourceNotFound, "There is nobody there.");
            answers.write(Answer::refusal(*order, gone));
            continue;
        };
        let sort = things.sort(thing).map_or("", |(sort, _)| sort);
        let fresh = taken.insert(thing);
        if fresh && reacting.react(who, *room, Some(order.actor), Happening::Gives(sort)) {
            deeds.write(ThingDeed::Consume { thing, count: 1 });
            let words = format!("You give the {} to {}.", things.name(thing), look.named());
            answers.write(Answer::with(*order, words));
        } else {
            let words = format!("{} has no use for that.", look.begins());
            answers.write(Answer::refused(*order, Code::GameLogicError, words));
        }
    }
}

/// Lets creatures notice who is struck at: they react, and those who hold with them come to their help.
pub(in crate::creatures) fn rally(
    mut struck: MessageReader<BlowStruck>,
    places: Query<&InRoom>,
    people: Query<&StableId, With<Character>>,
    brawls: Res<Brawls>,
    mut reacting: Instincts<'_, '_>,
) {
    for BlowStruck { who, whom } in struck.read() {
        let (Ok(id), Ok(InRoom(room))) = (people.get(*who), places.get(*whom)) else {
            continue;
        };
        reacting.react(*whom, *room, Some(*who), Happening::Attacked);
        let faction = reacting.faction(*whom);
        for other in reacting.here(*room) {
            let holds = faction.is_some() && reacting.faction(other) == faction;
            if other != *whom && holds && !brawls.is_fighting(other) {
                reacting.turn_on(other, *id);
            }
        }
    }
}

/// Lets creatures notice that they are hurt.
pub(in crate::creatures) fn smart(
    mut changed: MessageReader<VitalsChanged>,
    places: Query<&InRoom, With<Creature>>,
    mut reacting: Instincts<'_, '_>,
) {
    for one in changed.read().filter(|one| one.now.dp() < one.before.dp()) {
        let Ok(InRoom(room)) = places.get(one.body) else {
            continue;
        };
        let left = i32::from(one.now.dp()) * 100 / i32::from(one.max_dp.max(1));
        let left = i16::try_from(left).unwrap_or(0);
        if left > 0 {
            reacting.react(one.body, *room, one.by, Happening::Hurts(left));
        }
    }
}
