//! Sights: what rooms hold that a mind should not have seen.
//!
//! They are authored with the rooms. A mind meets them by walking in, not by waking there; each
//! kind takes less the oftener it was met.

use engine::prelude::*;

use super::rules::{Encounters, Rules, span};
use super::{AdjustLucidity, Cause, Lucidity, Psyche, Tier};
use crate::calendar::{Daylight, MythosTime};
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

/// A hazard that is a sight, too, has struck somebody.
#[derive(Message, Clone, Copy, Debug)]
pub struct Confronted {
    /// Whom.
    pub mind: Entity,
    /// Where.
    pub room: RoomIx,
    /// Which of the room's hazards.
    pub hazard: usize,
}

/// What a kind of sight takes of those who are not used to it.
struct Toll<'a> {
    rules: &'a Encounters,
    now: WorldTime,
}

impl Toll<'_> {
    /// Meets a kind once more. Answers which exposure this is, counted from 1, what it takes, and
    /// why; `None`: it was met so lately that it does not count.
    fn of(
        &self,
        psyche: &mut Mut<'_, Psyche>,
        archetype: &str,
        horror: Horror,
    ) -> Option<(u32, i16, Cause)> {
        let known = psyche.exposure(archetype);
        if known.count > 0 && self.now.since(known.last) < span(self.rules.again_after_seconds) {
            return None;
        }
        let exposure = psyche.expose(archetype, self.now);
        let (shock, cause) = match horror {
            Horror::Disturbing => (self.rules.disturbing, Cause::DISTURBING),
            Horror::Horrific => (self.rules.horrific, Cause::HORRIFIC),
            Horror::Cosmic => (self.rules.cosmic, Cause::COSMIC),
        };
        Some((exposure, self.rules.loss(shock, exposure), cause))
    }
}

/// Shows those who walk into a room what is to be seen there.
pub(super) fn meet(
    mut moved: MessageReader<Moved>,
    mut confronted: MessageReader<Confronted>,
    mut minds: Query<(&Lucidity, &mut Psyche)>,
    atlas: Res<Atlas>,
    rules: Res<Rules>,
    clock: Res<Clock>,
    daylight: Res<Daylight>,
    mut met: MessageWriter<Met>,
    mut adjust: MessageWriter<AdjustLucidity>,
) {
    let night = daylight.is_night(MythosTime::at(clock.wall()));
    let toll = Toll {
        rules: &rules.encounters,
        now: clock.now,
    };
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
            let met_again = toll.of(&mut psyche, &sight.archetype, sight.horror);
            let Some((exposure, delta, cause)) = met_again else {
                continue;
            };
            met.write(Met {
                mind: *actor,
                room,
                sight: index,
                exposure,
            });
            adjust.write(AdjustLucidity {
                mind: *actor,
                delta,
                cause,
            });
        }
    }
    for one in confronted.read() {
        let hazard = atlas.room(one.room).hazards.get(one.hazard);
        let kind = hazard.and_then(|hazard| Some((&hazard.id, hazard.category?)));
        let (Some((id, horror)), Ok((mind, mut psyche))) = (kind, minds.get_mut(one.mind)) else {
            continue;
        };
        if rules.tier(*mind) == Tier::Catatonic {
            continue;
        }
        // That it struck is told as a hazard, and what it takes as every loss.
        if let Some((_, delta, cause)) = toll.of(&mut psyche, id, horror) {
            adjust.write(AdjustLucidity {
                mind: one.mind,
                delta,
                cause,
            });
        }
    }
}
