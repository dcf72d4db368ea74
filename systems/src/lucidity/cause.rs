//! Why minds change.

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// Why lucidity changed: a stable word for clients and for the chronicle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Cause {
    word: &'static str,
    /// Somebody's own order, which found room in the chronicle before it was carried out.
    #[serde(skip)]
    ordered: bool,
}

/// Of checkpoints, where none stands that somebody ordered.
impl<'de> Deserialize<'de> for Cause {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let word = engine::record::word::deserialize(from)?;
        match word.len() <= Self::BYTES_MAX {
            true => Ok(Self::new(word)),
            false => Err(D::Error::custom("a cause is a word, not a story")),
        }
    }
}

impl Cause {
    /// What places and company do by the minute.
    pub const PASSIVE_FLUX: Self = Self::new("passive_flux");

    /// The first look at something unpleasant, or another.
    pub const DISTURBING: Self = Self::new("encounter_disturbing");
    /// A look at a thing of nightmares.
    pub const HORRIFIC: Self = Self::new("encounter_horrific");
    /// A look at what a mind was not made to hold.
    pub const COSMIC: Self = Self::new("encounter_cosmic");
    /// `pray`
    pub const PRAY: Self = Self::ordered("recovery_pray");
    /// `meditate`
    pub const MEDITATE: Self = Self::ordered("recovery_meditate");
    /// `group_solace`
    pub const GROUP_SOLACE: Self = Self::ordered("recovery_group_solace");
    /// `therapy`
    pub const THERAPY: Self = Self::ordered("recovery_therapy");
    /// `folk_tonic`
    pub const FOLK_TONIC: Self = Self::ordered("recovery_folk_tonic");
    /// Somebody held on.
    pub const GROUND_RESCUE: Self = Self::new("ground_rescue");
    /// The same, by `rescue`.
    pub const RESCUE_COMMAND: Self = Self::new("rescue_command");
    /// Somebody let go.
    pub const RESCUE_FAILED: Self = Self::new("rescue_failed");
    /// Carried to the sanitarium from the end of the scale.
    pub const SANITARIUM: Self = Self::new("sanitarium_failover");
    /// `awaken`
    pub const DELIRIUM_RESPAWN: Self = Self::ordered("delirium_respawn");
    /// A day without a ward.
    pub const RITUAL_COMPULSION: Self = Self::new("ritual_compulsion");
    /// The longest word, in bytes.
    pub const BYTES_MAX: usize = 64;

    /// A cause of another plugin's: a snake_case word of its own, such as `hazard_cold`.
    ///
    /// # Panics
    /// When the word is longer than [`BYTES_MAX`](Self::BYTES_MAX); in a constant, when compiled.
    #[must_use]
    pub const fn new(word: &'static str) -> Self {
        assert!(
            word.len() <= Self::BYTES_MAX,
            "a cause is a word, not a story"
        );
        Self {
            word,
            ordered: false,
        }
    }

    /// A cause that is a command of the one it befalls, or of an admin, whose verb announces the
    /// fact by its `FACTS`.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    #[must_use]
    pub const fn ordered(word: &'static str) -> Self {
        Self {
            ordered: true,
            ..Self::new(word)
        }
    }

    /// Whether each fact of it stands for itself. Those that nobody ordered are summed while they
    /// wait, because nothing can refuse them when the chronicle is full.
    #[must_use]
    pub const fn is_ordered(self) -> bool {
        self.ordered
    }

    /// The word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.word
    }
}
