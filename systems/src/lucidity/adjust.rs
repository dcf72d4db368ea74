//! The one door: every change of lucidity is settled here.

use engine::prelude::*;
use serde::Serialize;

use super::{AdjustLucidity, Cause, Drift, Lucidity, LucidityChanged};
use crate::place::InRoom;
use crate::world::Atlas;

/// The kind of the facts about lucidity in the chronicle.
const FACT: &str = "lucidity";

/// Changes the minds that are to be changed, and records why.
pub(super) fn adjust(
    mut wanted: MessageReader<AdjustLucidity>,
    mut minds: Query<(&StableId, &mut Lucidity, &mut Drift, Option<&InRoom>)>,
    atlas: Res<Atlas>,
    clock: Res<Clock>,
    mut queue: Local<Vec<(StableId, AdjustLucidity)>>,
    mut changed: MessageWriter<LucidityChanged>,
    mut recorded: MessageWriter<Recorded>,
) {
    let whose = |one: &AdjustLucidity| minds.get(one.mind).ok().map(|(id, ..)| *id);
    queue.extend(wanted.read().filter_map(|one| Some((whose(one)?, *one))));
    // The order in which minds lie in memory must not be heard; each mind's own order stays.
    queue.sort_by_key(|(id, _)| *id);
    for (id, AdjustLucidity { mind, delta, cause }) in queue.drain(..) {
        let Ok((_, mut lucidity, mut drift, place)) = minds.get_mut(mind) else {
            continue;
        };
        let before = *lucidity;
        let now = before.shifted(delta);
        // At the end of the scale there is nothing to change, to save or to tell.
        if !lucidity.set_if_neq(now) {
            continue;
        }
        if cause == Cause::PASSIVE_FLUX {
            // Saved together with the points that it has given: see the module.
            drift.set_changed();
        }
        // Small things that happen to everybody by the minute are merged, so they name no room.
        let merges = cause == Cause::PASSIVE_FLUX;
        let place = place.filter(|_| !merges);
        let detail = Detail {
            reason: cause.word(),
            room: place.map(|InRoom(room)| atlas.room(*room).id.as_str()),
        };
        recorded.write(Recorded(Fact {
            kind: FACT.into(),
            subject: id,
            at: clock.now,
            count: 1,
            sum: i64::from(now.points() - before.points()),
            detail: serde_json::to_string(&detail).unwrap_or_default(),
            merges,
        }));
        changed.write(LucidityChanged {
            mind,
            before,
            now,
            cause,
        });
    }
}

#[derive(Serialize)]
struct Detail<'a> {
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<&'a str>,
}

/// Saves the drift of those who leave, so that they find it as it was.
pub(super) fn keep_drift(mut departed: MessageReader<Departed>, mut drifts: Query<&mut Drift>) {
    for Departed { actor, .. } in departed.read() {
        if let Ok(mut drift) = drifts.get_mut(*actor) {
            drift.set_changed();
        }
    }
}
