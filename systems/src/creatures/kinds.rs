//! Kinds of creatures, as designers write them.

mod arms;

pub use arms::{CreatureSight, CreatureSkills, LootRule, NaturalArms};

use std::collections::BTreeMap;

use engine::content::{At, DefinedIds};
use schemars::JsonSchema;
use serde::Deserialize;

use super::instincts::CreatureReaction;
use crate::amount::Amount;
use crate::character::{Stat, Stats};
use crate::effects::{EffectList, Requirement};
use crate::place::CreatureLook;
use crate::things::{Armor, DamageKind, Prototype};
use crate::world::Atlas;

/// Which sort a creature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CreatureClass {
    /// Keeps a shop.
    Shopkeeper,
    /// Has something to ask.
    QuestGiver,
    /// Minds its own business.
    PassiveMob,
    /// Does not.
    AggressiveMob,
}

impl CreatureClass {
    /// The word on the wire.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Shopkeeper => "shopkeeper",
            Self::QuestGiver => "quest_giver",
            Self::PassiveMob => "passive_mob",
            Self::AggressiveMob => "aggressive_mob",
        }
    }

    /// Who is spawned first where there is not room for all.
    pub(super) const fn priority(self) -> u8 {
        match self {
            Self::Shopkeeper => 80,
            Self::QuestGiver => 70,
            Self::PassiveMob => 30,
            Self::AggressiveMob => 20,
        }
    }

    /// After how many seconds one that died comes again, where its kind does not say.
    const fn respawn_seconds(self) -> u32 {
        match self {
            Self::QuestGiver => 600,
            Self::PassiveMob => 180,
            Self::Shopkeeper | Self::AggressiveMob => 300,
        }
    }
}

/// How a creature strays.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wandering {
    /// it may go a room further every so many seconds
    #[serde(default = "thirty")]
    #[schemars(range(min = 6, max = 3600))]
    pub every: u32,
    /// with which probability it does
    #[serde(default = "quarter")]
    #[schemars(range(min = 0, max = 1))]
    pub chance: f64,
    /// how many exits from home it goes at most
    #[serde(default = "six")]
    #[schemars(range(min = 1, max = 12))]
    pub range: u8,
    /// whether it leaves its sub-zone
    #[serde(default)]
    pub leave: bool,
}

/// What a creature does by itself.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatureRule {
    /// its place among what it does otherwise: greeting is 40, answering 30, going where the hour wants it 20, straying 10
    #[schemars(range(min = 1, max = 99))]
    pub priority: u8,
    /// when it does so; asked of the creature
    #[serde(default, rename = "if")]
    #[schemars(extend("x-usual" = "always"))]
    pub asked: Option<Requirement>,
    /// at most once in so many seconds, while a player is there
    #[schemars(range(min = 1, max = 86_400))]
    pub every: u32,
    /// what it does
    #[serde(rename = "do")]
    pub effects: EffectList,
}

const fn five() -> u8 {
    5
}

const fn twenty() -> u8 {
    20
}

