//! The words of the vocabulary: what may be written where, who writes it, and who refuses when.

use super::act::{CreatedAt, Difficulty, FlagPlace, WayState, Whom};
use crate::calendar::{Daypart, Season};
use crate::character::Stat;
use crate::lucidity::{Horror, Tier};
use crate::place::Posture;
use crate::things::Latch;

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
pub(super) const WHO: [(&str, Whom); 5] = [
    ("actor", Whom::Actor),
    ("target", Whom::Target),
    ("self", Whom::Carrier),
    ("occupants", Whom::Occupants),
    ("others", Whom::Others),
];
pub(super) const LIT: [(&str, bool); 2] = [("lit", true), ("out", false)];
pub(super) const WAY_STATES: [(&str, WayState); 5] = [
    ("open", WayState::Latch(Latch::Open)),
    ("closed", WayState::Latch(Latch::Closed)),
    ("locked", WayState::Latch(Latch::Locked)),
    ("unlocked", WayState::Latch(Latch::Closed)),
    ("found", WayState::Found),
];
pub(super) const LOCK_STATES: [(&str, Latch); 3] = [
    ("locked", Latch::Locked),
    ("unlocked", Latch::Closed),
    ("sealed", Latch::Sealed),
];
pub(super) const CREATED_AT: [(&str, CreatedAt); 3] = [
    ("carried", CreatedAt::Carried),
    ("worn", CreatedAt::Worn),
    ("floor", CreatedAt::Floor),
];
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

