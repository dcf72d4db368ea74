//! Lucidity: how clear a mind is, and the one door through which that changes.
//!
//! Everybody who wants a mind shaken or steadied says [`AdjustLucidity`]; one system settles it,
//! so that the value, the client's note and the audit log can't disagree.
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
mod cause;
mod cry;
mod dampen;
mod flux;
mod ground;
mod liability;
mod notes;
mod psyche;
mod rescue;
mod rite;
mod ritual;
mod rules;
mod shown;
mod sight;
mod vision;
mod waking;

pub use cause::Cause;
pub use dampen::{Dampened, Mind, Minds, SpokenLine, dampen};
pub use liability::{Liabilities, Liability};
pub use notes::{
    Catatonia, DeliriumRespawned, Encounter, Hallucination, LucidityChange, RescueUpdate,
};
pub use psyche::{Exposure, Psyche};
pub use rules::{
    Adaptation, Burdens, Companions, Dampening, Encounters, Fall, Hallucinations,
    LucidityOverrides, Profile, Recovery, Rescue, Ritual, Rules, Shock, Tiers, Visions,
};

pub use sight::{Confronted, Horror, SeenSight};

use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::command::{Needs, gate_by, verb};
use crate::world::RoomIx;

/// One Mythos minute in world time.
pub const MYTHOS_MINUTE: Duration = Duration::from_millis(6_250);
/// Flux is counted in billionths of a point.
const NANO: f64 = 1e9;

/// The lucidity plugin, with what the operator has set. Runs after `place`.
pub fn plugin(overrides: LucidityOverrides) -> impl Plugin {
    LucidityPlugin { overrides }
}

struct LucidityPlugin {
    overrides: LucidityOverrides,
}

impl Plugin for LucidityPlugin {
    fn name(&self) -> &'static str {
        "lucidity"
    }

    fn build(&self, reg: &mut Registrar<'_>) {
        reg.after("place", "what a room does to minds is done where they are");
        let overrides = self.overrides;
        reg.rules::<Rules>("lucidity")
            .amend(move |rules: &mut Rules| overrides.apply(rules));
        register(reg);
    }
}

fn register(reg: &mut Registrar<'_>) {
    reg.section::<ground::SpecialRules>(&["zone", "sub-zone"], "special_rules")
        .derived(ground::FluxMap::of)
        .derived(flux::Company::of)
        .persist::<Lucidity>("lucidity")
        .persist::<Drift>("lucidity_drift")
        .unmarked::<Drift>()
        .persist::<Psyche>("psyche")
        .character::<Lucidity>()
        .character::<Psyche>()
        .character::<Drift>()
        .message::<AdjustLucidity>()
        .message::<SetLucidity>()
        .message::<LucidityChanged>()
        .note::<LucidityChange>()
        .note::<Catatonia>()
        .note::<RescueUpdate>()
        .note::<DeliriumRespawned>()
        .note::<Encounter>()
        .note::<Hallucination>()
        .message::<Episode>()
        .message::<flux::Ebbed>()
        .message::<cry::Cried>()
        .message::<rescue::Fetched>()
        .message::<waking::Wakes>()
        .message::<sight::Met>()
        .message::<Confronted>()
        .message::<vision::Hallucinated>()
        .transient::<rescue::Holding>("holding")
        .carried(|holding: &mut rescue::Holding, to| holding.carry(&to.map()))
        .transient::<rite::Rite>("rite")
        .carried(|rite: &mut rite::Rite, to| rite.carry(&to.map()))
        .transient::<vision::Lull>("lull")
        .character::<vision::Lull>()
        .every(MYTHOS_MINUTE, flux::ebb)
        .system(
            Phase::Settle,
            (
                adjust::stamp_on_arrival,
                sight::meet,
                rescue::let_go,
                rite::break_off,
                ritual::compel,
                adjust::adjust,
                waking::woken,
                adjust::keep_drift,
                vision::hallucinate,
            )
                .chain(),
        )
        .system(
            Phase::Emit,
            (
                notes::tell_sights,
                notes::tell,
                notes::tell_lapses,
                notes::tell_rescues,
                cry::tell,
                notes::tell_visions,
            )
                .chain(),
        );
    register_verbs(reg);
    shown::describe_minds(reg);
}

