//! Who is in a fight and what they are worth there: the one place where fights are changed.

mod blow;

use std::collections::BTreeMap;

use engine::prelude::*;

use super::rules::CombatRules;
use super::strike::{Attacker, Defender, bonus};
use super::tell::FightNews;
use crate::afflictions::{Ailing, Block, ConditionChange};
use crate::amount::Amount;
use crate::body::{AdjustVitals, Vitals};
use crate::character::{Stat, Stats};
use crate::creatures::{Bestiary, CreatureKind};
use crate::effects::{EffectList, RunEffects};
use crate::fight::{BlowStruck, Brawl, Brawls, Engaged, Fighter, Intent};
use crate::lucidity::AdjustLucidity;
use crate::place::{Creature, CreatureLooks, InRoom, Posture};
use crate::things::{Arms, DamageKind, ThingDeed};
use crate::world::RoomIx;

/// Whoever loses points to a blow while they stand keeps so many at least, so that friends have a
/// round, unless the blow is worth all that they ever had.
const MERCY: i32 = -3;

type FighterQuery = (
    &'static StableId,
    AnyOf<(&'static Character, &'static Creature)>,
    &'static Stats,
    &'static Vitals,
    &'static Posture,
    Option<&'static InRoom>,
    Has<Linkdead>,
);

/// Who can fight, and the fights.
#[derive(SystemParam)]
pub(super) struct Arena<'w, 's> {
    pub(super) people: Query<'w, 's, FighterQuery>,
    pub(super) looks: Res<'w, CreatureLooks>,
    pub(super) bestiary: Res<'w, Bestiary>,
    pub(super) ailing: Ailing<'w, 's>,
    pub(super) rules: Res<'w, CombatRules>,
    pub(super) clock: Res<'w, Clock>,
    pub(super) dice: Res<'w, Dice>,
    pub(super) brawls: ResMut<'w, Brawls>,
    pub(super) news: MessageWriter<'w, FightNews>,
    pub(super) bodies: MessageWriter<'w, AdjustVitals>,
    pub(super) conditions: MessageWriter<'w, ConditionChange>,
    arms: Arms<'w, 's>,
    things: MessageWriter<'w, ThingDeed>,
    minds: MessageWriter<'w, AdjustLucidity>,
    struck: MessageWriter<'w, BlowStruck>,
    pub(super) runs: MessageWriter<'w, RunEffects>,
    commands: Commands<'w, 's>,
}

/// What somebody strikes with.
pub(super) struct Means {
    pub(super) by: Attacker,
    pub(super) kind: DamageKind,
    pub(super) verb: String,
    on_hit: EffectList,
    /// What is used up by it.
    round: Option<Entity>,
}

/// Points within a run, before their owner has written them, and throws of its dice.
#[derive(Default)]
pub(super) struct PointLedger {
    points: BTreeMap<Entity, i32>,
    throws: u32,
}

impl Arena<'_, '_> {
    pub(super) fn id(&self, who: Entity) -> Option<StableId> {
        self.people.get(who).ok().map(|one| *one.0)
    }

    pub(super) fn kind(&self, who: Entity) -> Option<&CreatureKind> {
        let (_, (_, creature), ..) = self.people.get(who).ok()?;
        self.bestiary
            .get(&creature?.kind)
            .map(std::sync::Arc::as_ref)
    }

    pub(super) fn is_player(&self, who: Entity) -> bool {
        let known = self.people.get(who);
        known.is_ok_and(|(_, (character, _), ..)| character.is_some())
    }

    /// As somebody is named within a sentence.
    pub(super) fn name(&self, who: Entity) -> String {
        match self.people.get(who).map(|one| one.1) {
            Ok((Some(character), _)) => character.name.clone(),
            Ok((_, Some(one))) => {
                let look = self.looks.get(&one.kind);
                look.map_or_else(|| "it".to_owned(), |look| look.named())
            }
            _ => "somebody".to_owned(),
        }
    }

    pub(super) fn room(&self, who: Entity) -> Option<RoomIx> {
        self.people.get(who).ok()?.5.map(|place| place.0)
    }

    /// Somebody's points by now, and the most that they can have.
    pub(super) fn points(&self, who: Entity, ledger: &PointLedger) -> (i32, i32) {
        let Ok((_, _, stats, vitals, ..)) = self.people.get(who) else {
            return (0, 1);
        };
        let now = ledger.points.get(&who).copied();
        let now = now.unwrap_or_else(|| vitals.dp().into());
        (now, stats.max_dp().into())
    }

    /// Whether somebody can be struck by another: they live, and are not down before one with mercy.
    pub(super) fn can_strike(&self, who: Entity, whom: Entity, ledger: &PointLedger) -> bool {
        let (points, _) = self.points(whom, ledger);
        let there = self.people.get(whom).is_ok();
        match self.is_player(whom) {
            false => there && points > 0,
            true if self.is_player(who) => false,
            true => {
                let merciless = self.kind(who).is_some_and(|kind| kind.merciless);
                there && (points > 0 || (merciless && points > Vitals::FLOOR.into()))
            }
        }
    }

    pub(super) fn is_able(&self, who: Entity, ledger: &PointLedger) -> bool {
        self.points(who, ledger).0 > 0 && !self.ailing.blocks(who, Block::Act)
    }

