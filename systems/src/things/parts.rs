//! What a prototype may be besides a thing: a weapon, armor, a light, a container, a book, a tool.

use std::collections::BTreeMap;

use engine::content::At;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amount::Amount;

/// How somebody is harmed.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum DamageKind {
    /// By a blow.
    Blunt,
    /// By a blade.
    Edge,
    /// By a point or a bullet.
    Point,
    /// By fire.
    Fire,
    /// By cold.
    Cold,
    /// By poison.
    Poison,
    /// By water.
    Drowning,
    /// By the ground.
    Fall,
    /// In the mind.
    Mental,
    /// By what has no name.
    Occult,
}

impl DamageKind {
    /// The word in data and on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Blunt => "blunt",
            Self::Edge => "edge",
            Self::Point => "point",
            Self::Fire => "fire",
            Self::Cold => "cold",
            Self::Poison => "poison",
            Self::Drowning => "drowning",
            Self::Fall => "fall",
            Self::Mental => "mental",
            Self::Occult => "occult",
        }
    }
}

/// How a thing harms.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Weapon {
    /// how much: dice
    #[schemars(extend("x-bounds" = "dice, `1d6+1`"))]
    pub damage: String,
    /// how
    #[schemars(extend("x-bounds" = "`blunt`, `edge`, `point`, `fire`, `cold`, `poison`, `drowning`, `fall`, `mental`, `occult`"))]
    pub kind: DamageKind,
    /// by which skill
    #[schemars(length(min = 1, max = 40))]
    pub skill: String,
    /// what it does, in a sentence: `slashes`
    #[schemars(length(min = 1, max = 40))]
    pub verb: String,
    /// the tag of what it shoots
    #[serde(default)]
    #[schemars(length(min = 1, max = 64), extend("x-usual" = "nothing"))]
    pub ammo: Option<String>,
    /// it strikes from out of reach
    #[serde(default)]
    pub reach: bool,
}

impl Weapon {
    /// How much it harms.
    #[must_use]
    pub fn amount(&self) -> Amount {
        Amount::read(&self.damage).unwrap_or(Amount::flat(0))
    }

    pub(super) fn check(&self, at: &At<'_>) {
        let read = Amount::read(&self.damage).is_some();
        at.key("damage").unless(read, "`damage` is no dice: 1d6+1");
    }
}

/// Points that are taken off each kind of harm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Armor(pub BTreeMap<DamageKind, u8>);

impl Armor {
    /// Whether it takes off nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What it takes off one kind of harm.
    #[must_use]
    pub fn against(&self, kind: DamageKind) -> u8 {
        self.0.get(&kind).copied().unwrap_or(0)
    }

    /// Adds what another piece takes off.
    pub fn add(&mut self, other: &Self) {
        for (kind, points) in &other.0 {
            let sum = self.0.entry(*kind).or_default();
            *sum = sum.saturating_add(*points);
        }
    }

    pub(super) fn check(&self, at: &At<'_>) {
        for (kind, points) in &self.0 {
            let message = format!("`{}` is {points}, not within 1 to 20", kind.word());
            at.key(kind.word())
                .unless((1..=20).contains(points), message);
        }
    }
}

/// What light a thing gives.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Light {
    /// how bright it is: 1 dim, 2 light, 3 bright
    #[schemars(range(min = 1, max = 3))]
    pub level: u8,
    /// how long it burns when it is full
    #[schemars(range(min = 1, max = 604_800))]
    pub fuel_seconds: u32,
    /// the id of what it can be filled with
    #[serde(default)]
    #[schemars(extend("x-bounds" = "an id of `things/`", "x-usual" = "nothing: it burns down"))]
    pub fuel: Option<String>,
}

/// What a thing holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Holds {
    /// how many stacks
    #[schemars(range(min = 1, max = 20))]
    pub slots: usize,
    /// how much, in tenths of a pound
    #[serde(default)]
    #[schemars(range(min = 1, max = 10_000), extend("x-usual" = "any weight"))]
    pub weight: Option<u32>,
    /// only things that have one of these tags
    #[serde(default)]
    #[schemars(length(max = 12), extend("x-bounds" = "at most 12 tags", "x-usual" = "anything"))]
    pub tags: Vec<String>,
    /// it is closed until somebody opens it
    #[serde(default)]
    pub closed: bool,
    /// the lock that keeps it closed: a word of `opens` of its key
    #[serde(default)]
    #[schemars(length(min = 1, max = 64), extend("x-usual" = "none"))]
    pub lock: Option<String>,
    /// what is added to the chance of picking its lock
    #[serde(default)]
    #[schemars(range(min = -99, max = 99))]
    pub pick: i32,
}

/// What is written in a thing.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Book {
    /// what whoever reads it reads
    #[schemars(length(min = 1, max = 2048))]
    pub text: String,
    /// the language that it is written in, if it is not English
    #[serde(default)]
    #[schemars(length(min = 1, max = 40), extend("x-usual" = "English"))]
    pub language: Option<String>,
}
