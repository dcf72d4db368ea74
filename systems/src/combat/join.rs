//! Who comes into a fight and who is out of it, in the step in which it happens.

use std::collections::BTreeMap;

use engine::prelude::*;

use super::arena::{Arena, PointLedger};
use super::rounds;
use super::{Swung, tell::FightNews};
use crate::afflictions::Block;
use crate::body::{Vitals, VitalsChanged};
use crate::character::Earn;
use crate::creatures::CreatureDied;
use crate::fight::{Attack, Hatred, Intent, Provoke, RunAway};
use crate::lucidity::Confronted;
use crate::place::{CreatureMoved, Moved};
use crate::world::RoomIx;

/// Lets those fight who attack somebody: the first blow falls at once, unless they struck just now.
pub(super) fn engage(
    mut attacks: MessageReader<Attack>,
    mut swung: Query<&mut Swung>,
    mut confronted: MessageWriter<Confronted>,
    mut arena: Arena<'_, '_>,
) {
    let mut ledger = PointLedger::default();
    for Attack { who, whom } in attacks.read() {
        let (who, whom) = (*who, *whom);
        let room = arena
            .room(who)
            .filter(|room| arena.room(whom) == Some(*room));
        let (Some(room), Some(id), Some(target)) = (room, arena.id(who), arena.id(whom)) else {
            continue;
        };
        let spared = arena.kind(whom).is_some_and(|kind| !kind.attackable);
        let chosen = arena.is_player(who) || !arena.ailing.blocks(whom, Block::Chosen);
        if who == whom
            || spared
            || !chosen
            || !arena.can_strike(who, whom, &ledger)
            || !arena.is_able(who, &ledger)
        {
            continue;
        }
        let begins = !arena.brawls.fights.contains_key(&room);
        let joins = [who, whom].map(|one| !arena.brawls.is_fighting(one));
        for one in [who, whom] {
            arena.enter(room, one);
        }
        if let Some(fight) = arena.brawls.fights.get_mut(&room) {
            if let Some(own) = fight.fighters.get_mut(&id) {
                own.target = Some(target);
                own.intent = Intent::Strike;
            }
            if let Some(other) = fight.fighters.get_mut(&target)
                && other.target.is_none()
            {
                other.target = Some(id);
            }
            // Who attacks is hated, if ever so little.
            if let Some(other) = fight.fighters.get_mut(&target) {
                other.threat.entry(id).or_insert(1);
            }
            let fight_id = fight.id;
            if begins || joins.contains(&true) {
                arena.news.write(FightNews::Began {
                    room,
                    id: fight_id,
                    who,
                    whom,
                });
            }
        }
        for (player, creature) in [(who, whom), (whom, who)] {
            let sight = arena.kind(creature).and_then(|kind| kind.lucidity.clone());
            let new = joins[usize::from(player != who)];
            if let Some(sight) = sight.filter(|_| new && arena.is_player(player)) {
                confronted.write(Confronted {
                    mind: player,
                    archetype: sight.archetype.into(),
                    horror: sight.category,
                    sight: None,
                });
            }
        }
        let now = arena.clock.now;
        let round = Duration::from_secs(arena.rules.round.seconds.into());
        let rested = swung
            .get(who)
            .map_or(joins[0], |one| now.since(one.0) >= round);
        if rested && joins[0] {
            if let Ok(mut one) = swung.get_mut(who) {
                one.0 = now;
            }
            arena.blow(who, whom, "opening", &mut ledger);
        }
    }
}

/// Lets creatures hate others, and those run who are made to.
pub(super) fn provoke(
    mut provoked: MessageReader<Provoke>,
    mut running: MessageReader<RunAway>,
    mut arena: Arena<'_, '_>,
) {
    for Provoke {
        creature,
        whom,
        how,
    } in provoked.read()
    {
        let (Some(id), Some(own)) = (arena.id(*whom), arena.id(*creature)) else {
            continue;
        };
        let room = arena.brawls.of.get(creature).copied();
        let fight = room.and_then(|room| arena.brawls.fights.get_mut(&room));
        let Some(fighter) = fight.and_then(|fight| fight.fighters.get_mut(&own)) else {
            continue;
        };
        match how {
            Hatred::By(more) => *fighter.threat.entry(id).or_default() += more,
            Hatred::Clear => fighter.threat.clear(),
            Hatred::Top => {
                let top = fighter.threat.values().max().copied().unwrap_or(0);
                fighter.threat.insert(id, top + top / 10 + 100);
            }
        }
    }
    for RunAway { who, way } in running.read() {
        let (id, room) = (arena.id(*who), arena.brawls.of.get(who).copied());
        let fight = room.and_then(|room| arena.brawls.fights.get_mut(&room));
        if let (Some(id), Some(fight)) = (id, fight)
            && let Some(fighter) = fight.fighters.get_mut(&id)
        {
            fighter.intent = Intent::Flee(*way);
        }
    }
}