    /// With what somebody strikes.
    pub(super) fn means(&self, who: Entity) -> Means {
        let stat = |stat| {
            self.people
                .get(who)
                .map_or(50, |one| i32::from(one.2.get(stat)))
        };
        let plain = || Means {
            by: Attacker {
                skill: self.rules.untrained.fighting,
                modifier: 0,
                damage: Amount::flat(1),
                bonus: bonus(stat(Stat::Strength) + stat(Stat::Size)),
                more: 0,
            },
            kind: DamageKind::Blunt,
            verb: "strikes at".to_owned(),
            on_hit: EffectList::default(),
            round: None,
        };
        let mut means = plain();
        match self.kind(who) {
            Some(kind) => {
                means.by.skill = kind.skills.fighting;
                // What grows on it is as strong as it is.
                means.by.bonus = Amount::flat(0);
                if let Some(natural) = &kind.natural {
                    means.by.damage = natural.amount();
                    means.kind = natural.kind;
                    means.verb.clone_from(&natural.verb);
                    means.on_hit = natural.on_hit.clone();
                }
            }
            None => self.armed(who, &mut means),
        }
        let skill = self.ailing.modifier(who, &["skill.fighting", "skill.all"]);
        means.by.skill = skill.of(means.by.skill);
        means.by.modifier = self.ailing.modifier(who, &["hit"]).of(0);
        means.by.more = self.ailing.modifier(who, &["damage"]).of(0);
        means
    }

    /// With what a player strikes: what they hold, or their fists where that is nothing to strike with.
    fn armed(&self, who: Entity, means: &mut Means) {
        means.by.damage = self.rules.fist();
        let Some((_, weapon)) = self.arms.weapon(who) else {
            return;
        };
        let shots = weapon.ammo.as_ref().map(|tag| self.arms.tagged(who, tag));
        if shots.as_ref().is_some_and(Vec::is_empty) {
            return;
        }
        means.round = shots.and_then(|shots| shots.first().copied());
        means.by.damage = weapon.amount();
        means.kind = weapon.kind;
        means.verb.clone_from(&weapon.verb);
        if weapon.skill == "firearms" {
            means.by.skill = self.rules.untrained.firearms;
            means.by.bonus = Amount::flat(0);
        }
    }

    /// How well somebody is kept from a kind of damage.
    pub(super) fn defense(&self, whom: Entity, damage: DamageKind) -> Defender {
        let Ok((_, _, stats, _, posture, ..)) = self.people.get(whom) else {
            return Defender::default();
        };
        let half = i32::from(stats.get(Stat::Dexterity)) / 2;
        let kind = self.kind(whom);
        let dodge = kind.and_then(|kind| kind.skills.dodge).unwrap_or(half);
        let dodge = self
            .ailing
            .modifier(whom, &["skill.dodge", "skill.all"])
            .of(dodge);
        let dodge = self.ailing.modifier(whom, &["dodge"]).of(dodge);
        let helpless =
            self.ailing.blocks(whom, Block::Act) || self.ailing.blocks(whom, Block::Move);
        let dodge = match posture {
            _ if helpless => 0,
            Posture::Standing => dodge.max(0),
            Posture::Sitting => dodge.max(0) / 2,
            Posture::Lying => 0,
        };
        let armour = match kind {
            Some(kind) => kind.armour.against(damage),
            None => self.arms.armor(whom).against(damage),
        };
        let named = format!("armour.{}", damage.word());
        let worn = self.ailing.modifier(whom, &[&named]);
        let resists = kind.is_some_and(|kind| kind.resist.contains(&damage));
        let immune = kind.is_some_and(|kind| kind.immune.iter().any(|one| one == damage.word()));
        Defender {
            dodge,
            armour: i32::from(armour) + worn.plus,
            kept_off: if immune {
                100
            } else {
                i32::from(resists) * 50 + worn.percent
            },
        }
    }

    /// Puts somebody into the fight of a room, which begins with the first.
    pub(super) fn enter(&mut self, room: RoomIx, who: Entity) {
        let Some(id) = self.id(who) else { return };
        let (now, player) = (self.clock.now, self.is_player(who));
        let next = now.plus(Duration::from_secs(self.rules.round.seconds.into()));
        let fight = self.brawls.fights.entry(room).or_insert_with(|| Brawl {
            id: self.dice.new_id(id, "fight", 0),
            began: now,
            round: 0,
            next,
            last_blow: now,
            fighters: BTreeMap::new(),
        });
        fight.fighters.entry(id).or_insert_with(|| Fighter {
            entity: who,
            player,
            target: None,
            intent: Intent::default(),
            fumbled: false,
            guards: false,
            threat: BTreeMap::new(),
            hurt_by: BTreeMap::new(),
        });
        self.brawls.of.insert(who, room);
        self.commands.entity(who).try_insert(Engaged);
    }

    /// Takes somebody out of their fight.
    pub(super) fn leave(&mut self, who: Entity, reason: &'static str) {
        let Some(room) = self.brawls.of.remove(&who) else {
            return;
        };
        self.commands.entity(who).try_remove::<Engaged>();
        let Some(fight) = self.brawls.fights.get_mut(&room) else {
            return;
        };
        let gone: Vec<StableId> = fight
            .fighters
            .iter()
            .filter(|(_, one)| one.entity == who)
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            fight.fighters.remove(&id);
            for other in fight.fighters.values_mut() {
                other.threat.remove(&id);
                if other.target == Some(id) {
                    other.target = None;
                }
            }
        }
        let (id, seconds) = (fight.id, self.clock.now.since(fight.began).as_secs());
        self.news.write(FightNews::Ended {
            room,
            id,
            who: vec![who],
            reason,
            seconds,
        });
    }
}
