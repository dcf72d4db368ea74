//! The one door: every change of lucidity is settled here, with all that hangs on it.

use engine::prelude::*;
use serde::Serialize;

use super::rules::{Rules, span};
use super::{
    AdjustLucidity, Cause, Drift, Episode, Lapse, Liability, Lucidity, LucidityChanged, Psyche,
    SetLucidity, Tier,
};
use crate::body::{Condition, TakePosture, Vitals};
use crate::calendar::MythosTime;
use crate::place::{InRoom, Posture, Relocate};
use crate::world::Atlas;

/// The kind of the facts about lucidity in the audit log.
const FACT: &str = "lucidity";

/// What the audit log says of the flux: always the same, so it is never written anew.
const FLUX_DETAIL: &str = r#"{"reason":"passive_flux"}"#;

/// One change that somebody asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Adjustment {
    mind: Entity,
    change: LucidityShift,
    cause: Cause,
}

#[derive(Clone, Copy, Debug)]
enum LucidityShift {
    By(i16),
    To(i16),
}

impl LucidityShift {
    fn of(self, before: Lucidity) -> Lucidity {
        match self {
            Self::By(delta) => before.shifted(delta),
            Self::To(points) => Lucidity::new(points),
        }
    }
}

/// What goes out by the door.
#[derive(SystemParam)]
pub(super) struct Outcomes<'w> {
    changed: MessageWriter<'w, LucidityChanged>,
    recorded: MessageWriter<'w, Recorded>,
    episodes: MessageWriter<'w, Episode>,
    relocate: MessageWriter<'w, Relocate>,
    stand: MessageWriter<'w, TakePosture>,
}

/// What the door goes by.
#[derive(SystemParam)]
pub(super) struct Law<'w> {
    rules: Res<'w, Rules>,
    atlas: Res<'w, Atlas>,
    clock: Res<'w, Clock>,
    dice: Res<'w, Dice>,
    storage: Res<'w, StorageView>,
}

type MindQuery = (
    &'static StableId,
    &'static mut Lucidity,
    &'static mut Drift,
    &'static mut Psyche,
    Option<&'static InRoom>,
    Option<&'static Vitals>,
);

/// Changes the minds that are to be changed, and records why.
pub(super) fn adjust(
    mut by: MessageReader<AdjustLucidity>,
    mut to: MessageReader<SetLucidity>,
    mut minds: Query<MindQuery>,
    law: Law<'_>,
    mut queue: Local<Vec<(StableId, Adjustment)>>,
    mut out: Outcomes<'_>,
) {
    let by = by
        .read()
        .map(|&AdjustLucidity { mind, delta, cause }| Adjustment {
            mind,
            change: LucidityShift::By(delta),
            cause,
        });
    // Last, so that whoever is set to a value has that value when the tick is over.
    let to = to
        .read()
        .map(|&SetLucidity { mind, to, cause }| Adjustment {
            mind,
            change: LucidityShift::To(to),
            cause,
        });
    let whose = |one: &Adjustment| minds.get(one.mind).ok().map(|(id, ..)| *id);
    queue.extend(by.chain(to).filter_map(|one| Some((whose(&one)?, one))));
    // The order in which minds lie in memory must not be heard; each mind's own order stays.
    queue.sort_by_key(|(id, _)| *id);
    let mut carried_off = None;
    for (id, wanted) in queue.drain(..) {
        // What else befell it happened where it no longer is; only the flux has followed it.
        if carried_off == Some(id) && wanted.cause != Cause::PASSIVE_FLUX {
            continue;
        }
        let Ok((_, mut lucidity, mut drift, mut psyche, place, vitals)) =
            minds.get_mut(wanted.mind)
        else {
            continue;
        };
        let dead = vitals.is_some_and(|vitals| vitals.condition() == Condition::Dead);
        let before = *lucidity;
        let now = wanted.change.of(before);
        // At the end of the scale there is nothing to change, to save or to tell.
        if !lucidity.set_if_neq(now) {
            continue;
        }
        if wanted.cause == Cause::PASSIVE_FLUX {
            // Saved together with the points that it has given: see the module.
            drift.set_changed();
        }
        let room = place.map(|place| law.atlas.room(place.0).id.as_str());
        let step = MindChange {
            id,
            mind: wanted.mind,
            cause: wanted.cause,
            before,
            now,
        };
        step.tell(room, &law, &mut out);
        step.mark(&mut psyche, &law);
        if step.falls_through(Lucidity::FLOOR) {
            carried_off = Some(id);
            let wakes = Lucidity::new(law.rules.fall.sanitarium_wakes_with);
            *lucidity = wakes;
            step.carry_off(dead, &mut psyche, &law, &mut out);
            let woken = MindChange {
                cause: Cause::SANITARIUM,
                before: now,
                now: wakes,
                ..step
            };
            woken.tell(room, &law, &mut out);
            woken.stamp(&mut psyche, &law);
        } else {
            step.lapse(&mut psyche, &law, &mut out);
        }
        drift.bypass_change_detection().mirror(&psyche);
    }
}

/// One change of one mind.
#[derive(Clone, Copy)]
struct MindChange {
    id: StableId,
    mind: Entity,
    cause: Cause,
    before: Lucidity,
    now: Lucidity,
}

impl MindChange {
    const fn delta(&self) -> i16 {
        self.now.points() - self.before.points()
    }

    const fn falls_through(&self, line: i16) -> bool {
        self.before.points() > line && self.now.points() <= line
    }

