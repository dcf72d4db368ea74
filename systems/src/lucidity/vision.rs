//! Hallucinations: what minds that come apart see and hear, in authored words.

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::flux::Ebbed;
use super::rules::{Hallucinations, Rules, Visions, span};
use super::{Episode, Lapse, Lucidity, Tier};
use crate::place::Moved;

/// Until then a mind is left in peace. Not saved: it is seconds.
#[derive(Component, Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Lull {
    until: WorldTime,
}

/// Somebody perceives what is not there.
#[derive(Message, Clone, Copy, Debug)]
pub(super) struct Hallucinated {
    pub(super) mind: Entity,
    pub(super) vision: Vision,
}

/// What is perceived, as indices into the authored words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vision {
    /// A hostile thing. It can't hurt whose mind is only fractured.
    Phantom { name: usize, harmless: bool },
    /// Somebody who is not there speaks.
    Tell { voice: usize, words: usize },
    /// The room is not what it was.
    Overlay { text: usize },
}

/// Rolls for everybody who enters a room or whom the flux moves.
pub(super) fn hallucinate(
    mut moved: MessageReader<Moved>,
    mut ebbed: MessageReader<Ebbed>,
    mut episodes: MessageReader<Episode>,
    mut minds: Query<(&StableId, &Lucidity, &mut Lull), With<Online>>,
    rules: Res<Rules>,
    dice: Res<Dice>,
    clock: Res<Clock>,
    mut told: Local<Vec<(StableId, Hallucinated)>>,
    mut seen: MessageWriter<Hallucinated>,
) {
    for Episode { mind, lapse, .. } in episodes.read() {
        if *lapse == Lapse::CarriedOff
            && let Ok((_, _, mut lull)) = minds.get_mut(*mind)
        {
            lull.until = WorldTime::default();
        }
    }
    let entered = moved
        .read()
        .filter(|one| one.from.is_some() && one.to.is_some())
        .map(|one| (one.actor, None));
    let drifted = ebbed.read().map(|one| (one.mind, Some((one.now, one.at))));
    for (mind, drifted) in drifted.chain(entered) {
        let Ok((id, lucidity, mut lull)) = minds.get_mut(mind) else {
            continue;
        };
        let entered = drifted.is_none();
        let (lucidity, at) = drifted.unwrap_or((*lucidity, clock.now));
        let tier = rules.tier(lucidity);
        let words = &rules.hallucinations;
        let Some(visions) = words.of(tier, entered) else {
            continue;
        };
        // Each minute of a late tick has dice of its own.
        let dice = if entered { *dice } else { dice.at(at) };
        if lull.until > at || !dice.chance(visions.chance, *id, "hallucination", 0) {
            continue;
        }
        if let Some(vision) = words.pick(tier, *id, &dice) {
            lull.until = at.plus(span(visions.pause_seconds));
            told.push((*id, Hallucinated { mind, vision }));
        }
    }
    // Minds ebb in query order, which is history, not identity.
    told.sort_by_key(|(id, _)| *id);
    for (_, one) in told.drain(..) {
        seen.write(one);
    }
}

impl Hallucinations {
    const fn of(&self, tier: Tier, entered: bool) -> Option<Visions> {
        match tier {
            Tier::Uneasy if entered => Some(self.uneasy),
            Tier::Fractured => Some(self.fractured),
            Tier::Deranged => Some(self.deranged),
            Tier::Lucid | Tier::Uneasy | Tier::Catatonic => None,
        }
    }

    /// What it is this time; `None` where nobody wrote words for it.
    fn pick(&self, tier: Tier, id: StableId, dice: &Dice) -> Option<Vision> {
        let one_of = |all: &[String], purpose| {
            (!all.is_empty()).then(|| dice.pick(all.len() as u64, id, purpose, 0) as usize)
        };
        let phantom = tier == Tier::Deranged
            || (tier == Tier::Fractured && dice.chance(self.phantom, id, "vision_phantom", 0));
        if phantom {
            return Some(Vision::Phantom {
                name: one_of(&self.phantoms, "vision_name")?,
                harmless: tier != Tier::Deranged,
            });
        }
        if dice.chance(self.tell, id, "vision_kind", 0) {
            return Some(Vision::Tell {
                voice: one_of(&self.voices, "vision_voice")?,
                words: one_of(&self.tells, "vision_words")?,
            });
        }
        Some(Vision::Overlay {
            text: one_of(&self.overlays, "vision_text")?,
        })
    }
}
