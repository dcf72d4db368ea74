//! The passive flux: one evaluation per Mythos minute, for everybody who is played.

use engine::content::Content;
use engine::prelude::*;

use super::ground::{FluxMap, nano};
use super::rules::Rules;
use super::{AdjustLucidity, Cause, Drift, Lucidity, NANO, Tier};
use crate::calendar::{Daylight, MythosTime};
use crate::place::InRoom;
use crate::world::{Atlas, RoomIx};

/// One point in billionths.
const POINT: i64 = NANO as i64;
/// A point that lacks no more than this is given: a third of a point thrice is one.
const EPSILON: i64 = POINT / 1_000_000;
/// A minute that moves a mind by more than this is told to the operator: no rule should.
const LARGE: i64 = 5 * POINT;

/// The flux has moved a mind: what that mind comes to, and in which minute. A late tick has several
/// minutes, and what hangs on one must not hang on how many.
#[derive(Message, Clone, Copy, Debug)]
pub(super) struct Ebbed {
    pub(super) mind: Entity,
    pub(super) now: Lucidity,
    pub(super) at: WorldTime,
}

/// How many steady and how many unhinged minds each room holds. Filled anew by each evaluation;
/// a resource only to keep its memory.
#[derive(Resource, Debug)]
pub(super) struct Company(Vec<MindCount>);

#[derive(Clone, Copy, Debug, Default)]
struct MindCount {
    steady: u32,
    unhinged: u32,
}

impl Company {
    pub(super) fn of(content: &Content) -> Self {
        let rooms = content
            .get::<Atlas>()
            .map_or(0, |atlas| atlas.rooms().len());
        Self(vec![MindCount::default(); rooms])
    }

    fn room(&mut self, room: RoomIx) -> &mut MindCount {
        &mut self.0[room.index()]
    }
}

impl MindCount {
    /// What a mind is to the others: lucid and uneasy ones steady them, deranged and catatonic ones
    /// unhinge them, and a linkdead one is no company at all.
    const fn of(rules: &Rules, mind: Lucidity, linkdead: bool) -> Self {
        Self {
            steady: (!linkdead && mind.points() >= rules.tiers.uneasy) as u32,
            unhinged: (!linkdead && mind.points() < rules.tiers.fractured) as u32,
        }
    }
}

/// The rules' numbers in billionths.
struct Scale {
    each: i64,
    cap: i64,
    destabilising: i64,
    window: u16,
    step: f64,
    floor: f64,
    recovery_lost: f64,
    drifts_back: i64,
}

impl Scale {
    fn of(rules: &Rules) -> Self {
        Self {
            each: nano(rules.companions.each),
            cap: nano(rules.companions.cap),
            destabilising: nano(rules.companions.destabilising),
            // The check of the rules has it above zero; rules made in code may not.
            window: rules.adaptation.window.max(1),
            step: rules.adaptation.step,
            floor: rules.adaptation.floor,
            recovery_lost: rules.liabilities.recovery_lost,
            drifts_back: nano(rules.fall.drifts_back),
        }
    }

    fn company(&self, others: MindCount) -> i64 {
        let steady = (self.each * i64::from(others.steady)).min(self.cap);
        if others.unhinged > 0 {
            steady + self.destabilising
        } else {
            steady
        }
    }

    /// A drain weighs less the longer one has stood it; what mends is never dulled.
    fn adapted(&self, total: i64, minutes: u16) -> i64 {
        if total >= 0 {
            return total;
        }
        let steps = minutes.saturating_sub(1) / self.window;
        let weight = (1.0 - self.step * f64::from(steps)).max(self.floor);
        (total as f64 * weight) as i64
    }

    /// What mends helps those less who see no way out.
    fn mended(&self, total: i64, gloom: u8) -> i64 {
        if total <= 0 || gloom == 0 {
            return total;
        }
        let weight = (1.0 - self.recovery_lost).powi(i32::from(gloom));
        (total as f64 * weight) as i64
    }
}

type Drifting = (
    Entity,
    &'static InRoom,
    &'static Lucidity,
    &'static mut Drift,
    Has<Linkdead>,
);