/// A kind of creature: one of `[[creatures]]`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatureKind {
    /// its word for ever
    #[schemars(extend("x-bounds" = "a word of a to z, 0 to 9, `_` and `.`, once"))]
    pub id: String,
    /// what people call it
    #[schemars(length(min = 1, max = 100))]
    pub name: String,
    /// what stands before the name; `""`: the name is its own
    #[serde(default = "an_article")]
    #[schemars(length(max = 10))]
    pub article: String,
    /// more words by which it is meant, and by which it hears itself spoken to
    #[serde(default)]
    #[schemars(length(max = 12), extend("x-bounds" = "at most 12 words in lower case", "x-usual" = "none"))]
    pub words: Vec<String>,
    /// its line in the room
    #[schemars(length(min = 1, max = 300))]
    pub short: String,
    /// what whoever looks at it sees
    #[schemars(length(min = 1, max = 2000))]
    pub long: String,
    /// which sort it is
    pub kind: CreatureClass,
    /// its stats; constitution and size make its points, as of players
    #[serde(default)]
    #[schemars(extend("x-bounds" = "stats, each 1 to 99", "x-usual" = "50 each"))]
    pub stats: BTreeMap<Stat, u8>,
    /// whether it can be harmed
    #[serde(default = "yes")]
    pub attackable: bool,
    /// what it is worth to those who kill it, in points of experience
    #[serde(default)]
    #[schemars(range(min = 0, max = 10_000))]
    pub xp: u32,
    /// how well it fights
    #[serde(default)]
    pub skills: CreatureSkills,
    /// how fast it comes to hate
    #[serde(default = "five")]
    #[schemars(range(min = 0, max = 10))]
    pub aggression: u8,
    /// what it strikes with
    #[serde(default)]
    #[schemars(extend("x-usual" = "one point of blunt harm"))]
    pub natural: Option<NaturalArms>,
    /// what is taken off each kind of harm
    #[serde(default)]
    #[schemars(extend("x-bounds" = "points by kinds of damage", "x-usual" = "nothing"))]
    pub armour: Armor,
    /// kinds of damage that do it half the harm
    #[serde(default)]
    #[schemars(length(max = 10), extend("x-bounds" = "kinds of damage", "x-usual" = "none"))]
    pub resist: Vec<DamageKind>,
    /// which players it attacks; asked of each, again and again; a chance in it is drawn once for each who comes
    #[serde(default)]
    #[schemars(extend("x-usual" = "nobody"))]
    pub hostile: Option<Requirement>,
    /// with fewer percent of its points left it runs
    #[serde(default = "twenty")]
    #[schemars(range(min = 0, max = 100))]
    pub flees_below: u8,
    /// it never runs, and strikes those who are down
    #[serde(default)]
    pub merciless: bool,
    /// whom it helps when they are attacked, and who helps it
    #[serde(default)]
    #[schemars(length(min = 1, max = 64), extend("x-usual" = "nobody"))]
    pub faction: Option<String>,
    /// it is a sight that a mind has to bear, once in a fight
    #[serde(default)]
    #[schemars(extend("x-usual" = "none"))]
    pub lucidity: Option<CreatureSight>,
    /// what may be found on it when it is dead
    #[serde(default)]
    #[schemars(length(max = 16), extend("x-usual" = "nothing"))]
    pub loot: Vec<LootRule>,
    /// kinds of damage, and conditions by their ids or tags, that do nothing to it
    #[serde(default)]
    #[schemars(length(max = 16), extend("x-bounds" = "at most 16 words", "x-usual" = "none"))]
    pub immune: Vec<String>,
    /// one in the world at a time
    #[serde(default)]
    pub unique: bool,
    /// whether it goes through ways that ask for something
    #[serde(default)]
    pub opens_doors: bool,
    /// how it strays
    #[serde(default)]
    #[schemars(extend("x-usual" = "not"))]
    pub wander: Option<Wandering>,
    /// rooms that it walks to, one after the other, and again
    #[serde(default)]
    #[schemars(length(max = 32), extend("x-bounds" = "at most 32 ids of rooms", "x-usual" = "none"))]
    pub patrol: Vec<String>,
    /// the hours that it keeps
    #[serde(default)]
    #[schemars(extend("x-bounds" = "one of `rules/schedules.toml`", "x-usual" = "none"))]
    pub schedule: Option<String>,
    /// what it says to who comes, of which one is drawn; among more than 12 players it greets nobody
    #[serde(default)]
    #[schemars(length(max = 12), extend("x-bounds" = "at most 12 texts", "x-usual" = "none"))]
    pub greet: Vec<String>,
    /// what it says to who goes
    #[serde(default)]
    #[schemars(length(max = 12), extend("x-bounds" = "at most 12 texts", "x-usual" = "none"))]
    pub farewell: Vec<String>,
    /// what it says to who speaks to it by name, and to nothing that it reacts to
    #[serde(default)]
    #[schemars(length(max = 12), extend("x-bounds" = "at most 12 texts", "x-usual" = "none"))]
    pub reply: Vec<String>,
    /// what it does by itself
    #[serde(default)]
    #[schemars(length(max = 16), extend("x-usual" = "none"))]
    pub rules: Vec<CreatureRule>,
    /// what it does on occasions
    #[serde(default)]
    #[schemars(length(max = 16), extend("x-usual" = "none"))]
    pub reactions: Vec<CreatureReaction>,
    /// what happens where it was slain; the actor is who struck last
    #[serde(default)]
    pub on_slain: EffectList,
    /// seconds until one comes again that died, give or take a tenth
    #[serde(default)]
    #[schemars(range(min = 1, max = 604_800), extend("x-usual" = "600 of quest givers, 180 of the passive, else 300"))]
    pub respawn_seconds: Option<u32>,
}

