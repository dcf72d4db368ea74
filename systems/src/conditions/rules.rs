//! Kinds of conditions, as they are written in `rules/conditions.toml`.

use std::collections::BTreeMap;

use engine::content::{self, At, Claim, ContentReader, Reading};
use engine::prelude::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::afflictions::{
    Block, ConditionNames, ConditionTable, ConditionTraits, Conditions, EndOccasion, ModifierSum,
};
use crate::character::Stat;
use crate::effects::EffectList;

const FILE: &str = "rules/conditions.toml";

/// Figures that a condition may change, beside `stat.WORD`, `skill.WORD` and `armour.KIND`.
const FIGURES: [&str; 3] = ["hit", "dodge", "damage"];

/// Every kind of condition.
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConditionRules {
    /// Kinds of conditions.
    conditions: Vec<ConditionRule>,
}

/// What becomes of a condition that comes upon somebody who has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stacking {
    /// The longer of both holds.
    #[default]
    Refresh,
    /// Their times are added, up to four times the usual.
    Extend,
    /// Both hold, up to `max_stacks`.
    Stack,
    /// The stronger holds.
    Strongest,
    /// The new one does not hold.
    None,
}

/// What becomes of it while its bearer is away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Offline {
    /// It waits.
    #[default]
    Pauses,
    /// Its time runs on; it outlives death.
    Runs,
}

/// What is added to a figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum ModifierKey {
    Plus(i32),
    Share(String),
}

/// A kind of condition: one of `[[conditions]]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditionRule {
    /// its word for ever
    #[schemars(extend("x-bounds" = "a word of a to z and `_`, once"))]
    pub id: String,
    /// what people call it
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// of a group somebody has one at a time, the stronger
    #[serde(default)]
    #[schemars(extend("x-bounds" = "a word", "x-usual" = "its `id`"))]
    group: String,
    /// words by which it is cured and kept off; `ward`: it keeps off what is harmful; `curse`: it outlives death
    #[serde(default)]
    #[schemars(length(max = 8), extend("x-bounds" = "at most 8 words", "x-usual" = "none"))]
    pub tags: Vec<String>,
    /// whether a ward keeps it off
    #[serde(default)]
    harmful: bool,
    /// how long it lasts
    #[serde(default)]
    #[schemars(range(min = 1, max = 604_800), extend("x-usual" = "until it is taken off"))]
    pub seconds: Option<u32>,
    /// what becomes of one that comes upon who has it
    #[serde(default)]
    pub stacking: Stacking,
    /// of `stack`: so many hold at once
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = 10))]
    pub max_stacks: usize,
    /// it does something every so many seconds
    #[serde(default)]
    #[schemars(range(min = 1, max = 86_400), extend("x-usual" = "never"))]
    pub tick_seconds: Option<u32>,
    /// what it does when it comes; the target is its bearer, the actor who brought it
    #[serde(default)]
    pub on_start: EffectList,
    /// what it does each time
    #[serde(default)]
    pub on_tick: EffectList,
    /// what it does when it ends
    #[serde(default)]
    pub on_end: EffectList,
    /// what is added to the figures of its bearer
    #[serde(default)]
    #[schemars(extend("x-bounds" = "`hit`, `dodge`, `damage`, `stat.WORD`, `skill.WORD` (`all` for all of them), `armour.KIND`: a whole number, or a share such as `\"-50%\"`", "x-usual" = "nothing"))]
    modifiers: BTreeMap<String, ModifierKey>,
    /// what it keeps its bearer from
    #[serde(default)]
    #[schemars(extend("x-bounds" = "a list of `act`, `move`, `bleed`, `flee`, `chosen`", "x-usual" = "nothing"))]
    blocks: Vec<Block>,
    /// by what it ends before its time
    #[serde(default)]
    #[schemars(extend("x-bounds" = "a list of `hit`, `act`, `move`, `fight`, `death`", "x-usual" = "nothing"))]
    pub ends_on: Vec<EndOccasion>,
    /// what becomes of it while its bearer is away
    #[serde(default)]
    pub offline: Offline,
    /// whether others see it
    #[serde(default)]
    visible: bool,
    /// its picture, for clients
    #[serde(default)]
    #[schemars(length(max = 64))]
    icon: String,
}

const fn three() -> usize {
    3
}

impl ModifierKey {
    fn read(&self) -> Option<ModifierSum> {
        let (plus, percent) = match self {
            Self::Plus(plus) => (*plus, 0),
            Self::Share(text) => (0, text.strip_suffix('%')?.parse().ok()?),
        };
        let fits = (-100..=100).contains(&plus) && (-100..=100).contains(&percent);
        fits.then_some(ModifierSum { plus, percent })
    }
}