/// Every effect.
pub const EFFECTS: [VocabularyWord; 29] = [
    word(
        "damage",
        "`amount`; `kind` (`\"blunt\"`); `lethal` (`true`): else one point is left; `drain` (0): percent of the points truly lost that heal the actor",
        "body",
        "`resource_not_found`: gone. `game_logic_error`: dead, or a player would harm another",
    ),
    word(
        "heal",
        "`amount`; `down` (`true`): it may raise one who has no points left",
        "body",
        "`resource_not_found`: gone. `game_logic_error`: dead, or down and `down = false`",
    ),
    word(
        "magic",
        "`amount`, which may be less than 0",
        "body",
        "`resource_not_found`: gone. `game_logic_error`: dead, or more would be spent than there is",
    ),
    word(
        "posture",
        "`is`: `\"standing\"`, `\"sitting\"`, `\"lying\"`",
        "body",
        "`resource_not_found`: gone. `game_logic_error`: down",
    ),
    word(
        "lucidity",
        "`amount`, which may be less than 0; `cause` (what carries the list)",
        "lucidity",
        "`resource_not_found`: gone. `game_logic_error`: it has no mind",
    ),
    word(
        "confront",
        "`archetype`; `category`: `\"disturbing\"`, `\"horrific\"`, `\"cosmic\"`; `text` (none): what is seen",
        "lucidity",
        "as `lucidity`; a kind that was met just now takes nothing",
    ),
    word(
        "move",
        "`to`: a room's id, a direction, `\"home\"`, `\"respawn\"`, `\"flee\"`, `\"origin\"` (the room in which the list began); `walk` (`false`): those around see the way taken; `who` instead of `to` for whom",
        "place",
        "`resource_not_found`: gone. `invalid_movement`: no such way, or one that asks for something. `game_logic_error`: dead",
    ),
    word(
        "xp",
        "`amount`, at least 0",
        "character",
        "`resource_not_found`: gone",
    ),
    word(
        "condition",
        "`id`; `seconds` (as its rules say); `intensity` (1), at most 10; `chance` (1); `resist` (none): `{ stat = \"power\" }`, a check that keeps it off",
        "conditions",
        "`resource_not_found`: gone. `game_logic_error`: dead, immune, or warded against what is harmful",
    ),
    word(
        "cure",
        "`id` or `tag`; `count` (all); `intensity_max` (10): none stronger",
        "conditions",
        "`resource_not_found`: nothing of the kind",
    ),
    word(
        "spawn",
        "`creature`: the id of a kind; `count` (1), at most 10; `seconds` (for ever): it goes after so long",
        "creatures",
        "nowhere; where there are as many as may be",
    ),
    word(
        "despawn",
        "`creature`: the id of a kind, of which all in the room go, or `\"self\"`; `text` (none): what those around read",
        "creatures",
        "`resource_not_found`: there are none",
    ),
    word(
        "say",
        "`text`; `name` (what carries the list): who says it",
        "chat",
        "nowhere",
    ),
    word(
        "emote",
        "`text`; `name` (what carries the list): who does it",
        "chat",
        "nowhere",
    ),
    word(
        "tell",
        "`actor`, `target`, `room`: a text for each, with `{actor}`, `{target}`, `{thing}` (what carries the list), `{amount}` (what the effect before came to)",
        "none: a note",
        "never",
    ),
    word(
        "flag",
        "`key`; `value` (`true`); `on` (`\"actor\"`): or `\"here\"`, `\"self\"`, `\"world\"`; `seconds` (for ever)",
        "flags",
        "`resource_not_found`: nobody. `game_logic_error`: 64 keys, 4096 of the world",
    ),
    word(
        "count",
        "`key`; `by` (1); `on`, `seconds` as of `flag`",
        "flags",
        "as `flag`",
    ),
    word(
        "create",
        "`thing`: the id of a prototype; `count` (1); `in` (`\"carried\"`): or `\"worn\"`, `\"floor\"`; `bound` (`false`): it is theirs for ever",
        "things",
        "`resource_not_found`: gone. What finds no room lies on the floor",
    ),
    word(
        "destroy",
        "`thing`: the id of a prototype, or `\"self\"`: what carries the list; `count` (1)",
        "things",
        "`resource_not_found`: they have fewer",
    ),
    word(
        "wear_out",
        "`amount` (1): of the thing that carries the list",
        "things",
        "`resource_not_found`: no thing carries the list",
    ),
    word(
        "light",
        "`is`: `\"lit\"`, `\"out\"`; `fuel`: so many more seconds; of the thing that carries the list, or with `to = \"target\"` of the thing that it is aimed at",
        "things",
        "`resource_not_found`: no thing that burns",
    ),
    word(
        "exit",
        "`way`: a direction, or `\"all\"`; `is`: `\"open\"`, `\"closed\"`, `\"locked\"`, `\"unlocked\"`, or `\"found\"` by the actor; `room` (here); `seconds`: it is as before after so long",
        "doors",
        "`resource_not_found`: no such door, or nothing to find",
    ),
    word(
        "lock",
        "`is`: `\"locked\"`, `\"unlocked\"`, `\"sealed\"`; `container`: the id of what stands in a room (what carries the list)",
        "things",
        "`resource_not_found`: no such thing",
    ),
    word(
        "check",
        "`stat`; `difficulty` (`\"regular\"`): or `\"hard\"`, `\"extreme\"`; `modifier` (0); lists `pass`, `fail`, `critical` (`pass`), `fumble` (`fail`)",
        "none: a branch",
        "`resource_not_found`: gone",
    ),
    word(
        "chance",
        "`of`: 0 to 1; lists `then`, `else`",
        "none: a branch",
        "never",
    ),
    word(
        "when",
        "`if`: a predicate; lists `then`, `else`",
        "none: a branch",
        "never",
    ),
    word(
        "one_of",
        "`of`: a list of `{ weight = 1, do = [...] }`, of which one is run",
        "none: a branch",
        "never",
    ),
    word(
        "after",
        "`seconds`: 1 to 604800; `then`: the list that is run after so long",
        "effects",
        "never; beyond 16 that wait on the actor, or on the carrier where there is none, it is dropped and counted",
    ),
    word(
        "stop",
        "none",
        "none: a branch",
        "never; nothing more of what was begun is run",
    ),
];

