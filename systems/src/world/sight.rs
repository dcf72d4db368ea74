//! Sights as they are written with a room.
//!
//! ```toml
//! [[rooms.sights]]
//! archetype = "grave_walker"
//! category = "horrific"
//! when = "night"
//! text = "Something pale stands between the stones and has been standing there for some time."
//! ```

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::draft::{DraftRoom, Place};
use super::source::{Problem, Source};

/// The longest archetype, in characters.
const ARCHETYPE_CHARS_MAX: usize = 128;
/// The length of a sight's text, in characters.
const TEXT_CHARS: std::ops::RangeInclusive<usize> = 10..=500;

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// What kind of thing it is; minds get used to kinds.
    pub archetype: String,
    /// How terrible it is.
    pub horror: Horror,
    /// Only by night (`true`), only by day (`false`), or always.
    pub night: Option<bool>,
    /// What is seen.
    pub text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SightEntry {
    archetype: Spanned<String>,
    category: Horror,
    when: Option<When>,
    text: Spanned<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum When {
    Day,
    Night,
}

/// A sight with where it was written.
pub(super) struct DraftSight {
    pub(super) sight: Sight,
    archetype_at: Place,
    text_at: Place,
}

impl SightEntry {
    pub(super) fn draft(self, source: &Arc<Source>) -> DraftSight {
        let place = |span| Place {
            source: Arc::clone(source),
            span,
        };
        DraftSight {
            archetype_at: place(self.archetype.span()),
            text_at: place(self.text.span()),
            sight: Sight {
                archetype: self.archetype.into_inner(),
                horror: self.category,
                night: self.when.map(|when| when == When::Night),
                text: self.text.into_inner(),
            },
        }
    }
}

/// What can be wrong with a room's sights.
pub(super) fn check(room: &DraftRoom, problems: &mut Vec<Problem>) {
    for DraftSight {
        sight,
        archetype_at,
        text_at,
    } in &room.sights
    {
        let named = (1..=ARCHETYPE_CHARS_MAX).contains(&sight.archetype.chars().count());
        let plain = !sight
            .archetype
            .chars()
            .any(|c| c.is_control() || c.is_whitespace());
        if !named || !plain {
            problems.push(archetype_at.problem(format!(
                "the archetype of a sight in `{}` is not 1 to {ARCHETYPE_CHARS_MAX} characters without blanks",
                room.id
            )));
        }
        if !TEXT_CHARS.contains(&sight.text.trim().chars().count()) {
            problems.push(text_at.problem(format!(
                "the text of a sight in `{}` is not 10 to 500 characters long",
                room.id
            )));
        }
    }
}
