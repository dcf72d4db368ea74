//! Prototypes: what every thing of a kind has in common, as designers write it (game.md §1.1).

use engine::content::{At, DefinedIds, Definition};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::parts::{Armor, Book, Holds, Light, Weapon};

/// What a thing is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ThingKind {
    /// Used up.
    Consumable,
    /// Worn or held.
    Equipment,
    /// Not of this world.
    Artifact,
    /// Holds other things.
    Container,
    /// Part of a quest.
    Quest,
    /// Part of a place.
    Environment,
    /// Money.
    Currency,
    /// Harms.
    Weapon,
}

impl ThingKind {
    /// The word on the wire.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Consumable => "consumable",
            Self::Equipment => "equipment",
            Self::Artifact => "artifact",
            Self::Container => "container",
            Self::Quest => "quest",
            Self::Environment => "environment",
            Self::Currency => "currency",
            Self::Weapon => "weapon",
        }
    }
}

/// Where on somebody a thing is worn: one thing each.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    /// On the head.
    Head,
    /// On the body.
    Torso,
    /// On the legs.
    Legs,
    /// In the right hand.
    MainHand,
    /// In the left hand.
    OffHand,
    /// On the feet.
    Feet,
    /// On both hands.
    Hands,
    /// Pinned on.
    Accessory,
    /// On a finger.
    Ring,
    /// Around the neck.
    Amulet,
    /// At the waist.
    Belt,
    /// On the back.
    Backpack,
}

impl Slot {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 12] = [
        Self::Head,
        Self::Torso,
        Self::Legs,
        Self::MainHand,
        Self::OffHand,
        Self::Feet,
        Self::Hands,
        Self::Accessory,
        Self::Ring,
        Self::Amulet,
        Self::Belt,
        Self::Backpack,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Torso => "torso",
            Self::Legs => "legs",
            Self::MainHand => "main_hand",
            Self::OffHand => "off_hand",
            Self::Feet => "feet",
            Self::Hands => "hands",
            Self::Accessory => "accessory",
            Self::Ring => "ring",
            Self::Amulet => "amulet",
            Self::Belt => "belt",
            Self::Backpack => "backpack",
        }
    }

    /// How people say where that is.
    #[must_use]
    pub const fn place(self) -> &'static str {
        match self {
            Self::Head => "on the head",
            Self::Torso => "on the body",
            Self::Legs => "on the legs",
            Self::MainHand => "in the right hand",
            Self::OffHand => "in the left hand",
            Self::Feet => "on the feet",
            Self::Hands => "on the hands",
            Self::Accessory => "pinned on",
            Self::Ring => "on a finger",
            Self::Amulet => "around the neck",
            Self::Belt => "at the waist",
            Self::Backpack => "on the back",
        }
    }

    /// The slot that words mean: its own, or those that people use.
    #[must_use]
    pub fn from_words(words: &str) -> Option<Self> {
        let word = words.trim().to_ascii_lowercase().replace([' ', '-'], "_");
        let known = Self::ALL.into_iter().find(|slot| slot.word() == word);
        known.or(match word.as_str() {
            "right_hand" | "right" | "main" => Some(Self::MainHand),
            "left_hand" | "left" | "off" => Some(Self::OffHand),
            "waist" => Some(Self::Belt),
            "neck" => Some(Self::Amulet),
            "body" => Some(Self::Torso),
            "back" => Some(Self::Backpack),
            "finger" => Some(Self::Ring),
            _ => None,
        })
    }
}

/// What is special about a thing (game.md §1.1).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ThingFlag {
    /// Its blows harm what common ones do not.
    Magical,
    /// Once put on, it does not come off.
    Cursed,
    /// Can't be dropped, put, given or sold; stays with the dead.
    NoDrop,
    /// Shops refuse it.
    NoSale,
    /// Belongs to the first who takes it, and to nobody else.
    Soulbound,
    /// Gives a little light.
    Glow,
    /// As `NO_DROP` and `NO_SALE`; takes no slot and no weight.
    QuestItem,
    /// One is used up by each use.
    Consumable,
    /// Can't be taken.
    Fixed,
    /// Must be searched for.
    Hidden,
}

const fn one() -> u32 {
    1
}

const fn one_hand() -> u8 {
    1
}

