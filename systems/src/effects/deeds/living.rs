//! Effects on what lives: conditions, fights, and creatures that come and go.

use engine::prelude::*;

use super::{DEAD, Done};
use crate::afflictions::{Afflict, ConditionChange, Relieve, WhichCondition};
use crate::character::Stat;
use crate::effects::act::EffectAct;
use crate::effects::refused::RefusedEffect;
use crate::effects::run::ListRun;
use crate::fight::{Attack, Provoke, RunAway};
use crate::place::{DespawnCreature, SpawnCreature};

impl ListRun<'_, '_, '_, '_> {
    /// What is upon somebody, and their fights.
    pub(super) fn of_living(&mut self, act: &EffectAct, whom: Entity) -> Done {
        match act {
            EffectAct::Condition {
                id,
                seconds,
                intensity,
                chance,
                resist,
            } => self.afflict(whom, (id, *seconds, *intensity), *chance, *resist),
            EffectAct::Threat(how) => {
                let creature = self.scene.parties.me.ok_or(RefusedEffect::GONE)?;
                let how = *how;
                self.in_fight(creature)?;
                self.owners.provoked.write(Provoke {
                    creature,
                    whom,
                    how,
                });
                Ok(())
            }
            EffectAct::Attack => {
                let who = self.scene.parties.me.ok_or(RefusedEffect::GONE)?;
                self.owners.attacks.write(Attack { who, whom });
                Ok(())
            }
            EffectAct::Flee => {
                self.in_fight(whom)?;
                let (who, way) = (whom, None);
                self.owners.flights.write(RunAway { who, way });
                Ok(())
            }
            EffectAct::Cure {
                which,
                count,
                intensity_max,
            } => self.cure(whom, which, *count, *intensity_max),
            _ => Ok(()),
        }
    }

    fn in_fight(&self, who: Entity) -> Done {
        match self.scene.view.brawls.is_fighting(who) {
            true => Ok(()),
            false => Err(RefusedEffect::rule("There is no fight.")),
        }
    }

    fn afflict(
        &mut self,
        whom: Entity,
        (id, seconds, intensity): (&str, Option<u32>, u8),
        chance: f64,
        resist: Option<Stat>,
    ) -> Done {
        let person = self.scene.person(whom).ok_or(RefusedEffect::GONE)?;
        if person.is_dead() {
            return Err(DEAD);
        }
        let view = self.scene.view;
        if view.is_immune(whom, id) {
            return Err(RefusedEffect::rule("That has no hold on them."));
        }
        let harmful = view
            .ailing
            .table
            .get(id)
            .is_some_and(|traits| traits.harmful);
        if harmful && view.ailing.is_warded(whom) {
            return Err(RefusedEffect::rule(
                "Something stands between them and that.",
            ));
        }
        if !self.scene.chance(chance) {
            return Ok(());
        }
        if let Some(stat) = resist {
            let value = view.stat(whom, stat).unwrap_or(50).into();
            let thrown = i32::try_from(self.scene.pick(100)).unwrap_or(99) + 1;
            if thrown <= view.checked(whom, stat, value).clamp(1, 99) {
                return Ok(());
            }
        }
        self.scene.expect_condition(whom, id, true);
        let cause = self.scene.parties.carrier.cause();
        let by = self.scene.parties.actor;
        let one = Afflict {
            seconds,
            intensity,
            by,
            ..Afflict::with(whom, id, cause)
        };
        self.owners.conditions.write(ConditionChange::Afflict(one));
        Ok(())
    }

    fn cure(&mut self, whom: Entity, which: &WhichCondition, count: usize, most: u8) -> Done {
        self.scene.person(whom).ok_or(RefusedEffect::GONE)?;
        let ailing = &self.scene.view.ailing;
        let has_tag = |id: &str, tag: &String| {
            let traits = ailing.table.get(id);
            traits.is_some_and(|traits| traits.tags.contains(tag))
        };
        let is_meant = |id: &str| match which {
            WhichCondition::Id(own) => own == id,
            WhichCondition::Tag(tag) => has_tag(id, tag),
        };
        let held = ailing.of(whom).iter();
        let held = held.filter(|one| is_meant(&one.id) && one.intensity <= most);
        let gone: Vec<String> = held.map(|one| one.id.clone()).collect();
        if gone.is_empty() {
            return Err(RefusedEffect {
                code: Code::ResourceNotFound,
                words: "There is nothing of the kind to cure.",
            });
        }
        for id in gone.iter().take(count) {
            self.scene.expect_condition(whom, id, false);
        }
        self.owners
            .conditions
            .write(ConditionChange::Relieve(Relieve {
                body: whom,
                which: which.clone(),
                count,
                intensity_max: most,
            }));
        Ok(())
    }

    pub(super) fn spawn(&mut self, kind: &str, count: u32, seconds: Option<u32>) -> Done {
        let room = self.scene.here().ok_or(RefusedEffect::GONE)?;
        let one = SpawnCreature {
            kind: kind.to_owned(),
            room,
            seconds,
        };
        for _ in 0..count {
            self.owners.spawns.write(one.clone());
        }
        Ok(())
    }

    pub(super) fn despawn(&mut self, kind: Option<&str>, text: Option<&String>) -> Done {
        let view = self.scene.view;
        let gone = match kind {
            None => self.scene.parties.me.into_iter().collect(),
            Some(kind) => {
                let here = self.scene.here().ok_or(RefusedEffect::GONE)?;
                let mut here = view.occupants(here);
                here.retain(|one| view.kind(*one) == Some(kind));
                here
            }
        };
        if gone.is_empty() {
            return Err(RefusedEffect::GONE);
        }
        for creature in gone {
            let text = text.cloned();
            self.owners
                .despawns
                .write(DespawnCreature { creature, text });
        }
        Ok(())
    }
}
