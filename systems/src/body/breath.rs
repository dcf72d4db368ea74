//! What a second does: magic comes back, rest heals, wounds bleed.
//!
//! A late tick has several seconds. Each finds bodies as the one before left them, because all of
//! it goes through the door at once.

use engine::prelude::*;

use crate::afflictions::{Ailing, Block};

use super::adjust::{AdjustVitals, Door, VitalsCause, VitalsChanged, write};
use super::{Condition, Rules, Vitals};

/// One second of every body that is played.
pub(super) fn breathe(
    rules: Res<Rules>,
    clock: Res<Clock>,
    ailing: Ailing<'_, '_>,
    mut door: Door<'_, '_>,
    mut through: Local<Vec<(StableId, AdjustVitals)>>,
    mut changed: Local<Vec<(StableId, VitalsChanged)>>,
) {
    for (body, id, stats, mut vitals, mut posture, place, resting, online) in &mut door.bodies {
        // Who is nowhere is not played.
        let (true, Some(place)) = (online, place) else {
            continue;
        };
        let before = *vitals;
        match before.condition() {
            Condition::Dead => continue,
            Condition::Wounded if ailing.blocks(body, Block::Bleed) => continue,
            Condition::Wounded => {
                through.push((
                    *id,
                    AdjustVitals::harm(body, rules.decay(), VitalsCause::DECAY),
                ));
                continue;
            }
            Condition::Able => {}
        }
        if let Some(mut resting) = resting {
            let healed = resting.heal(rules.rest_healing(), clock.now);
            if healed > 0 {
                through.push((*id, AdjustVitals::heal(body, healed, VitalsCause::REST)));
            }
        }
        let (max_dp, max_mp) = (stats.max_dp(), stats.max_mp());
        if before.mp() >= max_mp {
            continue;
        }
        let now = before.charged(rules.magic(*posture), max_dp, max_mp);
        write(&mut vitals, &mut posture, now);
        if now.mp() != before.mp() {
            let one = VitalsChanged {
                body,
                before,
                now,
                max_dp,
                max_mp,
                room: Some(place.0),
                cause: VitalsCause::BREATH,
                by: None,
            };
            changed.push((*id, one));
        }
    }
    // Query order is history, not identity.
    changed.sort_by_key(|(id, _)| *id);
    for (_, one) in changed.drain(..) {
        door.changed.write(one);
    }
    through.sort_by_key(|(id, _)| *id);
    for (_, one) in through.drain(..) {
        door.change(one);
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
