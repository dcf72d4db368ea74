//! What else is done at one's turn: running, taunting, binding wounds.

use engine::prelude::*;

use super::super::arena::{Arena, PointLedger};
use super::super::tell::FightNews;
use super::RoundWays;
use crate::afflictions::{Afflict, Block, ConditionChange, Relieve};
use crate::amount::Amount;
use crate::body::{AdjustVitals, VitalsCause};
use crate::character::Stat;
use crate::place::Relocate;
use crate::world::{Direction, RoomIx};

/// Runs, or fails to: then each who strikes at one has a free blow.
pub(super) fn flee(
    arena: &mut Arena<'_, '_>,
    ways: &mut RoundWays<'_>,
    (room, who, id): (RoomIx, Entity, StableId),
    way: Option<Direction>,
    ledger: &mut PointLedger,
) {
    let exits = ways.atlas.room(room).exits.iter();
    let open: Vec<(Direction, RoomIx)> = exits
        .filter(|exit| !ways.guarded.is_guarded(room, exit.way))
        .map(|exit| (exit.way, exit.to))
        .collect();
    let held = arena.ailing.blocks(who, Block::Flee) || arena.ailing.blocks(who, Block::Move);
    let on_me: Vec<Entity> = arena
        .brawls
        .fights
        .get(&room)
        .map_or_else(Vec::new, |fight| {
            let against = fight.fighters.values().filter(|one| one.target == Some(id));
            against.map(|one| one.entity).collect()
        });
    let chance = chance_to_flee(open.len(), on_me.len(), way.is_some());
    let chosen = match way {
        Some(way) => open.iter().find(|(one, _)| *one == way).copied(),
        None => {
            let at = arena.dice.pick(open.len() as u64, id, "flight", 1);
            open.get(at as usize).copied()
        }
    };
    if let Some((way, to)) = chosen.filter(|_| !held && arena.dice.chance(chance, id, "flight", 0))
    {
        arena.news.write(FightNews::Flees {
            room,
            who,
            way: Some(way),
        });
        arena.leave(who, "fled");
        ways.relocate.write(Relocate {
            way: Some(way),
            ..Relocate::to(who, to)
        });
        return;
    }
    arena.news.write(FightNews::Flees {
        room,
        who,
        way: None,
    });
    for foe in on_me {
        if arena.is_able(foe, ledger) && arena.can_strike(foe, who, ledger) {
            arena.blow(foe, who, "free blow", ledger);
        }
    }
}

/// With which probability somebody gets away.
fn chance_to_flee(exits: usize, foes: usize, named: bool) -> f64 {
    let tenths = 5 + exits as i64 - foes as i64 - i64::from(named);
    (tenths as f64 / 10.0).clamp(0.1, 0.95)
}

pub(super) fn taunt(
    arena: &mut Arena<'_, '_>,
    room: RoomIx,
    (who, id): (Entity, StableId),
    whom: StableId,
) {
    let passes = passes(arena, who, Stat::Charisma, "taunt");
    let Some(other) = arena
        .brawls
        .fights
        .get_mut(&room)
        .and_then(|fight| fight.fighters.get_mut(&whom))
    else {
        return;
    };
    let creature = other.entity;
    if passes {
        let top = other.threat.values().max().copied().unwrap_or(0);
        other.threat.insert(id, top + top / 10 + 100);
        other.target = Some(id);
    }
    arena.news.write(FightNews::Taunts {
        room,
        who,
        whom: creature,
        passes,
    });
}

fn passes(arena: &Arena<'_, '_>, who: Entity, stat: Stat, purpose: &str) -> bool {
    let Ok((id, _, stats, ..)) = arena.people.get(who) else {
        return false;
    };
    let own = format!("stat.{}", stat.word());
    let value = arena
        .ailing
        .modifier(who, &[&own, "stat.all"])
        .of(stats.get(stat).into());
    arena.dice.pick(100, *id, purpose, 0) < u64::try_from(value.clamp(1, 99)).unwrap_or(1)
}

/// Sees to somebody's wounds.
pub(in crate::combat) fn aid(arena: &mut Arena<'_, '_>, who: Entity, whom: Entity) {
    let (Some(id), Some(room)) = (arena.id(who), arena.room(who)) else {
        return;
    };
    let skill = arena
        .ailing
        .modifier(who, &["skill.first_aid", "skill.all"]);
    let skill = skill.of(arena.rules.untrained.first_aid).clamp(1, 99);
    let passes = arena.dice.pick(100, id, "aid", 0) < u64::try_from(skill).unwrap_or(1);
    if passes {
        let dice = Amount::read("1d3").unwrap_or(Amount::flat(1));
        let mut throw = 0;
        let points = dice.roll(|sides| {
            throw += 1;
            arena.dice.pick(sides, id, "aid points", throw)
        });
        let points = u16::try_from(points).unwrap_or(1);
        let heal = AdjustVitals::heal(whom, points, VitalsCause::new("aid"));
        arena.bodies.write(heal.by(Some(who)));
        let relief = Relieve::of(whom, "bleeding");
        arena.conditions.write(ConditionChange::Relieve(relief));
        let stable = Afflict {
            by: Some(who),
            ..Afflict::with(whom, "stable", "aid")
        };
        arena.conditions.write(ConditionChange::Afflict(stable));
    }
    arena.news.write(FightNews::Aids {
        room,
        who,
        whom,
        passes,
    });
}
