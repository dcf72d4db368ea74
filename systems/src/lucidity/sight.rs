//! What a mind should not have seen, and what that takes of it.
//!
//! What is to be seen where is authored with the rooms, and read by `sights`; whoever shows a mind
//! something says [`Confronted`]. Each kind takes less the oftener it was met.

use std::sync::Arc;

use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules::{Encounters, Rules, span};
use super::{AdjustLucidity, Cause, Lucidity, Psyche, Tier};
use crate::world::RoomIx;

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

/// Somebody saw something.
#[derive(Message, Clone, Debug)]
pub(super) struct Met {
    pub(super) mind: Entity,
    pub(super) archetype: Arc<str>,
    pub(super) horror: Horror,
    pub(super) sight: SeenSight,
    /// Which exposure to its kind this is, counted from 1.
    pub(super) exposure: u32,
}

/// Show a mind what it should not see: the one way in which minds meet such things.
#[derive(Message, Clone, Debug)]
pub struct Confronted {
    /// Whom.
    pub mind: Entity,
    /// What kind of thing it is; minds get used to kinds.
    pub archetype: Arc<str>,
    /// How terrible it is.
    pub horror: Horror,
    /// What is seen, if it is to be told.
    pub sight: Option<SeenSight>,
}

/// What is seen, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenSight {
    /// The room.
    pub room: RoomIx,
    /// What whoever sees it is told.
    pub text: Arc<str>,
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

/// Confronts minds with what they are shown.
pub(super) fn meet(
    mut confronted: MessageReader<Confronted>,
    mut minds: Query<(&Lucidity, &mut Psyche)>,
    rules: Res<Rules>,
    clock: Res<Clock>,
    mut met: MessageWriter<Met>,
    mut adjust: MessageWriter<AdjustLucidity>,
) {
    let toll = Toll {
        rules: &rules.encounters,
        now: clock.now,
    };
    for one in confronted.read() {
        let Ok((mind, mut psyche)) = minds.get_mut(one.mind) else {
            continue;
        };
        // Who is carried somewhere with closed eyes sees nothing.
        if rules.tier(*mind) == Tier::Catatonic {
            continue;
        }
        let met_again = toll.of(&mut psyche, &one.archetype, one.horror);
        let Some((exposure, delta, cause)) = met_again else {
            continue;
        };
        if let Some(sight) = &one.sight {
            met.write(Met {
                mind: one.mind,
                archetype: one.archetype.clone(),
                horror: one.horror,
                sight: sight.clone(),
                exposure,
            });
        }
        adjust.write(AdjustLucidity {
            mind: one.mind,
            delta,
            cause,
        });
    }
}
