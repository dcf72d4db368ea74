//! What is told of sights and hallucinations.

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cast::FOYER;
use crate::lucidity::Horror;
use crate::lucidity::rules::Rules;
use crate::lucidity::sight::Met;
use crate::lucidity::vision::{Hallucinated, Vision};
use crate::place::Rooms;

/// `encounter`: a sight that took something from the mind; what, a `lucidity_change` tells.
#[derive(Debug, Clone, Serialize, JsonSchema, Note)]
#[note("encounter", says = "{message}", ink = Loss, examples = Self::shown)]
pub struct Encounter {
    archetype: String,
    category: Horror,
    /// Which exposure to this kind it was, counted from 1.
    exposure: u32,
    message: String,
    #[serde(skip)]
    #[note(room)]
    room: String,
}

impl Encounter {
    /// Notes as they might be sent.
    fn shown() -> Vec<Self> {
        vec![Self {
            archetype: "grave_walker".to_owned(),
            category: Horror::Horrific,
            exposure: 1,
            message: "Something pale stands between the stones.".to_owned(),
            room: FOYER.to_owned(),
        }]
    }
}

/// `hallucination`: what only this player perceives.
#[derive(Debug, Clone, Serialize, JsonSchema, Note)]
#[note("hallucination", prose = Self::told, examples = Self::shown)]
pub struct Hallucination {
    /// `phantom_hostile`, `fake_npc_tell` or `room_text_overlay`.
    hallucination_type: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Phantom>,
}

/// A phantom's figures.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Phantom {
    name: String,
    /// One blow, if it could be struck, and it is gone.
    determination_points: u8,
    is_non_damaging: bool,
}

impl Hallucination {
    /// What a text client reads.
    fn told(&self) -> Option<Prose> {
        // A voice that is not there must look like one that is.
        let ink = match self.hallucination_type {
            "fake_npc_tell" => Ink::Whisper,
            "room_text_overlay" => Ink::Plain,
            _ => Ink::Loss,
        };
        Some(Prose::of(ink, self.message.clone()))
    }
}

impl Hallucination {
    /// Notes as they might be sent.
    fn shown() -> Vec<Self> {
        let name = "The man without a lantern";
        vec![Self {
            hallucination_type: "phantom_hostile",
            message: format!("{name} comes at you."),
            metadata: Some(Phantom {
                name: name.to_owned(),
                determination_points: 1,
                is_non_damaging: true,
            }),
        }]
    }
}

/// Tells those who saw something.
pub(in crate::lucidity) fn tell_sights(
    mut met: MessageReader<Met>,
    rooms: Rooms<'_, '_>,
    mut outbox: ResMut<Outbox>,
) {
    for Met {
        mind,
        archetype,
        horror,
        sight,
        exposure,
    } in met.read()
    {
        if let Some(session) = rooms.session(*mind) {
            let note = Encounter {
                archetype: archetype.to_string(),
                category: *horror,
                exposure: *exposure,
                message: sight.text.to_string(),
                room: rooms.atlas.room(sight.room).id.clone(),
            };
            outbox.tell_one(session, note);
        }
    }
}

/// Tells those who perceive what is not there.
pub(in crate::lucidity) fn tell_visions(
    mut seen: MessageReader<Hallucinated>,
    rooms: Rooms<'_, '_>,
    rules: Res<Rules>,
    mut outbox: ResMut<Outbox>,
) {
    let words = &rules.hallucinations;
    for Hallucinated { mind, vision } in seen.read() {
        let Some(session) = rooms.session(*mind) else {
            continue;
        };
        let (hallucination_type, message, metadata) = match *vision {
            Vision::Phantom { name, harmless } => {
                let name = &words.phantoms[name];
                let phantom = Phantom {
                    name: name.clone(),
                    determination_points: 1,
                    is_non_damaging: harmless,
                };
                let message = format!("{name} comes at you.");
                ("phantom_hostile", message, Some(phantom))
            }
            Vision::Tell { voice, words: said } => {
                let (voice, said) = (&words.voices[voice], &words.tells[said]);
                let message = format!("{voice} whispers to you: {said}");
                ("fake_npc_tell", message, None)
            }
            Vision::Overlay { text } => ("room_text_overlay", words.overlays[text].clone(), None),
        };
        let note = Hallucination {
            hallucination_type,
            message,
            metadata,
        };
        outbox.tell_one(session, note);
    }
}
