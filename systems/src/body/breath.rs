//! What a second does: magic comes back, rest heals, wounds bleed.

use engine::prelude::*;

use super::adjust::{AdjustVitals, Cause, VitalsChanged, write};
use super::{Condition, Posture, Resting, Rules, Vitals};
use crate::character::Stats;
use crate::place::InRoom;

type Body = (
    Entity,
    &'static Stats,
    &'static mut Vitals,
    &'static mut Posture,
    &'static InRoom,
    Option<&'static mut Resting>,
);

/// One second of every body that is played.
pub(super) fn breathe(
    mut bodies: Query<Body, With<Online>>,
    rules: Res<Rules>,
    mut adjust: MessageWriter<AdjustVitals>,
    mut changed: MessageWriter<VitalsChanged>,
) {
    for (body, stats, mut vitals, mut posture, place, resting) in &mut bodies {
        let before = *vitals;
        match before.condition() {
            Condition::Dead => continue,
            Condition::Wounded => {
                adjust.write(AdjustVitals::harm(body, rules.decay, Cause::DECAY));
                continue;
            }
            Condition::Able => {}
        }
        if let Some(mut resting) = resting {
            let healed = resting.bypass_change_detection().heal(rules.rest_healing);
            if healed > 0 {
                adjust.write(AdjustVitals::heal(body, healed, Cause::REST));
            }
        }
        let (max_dp, max_mp) = (stats.max_dp(), stats.max_mp());
        if before.mp() >= max_mp {
            continue;
        }
        let now = before.charged(rules.magic(*posture), max_dp, max_mp);
        write(&mut vitals, &mut posture, now);
        if now.mp() != before.mp() {
            changed.write(VitalsChanged {
                body,
                before,
                now,
                max_dp,
                max_mp,
                room: Some(place.0),
                cause: Cause::BREATH,
            });
        }
    }
}

/// Saves the fractions of those who leave, so that they find them as they were.
pub(super) fn keep(mut departed: MessageReader<Departed>, mut bodies: Query<&mut Vitals>) {
    for Departed { actor, .. } in departed.read() {
        if let Ok(mut vitals) = bodies.get_mut(*actor) {
            vitals.set_changed();
        }
    }
}
