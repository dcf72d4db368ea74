//! What is said in the box.

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

/// What somebody said.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SpokenWords {
    /// Who.
    pub(crate) speaker: String,
    /// What.
    pub(crate) words: String,
}

/// A bell strikes.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct BellStroke {
    /// How often.
    pub(crate) strokes: u64,
}

macro_rules! note {
    ($of:ident, $name:literal, $example:expr) => {
        impl Note for $of {
            fn event_type(&self) -> &'static str {
                $name
            }
            fn data(&self) -> &dyn erased_serde::Serialize {
                self
            }
            fn prose(&self) -> Option<Prose> {
                None
            }
        }

        impl Published for $of {
            const TYPES: &'static [&'static str] = &[$name];

            fn examples() -> Vec<Self> {
                vec![$example]
            }
        }
    };
}

note!(
    SpokenWords,
    "spoken",
    SpokenWords {
        speaker: "ann".to_owned(),
        words: "so it is".to_owned()
    }
);
note!(BellStroke, "bell", BellStroke { strokes: 1 });