const fn thirty() -> u32 {
    30
}

const fn quarter() -> f64 {
    0.25
}

const fn six() -> u8 {
    6
}

const fn yes() -> bool {
    true
}

fn an_article() -> String {
    "a".to_owned()
}

impl CreatureKind {
    /// How it looks.
    pub(super) fn look(&self) -> CreatureLook {
        CreatureLook {
            name: self.name.clone(),
            article: self.article.clone(),
            called: self.words.join(" "),
            short: self.short.clone(),
            long: self.long.trim().to_owned(),
            class: self.kind.word(),
            spared: !self.attackable,
            immune: self.immune.clone(),
        }
    }

    /// With which stats it is born.
    pub(super) fn stats(&self) -> Stats {
        Stats::of(|stat| self.stats.get(&stat).copied().unwrap_or(50))
    }

    /// In how many seconds one that died comes again.
    pub(super) fn respawn_seconds(&self) -> u32 {
        let own = self.respawn_seconds;
        own.unwrap_or_else(|| self.kind.respawn_seconds())
    }

    /// Tells of what no bound of a single key says.
    pub(super) fn check(&self, at: &At<'_>, schedules: &dyn Fn(&str) -> bool) {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.".contains(c);
        let word = !self.id.is_empty() && self.id.len() <= 64 && self.id.chars().all(plain);
        at.key("id").unless(
            word,
            format!("`{}` is not 1 to 64 of a-z, 0-9, _ and .", self.id),
        );
        let lower = |word: &String| !word.trim().is_empty() && word.to_lowercase() == *word;
        at.key("words").unless(
            self.words.iter().all(lower),
            "the words of a creature are in lower case",
        );
        for (stat, value) in &self.stats {
            at.key("stats").key(stat.word()).unless(
                (Stats::LOWEST..=Stats::HIGHEST).contains(value),
                format!("{} is {value}, not within 1 to 99", stat.word()),
            );
        }
        let atlas = at.content::<Atlas>();
        for (n, room) in self.patrol.iter().enumerate() {
            let known = atlas.is_none_or(|atlas| atlas.find(room).is_some());
            let at = at.key("patrol").item(n);
            at.unless(known, format!("`{room}` is not a room"));
        }
        at.key("schedule").unless(
            self.patrol.is_empty() || self.schedule.is_none(),
            "who keeps hours has no `patrol`",
        );
        if let Some(schedule) = &self.schedule {
            let known = schedules(schedule);
            at.key("schedule")
                .unless(known, format!("`{schedule}` is not a schedule of people"));
        }
        for (n, rule) in self.rules.iter().enumerate() {
            let at = at.key("rules").item(n);
            rule.effects.check(&at.key("do"));
            if let Some(asked) = &rule.asked {
                asked.check(&at.key("if"));
            }
        }
        for (n, reaction) in self.reactions.iter().enumerate() {
            reaction.check(&at.key("reactions").item(n));
        }
        self.on_slain.check(&at.key("on_slain"));
        if let Some(natural) = &self.natural {
            let at = at.key("natural");
            natural.on_hit.check(&at.key("on_hit"));
            let dice = Amount::read(&natural.damage).is_some();
            at.key("damage").unless(dice, "`damage` is no dice: 1d6+1");
        }
        if let Some(hostile) = &self.hostile {
            hostile.check(&at.key("hostile"));
        }
        let things = at.content::<DefinedIds<Prototype>>();
        for (n, loot) in self.loot.iter().enumerate() {
            let at = at.key("loot").item(n).key("thing");
            let known = things.is_none_or(|things| things.contains(&loot.thing));
            at.unless(known, format!("`{}` is not a thing", loot.thing));
        }
    }
}
