//! The words of the vocabulary: what may be written where, who writes it, and who refuses when.

mod vocabulary;

pub use vocabulary::{EFFECTS, PREDICATES};

use super::act::{Difficulty, FlagPlace, Whom};
use crate::calendar::{Daypart, Season};
use crate::character::Stat;
use crate::fight::Hatred;
use crate::lucidity::{Horror, Tier};
use crate::place::Posture;

/// The most effects of one list.
pub const LIST_MAX: usize = 32;
/// How deep lists and predicates may stand within each other.
pub const NESTING_MAX: usize = 6;
/// The longest `after`, in seconds: a week.
pub const AFTER_MAX: i64 = 604_800;
/// The most that a `count` is changed by at once, and may be.
pub(super) const COUNT_MAX: i64 = 1_000_000;

pub(super) const TOO_DEEP: &str = "lists and predicates stand within each other at most 6 deep";

pub(super) const TIERS: [(&str, Tier); 5] = [
    ("lucid", Tier::Lucid),
    ("uneasy", Tier::Uneasy),
    ("fractured", Tier::Fractured),
    ("deranged", Tier::Deranged),
    ("catatonic", Tier::Catatonic),
];
pub(super) const POSTURES: [(&str, Posture); 3] = [
    ("standing", Posture::Standing),
    ("sitting", Posture::Sitting),
    ("lying", Posture::Lying),
];
pub(super) const DAYPARTS: [(&str, Daypart); 5] = [
    ("witching", Daypart::Witching),
    ("dawn", Daypart::Dawn),
    ("day", Daypart::Day),
    ("dusk", Daypart::Dusk),
    ("night", Daypart::Night),
];
pub(super) const SEASONS: [(&str, Season); 4] = [
    ("winter", Season::Winter),
    ("spring", Season::Spring),
    ("summer", Season::Summer),
    ("autumn", Season::Autumn),
];
pub(super) const STATS: [(&str, Stat); 9] = [
    ("strength", Stat::Strength),
    ("dexterity", Stat::Dexterity),
    ("constitution", Stat::Constitution),
    ("size", Stat::Size),
    ("intelligence", Stat::Intelligence),
    ("power", Stat::Power),
    ("education", Stat::Education),
    ("charisma", Stat::Charisma),
    ("luck", Stat::Luck),
];
/// Whether it is a player.
pub(super) const KINDS: [(&str, bool); 2] = [("player", true), ("creature", false)];
pub(super) const HORRORS: [(&str, Horror); 3] = [
    ("disturbing", Horror::Disturbing),
    ("horrific", Horror::Horrific),
    ("cosmic", Horror::Cosmic),
];
pub(super) const DIFFICULTIES: [(&str, Difficulty); 3] = [
    ("regular", Difficulty::Regular),
    ("hard", Difficulty::Hard),
    ("extreme", Difficulty::Extreme),
];
pub(super) const WHO: [(&str, Whom); 6] = [
    ("actor", Whom::Actor),
    ("target", Whom::Target),
    ("self", Whom::Carrier),
    ("foes", Whom::Foes),
    ("occupants", Whom::Occupants),
    ("others", Whom::Others),
];
pub(super) const HATRED: [(&str, Hatred); 2] = [("top", Hatred::Top), ("clear", Hatred::Clear)];
pub(super) const FLAG_PLACES: [(&str, FlagPlace); 4] = [
    ("actor", FlagPlace::Actor),
    ("here", FlagPlace::Here),
    ("self", FlagPlace::Carrier),
    ("world", FlagPlace::World),
];

/// A word of the vocabulary, for the reference.
#[derive(Clone, Copy, Debug)]
pub struct VocabularyWord {
    /// The word.
    pub word: &'static str,
    /// Its keys, with what holds where they are not written.
    pub keys: &'static str,
    /// The plugin whose state it changes.
    pub owner: &'static str,
    /// Who refuses it, and when.
    pub refused: &'static str,
}

const fn word(
    word: &'static str,
    keys: &'static str,
    owner: &'static str,
    refused: &'static str,
) -> VocabularyWord {
    VocabularyWord {
        word,
        keys,
        owner,
        refused,
    }
}