/// Takes those out who are elsewhere, dead or gone, shares out what was earned, and ends what is over.
pub(super) fn part(
    mut moved: MessageReader<Moved>,
    mut creatures: MessageReader<CreatureMoved>,
    mut died: MessageReader<CreatureDied>,
    mut changed: MessageReader<VitalsChanged>,
    mut earn: MessageWriter<Earn>,
    mut arena: Arena<'_, '_>,
) {
    let mut touched = false;
    for one in died.read() {
        reward(&mut arena, one, &mut earn);
        arena.leave(one.creature, "defeat");
        touched = true;
    }
    let players = moved.read().map(|one| (one.actor, one.to));
    let creatures = creatures.read().map(|one| (one.creature, one.to));
    for (who, to) in players.chain(creatures) {
        if arena
            .brawls
            .of
            .get(&who)
            .is_some_and(|room| Some(*room) != to)
        {
            arena.leave(who, "separated");
            touched = true;
        }
    }
    for one in changed.read() {
        let dead = one.now.dp() <= Vitals::FLOOR && arena.is_player(one.body);
        if dead && arena.brawls.is_fighting(one.body) {
            arena.leave(one.body, "defeat");
        }
        touched |= one.now.dp() <= 0 || one.before.dp() <= 0;
    }
    if !touched {
        return;
    }
    let rooms: Vec<RoomIx> = arena.brawls.fights.keys().copied().collect();
    for room in rooms {
        rounds::end_if_over(&mut arena, room);
    }
}

/// Shares a creature's experience among those who hurt it, by what each took of it; the rest goes to
/// whoever took most.
fn reward(arena: &mut Arena<'_, '_>, one: &CreatureDied, earn: &mut MessageWriter<'_, Earn>) {
    let Some(points) = arena.kind(one.creature).map(|kind| kind.xp) else {
        return;
    };
    let id = arena.id(one.creature);
    let fight = arena.brawls.fights.get(&one.room);
    let own = fight
        .zip(id)
        .and_then(|(fight, id)| fight.fighters.get(&id));
    let mut shares: BTreeMap<Entity, i64> = BTreeMap::new();
    for (id, taken) in own.iter().flat_map(|own| &own.hurt_by) {
        let entity = fight
            .and_then(|fight| fight.fighters.get(id))
            .filter(|one| one.player);
        if let Some(other) = entity {
            *shares.entry(other.entity).or_default() += taken;
        }
    }
    // Whoever killed it without a fight has it all.
    if shares.is_empty()
        && let Some(by) = one.by.filter(|by| arena.is_player(*by))
    {
        shares.insert(by, 1);
    }
    let mut paid: BTreeMap<Entity, u32> = BTreeMap::new();
    let all: i64 = shares.values().sum();
    for (who, taken) in &shares {
        let part = i64::from(points) * taken / all.max(1);
        paid.insert(*who, u32::try_from(part).unwrap_or(0));
    }
    let rest = points.saturating_sub(paid.values().sum());
    let most = shares
        .iter()
        .max_by_key(|(who, taken)| (**taken, std::cmp::Reverse(arena.id(**who))));
    if let Some((who, _)) = most {
        *paid.entry(*who).or_default() += rest;
    }
    for (actor, points) in &paid {
        if *points > 0 {
            earn.write(Earn {
                actor: *actor,
                points: *points,
            });
        }
    }
    arena.news.write(FightNews::Died {
        room: one.room,
        creature: one.creature,
        by: one.by,
        paid: paid.into_iter().collect(),
    });
}
