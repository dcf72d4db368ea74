//! Rounds: every few seconds all act, one after the other, in one tick.

mod turns;

pub(super) use turns::aid;
use turns::{flee, taunt};

use std::cmp::Reverse;

use engine::prelude::*;

use super::arena::{Arena, PointLedger};
use super::tell::FightNews;
use crate::character::Stat;
use crate::fight::{Brawls, Fighter, Intent};
use crate::place::{GuardedWays, Relocate};
use crate::world::{Atlas, RoomIx};

/// A creature turns on another whom it hates by so many percent of the one before.
const SWITCH: i64 = 110;

/// What a round needs besides.
#[derive(SystemParam)]
pub(super) struct RoundWays<'w> {
    atlas: Res<'w, Atlas>,
    guarded: Res<'w, GuardedWays>,
    relocate: MessageWriter<'w, Relocate>,
}

/// Plays the rounds that are due, room by room.
pub(super) fn rounds(
    mut arena: Arena<'_, '_>,
    mut ways: RoundWays<'_>,
    prefers: Query<&super::Prefers>,
) {
    let now = arena.clock.now;
    let due: Vec<RoomIx> = arena
        .brawls
        .fights
        .iter()
        .filter(|(_, fight)| fight.next <= now)
        .map(|(room, _)| *room)
        .collect();
    for room in due {
        let mut ledger = PointLedger::default();
        for (_, who) in order(&arena, room) {
            if arena.brawls.of.get(&who) == Some(&room) {
                act(&mut arena, &mut ways, &prefers, (room, who), &mut ledger);
            }
        }
        let (seconds, idle) = (arena.rules.round.seconds, arena.rules.round.idle_seconds);
        let Some(fight) = arena.brawls.fights.get_mut(&room) else {
            continue;
        };
        fight.round += 1;
        fight.next = fight.next.plus(Duration::from_secs(seconds.into()));
        let (round, id) = (fight.round, fight.id);
        let idle = now.since(fight.last_blow) >= Duration::from_secs(idle.into());
        arena.news.write(FightNews::Round { room, id, round });
        if idle {
            end(&mut arena, room, "timeout");
        } else {
            // Who ran is out of it before their steps are heard.
            end_if_over(&mut arena, room);
        }
    }
}

/// Who acts when: by dexterity, the highest first, then by id.
fn order(arena: &Arena<'_, '_>, room: RoomIx) -> Vec<((Reverse<u8>, StableId), Entity)> {
    let fighters = arena.brawls.fights.get(&room).into_iter();
    let all = fighters.flat_map(|fight| &fight.fighters);
    let quick = |one: &Fighter| {
        arena
            .people
            .get(one.entity)
            .map_or(0, |known| known.2.get(Stat::Dexterity))
    };
    let mut all: Vec<_> = all
        .map(|(id, one)| ((Reverse(quick(one)), *id), one.entity))
        .collect();
    all.sort_unstable();
    all
}

fn act(
    arena: &mut Arena<'_, '_>,
    ways: &mut RoundWays<'_>,
    prefers: &Query<&super::Prefers>,
    (room, who): (RoomIx, Entity),
    ledger: &mut PointLedger,
) {
    let Some(id) = arena.id(who) else { return };
    if !arena.is_able(who, ledger) {
        return;
    }
    retarget(arena, (room, id, who), ledger);
    let (points, most) = arena.points(who, ledger);
    let percent = points * 100 / most.max(1);
    let flees = match arena.kind(who) {
        Some(kind) => !kind.merciless && percent < i32::from(kind.flees_below),
        None => prefers
            .get(who)
            .is_ok_and(|one| percent < i32::from(one.wimpy())),
    };
    let Some(own) = arena
        .brawls
        .fights
        .get_mut(&room)
        .and_then(|fight| fight.fighters.get_mut(&id))
    else {
        return;
    };
    own.guards = false;
    let intent = std::mem::take(&mut own.intent);
    let (intent, target) = match intent {
        Intent::Strike if flees => (Intent::Flee(None), own.target),
        intent => (intent, own.target),
    };
    match intent {
        Intent::Strike => {
            let whom = target.and_then(|target| fighter(arena, room, target));
            if let Some(whom) = whom.filter(|whom| arena.can_strike(who, *whom, ledger)) {
                arena.blow(who, whom, "blow", ledger);
            }
        }
        Intent::Defend => {
            if let Some(own) = arena
                .brawls
                .fights
                .get_mut(&room)
                .and_then(|fight| fight.fighters.get_mut(&id))
            {
                own.guards = true;
            }
        }
        Intent::Flee(way) => flee(arena, ways, (room, who, id), way, ledger),
        Intent::Taunt(whom) => taunt(arena, room, (who, id), whom),
        Intent::Aid(whom) => {
            if let Some(whom) = fighter(arena, room, whom) {
                aid(arena, who, whom);
            }
        }
    }
}