impl content::Rules for ConditionRules {
    fn check(&mut self, at: &At<'_>) {
        for (n, one) in self.conditions.iter().enumerate() {
            let at = at.key("conditions").item(n);
            let id = &one.id;
            let plain = |c: char| c.is_ascii_lowercase() || c == '_';
            let word = !id.is_empty() && id.len() <= 64 && id.chars().all(plain);
            at.key("id")
                .unless(word, format!("`{id}` is not 1 to 64 of a-z and _"));
            let twice = self.conditions[..n].iter().any(|other| other.id == *id);
            at.key("id")
                .unless(!twice, format!("condition `{id}` is defined twice"));
            one.on_start.check(&at.key("on_start"));
            one.on_tick.check(&at.key("on_tick"));
            one.on_end.check(&at.key("on_end"));
            at.key("on_tick").unless(
                one.on_tick.is_empty() || one.tick_seconds.is_some(),
                "`on_tick` stands beside `tick_seconds`",
            );
            for (figure, value) in &one.modifiers {
                let at = at.key("modifiers").key(figure);
                at.unless(is_figure(figure), format!("`{figure}` is no figure"));
                let read = value.read().is_some();
                at.unless(
                    read,
                    format!("`{figure}` is neither -100 to 100 nor a share of that"),
                );
            }
        }
    }
}

fn is_figure(figure: &str) -> bool {
    match figure.split_once('.') {
        None => FIGURES.contains(&figure),
        Some(("stat", "all") | ("skill", _) | ("armour", _)) => true,
        Some(("stat", word)) => Stat::ALL.iter().any(|stat| stat.word() == word),
        Some(_) => false,
    }
}

impl ConditionRules {
    /// The kind of an id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&ConditionRule> {
        self.conditions.iter().find(|one| one.id == id)
    }

    /// What others ask of a kind.
    pub(super) fn traits(&self, id: &str) -> Option<ConditionTraits> {
        self.find(id).map(ConditionRule::traits)
    }

    /// What others ask of each.
    pub(super) fn table(&self) -> ConditionTable {
        let all = self.conditions.iter();
        ConditionTable(all.map(|one| (one.id.clone(), one.traits())).collect())
    }

    /// Whether these bear something that keeps them from this.
    pub(super) fn blocks(&self, of: &Conditions, block: Block) -> bool {
        let mut held = of.all().iter().filter_map(|one| self.find(&one.id));
        held.any(|one| one.blocks.contains(&block))
    }
}

impl ConditionRule {
    /// Of which it is one.
    pub(super) fn group(&self) -> &str {
        if self.group.is_empty() {
            &self.id
        } else {
            &self.group
        }
    }

    /// Whether a ward keeps it off.
    pub(super) const fn is_harmful(&self) -> bool {
        self.harmful
    }

    /// Whether it outlives its bearer's death.
    pub(super) fn outlives_death(&self) -> bool {
        let cursed = self.tags.iter().any(|tag| tag == "curse");
        !self.ends_on.contains(&EndOccasion::Death) && (cursed || self.offline == Offline::Runs)
    }

    fn traits(&self) -> ConditionTraits {
        let modifiers = self.modifiers.iter();
        ConditionTraits {
            name: self.name.clone(),
            group: self.group().to_owned(),
            tags: self.tags.clone(),
            harmful: self.harmful,
            visible: self.visible,
            icon: self.icon.clone(),
            blocks: self.blocks.iter().copied().collect(),
            modifiers: modifiers
                .filter_map(|(figure, value)| Some((figure.clone(), value.read()?)))
                .collect(),
        }
    }
}

/// Reads what conditions there are, for whatever names one. Mistakes are told of the rules.
pub(super) struct ConditionNamesReader;

#[derive(Default, Deserialize)]
struct ConditionNamesFile {
    #[serde(default)]
    conditions: Vec<ConditionNameOnly>,
}

#[derive(Deserialize)]
struct ConditionNameOnly {
    #[serde(default)]
    id: String,
}

impl ContentReader for ConditionNamesReader {
    fn claims(&self) -> Vec<Claim> {
        Vec::new()
    }

    fn read(&self, reading: &mut Reading<'_>) {
        let read = reading.source(FILE);
        let read = read.and_then(|source| toml::from_str::<ConditionNamesFile>(&source.text).ok());
        let names = read.unwrap_or_default().conditions.into_iter();
        let names = ConditionNames(names.map(|one| one.id).collect());
        reading.put(names);
    }
}
