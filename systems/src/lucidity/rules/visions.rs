//! What minds that come apart see and hear: how often, and the authored words.

use engine::content::At;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The hallucinations. Without words of a kind, that kind does not happen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Hallucinations {
    /// On entering a room.
    pub uneasy: Visions,
    /// On entering a room, and whenever the flux takes or gives a point.
    pub fractured: Visions,
    /// As fractured.
    pub deranged: Visions,
    /// The part of a fractured mind's hallucinations that are phantoms; a deranged one's all are.
    #[schemars(range(min = 0, max = 1))]
    pub phantom: f64,
    /// The part of the others that are voices; the rest are changes of the room.
    #[schemars(range(min = 0, max = 1))]
    pub tell: f64,
    /// Names of phantoms.
    #[schemars(extend("x-bounds" = "a list of texts of 1 to 300 characters"))]
    pub phantoms: Vec<String>,
    /// Names of those who are not there and speak.
    #[schemars(extend("x-bounds" = "a list of texts of 1 to 300 characters"))]
    pub voices: Vec<String>,
    /// What they say.
    #[schemars(extend("x-bounds" = "a list of texts of 1 to 300 characters"))]
    pub tells: Vec<String>,
    /// What a room seems to be.
    #[schemars(extend("x-bounds" = "a list of texts of 1 to 300 characters"))]
    pub overlays: Vec<String>,
}

/// How often a tier hallucinates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Visions {
    /// The probability at each occasion.
    #[schemars(range(min = 0, max = 1))]
    pub chance: f64,
    /// After one, none for so long.
    #[schemars(range(min = 0, max = 31_536_000))]
    #[serde(default)]
    pub pause_seconds: f64,
}

/// The longest text of a vision, in characters.
const VISION_CHARS_MAX: usize = 300;

impl Hallucinations {
    /// What no bound of a single key says.
    pub(super) fn check(&self, at: &At<'_>) {
        for (key, texts) in [
            ("phantoms", &self.phantoms),
            ("voices", &self.voices),
            ("tells", &self.tells),
            ("overlays", &self.overlays),
        ] {
            for (index, text) in texts.iter().enumerate() {
                at.key(key).item(index).unless(
                    (1..=VISION_CHARS_MAX).contains(&text.trim().chars().count()),
                    "a text of the hallucinations is not 1 to 300 characters long",
                );
            }
        }
        at.unless(
            self.voices.is_empty() == self.tells.is_empty(),
            "voices need something to tell, and what is told a voice",
        );
    }
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
