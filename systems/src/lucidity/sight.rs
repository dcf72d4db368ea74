//! Sights: what rooms hold that a mind should not have seen.
//!
//! They are authored with the rooms. A mind meets them by walking in, not by waking there; each
//! kind takes less the oftener it was met.

use engine::prelude::*;

use super::rules::{Rules, span};
use super::{AdjustLucidity, Cause, Lucidity, Psyche, Tier};
use crate::calendar::MythosTime;
use crate::place::Moved;
use crate::world::{Atlas, Horror, RoomIx};

/// Somebody saw something.
#[derive(Message, Clone, Copy, Debug)]
pub(super) struct Met {
    pub(super) mind: Entity,
    pub(super) room: RoomIx,
    /// Which of the room's sights.
    pub(super) sight: usize,
    /// Which exposure to its kind this is, counted from 1.
    pub(super) exposure: u32,
}

/// Shows those who walk into a room what is to be seen there.
pub(super) fn meet(
    mut moved: MessageReader<Moved>,
    mut minds: Query<(&Lucidity, &mut Psyche)>,
    atlas: Res<Atlas>,
    rules: Res<Rules>,
    clock: Res<Clock>,
    mut met: MessageWriter<Met>,
    mut adjust: MessageWriter<AdjustLucidity>,
) {
    let night = MythosTime::at(clock.wall()).is_night();
    let again_after = span(rules.encounters.again_after_seconds);
    for Moved {
        actor, from, to, ..
    } in moved.read()
    {
        let (Some(_), Some(room)) = (*from, *to) else {
            continue;
        };
        let sights = &atlas.room(room).sights;
        if sights.is_empty() {
            continue;
        }
        let Ok((mind, mut psyche)) = minds.get_mut(*actor) else {
            continue;
        };
        // Who is carried somewhere with closed eyes sees nothing.
        if rules.tier(*mind) == Tier::Catatonic {
            continue;
        }
        for (index, sight) in sights.iter().enumerate() {
            if sight.night.is_some_and(|only| only != night) {
                continue;
            }
            let known = psyche.exposure(&sight.archetype);
            if known.count > 0 && clock.now.since(known.last) < again_after {
                continue;
            }
            let exposure = psyche.expose(&sight.archetype, clock.now);
            let (shock, cause) = match sight.horror {
                Horror::Disturbing => (rules.encounters.disturbing, Cause::DISTURBING),
                Horror::Horrific => (rules.encounters.horrific, Cause::HORRIFIC),
                Horror::Cosmic => (rules.encounters.cosmic, Cause::COSMIC),
            };
            met.write(Met {
                mind: *actor,
                room,
                sight: index,
                exposure,
            });
            adjust.write(AdjustLucidity {
                mind: *actor,
                delta: rules.encounters.loss(shock, exposure),
                cause,
            });
        }
    }
}
