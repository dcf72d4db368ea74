//! Lucidity: how clear a mind is, and the one door through which that changes.
//!
//! Everybody who wants a mind shaken or steadied says [`AdjustLucidity`]; one system settles it,
//! so that the value, the client's note and the chronicle can't disagree.
//! **Invariant:** lucidity is on its scale, −100 to 100, after every write, and its [`Tier`] is
//! derived, never stored.
//!
//! Places and company move every mind once each Mythos minute, by fractions of a point: the
//! passive flux. The fraction that has not become a point yet is the mind's [`Drift`].
//! **Invariant:** the points that the flux gave plus what it still owes is what it came to, however
//! the ticks fell. All flux is counted in whole billionths of a point, so no rounding creeps in.
//!
//! **What a crash forgets.** A drift changes every minute for everybody, too often to save. It is
//! saved in the same batch as each point that it gave, and when its character leaves the world. So
//! after a crash points and drift agree as of the last point given, nothing is given twice, and
//! less than one point of flux is forgotten.

mod adjust;
mod flux;
mod ground;
mod notes;
mod rules;

pub use notes::LucidityChange;
pub use rules::{Adaptation, Companions, Period, Profile, Rules, Tiers};

use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::command::{Needs, gate};
use crate::world::Atlas;

/// One Mythos minute in world time.
pub const MYTHOS_MINUTE: Duration = Duration::from_millis(6_250);
/// What a catatonic mind is told, whatever it tries.
const CATATONIC: &str = "You hear yourself think of it, very far away. Nothing in you moves.";
/// Flux is counted in billionths of a point.
const NANO: f64 = 1e9;

/// The lucidity plugin, by these rules over an atlas. Runs after `place`.
pub fn plugin(rules: Rules, atlas: &Atlas) -> impl Plugin {
    LucidityPlugin {
        ground: ground::Ground::of(&rules, atlas),
        rules,
    }
}

struct LucidityPlugin {
    ground: ground::Ground,
    rules: Rules,
}

impl Plugin for LucidityPlugin {
    fn name(&self) -> &'static str {
        "lucidity"
    }

    fn build(&self, reg: &mut Registrar<'_>) {
        reg.resource(flux::Company::new(self.ground.rooms()))
            .resource(self.ground.clone())
            .resource(self.rules.clone())
            .persist::<Lucidity>("lucidity")
            .persist::<Drift>("lucidity_drift")
            .character::<Lucidity>()
            .character::<Drift>()
            .message::<AdjustLucidity>()
            .message::<LucidityChanged>()
            .note::<LucidityChange>()
            .every(MYTHOS_MINUTE, flux::ebb)
            .system(Phase::Settle, (adjust::adjust, adjust::keep_drift).chain())
            .system(Phase::Emit, notes::tell);
        let rules = self.rules.clone();
        gate::<Lucidity>(reg, move |mind, verb| {
            let gone = rules.tier(*mind) == Tier::Catatonic && verb.needs.include(Needs::MIND);
            gone.then(|| Refusal::new(Code::GameLogicError, CATATONIC))
        });
    }
}

/// A mind's lucidity in points. Newcomers are as lucid as one can be.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lucidity {
    #[serde(deserialize_with = "on_the_scale")]
    points: i16,
}

impl Lucidity {
    /// As lost as a mind can be.
    pub const FLOOR: i16 = -100;
    /// As clear as a mind can be.
    pub const CAP: i16 = 100;

    /// So many points, or the end of the scale.
    #[must_use]
    pub fn new(points: i16) -> Self {
        Self {
            points: points.clamp(Self::FLOOR, Self::CAP),
        }
    }

    /// The points, −100 to 100.
    #[must_use]
    pub const fn points(self) -> i16 {
        self.points
    }

    fn shifted(self, delta: i16) -> Self {
        Self::new(self.points.saturating_add(delta))
    }
}

impl Default for Lucidity {
    fn default() -> Self {
        Self::new(Self::CAP)
    }
}

// A save edited by hand, or by a server with another scale, must not break the invariant.
fn on_the_scale<'de, D: Deserializer<'de>>(points: D) -> Result<i16, D::Error> {
    i16::deserialize(points).map(|points| Lucidity::new(points).points)
}

/// How clear a mind is, in words; worse is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Of sound mind.
    Lucid,
    /// Something is not right.
    Uneasy,
    /// Coming apart.
    Fractured,
    /// Nearly gone.
    Deranged,
    /// Gone.
    Catatonic,
}

impl Tier {
    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Lucid => "lucid",
            Self::Uneasy => "uneasy",
            Self::Fractured => "fractured",
            Self::Deranged => "deranged",
            Self::Catatonic => "catatonic",
        }
    }
}

/// What the passive flux owes a mind, and how used that mind is to its room.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// Flux not yet given, in billionths of a point; less than one point either way.
    residual: i32,
    /// How many evaluations in a row found the mind in `room`.
    minutes: u16,
    /// Points given in this tick that are not settled yet: a late tick evaluates several minutes.
    #[serde(skip)]
    pending: i16,
    /// By its stable id, so that it is the same room for another atlas.
    room: Option<StableId>,
}

impl Drift {
    /// Flux not yet given, in points, between −1 and 1.
    #[must_use]
    pub fn residual(&self) -> f64 {
        f64::from(self.residual) / NANO
    }

    /// How many evaluations in a row found the mind in the room it was in last.
    #[must_use]
    pub const fn minutes(&self) -> u16 {
        self.minutes
    }
}

/// Shake or steady a mind: the one way in which lucidity changes.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdjustLucidity {
    /// Whose.
    pub mind: Entity,
    /// By how many points; what would leave the scale is lost.
    pub delta: i16,
    /// Why.
    pub cause: Cause,
}

/// Why lucidity changed: a stable word for clients and for the chronicle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Cause(&'static str);

impl Cause {
    /// What places and company do by the minute.
    pub const PASSIVE_FLUX: Self = Self("passive_flux");

    /// A cause of another plugin's: a snake_case word of its own, such as `hazard_cold`.
    #[must_use]
    pub const fn new(word: &'static str) -> Self {
        Self(word)
    }

    /// The word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.0
    }
}

/// A mind's lucidity is another now. Written once per change, after it.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct LucidityChanged {
    /// Whose.
    pub mind: Entity,
    /// What it was.
    pub before: Lucidity,
    /// What it is.
    pub now: Lucidity,
    /// Why.
    pub cause: Cause,
}