fn fighter(arena: &Arena<'_, '_>, room: RoomIx, id: StableId) -> Option<Entity> {
    let fight = arena.brawls.fights.get(&room)?;
    fight.fighters.get(&id).map(|one| one.entity)
}

/// Finds somebody another target where theirs is gone, or is hated less by far.
fn retarget(
    arena: &mut Arena<'_, '_>,
    (room, id, who): (RoomIx, StableId, Entity),
    ledger: &PointLedger,
) {
    let Some(fight) = arena.brawls.fights.get(&room) else {
        return;
    };
    let Some(own) = fight.fighters.get(&id) else {
        return;
    };
    let valid = |target: &StableId| {
        let other = fight.fighters.get(target);
        other.is_some_and(|other| arena.can_strike(who, other.entity, ledger))
    };
    let now = own.target.filter(|target| valid(target));
    let hated = |target: &StableId| match own.player {
        true => fight
            .fighters
            .get(target)
            .and_then(|other| other.threat.get(&id))
            .copied(),
        false => own.threat.get(target).copied(),
    };
    let against = fight
        .fighters
        .iter()
        .filter(|(other, one)| one.target == Some(id) && valid(other));
    let against = against.map(|(other, _)| *other);
    let known = own.threat.keys().copied().filter(|other| valid(other));
    let top = against
        .chain(known)
        .max_by_key(|other| (hated(other).unwrap_or(0), Reverse(*other)));
    let next = match (now, top) {
        (Some(now), Some(top)) if !own.player => {
            let (is, other) = (hated(&now).unwrap_or(0), hated(&top).unwrap_or(0));
            if other * 100 > is * SWITCH {
                Some(top)
            } else {
                Some(now)
            }
        }
        (Some(now), _) => Some(now),
        (None, top) => top,
    };
    if next == own.target {
        return;
    }
    let whom = next
        .and_then(|next| fight.fighters.get(&next))
        .map(|one| one.entity);
    let fight_id = fight.id;
    if let Some(own) = arena
        .brawls
        .fights
        .get_mut(&room)
        .and_then(|fight| fight.fighters.get_mut(&id))
    {
        own.target = next;
    }
    if let Some(whom) = whom {
        arena.news.write(FightNews::Turns {
            room,
            id: fight_id,
            who,
            whom,
        });
    }
}

/// Ends a fight for all.
pub(super) fn end(arena: &mut Arena<'_, '_>, room: RoomIx, reason: &'static str) {
    let Some(fight) = arena.brawls.fights.get(&room) else {
        return;
    };
    let all: Vec<Entity> = fight.fighters.values().map(|one| one.entity).collect();
    for who in all {
        arena.leave(who, reason);
    }
    arena.brawls.fights.remove(&room);
}

/// Ends a fight in which nobody has anybody left to strike.
pub(super) fn end_if_over(arena: &mut Arena<'_, '_>, room: RoomIx) {
    if is_over(&arena.brawls, arena, room) {
        let stands = arena.brawls.fights.get(&room).is_some_and(|fight| {
            let mut all = fight.fighters.values();
            all.any(|one| one.player && arena.points(one.entity, &PointLedger::default()).0 > 0)
        });
        end(arena, room, if stands { "victory" } else { "defeat" });
    }
}

/// Whether nobody in a fight has anybody left to strike.
fn is_over(brawls: &Brawls, arena: &Arena<'_, '_>, room: RoomIx) -> bool {
    let Some(fight) = brawls.fights.get(&room) else {
        return false;
    };
    let ledger = PointLedger::default();
    let strikes = |one: &Fighter| {
        let target = one.target.and_then(|target| fight.fighters.get(&target));
        target.is_some_and(|other| arena.can_strike(one.entity, other.entity, &ledger))
    };
    let able = |one: &Fighter| arena.points(one.entity, &ledger).0 > 0;
    let alive = |one: &&Fighter| {
        able(one)
            && (strikes(one) || {
                let mut others = fight.fighters.values();
                others.any(|other| {
                    arena.can_strike(one.entity, other.entity, &ledger)
                        && (one.threat.keys().any(|id| {
                            fight
                                .fighters
                                .get(id)
                                .is_some_and(|known| known.entity == other.entity)
                        }) || other.target.is_some_and(|id| {
                            fight
                                .fighters
                                .get(&id)
                                .is_some_and(|known| known.entity == one.entity)
                        }))
                })
            })
    };
    !fight.fighters.values().any(|one| alive(&one))
}
