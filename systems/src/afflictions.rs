//! What is upon somebody for a while: poison, fear, a ward.
//!
//! Declared apart, because whoever rolls for somebody asks it first and whoever lists effects changes
//! it; the owner is `conditions`. **Invariant:** nothing that a condition changes is written anywhere
//! else: it is summed whenever it is asked, so there is nothing to take back.

use std::collections::{BTreeMap, BTreeSet};

use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most conditions of one body.
pub const CONDITIONS_MAX: usize = 24;

/// What somebody bears. Saved; `as_of` says when, so that those that pause while their bearer is away
/// can be moved on.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct Conditions {
    /// When it was so.
    pub(crate) as_of: WorldTime,
    /// What is upon them, the oldest first.
    pub(crate) held: Vec<HeldCondition>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldCondition {
    /// Which, by the world's rules.
    pub id: String,
    /// What brought it: `creature:rat.wharf`.
    pub cause: String,
    /// Who did.
    pub by: Option<StableId>,
    /// How strong it is, 1 to 10.
    pub intensity: u8,
    /// Since when.
    pub started: WorldTime,
    /// Until when; `None`: until it is taken off.
    pub ends: Option<WorldTime>,
    /// When it does something next.
    pub(crate) next: Option<WorldTime>,
}

impl Conditions {
    /// What is upon them, the oldest first.
    #[must_use]
    pub fn all(&self) -> &[HeldCondition] {
        &self.held
    }

    /// Whether one is.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.held.iter().any(|one| one.id == id)
    }

    /// When something is due.
    pub(crate) fn due(&self) -> Option<WorldTime> {
        let deadlines = self.held.iter().flat_map(|one| [one.next, one.ends]);
        deadlines.flatten().min()
    }
}

/// Put a condition upon somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Afflict {
    /// Whom.
    pub body: Entity,
    /// Which.
    pub id: String,
    /// For how long; `None`: as its rules say.
    pub seconds: Option<u32>,
    /// How strongly.
    pub intensity: u8,
    /// What brings it.
    pub cause: String,
    /// Who does.
    pub by: Option<Entity>,
}

impl Afflict {
    /// One as its rules say.
    #[must_use]
    pub fn with(body: Entity, id: &str, cause: &str) -> Self {
        Self {
            body,
            id: id.to_owned(),
            seconds: None,
            intensity: 1,
            cause: cause.to_owned(),
            by: None,
        }
    }
}

/// Which conditions are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhichCondition {
    /// That of an id.
    Id(String),
    /// All with a tag.
    Tag(String),
}

/// Take conditions off somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relieve {
    /// Whom.
    pub body: Entity,
    /// Which.
    pub which: WhichCondition,
    /// At most so many.
    pub count: usize,
    /// None stronger than this.
    pub intensity_max: u8,
}

impl Relieve {
    /// Takes off all of an id.
    #[must_use]
    pub fn of(body: Entity, id: &str) -> Self {
        Self {
            body,
            which: WhichCondition::Id(id.to_owned()),
            count: CONDITIONS_MAX,
            intensity_max: 10,
        }
    }
}

/// What becomes of somebody's conditions, in this order: the one way in which they change.
#[derive(Message, Clone, Debug, PartialEq, Eq)]
pub enum ConditionChange {
    /// One comes.
    Afflict(Afflict),
    /// Some go.
    Relieve(Relieve),
    /// Something happens to a body by which some end.
    Occurs(Entity, EndOccasion),
}

/// By what a condition ends before its time.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum EndOccasion {
    /// Its bearer is hit.
    Hit,
    /// Its bearer does something.
    Act,
    /// Its bearer goes elsewhere.
    Move,
    /// Its bearer harms somebody.
    Fight,
    /// Its bearer dies. Without it, a curse outlives that.
    Death,
}

/// What a condition keeps its bearer from.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Block {
    /// Doing anything.
    Act,
    /// Walking.
    Move,
    /// Losing what little is left, when down.
    Bleed,
    /// Running from a fight.
    Flee,
    /// Being chosen by who would attack.
    Chosen,
}

