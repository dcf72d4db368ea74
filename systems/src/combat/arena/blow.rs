//! One blow in a fight, and what it leaves behind.

use engine::prelude::*;

use super::super::strike::{Blow, strike};
use super::super::tell::FightNews;
use super::{Arena, MERCY, PointLedger};
use crate::afflictions::{ConditionChange, EndOccasion};
use crate::body::{AdjustVitals, Vitals, VitalsCause};
use crate::effects::{Carrier, Parties, RunEffects};
use crate::fight::BlowStruck;
use crate::lucidity::{AdjustLucidity, Cause};
use crate::place::Posture;
use crate::things::{DamageKind, ThingDeed};
use crate::world::RoomIx;

impl Arena<'_, '_> {
    /// Lets somebody strike somebody once.
    pub(in crate::combat) fn blow(
        &mut self,
        who: Entity,
        whom: Entity,
        purpose: &str,
        ledger: &mut PointLedger,
    ) {
        let (Some(id), Some(target), Some(room)) = (self.id(who), self.id(whom), self.room(who))
        else {
            return;
        };
        let mut means = self.means(who);
        let (hit, now) = (self.rules.hit, self.clock.now);
        means.by.modifier += self.footing(who, room, (id, target));
        let dice = *self.dice;
        let throws = &mut ledger.throws;
        let mut blow = strike(&means.by, self.defense(whom, means.kind), hit, |sides| {
            *throws += 1;
            dice.pick(sides, id, purpose, *throws)
        });
        let (before, most) = self.points(whom, ledger);
        if self.is_player(whom) && before > 0 && blow.damage < most {
            blow.damage = blow.damage.min(before - MERCY);
        }
        let after = before - blow.damage;
        ledger.points.insert(whom, after);
        let kills = !self.is_player(whom) && before > 0 && after <= 0;
        self.note(room, (id, target), blow, (before, now));
        if blow.damage > 0 {
            let points = u16::try_from(blow.damage).unwrap_or(u16::MAX);
            let harm = AdjustVitals::harm(whom, points, VitalsCause::new("combat"));
            self.bodies.write(harm.by(Some(who)));
            self.scare(whom, means.kind, blow.damage);
            let hit = ConditionChange::Occurs(whom, EndOccasion::Hit);
            self.conditions.write(hit);
        }
        self.conditions
            .write(ConditionChange::Occurs(who, EndOccasion::Fight));
        if let Some(thing) = means.round {
            self.things.write(ThingDeed::Consume { thing, count: 1 });
        }
        self.struck.write(BlowStruck { who, whom });
        if blow.lands
            && !kills
            && !means.on_hit.is_empty()
            && let Some(kind) = self.kind(who)
        {
            let parties = Parties {
                actor: Some(who),
                target: Some(whom),
                here: Some(room),
                carrier: Carrier::of("creature", "", &kind.id, &kind.name),
                me: Some(who),
            };
            self.runs
                .write(RunEffects::new(means.on_hit.clone(), parties));
        }
        self.news.write(FightNews::Blow {
            room,
            who,
            whom,
            blow,
            kind: means.kind,
            verb: means.verb,
            telling: blow.telling(kills, most),
            left: after.max(if kills { 0 } else { Vitals::FLOOR.into() }),
            most,
        });
    }

    /// How much easier or harder a blow is by how both are standing.
    fn footing(&self, who: Entity, room: RoomIx, (id, target): (StableId, StableId)) -> i32 {
        let hit = self.rules.hit;
        let fight = self.brawls.fights.get(&room);
        let fighter = |id: &StableId| fight.and_then(|fight| fight.fighters.get(id));
        let posture = self.people.get(who).map(|one| *one.4);
        let sits = posture.is_ok_and(|posture| posture != Posture::Standing);
        let sum = [
            (sits, hit.sitting),
            (fighter(&id).is_some_and(|one| one.fumbled), hit.fumbled),
            (fighter(&target).is_some_and(|one| one.guards), hit.guarded),
        ];
        let counted = sum.into_iter().filter(|(counts, _)| *counts);
        counted.map(|(_, points)| points).sum()
    }

    /// What a blow leaves behind in the fight: hatred, who has done what, and how it went.
    pub(super) fn note(
        &mut self,
        room: RoomIx,
        (id, target): (StableId, StableId),
        blow: Blow,
        (before, now): (i32, WorldTime),
    ) {
        let aggression = {
            let entity = self
                .brawls
                .fights
                .get(&room)
                .and_then(|fight| fight.fighters.get(&target));
            let kind = entity.and_then(|one| self.kind(one.entity));
            kind.map_or(5, |kind| i64::from(kind.aggression))
        };
        let Some(fight) = self.brawls.fights.get_mut(&room) else {
            return;
        };
        fight.last_blow = now;
        if let Some(own) = fight.fighters.get_mut(&id) {
            own.fumbled = blow.fumble;
        }
        let taken = i64::from(blow.damage.min(before.max(0)));
        if let Some(other) = fight.fighters.get_mut(&target) {
            // 0.5 + 0.05 for each point of aggression, in hundredths.
            *other.threat.entry(id).or_default() += taken * (50 + 5 * aggression);
            *other.hurt_by.entry(id).or_default() += taken;
        }
    }

    /// What a blow at the mind takes besides.
    pub(super) fn scare(&mut self, whom: Entity, kind: DamageKind, damage: i32) {
        let points = match kind {
            DamageKind::Mental => (damage / 2).min(10),
            DamageKind::Occult => (damage / 3).min(5),
            _ => 0,
        };
        if points > 0 && self.is_player(whom) {
            self.minds.write(AdjustLucidity {
                mind: whom,
                delta: -i16::try_from(points).unwrap_or(0),
                cause: Cause::new("combat"),
            });
        }
    }
}
