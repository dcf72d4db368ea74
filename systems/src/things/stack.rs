//! Stacks as clients see them.

use std::collections::BTreeMap;

use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::deeds::Latch;
use super::parts::Weapon;
use super::place::{ThingPlace, ThingView, ThingWorld};
use super::prototype::{Slot, ThingFlag};
use crate::cast::id;

/// A stack as clients see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ThingStack {
    /// Which.
    pub(super) item_instance_id: StableId,
    /// Of which prototype.
    prototype_id: String,
    /// The same once more, under the name that older clients know.
    item_id: String,
    /// What it is called.
    pub(super) item_name: String,
    /// `inventory`, or where it is worn.
    slot_type: String,
    /// How many.
    pub(super) quantity: u32,
    /// What is special about it.
    flags: Vec<ThingFlag>,
    /// What else is known of it.
    metadata: StackMetadata,
    /// How it harms, if it is a weapon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weapon: Option<WeaponView>,
    /// What it holds, if it is a container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inner_container: Option<InnerContainer>,
}

/// What is known of a stack besides its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
struct StackMetadata {
    /// What it is for; absent of what no file knows any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// What all of it weighs, in tenths of a pound.
    weight: u32,
    /// What one is worth, in cents.
    value: u32,
    /// How worn it is.
    wear: u16,
    /// How much wear it bears; 0: it never wears.
    durability: u16,
    /// How often it can still be used, if that is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    charges: Option<u16>,
    /// Whether it is lit; absent of what never gives light.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lit: Option<bool>,
    /// Where it can be worn or held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    slots: Vec<Slot>,
    /// What it takes off each kind of harm while it is worn.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    armour: BTreeMap<String, u8>,
}

/// A weapon, in the shape that the original's clients know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
struct WeaponView {
    min_damage: i32,
    max_damage: i32,
    modifier: i32,
    damage_types: Vec<String>,
    magical: bool,
}

impl WeaponView {
    fn of(weapon: &Weapon, magical: bool) -> Self {
        Self {
            min_damage: weapon.amount().roll(|_| 0),
            max_damage: weapon.amount().roll(|sides| sides.saturating_sub(1)),
            modifier: 0,
            damage_types: vec![weapon.kind.word().to_owned()],
            magical,
        }
    }
}

/// What a stack holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
struct InnerContainer {
    capacity_slots: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight_limit: Option<u32>,
    /// Whether it is closed.
    closed: bool,
    items: Vec<ContainedStack>,
}

/// A stack in another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
struct ContainedStack {
    item_instance_id: StableId,
    prototype_id: String,
    item_name: String,
    quantity: u32,
}

impl ThingWorld<'_, '_> {
    /// What a stack weighs, with what is in it.
    pub(super) fn weight(&self, view: &ThingView<'_>) -> u32 {
        let each = view
            .prototype
            .map_or(0, |kind| match kind.is(ThingFlag::QuestItem) {
                true => 0,
                false => kind.weight,
            });
        let inside = self.held(view.id).map(|one| self.weight(&one));
        let inside = inside.fold(0, u32::saturating_add);
        each.saturating_mul(view.quantity).saturating_add(inside)
    }

    /// A stack as clients see it.
    pub(super) fn stack(&self, view: &ThingView<'_>) -> ThingStack {
        let kind = view.prototype;
        let slot = match view.place {
            Some(ThingPlace::Worn(_, slot)) => slot.word(),
            _ => "inventory",
        };
        let contained = |one: ThingView<'_>| ContainedStack {
            item_instance_id: one.id,
            prototype_id: one.sort.to_owned(),
            item_name: one.name.to_owned(),
            quantity: one.quantity,
        };
        let holds = kind.and_then(|kind| kind.holds.as_ref());
        let armour = kind.map(|kind| kind.armour.0.iter()).into_iter().flatten();
        ThingStack {
            item_instance_id: view.id,
            prototype_id: view.sort.to_owned(),
            item_id: view.sort.to_owned(),
            item_name: view.name.to_owned(),
            slot_type: slot.to_owned(),
            quantity: view.quantity,
            flags: kind.map_or_else(Vec::new, |kind| kind.flags.clone()),
            metadata: StackMetadata {
                kind: kind.map(|kind| kind.kind.word().to_owned()),
                weight: self.weight(view),
                value: kind.map_or(0, |kind| kind.value),
                wear: view.thing.wear,
                durability: kind.map_or(0, |kind| kind.durability),
                charges: view.thing.charges,
                lit: kind
                    .is_some_and(|kind| kind.light.is_some())
                    .then_some(view.burning.is_some()),
                slots: kind.map_or_else(Vec::new, |kind| kind.slots.clone()),
                armour: armour
                    .map(|(kind, points)| (kind.word().to_owned(), *points))
                    .collect(),
            },
            weapon: kind.and_then(|kind| {
                let weapon = kind.weapon.as_ref()?;
                Some(WeaponView::of(weapon, kind.is(ThingFlag::Magical)))
            }),
            inner_container: holds.map(|holds| InnerContainer {
                capacity_slots: holds.slots,
                weight_limit: holds.weight,
                closed: self.latch(view) != Latch::Open,
                items: self.held(view.id).map(contained).collect(),
            }),
        }
    }
}

impl ThingStack {
    /// A stack of the examples.
    pub(super) fn example(name: &str, slot: &str) -> Self {
        Self {
            item_instance_id: id(name),
            prototype_id: name.replace(' ', "."),
            item_id: name.replace(' ', "."),
            item_name: name.to_owned(),
            slot_type: slot.to_owned(),
            quantity: 1,
            flags: Vec::new(),
            metadata: StackMetadata {
                kind: Some("equipment".to_owned()),
                weight: 30,
                value: 180,
                durability: 20,
                ..StackMetadata::default()
            },
            weapon: None,
            inner_container: None,
        }
    }
}
