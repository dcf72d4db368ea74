//! Lists that are run: one after the other, effect by effect, each as one message to its owner.

use engine::prelude::*;

use super::act::{Difficulty, Effect, EffectAct, StatCheck, Whom};
use super::owners::OwnerDoors;
use super::parties::RunEffects;
use super::refused::RefusedEffect;
use super::tally::{DEPTH_MAX, DroppedEffects, EffectTally, WaitingRuns};
use super::view::{Forecast, Scene, View};

/// What comes after an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    On,
    /// The list ends.
    Ends,
    /// Everything that was begun ends.
    Stops,
}

/// Runs the lists that are to be run.
pub(super) fn run(
    mut runs: MessageReader<RunEffects>,
    view: View<'_, '_>,
    mut owners: OwnerDoors<'_>,
    mut tally: ResMut<EffectTally>,
    mut waiting: ResMut<WaitingRuns>,
    mut dropped: ResMut<DroppedEffects>,
) {
    let in_time = tally.begin_round(view.clock.tick);
    if runs.is_empty() {
        return;
    }
    let mut forecast = Forecast::default();
    let mut lost = *dropped;
    for one in runs.read() {
        if one.depth >= DEPTH_MAX {
            lost.too_deep += 1;
            continue;
        }
        if !in_time {
            lost.too_many_lists += u64::from(!waiting.push(one.clone()));
            continue;
        }
        let parties = &one.parties;
        let roller = view.roller(parties);
        let throws = tally.begin_run(roller, parties.carrier.cause(), one.moment);
        let mut running = ListRun {
            scene: Scene::of(&view, &mut forecast, parties, throws, one.moment),
            owners: &mut owners,
            tally: &mut tally,
            depth: one.depth,
            amount: 0,
            too_many: 0,
        };
        running.list(one.list.effects());
        lost.too_many += running.too_many;
    }
    if dropped.set_if_neq(lost) {
        tracing::warn!(
            too_deep = lost.too_deep,
            too_many = lost.too_many,
            too_many_lists = lost.too_many_lists,
            "effects dropped"
        );
    }
}

/// A list under way.
pub(super) struct ListRun<'a, 'w, 's, 'o> {
    pub(super) scene: Scene<'a, 'w, 's>,
    pub(super) owners: &'a mut OwnerDoors<'o>,
    pub(super) tally: &'a mut EffectTally,
    pub(super) depth: u8,
    /// What the effect before came to.
    pub(super) amount: i32,
    too_many: u64,
}

impl ListRun<'_, '_, '_, '_> {
    fn list(&mut self, effects: &[Effect]) -> Flow {
        for effect in effects {
            match self.effect(effect) {
                Flow::On => {}
                Flow::Ends => return Flow::Ends,
                Flow::Stops => return Flow::Stops,
            }
        }
        Flow::On
    }

    /// Runs a list within another: where it ends, the other goes on.
    fn inner(&mut self, effects: &[Effect]) -> Flow {
        match self.list(effects) {
            Flow::Stops => Flow::Stops,
            Flow::On | Flow::Ends => Flow::On,
        }
    }

    fn effect(&mut self, effect: &Effect) -> Flow {
        if !self.tally.count(self.scene.roller) {
            self.too_many += 1;
            return Flow::Stops;
        }
        let refused = match &effect.act {
            EffectAct::Stop => return Flow::Stops,
            EffectAct::Chance {
                of,
                then,
                otherwise,
            } => {
                let happens = self.scene.chance(*of);
                return self.inner(if happens { then } else { otherwise });
            }
            EffectAct::When {
                asked,
                then,
                otherwise,
            } => {
                let holds = self.scene.holds(asked);
                return self.inner(if holds { then } else { otherwise });
            }
            EffectAct::OneOf(choices) => return self.one_of(choices),
            EffectAct::Check(check) => match self.check(check, effect.to) {
                Ok(flow) => return flow,
                Err(refused) => Some(refused),
            },
            act => self.deed(act, effect.to).err(),
        };
        let Some(refused) = refused else {
            return Flow::On;
        };
        if effect.told {
            self.owners.tell_refusal(&self.scene, &refused);
        }
        if effect.must { Flow::Ends } else { Flow::On }
    }

    fn one_of(&mut self, choices: &[(u64, std::sync::Arc<[Effect]>)]) -> Flow {
        let all: u64 = choices.iter().map(|(weight, _)| weight).sum();
        let mut at = self.scene.pick(all);
        for (weight, list) in choices {
            match at.checked_sub(*weight) {
                Some(rest) => at = rest,
                None => return self.inner(list),
            }
        }
        Flow::On
    }

    /// A check of a stat (game.md §6.1).
    fn check(&mut self, check: &StatCheck, to: Option<Whom>) -> Result<Flow, RefusedEffect> {
        let whom = self.whom(to).first().copied().ok_or(RefusedEffect::GONE)?;
        let value = self.scene.view.stat(whom, check.stat);
        let value = i32::from(value.ok_or(RefusedEffect::GONE)?);
        let value = self.scene.view.checked(whom, check.stat, value) + check.modifier;
        let chance = match check.difficulty {
            Difficulty::Regular => value,
            Difficulty::Hard => value / 2,
            Difficulty::Extreme => value / 5,
        };
        let chance = chance.clamp(1, 99);
        let thrown = i32::try_from(self.scene.pick(100)).unwrap_or(99) + 1;
        let fumbles = thrown == 100 || (chance < 50 && thrown >= 96);
        let list = match thrown <= chance {
            true if thrown <= (chance / 10).max(1) => {
                check.critical.as_ref().unwrap_or(&check.pass)
            }
            true => &check.pass,
            false if fumbles => check.fumble.as_ref().unwrap_or(&check.fail),
            false => &check.fail,
        };
        Ok(self.inner(list))
    }

    /// On whom it is done.
    fn whom(&self, to: Option<Whom>) -> Vec<Entity> {
        let parties = self.scene.parties;
        match to {
            None => self.scene.subject().into_iter().collect(),
            Some(Whom::Actor) => parties.actor.into_iter().collect(),
            Some(Whom::Carrier) => parties.me.into_iter().collect(),
            Some(Whom::Foes) => {
                let of = parties.actor.or(parties.me);
                of.map_or_else(Vec::new, |of| self.scene.view.brawls.foes(of))
            }
            Some(Whom::Target) => parties.target.into_iter().collect(),
            Some(set) => {
                let here = self.scene.here();
                let mut all = here.map_or_else(Vec::new, |here| self.scene.view.occupants(here));
                if set == Whom::Others {
                    all.retain(|one| Some(*one) != parties.actor);
                }
                all
            }
        }
    }

    /// Does it to each it is meant for; refused where nobody took it.
    fn deed(&mut self, act: &EffectAct, to: Option<Whom>) -> Result<(), RefusedEffect> {
        if let EffectAct::Light { lit, fuel } = act {
            return self.kindle(to, *lit, *fuel);
        }
        if let Some(done) = self.of_place(act) {
            return done;
        }
        let mut refused = Err(RefusedEffect::GONE);
        for (n, whom) in self.whom(to).into_iter().enumerate() {
            // The first is counted already.
            if n > 0 && !self.tally.count(self.scene.roller) {
                self.too_many += 1;
                break;
            }
            match (self.of_person(act, whom), &refused) {
                (Ok(()), _) => refused = Ok(()),
                (Err(why), Err(_)) => refused = Err(why),
                (Err(_), Ok(())) => {}
            }
        }
        refused
    }
}