/// What changes a figure: first whole numbers, then shares of what is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModifierSum {
    /// This is added.
    pub plus: i32,
    /// And so many percent of what is left, or of what is taken off.
    pub percent: i32,
}

impl ModifierSum {
    /// The figure with it.
    #[must_use]
    pub fn of(self, figure: i32) -> i32 {
        let sum = figure.saturating_add(self.plus);
        let share = i64::from(sum) * i64::from(self.percent) / 100;
        sum.saturating_add(i32::try_from(share).unwrap_or(0))
    }
}

/// What others ask of a kind of condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConditionTraits {
    /// What it is called.
    pub name: String,
    /// Of a group somebody has one at a time.
    pub group: String,
    /// By which it is cured, and kept off.
    pub tags: Vec<String>,
    /// Whether a ward keeps it off.
    pub harmful: bool,
    /// Whether others see it.
    pub visible: bool,
    /// Its picture, for clients.
    pub icon: String,
    /// What it keeps its bearer from.
    pub blocks: BTreeSet<Block>,
    /// What it changes.
    pub(crate) modifiers: BTreeMap<String, ModifierSum>,
}

/// What others ask of each kind of condition, by its id. Derived by `conditions`.
#[derive(Resource, Clone, Debug, Default)]
pub struct ConditionTable(pub(crate) BTreeMap<String, ConditionTraits>);

impl ConditionTable {
    /// What is to be known of a kind.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&ConditionTraits> {
        self.0.get(id)
    }

    /// Whether these bear something that keeps them from this.
    #[must_use]
    pub fn blocks(&self, of: &Conditions, block: Block) -> bool {
        let mut held = of.held.iter().filter_map(|one| self.get(&one.id));
        held.any(|one| one.blocks.contains(&block))
    }

    /// Whether these bear something with a tag.
    #[must_use]
    pub fn has_tag(&self, of: &Conditions, tag: &str) -> bool {
        let mut held = of.held.iter().filter_map(|one| self.get(&one.id));
        held.any(|one| one.tags.iter().any(|own| own == tag))
    }
}

/// The ids of all kinds of conditions: what data may name. Read before anybody's lists.
#[derive(Resource, Clone, Debug, Default)]
pub struct ConditionNames(pub BTreeSet<String>);

/// What is upon whom, for whoever decides about them: the one place where modifiers are asked.
#[derive(SystemParam)]
pub struct Ailing<'w, 's> {
    conditions: Query<'w, 's, &'static Conditions>,
    pub(crate) table: Res<'w, ConditionTable>,
}

impl Ailing<'_, '_> {
    /// What is upon somebody.
    #[must_use]
    pub fn of(&self, who: Entity) -> &[HeldCondition] {
        self.conditions.get(who).map_or(&[], Conditions::all)
    }

    /// Whether a condition is.
    #[must_use]
    pub fn has(&self, who: Entity, id: &str) -> bool {
        self.conditions.get(who).is_ok_and(|all| all.has(id))
    }

    /// Whether something keeps somebody from this.
    #[must_use]
    pub fn blocks(&self, who: Entity, block: Block) -> bool {
        let all = self.conditions.get(who);
        all.is_ok_and(|all| self.table.blocks(all, block))
    }

    /// Whether somebody is warded against harm.
    #[must_use]
    pub fn is_warded(&self, who: Entity) -> bool {
        let all = self.conditions.get(who);
        all.is_ok_and(|all| self.table.has_tag(all, "ward"))
    }

    /// What is added to a figure of somebody, by any of these names; each stack counts.
    #[must_use]
    pub fn modifier(&self, who: Entity, names: &[&str]) -> ModifierSum {
        let mut sum = ModifierSum::default();
        for held in self.of(who) {
            let Some(traits) = self.table.get(&held.id) else {
                continue;
            };
            for one in names.iter().filter_map(|name| traits.modifiers.get(*name)) {
                sum.plus = sum.plus.saturating_add(one.plus);
                sum.percent = sum.percent.saturating_add(one.percent);
            }
        }
        sum
    }
}