/// A kind of thing.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Prototype {
    /// what it is called: `hurricane lamp`
    #[schemars(length(min = 1, max = 120))]
    pub name: String,
    /// what stands before its name
    #[schemars(extend("x-bounds" = "`a`, `an`, `the`, `some` or nothing"))]
    pub article: String,
    /// what several of it are called
    #[schemars(length(min = 1, max = 120))]
    pub plural: String,
    /// more words by which it is found
    #[serde(default)]
    #[schemars(length(max = 12), extend("x-bounds" = "at most 12 words in lower case"))]
    pub words: Vec<String>,
    /// what is seen of it when it is examined
    #[schemars(length(min = 1, max = 2048))]
    pub long: String,
    /// what it is for
    pub kind: ThingKind,
    /// in tenths of a pound
    #[schemars(range(min = 0, max = 10_000))]
    pub weight: u32,
    /// what it is worth, in cents
    #[schemars(range(min = 0, max = 1_000_000))]
    pub value: u32,
    /// the most in one stack
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 9_999))]
    pub stack: u32,
    /// how much wear it bears before it is broken; 0: it never wears
    #[serde(default)]
    #[schemars(range(min = 0, max = 1_000))]
    pub durability: u16,
    /// where it can be worn; without a place given, it goes to the first that is free
    #[serde(default)]
    #[schemars(length(max = 12), extend("x-bounds" = "`head`, `torso`, `legs`, `main_hand`, `off_hand`, `feet`, `hands`, `accessory`, `ring`, `amulet`, `belt`, `backpack`"))]
    pub slots: Vec<Slot>,
    /// how many hands it takes; what takes two leaves the other empty
    #[serde(default = "one_hand")]
    #[schemars(range(min = 1, max = 2))]
    pub hands: u8,
    /// what is special about it
    #[serde(default)]
    #[schemars(length(max = 10), extend("x-bounds" = "`MAGICAL`, `CURSED`, `NO_DROP`, `NO_SALE`, `SOULBOUND`, `GLOW`, `QUEST_ITEM`, `CONSUMABLE`, `FIXED`, `HIDDEN`"))]
    pub flags: Vec<ThingFlag>,
    /// words under which lists of effects and containers know it
    #[serde(default)]
    #[schemars(length(max = 12), extend("x-bounds" = "at most 12 words of a to z, 0 to 9, `_` and `.`"))]
    pub tags: Vec<String>,
    /// how it harms
    #[serde(default)]
    #[schemars(extend("x-bounds" = "a table as below", "x-usual" = "it is no weapon"))]
    pub weapon: Option<Weapon>,
    /// `[armour]`: points that it takes off each kind of harm while it is worn
    #[serde(default)]
    #[schemars(extend("x-bounds" = "1 to 20 each of `blunt`, `edge`, `point`, `fire`, `cold`, `poison`, `drowning`, `fall`, `mental`, `occult`", "x-usual" = "none"))]
    pub armour: Armor,
    /// what light it gives
    #[serde(default)]
    #[schemars(extend("x-bounds" = "a table as below", "x-usual" = "none"))]
    pub light: Option<Light>,
    /// what it holds
    #[serde(default)]
    #[schemars(extend("x-bounds" = "a table as below", "x-usual" = "nothing"))]
    pub holds: Option<Holds>,
    /// the locks that it opens
    #[serde(default)]
    #[schemars(length(max = 12), extend("x-bounds" = "at most 12 words"))]
    pub opens: Vec<String>,
    /// it is not used up by opening
    #[serde(default)]
    pub keeps: bool,
    /// what is written in it
    #[serde(default)]
    #[schemars(extend("x-bounds" = "a table as below", "x-usual" = "nothing"))]
    pub book: Option<Book>,
}

impl Prototype {
    /// Whether it has a flag.
    #[must_use]
    pub fn is(&self, flag: ThingFlag) -> bool {
        self.flags.contains(&flag)
    }

    /// Whether it stays with whoever has it, whatever they do.
    #[must_use]
    pub fn stays(&self) -> bool {
        self.is(ThingFlag::NoDrop) || self.is(ThingFlag::QuestItem)
    }

    /// So many of it, in words: `a lamp`, `3 candles`.
    #[must_use]
    pub fn counted(&self, count: u32) -> String {
        match (count, self.article.as_str()) {
            (1, "") => self.name.clone(),
            (1, article) => format!("{article} {}", self.name),
            (count, _) => format!("{count} {}", self.plural),
        }
    }

    /// What does not go together.
    fn mistake(&self) -> Option<(&'static str, &'static str)> {
        let in_hand = self.slots.contains(&Slot::MainHand) || self.slots.contains(&Slot::OffHand);
        let fixed = self.is(ThingFlag::Fixed);
        Some(match self {
            _ if self.hands == 2 && !self.slots.contains(&Slot::MainHand) => {
                ("hands", "what takes two hands is held in `main_hand`")
            }
            _ if self.weapon.is_some() && !in_hand => {
                ("weapon", "a weapon is held in `main_hand` or `off_hand`")
            }
            _ if !self.armour.is_empty() && self.slots.is_empty() => {
                ("armour", "armour is worn somewhere: `slots`")
            }
            _ if self.keeps && self.opens.is_empty() => ("keeps", "it opens nothing"),
            _ if self.stack > 1 && (self.holds.is_some() || self.durability > 0) => {
                ("stack", "what holds things or wears out is one by one")
            }
            _ if fixed && !self.slots.is_empty() => ("flags", "what is FIXED is not worn"),
            _ => return None,
        })
    }
}

impl Definition for Prototype {
    fn check(&mut self, _id: &str, at: &At<'_>) {
        if let Some(weapon) = &self.weapon {
            weapon.check(&at.key("weapon"));
        }
        self.armour.check(&at.key("armour"));
        if let Some(fuel) = self.light.as_ref().and_then(|light| light.fuel.as_ref()) {
            check_id(fuel, &at.key("light").key("fuel"));
        }
        let articles = ["a", "an", "the", "some", ""];
        let known = articles.contains(&self.article.as_str());
        at.key("article")
            .unless(known, "`article` is none of a, an, the, some or nothing");
        let plain = |word: &String| !word.trim().is_empty() && word.to_lowercase() == *word;
        at.key("words").unless(
            self.words.iter().all(plain),
            "the words of a thing are in lower case",
        );
        if let Some((key, message)) = self.mistake() {
            at.key(key).problem(message);
        }
    }
}

/// Tells of an id that is no thing's.
pub(super) fn check_id(id: &str, at: &At<'_>) {
    let known = at.content::<DefinedIds<Prototype>>();
    let known = known.is_none_or(|known| known.contains(id));
    at.unless(known, format!("`{id}` is not a thing"));
}