/// Every predicate.
pub const PREDICATES: [VocabularyWord; 29] = [
    word(
        "all",
        "a list of predicates",
        "",
        "each holds; so do the keys of one table",
    ),
    word("any", "a list of predicates", "", "one of them holds"),
    word("not", "a predicate", "", "it does not hold"),
    word(
        "dp",
        "`{ from, below }`, 0 to 100",
        "body",
        "determination, in percent of the most",
    ),
    word(
        "lucidity",
        "`{ from, below }`, -100 to 100",
        "lucidity",
        "points of lucidity",
    ),
    word(
        "level",
        "`{ from, below }`, 1 to 1000",
        "character",
        "the level",
    ),
    word(
        "stat",
        "`{ id, from, below }`, 1 to 99",
        "character",
        "one of the nine stats",
    ),
    word(
        "tier",
        "`lucid`, `uneasy`, `fractured`, `deranged`, `catatonic`",
        "lucidity",
        "the tier of the mind",
    ),
    word(
        "condition",
        "ids of conditions",
        "conditions",
        "one of them is upon somebody",
    ),
    word(
        "flag",
        "`{ key, on, is }`",
        "flags",
        "the flag is up, or is not where `is = false`",
    ),
    word(
        "count",
        "`{ key, on, from, below }`",
        "flags",
        "the count; one that nobody counted is 0",
    ),
    word(
        "posture",
        "`standing`, `sitting`, `lying`",
        "body",
        "how somebody holds themselves",
    ),
    word(
        "profession",
        "ids of professions",
        "character",
        "what somebody lives by",
    ),
    word("room", "ids of rooms", "place", "the room"),
    word(
        "sub_zone",
        "ids of sub-zones",
        "world",
        "the room's sub-zone",
    ),
    word("zone", "ids of zones", "world", "the room's zone"),
    word(
        "environment",
        "environments",
        "world",
        "the room's environment",
    ),
    word(
        "time",
        "`\"day\"`, `\"night\"`, or hours: `[22, 4]` from 22:00 up to 04:00",
        "calendar",
        "the Mythos clock",
    ),
    word(
        "daypart",
        "`witching`, `dawn`, `day`, `dusk`, `night`",
        "calendar",
        "the part of the Mythos day",
    ),
    word(
        "season",
        "`winter`, `spring`, `summer`, `autumn`",
        "calendar",
        "the season",
    ),
    word("holiday", "ids of holidays", "calendar", "it is kept now"),
    word(
        "schedule",
        "ids of schedules",
        "calendar",
        "it is kept at this hour",
    ),
    word(
        "has",
        "`{ thing }` or `{ tag }`; `count` (1)",
        "things",
        "somebody has so many, carried, worn or in a bag",
    ),
    word(
        "wears",
        "as `has`",
        "things",
        "somebody wears or holds so many",
    ),
    word(
        "light",
        "`{ from, below }`, 0 to 3",
        "light",
        "how bright the room is: 0 pitch dark, 1 dim, 2 light, 3 bright",
    ),
    word("crowd", "`{ from, to }`", "place", "players in the room"),
    word("kind", "`player`, `creature`", "engine", "what somebody is"),
    word(
        "creature",
        "ids of kinds of creatures",
        "creatures",
        "which creature somebody is",
    ),
    word("chance", "0 to 1", "engine", "the dice say so"),
];

/// The tables of the reference, as Markdown, each under its name.
#[must_use]
pub fn tables() -> [(&'static str, String); 2] {
    let mut effects = "| `do` | keys (what holds without them) | written by | refused when |\n|---|---|---|---|\n".to_owned();
    for VocabularyWord {
        word,
        keys,
        owner,
        refused,
    } in EFFECTS
    {
        effects.push_str(&format!("| `{word}` | {keys} | {owner} | {refused} |\n"));
    }
    let mut predicates = "| key | value | kept by | holds when |\n|---|---|---|---|\n".to_owned();
    for VocabularyWord {
        word,
        keys,
        owner,
        refused,
    } in PREDICATES
    {
        let owner = if owner.is_empty() { "none" } else { owner };
        predicates.push_str(&format!("| `{word}` | {keys} | {owner} | {refused} |\n"));
    }
    [("effects", effects), ("predicates", predicates)]
}