/// Lets every mind ebb or mend by what its room and its company do.
///
/// Whose company counts is read before anybody is moved, so the order of minds is not heard. A
/// linkdead player is evaluated, too: the body still stands there.
pub(super) fn ebb(
    mut minds: Query<Drifting, With<Online>>,
    ground: Res<FluxMap>,
    rules: Res<Rules>,
    clock: Res<Clock>,
    daylight: Res<Daylight>,
    mut company: ResMut<Company>,
    mut tick: Local<Option<u64>>,
    mut adjust: MessageWriter<AdjustLucidity>,
    mut ebbed: MessageWriter<Ebbed>,
) {
    let day = daylight.is_day(MythosTime::at(clock.wall()));
    let scale = Scale::of(&rules);
    // A late tick evaluates several minutes before anything settles. From the second on, what the
    // ones before gave is counted as if it had settled, or the outcome would hang on the tick rate.
    let again = tick.replace(clock.tick) == Some(clock.tick);
    company.0.fill(MindCount::default());
    for (_, place, mind, drift, linkdead) in &minds {
        let one = MindCount::of(&rules, drift.mind(again, *mind), linkdead);
        let here = company.room(drift.place(again, place.0, ground.foyer));
        here.steady += one.steady;
        here.unhinged += one.unhinged;
    }

    let (mut evaluated, mut given, mut largest) = (0_u32, 0_u32, 0_i64);
    for (mind, place, settled, mut drift, linkdead) in &mut minds {
        // Everybody drifts each minute; only what is to be saved may look changed.
        let drift = drift.bypass_change_detection();
        let lucidity = drift.mind(again, *settled);
        let room = drift.place(again, place.0, ground.foyer);
        let own = MindCount::of(&rules, lucidity, linkdead);
        let here = company.room(room);
        let others = MindCount {
            steady: here.steady - own.steady,
            unhinged: here.unhinged - own.unhinged,
        };
        let plot = ground.plot(room);
        drift.stay(plot.id);
        let total = scale.adapted(plot.flux(day) + scale.company(others), drift.minutes);
        let mut mended = scale.mended(total, drift.gloom);
        if total >= 0 && rules.tier(lucidity) == Tier::Catatonic {
            // Where nothing drains it, time brings the most hopeless mind back.
            mended = mended.max(scale.drifts_back);
        }
        let mut delta = drift.carry(mended);
        if delta < 0 && clock.now < drift.sheltered_until {
            // As at the end of the scale: what would go below is lost.
            let least = rules.tiers.deranged - lucidity.points();
            delta = delta.max(least.min(0));
        }
        evaluated += 1;
        largest = largest.max(total.abs());
        if !again {
            drift.pending = 0;
            drift.carried_off = false;
        }
        if delta != 0 {
            given += 1;
            let now = drift.give(lucidity, delta, rules.fall.sanitarium_wakes_with);
            drift.pending = now.points() - settled.points();
            if now != lucidity {
                let at = clock.now;
                ebbed.write(Ebbed { mind, now, at });
            }
            adjust.write(AdjustLucidity {
                mind,
                delta,
                cause: Cause::PASSIVE_FLUX,
            });
        }
    }
    tracing::debug!(evaluated, given, "passive flux");
    if largest > LARGE {
        tracing::warn!(
            tick = clock.tick,
            largest = largest as f64 / NANO,
            "passive flux moves a mind by very much in one minute"
        );
    }
}

impl Drift {
    /// What the mind comes to; `again`: with what earlier minutes of this tick gave.
    fn mind(&self, again: bool, settled: Lucidity) -> Lucidity {
        if again {
            settled.shifted(self.pending)
        } else {
            settled
        }
    }

    /// Where the mind is; `again`: also when an earlier minute of this tick has it carried off.
    const fn place(&self, again: bool, room: RoomIx, foyer: RoomIx) -> RoomIx {
        if again && self.carried_off {
            foyer
        } else {
            room
        }
    }

    /// Counts one minute in a room.
    fn stay(&mut self, room: StableId) {
        if self.room == Some(room) {
            self.minutes = self.minutes.saturating_add(1);
        } else {
            self.room = Some(room);
            self.minutes = 1;
        }
    }

    /// Gives points; a mind that falls to the end of the scale is carried off and wakes with some.
    fn give(&mut self, before: Lucidity, delta: i16, wakes_with: i16) -> Lucidity {
        let now = before.shifted(delta);
        if now.points() == Lucidity::FLOOR && before != now {
            self.carried_off = true;
            return Lucidity::new(wakes_with);
        }
        now
    }

    /// Adds flux, in billionths, and takes out the whole points.
    const fn carry(&mut self, total: i64) -> i16 {
        let sum = self.residual as i64 + total;
        let whole = if sum >= POINT - EPSILON {
            (sum + EPSILON) / POINT
        } else if sum <= EPSILON - POINT {
            (sum - EPSILON) / POINT
        } else {
            0
        };
        // The rules keep a total within ±300 points, so both fit.
        self.residual = (sum - whole * POINT) as i32;
        whole as i16
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nearly_whole_point_is_given() {
        let mut drift = Drift::default();
        let third = nano(1.0 / 3.0);
        let given: Vec<i16> = (0..6).map(|_| drift.carry(third)).collect();
        assert_eq!(given, [0, 0, 1, 0, 0, 1]);
        let given: Vec<i16> = (0..6).map(|_| drift.carry(-third)).collect();
        assert_eq!(given, [0, 0, -1, 0, 0, -1]);
    }

    proptest! {
        #[test]
        fn given_plus_owed_equals_total(
            totals in prop::collection::vec(-20.0_f64..20.0, 0..2_000),
        ) {
            let mut drift = Drift::default();
            let mut given = 0.0;
            for total in &totals {
                given += f64::from(drift.carry(nano(*total)));
                prop_assert!(drift.residual().abs() < 1.0);
            }
            let came_to: f64 = totals.iter().sum();
            prop_assert!((given + drift.residual() - came_to).abs() < 1e-6);
        }

        #[test]
        fn only_drain_is_dulled_up_to_three_weights(
            total in -20 * POINT..20 * POINT,
            minutes in 1_u16..,
        ) {
            let scale = Scale::of(&Rules::default());
            let weights = [1.0, 0.75, 0.5].map(|weight| (total as f64 * weight) as i64);
            let weights = if total < 0 { &weights[..] } else { &weights[..1] };
            prop_assert!(weights.contains(&scale.adapted(total, minutes)));
        }
    }
}
