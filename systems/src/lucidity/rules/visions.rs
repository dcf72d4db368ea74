//! What minds that come apart see and hear: how often, and the authored words.

use serde::Deserialize;

/// The hallucinations. Without words of a kind, that kind does not happen.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hallucinations {
    /// On entering a room.
    pub uneasy: Visions,
    /// On entering a room, and whenever the flux takes or gives a point.
    pub fractured: Visions,
    /// As fractured.
    pub deranged: Visions,
    /// The part of a fractured mind's hallucinations that are phantoms; a deranged one's all are.
    pub phantom: f64,
    /// The part of the others that are voices; the rest are changes of the room.
    pub tell: f64,
    /// Names of phantoms.
    pub phantoms: Vec<String>,
    /// Names of those who are not there and speak.
    pub voices: Vec<String>,
    /// What they say.
    pub tells: Vec<String>,
    /// What a room seems to be.
    pub overlays: Vec<String>,
}

/// How often a tier hallucinates.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Visions {
    /// The probability at each occasion.
    pub chance: f64,
    /// After one, none for so long.
    #[serde(default)]
    pub pause_seconds: f64,
}

impl Default for Hallucinations {
    fn default() -> Self {
        let visions = |chance, pause_seconds| Visions {
            chance,
            pause_seconds,
        };
        Self {
            uneasy: visions(0.1, 0.0),
            fractured: visions(0.25, 30.0),
            deranged: visions(0.45, 20.0),
            phantom: 0.15,
            tell: 0.5,
            phantoms: Vec::new(),
            voices: Vec::new(),
            tells: Vec::new(),
            overlays: Vec::new(),
        }
    }
}
