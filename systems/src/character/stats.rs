//! The nine stats, and what follows from them.

use std::ops::RangeInclusive;

use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One of the nine stats.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Stat {
    /// How much one can lift.
    Strength,
    /// How quick one is.
    Dexterity,
    /// How much one can bear.
    Constitution,
    /// How much there is of one.
    Size,
    /// How sharp one is.
    Intelligence,
    /// How strong one's will is.
    Power,
    /// How much one has read.
    Education,
    /// How one is met.
    Charisma,
    /// What can't be helped.
    Luck,
}

impl Stat {
    /// All of them, in the order of a sheet.
    pub const ALL: [Self; 9] = [
        Self::Strength,
        Self::Dexterity,
        Self::Constitution,
        Self::Size,
        Self::Intelligence,
        Self::Power,
        Self::Education,
        Self::Charisma,
        Self::Luck,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Strength => "strength",
            Self::Dexterity => "dexterity",
            Self::Constitution => "constitution",
            Self::Size => "size",
            Self::Intelligence => "intelligence",
            Self::Power => "power",
            Self::Education => "education",
            Self::Charisma => "charisma",
            Self::Luck => "luck",
        }
    }

    /// The stat a word or its first three letters mean, in any case.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stat| {
            word.eq_ignore_ascii_case(stat.word()) || word.eq_ignore_ascii_case(&stat.word()[..3])
        })
    }
}

/// What somebody was born with, in percent: 15 to 90 when rolled.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct Stats {
    strength: u8,
    dexterity: u8,
    constitution: u8,
    size: u8,
    intelligence: u8,
    power: u8,
    education: u8,
    charisma: u8,
    luck: u8,
    /// The determination that what one has learnt has given; see [`Levels`](super::Levels).
    #[serde(default, skip_serializing_if = "is_none_of_it")]
    grit: u8,
}

const fn is_none_of_it(grit: &u8) -> bool {
    *grit == 0
}

impl Stats {
    /// The least a stat can be.
    pub const LOWEST: u8 = 1;
    /// The most a stat can be.
    pub const HIGHEST: u8 = 99;

    /// Stats made one by one.
    #[must_use]
    pub fn of(each: impl Fn(Stat) -> u8) -> Self {
        let each = |stat| each(stat).clamp(Self::LOWEST, Self::HIGHEST);
        Self {
            strength: each(Stat::Strength),
            dexterity: each(Stat::Dexterity),
            constitution: each(Stat::Constitution),
            size: each(Stat::Size),
            intelligence: each(Stat::Intelligence),
            power: each(Stat::Power),
            education: each(Stat::Education),
            charisma: each(Stat::Charisma),
            luck: each(Stat::Luck),
            grit: 0,
        }
    }

    /// One of them.
    #[must_use]
    pub const fn get(&self, stat: Stat) -> u8 {
        match stat {
            Stat::Strength => self.strength,
            Stat::Dexterity => self.dexterity,
            Stat::Constitution => self.constitution,
            Stat::Size => self.size,
            Stat::Intelligence => self.intelligence,
            Stat::Power => self.power,
            Stat::Education => self.education,
            Stat::Charisma => self.charisma,
            Stat::Luck => self.luck,
        }
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (Stat, u8)> + '_ {
        Stat::ALL.into_iter().map(|stat| (stat, self.get(stat)))
    }

    pub(super) fn set(&mut self, stat: Stat, value: u8) {
        let before = *self;
        *self = Self::of(|one| if one == stat { value } else { before.get(one) });
        self.grit = before.grit;
    }

    /// The same with so much determination from what one has learnt.
    pub(super) const fn hardened(self, grit: u8) -> Self {
        Self { grit, ..self }
    }

    /// The determination points of somebody unhurt: a fifth of constitution and size together, and
    /// what levels have given.
    #[must_use]
    pub fn max_dp(&self) -> i16 {
        let born = (i16::from(self.constitution) + i16::from(self.size)) / 5;
        born.max(1) + i16::from(self.grit)
    }

    /// The magic points of somebody rested: a fifth of power, rounded up.
    #[must_use]
    pub fn max_mp(&self) -> i16 {
        i16::from(self.power.div_ceil(5))
    }
}

/// Give a creature that comes into being its stats.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endow {
    /// Which.
    pub creature: Entity,
    /// Its stats.
    pub stats: Stats,
}

/// Set something about a character, as admins do. Whoever owns it keeps it within its bounds.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetStat {
    /// Whose.
    pub actor: Entity,
    /// What.
    pub stat: Settable,
    /// To what, within [`Settable::range`].
    pub value: i32,
}

/// What can be set about a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settable {
    /// A stat.
    Base(Stat),
    /// Experience points.
    Experience,
    /// Determination points. Above zero they bring the dead back.
    Determination,
    /// Magic points.
    Magic,
}

impl Settable {
    /// What a word means: a stat or its first three letters, `xp`, `dp`, `mp`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "xp" | "experience" | "experience_points" => Some(Self::Experience),
            "dp" | "determination" | "current_dp" => Some(Self::Determination),
            "mp" | "magic" | "magic_points" => Some(Self::Magic),
            word => Stat::from_word(word).map(Self::Base),
        }
    }

    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Base(stat) => stat.word(),
            Self::Experience => "experience_points",
            Self::Determination => "current_dp",
            Self::Magic => "magic_points",
        }
    }

    /// What it can be set to. Points above their most count as their most.
    #[must_use]
    pub const fn range(self) -> RangeInclusive<i32> {
        match self {
            Self::Base(_) => Stats::LOWEST as i32..=Stats::HIGHEST as i32,
            Self::Experience => 0..=1_000_000,
            Self::Determination => -10..=100,
            Self::Magic => 0..=100,
        }
    }
}