    /// Says that it happened, to everybody and to the audit log.
    fn tell(&self, room: Option<&str>, law: &Law<'_>, out: &mut Outcomes<'_>) {
        let at = law.clock.now;
        // What nobody ordered can't be refused when the audit log is full: it is summed while it
        // waits. Small things that happen to everybody by the minute never name a room, the others
        // while there is room for each.
        let merges = !self.cause.is_ordered();
        let named = self.cause != Cause::PASSIVE_FLUX && (!merges || law.storage.facts_room > 0);
        let detail = match self.cause {
            // Thousands in one tick.
            Cause::PASSIVE_FLUX => FLUX_DETAIL.into(),
            _ => AdjustmentDetail::of(self.cause, room.filter(|_| named)).into(),
        };
        out.recorded.write(Recorded(Fact {
            kind: FACT.into(),
            subject: self.id,
            at,
            count: 1,
            sum: i64::from(self.delta()),
            detail,
            merges,
        }));
        out.changed.write(LucidityChanged {
            mind: self.mind,
            before: self.before,
            now: self.now,
            cause: self.cause,
        });
    }

    /// Leaves its mark: a liability for a shock or the first fall of tier for a while, and a memory.
    fn mark(&self, psyche: &mut Mut<'_, Psyche>, law: &Law<'_>) {
        let burdens = law.rules.liabilities;
        let now = law.clock.now;
        let again = span(burdens.fall_again_after_seconds);
        let worse = law.rules.tier(self.now) > law.rules.tier(self.before);
        let falls = worse && psyche.falls(now, again);
        if self.delta() <= burdens.shock || falls {
            let new = psyche.liabilities.worsen(burdens.stacks_max);
            if new == Liability::RitualCompulsion && psyche.liabilities.stacks(new) == 1 {
                // The first day is free.
                psyche.warded = Some(MythosTime::at(law.clock.wall()).hours());
            }
        }
        if self.cause != Cause::PASSIVE_FLUX {
            psyche.remember(self.cause, self.delta());
        }
    }

    /// Goes into a stupor or out of it, and into delirium.
    fn lapse(&self, psyche: &mut Mut<'_, Psyche>, law: &Law<'_>, out: &mut Outcomes<'_>) {
        let mut tell = |lapse| {
            out.episodes.write(Episode {
                mind: self.mind,
                lapse,
                cause: self.cause,
            });
        };
        if self.stamp(psyche, law) {
            tell(if psyche.catatonic_since.is_some() {
                Lapse::Catatonic
            } else {
                Lapse::Recovered
            });
        }
        if self.falls_through(law.rules.fall.delirium) {
            tell(Lapse::Delirious);
        }
    }

    /// Keeps the stamp in step with the tier. Answers whether it changed.
    fn stamp(&self, psyche: &mut Mut<'_, Psyche>, law: &Law<'_>) -> bool {
        let catatonic = law.rules.tier(self.now) == Tier::Catatonic;
        if catatonic == psyche.catatonic_since.is_some() {
            return false;
        }
        let now = law.clock.now;
        psyche.catatonic_since = catatonic.then_some(now);
        let rescued = matches!(self.cause, Cause::GROUND_RESCUE | Cause::RESCUE_COMMAND);
        psyche.sheltered_until = rescued.then(|| now.plus(span(law.rules.rescue.shelter_seconds)));
        true
    }

    /// Carries a mind that fell to the end of the scale to the sanitarium; that of the `dead` stays
    /// where they are.
    fn carry_off(
        &self,
        dead: bool,
        psyche: &mut Mut<'_, Psyche>,
        law: &Law<'_>,
        out: &mut Outcomes<'_>,
    ) {
        let which = law
            .dice
            .pick(Liability::ALL.len() as u64, self.id, "sanitarium", 0);
        let otherwise = Liability::ALL[which as usize];
        psyche
            .liabilities
            .deepen(otherwise, law.rules.liabilities.stacks_max);
        psyche.debrief_due = true;
        if !dead {
            let home = law.atlas.default_room();
            out.relocate.write(Relocate::to(self.mind, home));
            out.stand.write(TakePosture {
                body: self.mind,
                posture: Posture::Standing,
            });
        }
        out.episodes.write(Episode {
            mind: self.mind,
            lapse: Lapse::CarriedOff,
            cause: self.cause,
        });
    }
}

#[derive(Serialize)]
struct AdjustmentDetail<'a> {
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<&'a str>,
}

impl<'a> AdjustmentDetail<'a> {
    fn of(cause: Cause, room: Option<&'a str>) -> String {
        let reason = cause.word();
        serde_json::to_string(&Self { reason, room }).unwrap_or_default()
    }
}

/// Saves the drift of those who leave, so that they find it as it was.
pub(super) fn keep_drift(mut departed: MessageReader<Departed>, mut drifts: Query<&mut Drift>) {
    for Departed { actor, .. } in departed.read() {
        if let Ok(mut drift) = drifts.get_mut(*actor) {
            drift.set_changed();
        }
    }
}

/// Gives those who come what is derived: the drift's copy of their psyche, and the stamp that goes
/// with their tier, because the rules may have changed, or the save may be older than stamps.
pub(super) fn stamp_on_arrival(
    mut newcomers: Newcomers<'_, '_>,
    mut minds: Query<(&Lucidity, &mut Psyche, &mut Drift)>,
    rules: Res<Rules>,
    clock: Res<Clock>,
) {
    for (_, actor) in newcomers.read() {
        let Ok((lucidity, mut psyche, mut drift)) = minds.get_mut(actor) else {
            continue;
        };
        let catatonic = rules.tier(*lucidity) == Tier::Catatonic;
        if catatonic != psyche.catatonic_since.is_some() {
            psyche.catatonic_since = catatonic.then_some(clock.now);
        }
        drift.bypass_change_detection().mirror(&psyche);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn announced_flux_equals_written_flux() {
        assert_eq!(AdjustmentDetail::of(Cause::PASSIVE_FLUX, None), FLUX_DETAIL);
    }
}
