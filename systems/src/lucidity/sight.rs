//! Sights: what rooms hold that a mind should not have seen.
//!
//! They are authored with the rooms. A mind meets them by walking in, not by waking there; each
//! kind takes less the oftener it was met.

use std::sync::Arc;

use engine::content::{At, Section};
use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules::{Encounters, Rules, span};
use super::{AdjustLucidity, Cause, Lucidity, Psyche, Tier};
use crate::calendar::{Daylight, MythosTime};
use crate::place::Moved;
use crate::world::{RoomData, RoomIx};

/// How terrible a sight is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Horror {
    /// Unpleasant.
    Disturbing,
    /// A thing of nightmares.
    Horrific,
    /// A thing the mind was not made to hold.
    Cosmic,
}

/// Something in a room that a mind should not have seen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sight {
    /// what kind of thing it is; minds get used to kinds
    #[schemars(extend("x-bounds" = "1 to 128 characters, no blanks"))]
    pub archetype: String,
    /// how terrible it is; `encounters` in `rules/lucidity.toml` says what it takes
    pub category: Horror,
    /// when it is to be seen
    #[schemars(extend("x-usual" = "always"))]
    pub when: Option<Light>,
    /// what is seen
    #[schemars(length(min = 10, max = 500))]
    pub text: String,
}

/// By day or by night.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Light {
    /// While the sun is up.
    Day,
    /// While the sun is down.
    Night,
}

/// What is to be seen in a room that should not be: `[[rooms.sights]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Sights(pub Vec<Sight>);

impl Section for Sights {
    fn check(&mut self, room: &str, at: &At<'_>) {
        for (index, sight) in self.0.iter().enumerate() {
            let named = (1..=128).contains(&sight.archetype.chars().count());
            let blank = |c: char| c.is_control() || c.is_whitespace();
            at.item(index).key("archetype").unless(
                named && !sight.archetype.contains(blank),
                format!(
                    "the archetype of a sight in `{room}` is not 1 to 128 characters without blanks"
                ),
            );
        }
    }
}

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
#[derive(Message, Clone, Debug)]
pub struct Confronted {
    /// Whom.
    pub mind: Entity,
    /// What kind of thing it is; minds get used to kinds.
    pub archetype: Arc<str>,
    /// How terrible it is.
    pub horror: Horror,
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
    sights: Res<RoomData<Sights>>,
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
        let Some(Sights(sights)) = sights.get(room) else {
            continue;
        };
        let Ok((mind, mut psyche)) = minds.get_mut(*actor) else {
            continue;
        };
        // Who is carried somewhere with closed eyes sees nothing.
        if rules.tier(*mind) == Tier::Catatonic {
            continue;
        }
        for (index, sight) in sights.iter().enumerate() {
            if sight
                .when
                .is_some_and(|only| (only == Light::Night) != night)
            {
                continue;
            }
            let met_again = toll.of(&mut psyche, &sight.archetype, sight.category);
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
        let Ok((mind, mut psyche)) = minds.get_mut(one.mind) else {
            continue;
        };
        if rules.tier(*mind) == Tier::Catatonic {
            continue;
        }
        // That it struck is told as a hazard, and what it takes as every loss.
        if let Some((_, delta, cause)) = toll.of(&mut psyche, &one.archetype, one.horror) {
            adjust.write(AdjustLucidity {
                mind: one.mind,
                delta,
                cause,
            });
        }
    }
}
