//! The body: determination points, magic points, and how one holds oneself.
//!
//! Whoever wants somebody hurt, healed, spent or rested says [`AdjustVitals`]; one system settles
//! it. **Invariant:** −10 ≤ DP ≤ their most, 0 ≤ MP ≤ their most; whoever has no DP left lies and
//! can't act ([`Condition`]), bleeds a point a second, and at −10 is dead and in limbo within the
//! tick.
//!
//! Magic points come back by hundredths each second, counted in whole billionths, so that no late
//! tick and no rate of ticks changes what they come to. Like a mind's drift, the fraction that is
//! no point yet is saved with the next whole point and when its owner leaves: a crash forgets less
//! than one point.

mod adjust;
mod breath;
mod life;
mod notes;
mod posture;
mod rest;
mod rules;
mod tell;
mod vitals;

pub(crate) use adjust::Door;
pub use adjust::{AdjustVitals, PointsChange, VitalsCause, VitalsChanged};
pub(crate) use life::held;
pub use notes::{
    PlayerDied, PlayerDpDecay, PlayerDpUpdated, PlayerMortallyWounded, PlayerRespawned, RoomMessage,
};
pub use posture::TakePosture;
pub use rest::Resting;
pub use rules::Rules;
pub use vitals::{Condition, Grave, Vitals};

use std::marker::PhantomData;

use bevy_ecs::system::ScheduleSystem;
use engine::prelude::*;

use crate::character::Stats;
use crate::command::{Needs, gate_on, verb};
use crate::describe;
use crate::place::{Posture, PostureTaken};

/// How often bodies breathe, bleed and meet what a room has in store.
const SECOND: Duration = Duration::from_secs(1);
/// One point in billionths.
const POINT: i64 = 1_000_000_000;

/// The body plugin. Runs after `character` and `place`. What befalls bodies by the second, beside
/// breath and blood, is handed in: it may depend on what depends on bodies.
pub fn plugin<M>(befall: impl IntoScheduleConfigs<ScheduleSystem, M> + Copy) -> impl Plugin {
    BodyPlugin {
        befall,
        marker: PhantomData::<fn() -> M>,
    }
}

struct BodyPlugin<S, M> {
    befall: S,
    marker: PhantomData<fn() -> M>,
}

impl<S: IntoScheduleConfigs<ScheduleSystem, M> + Copy, M> Plugin for BodyPlugin<S, M> {
    fn name(&self) -> &'static str {
        "body"
    }

    fn build(&self, reg: &mut Registrar<'_>) {
        reg.after("character", "a body is built from the stats")
            .after("place", "what a room does to bodies is done where they are");
        reg.rules::<Rules>("body")
            .persist::<Vitals>("vitals")
            .unmarked::<Vitals>()
            .persist::<Posture>("posture")
            .persist::<Grave>("grave")
            .transient::<Resting>("resting")
            .character::<Posture>()
            .message::<AdjustVitals>()
            .message::<VitalsChanged>()
            .message::<TakePosture>()
            .message::<PostureTaken>()
            .message::<life::Returns>()
            .message::<posture::Settles>()
            .message::<rest::Rest>()
            .message::<rest::Rested>()
            .note::<PlayerDpUpdated>()
            .note::<PlayerDpDecay>()
            .note::<PlayerMortallyWounded>()
            .note::<PlayerDied>()
            .note::<PlayerRespawned>()
            .note::<RoomMessage>()
            .transient::<life::Bound>("bound")
            .carried(|rest: &mut Resting, to| rest.carry(&to.map()))
            .carried(|bound: &mut life::Bound, to| bound.carry(&to.map()))
            .recover(life::bury)
            .every(SECOND, (breath::breathe, self.befall, life::urge).chain())
            .system(
                Phase::Settle,
                (
                    life::embody,
                    life::refit,
                    adjust::set,
                    adjust::adjust,
                    posture::take,
                    posture::settled,
                    life::returned,
                    rest::rest,
                    life::cross,
                    life::land,
                    breath::keep,
                )
                    .chain(),
            )
            .system(
                Phase::Emit,
                (tell::tell, tell::tell_posture, tell::tell_rest).chain(),
            );
        gate_on::<Vitals>(reg, Needs::BODY, life::held);
        gate_on::<Posture>(reg, Needs::FEET, posture::held);
        describe_bodies(reg);
        verb::<posture::Sit>(reg);
        verb::<posture::Stand>(reg);
        verb::<posture::Lie>(reg);
        verb::<rest::RestVerb>(reg);
        verb::<life::Respawn>(reg);
        reg.system(Phase::Simulate, posture::obey)
            .system(Phase::Simulate, rest::ask)
            .system(Phase::Simulate, life::respawn);
    }
}

/// Says what is seen of bodies: by their owners in `status` and on the sheet, by everybody in the
/// lists.
fn describe_bodies(reg: &mut Registrar<'_>) {
    describe::status::<(Vitals, Stats, Posture)>(reg, 20, |(vitals, stats, posture), _| {
        Some(format!(
            "Body: {} of {} determination, {} of {} magic, {}",
            vitals.dp(),
            stats.max_dp(),
            vitals.mp(),
            stats.max_mp(),
            posture.word(),
        ))
    });
    describe::stats::<(Vitals, Stats)>(reg, |(vitals, stats), _| {
        vec![
            ("current_dp", vitals.dp().into()),
            ("max_dp", stats.max_dp().into()),
            ("magic_points", vitals.mp().into()),
            ("max_magic_points", stats.max_mp().into()),
        ]
    });
    describe::mark::<Vitals>(reg, 10, |vitals| {
        let word = match vitals.condition() {
            Condition::Able => return None,
            Condition::Wounded => "mortally wounded",
            Condition::Dead => "dead",
        };
        Some(word.to_owned())
    });
    describe::mark::<Resting>(reg, 20, |_| Some("asleep".to_owned()));
}