fn register_verbs(reg: &mut Registrar<'_>) {
    verb::<rescue::Ground>(reg);
    verb::<rescue::RescueVerb>(reg);
    verb::<ritual::Pray>(reg);
    verb::<ritual::Meditate>(reg);
    verb::<ritual::Solace>(reg);
    verb::<ritual::Therapy>(reg);
    verb::<ritual::Tonic>(reg);
    verb::<ritual::Debrief>(reg);
    verb::<ritual::Ward>(reg);
    verb::<cry::Cry>(reg);
    verb::<waking::Awaken>(reg);
    reg.system(
        Phase::Simulate,
        (
            rescue::hold,
            rescue::begin,
            rite::go_on,
            ritual::perform,
            ritual::debrief,
            ritual::ward,
            cry::cry,
            waking::awaken,
        )
            .chain(),
    );
    gate_by(reg, Needs::MIND, |mind: &Lucidity, rules: &Rules| {
        if rules.tier(*mind) != Tier::Catatonic {
            return None;
        }
        // What a catatonic mind is told, whatever it tries.
        let seconds = rules.fall.awaken_after_seconds;
        let told = format!(
            "You hear yourself think of it, very far away. Nothing in you moves. \
             \"cry\" can be heard, and \"awaken\" wakes you elsewhere, {seconds} s after your mind went."
        );
        Some(Refusal::new(Code::GameLogicError, told))
    });
}

/// A mind's lucidity in points. Newcomers are as lucid as one can be.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
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
#[component(summary_tick)]
pub struct Drift {
    /// Flux not yet given, in billionths of a point; less than one point either way.
    residual: i32,
    /// How many evaluations in a row found the mind in `room`.
    minutes: u16,
    /// Points given in this tick that are not settled yet: a late tick evaluates several minutes.
    #[serde(skip)]
    pending: i16,
    /// One of them takes the mind to the end of the scale, so that it wakes in the sanitarium.
    #[serde(skip)]
    carried_off: bool,
    /// By its stable id, so that it is the same room for another atlas.
    room: Option<StableId>,
    /// What the flux asks of the [`Psyche`], kept here because it asks everybody each minute and a
    /// psyche is large: how heavy its outlook is, and until when it is sheltered.
    #[serde(default, skip_serializing_if = "Drift::is_bright")]
    gloom: u8,
    #[serde(default, skip_serializing_if = "Drift::is_bare")]
    sheltered_until: WorldTime,
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

    /// Takes down what the flux asks of a psyche. Said by whoever writes one.
    fn mirror(&mut self, psyche: &Psyche) {
        self.gloom = psyche.liabilities.stacks(Liability::BleakOutlook);
        self.sheltered_until = psyche.sheltered_until.unwrap_or_default();
    }

    const fn is_bright(gloom: &u8) -> bool {
        *gloom == 0
    }

    const fn is_bare(until: &WorldTime) -> bool {
        until.0 == 0
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

/// Give a mind just so many points, by the same door; after every [`AdjustLucidity`] of the tick.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetLucidity {
    /// Whose.
    pub mind: Entity,
    /// How many points; the ends of the scale stand for what is beyond.
    pub to: i16,
    /// Why.
    pub cause: Cause,
}

/// Something befell a mind that is more than a change of points.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Episode {
    /// Whose.
    pub mind: Entity,
    /// What.
    pub lapse: Lapse,
    /// Why.
    pub cause: Cause,
}

/// What may befall a mind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lapse {
    /// Nothing in it answers any more.
    Catatonic,
    /// It answers again.
    Recovered,
    /// It is so far gone that the player may ask to wake elsewhere.
    Delirious,
    /// It fell to the end of the scale and wakes in the sanitarium.
    CarriedOff,
    /// It woke in the sanitarium because the player asked for it.
    Awakened {
        /// With so many points.
        points: i16,
        /// Where it had been, if it was anywhere.
        room: Option<RoomIx>,
    },
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
