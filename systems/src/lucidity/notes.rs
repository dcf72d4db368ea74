//! What a mind is told about itself.

mod catatonia;
mod lapses;
mod visions;

pub use catatonia::Catatonia;
pub use lapses::{DeliriumRespawned, RescueUpdate};
pub(super) use lapses::{tell_lapses, tell_rescues};
pub use visions::{Encounter, Hallucination};
pub(super) use visions::{tell_sights, tell_visions};

use std::collections::BTreeMap;

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::rules::Rules;
use super::{Cause, Liabilities, Liability, Lucidity, LucidityChanged, Psyche, Tier};
use crate::cast::{ANN, id};

/// `lucidity_change`: how clear a mind is now. Carries the value itself, so a slow client that
/// misses one in between knows all the same.
#[derive(Debug, Clone, Serialize, JsonSchema, Note)]
#[note("lucidity_change", prose = Self::told, gmcp = Self::packages, replaces = "lucidity_change", examples = Self::shown)]
pub struct LucidityChange {
    #[note(player)]
    player_id: StableId,
    current_lcd: i16,
    max_lcd: i16,
    delta: i16,
    tier: Tier,
    reason: Cause,
    /// What shocks have left, each with its stacks; absent where there is nothing.
    #[serde(
        skip_serializing_if = "Liabilities::is_empty",
        serialize_with = "listed"
    )]
    #[schemars(with = "Vec<String>")]
    liabilities: Liabilities,
    /// The tier before; for text only.
    #[serde(skip)]
    was: Tier,
}

/// Written out where somebody hears it, which is not in the world's thread.
fn listed<S: serde::Serializer>(held: &Liabilities, to: S) -> Result<S::Ok, S::Error> {
    held.listed().serialize(to)
}

impl LucidityChange {
    /// What a text client reads.
    fn told(&self) -> Option<Prose> {
        let ink = if self.delta < 0 { Ink::Loss } else { Ink::Gain };
        if self.tier == self.was {
            // A point more or less each minute is not worth a line.
            let worth_it = self.reason != Cause::PASSIVE_FLUX;
            return worth_it.then(|| {
                let words = if self.delta < 0 {
                    "Your mind gives a little."
                } else {
                    "Your mind steadies."
                };
                Prose::of(ink, words)
            });
        }
        let words = match (self.tier, self.delta < 0) {
            (Tier::Lucid, _) => "Your mind is clear again.",
            (Tier::Uneasy, true) => "Something is not right here. You are uneasy.",
            (Tier::Uneasy, false) => "You come to yourself, though not at ease.",
            (Tier::Fractured, true) => {
                "Your thoughts come apart like wet paper. You are fractured."
            }
            (Tier::Fractured, false) => "Some of the pieces fit together again.",
            (Tier::Deranged, true) => {
                "What you see and what is there have parted. You are deranged."
            }
            (Tier::Deranged, false) => "You hear your own name, and it is yours.",
            (Tier::Catatonic, _) => "You are still here, somewhere. Nothing answers you.",
        };
        Some(Prose::of(ink, words))
    }

    /// What a GMCP client gets beside the text.
    fn packages(&self) -> Vec<Gmcp> {
        vec![Gmcp {
            package: "Char.Vitals",
            data: serde_json::json!({ "lucidity": self.current_lcd, "max_lucidity": self.max_lcd }),
        }]
    }
}

impl LucidityChange {
    /// Notes as they might be sent.
    fn shown() -> Vec<Self> {
        vec![Self {
            player_id: id(ANN),
            current_lcd: 69,
            max_lcd: Lucidity::CAP,
            delta: -1,
            tier: Tier::Uneasy,
            reason: Cause::PASSIVE_FLUX,
            liabilities: BTreeMap::from([(Liability::NightFrayedReflexes, 1)]).into(),
            was: Tier::Lucid,
        }]
    }
}

/// Tells each mind that has changed, once per change.
pub(super) fn tell(
    mut changed: MessageReader<LucidityChanged>,
    minds: Query<(&StableId, &Online, &Psyche)>,
    rules: Res<Rules>,
    mut outbox: ResMut<Outbox>,
) {
    for LucidityChanged {
        mind,
        before,
        now,
        cause,
    } in changed.read()
    {
        let Ok((id, online, psyche)) = minds.get(*mind) else {
            continue;
        };
        let note = LucidityChange {
            player_id: *id,
            current_lcd: now.points(),
            max_lcd: Lucidity::CAP,
            delta: now.points() - before.points(),
            tier: rules.tier(*now),
            reason: *cause,
            liabilities: *psyche.liabilities(),
            was: rules.tier(*before),
        };
        outbox.tell_one(online.session, note);
    }
}
