//! What somebody has: listed for them, and told to their client whenever it changes.

use std::collections::{BTreeMap, BTreeSet};

use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CARRIED_MAX;
use super::near::Near;
use super::parts::Weapon;
use super::place::{ThingPlace, ThingView, ThingWorld};
use super::prototype::{Slot, ThingFlag};
use crate::cast::id;
use crate::command::{Needs, Usage, Verb, Words};
use crate::describe;
use crate::place::Rooms;

/// What somebody or something holds is other than before.
#[derive(Message, Clone, Copy, Debug)]
pub(super) struct HoldingsChanged(pub(super) StableId);

/// A stack as clients see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ThingStack {
    /// Which.
    item_instance_id: StableId,
    /// Of which prototype.
    prototype_id: String,
    /// The same once more, under the name that older clients know.
    item_id: String,
    /// What it is called.
    item_name: String,
    /// `inventory`, or where it is worn.
    slot_type: String,
    /// How many.
    quantity: u32,
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
    /// It gives light.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    lit: bool,
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
                lit: view.burning.is_some(),
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
                items: self.held(view.id).map(contained).collect(),
            }),
        }
    }
}

/// What somebody has, as their client sees it. Transient: computed from what they hold whenever that
/// changes.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Belongings {
    inventory: Vec<ThingStack>,
    equipped: BTreeMap<String, ThingStack>,
    slots_used: usize,
    weight: u32,
    weight_max: u32,
}

impl Belongings {
    fn of(who: Entity, near: &Near<'_, '_>) -> Self {
        let world = &near.world;
        let mut belongings = Self {
            weight_max: world.bears(who).unwrap_or(0),
            ..Self::default()
        };
        for one in near.held(who) {
            belongings.weight = belongings.weight.saturating_add(world.weight(&one));
            let stack = world.stack(&one);
            match one.place {
                Some(ThingPlace::Worn(_, slot)) => {
                    belongings.equipped.insert(slot.word().to_owned(), stack);
                }
                _ => {
                    belongings.slots_used += usize::from(!one.is(ThingFlag::QuestItem));
                    belongings.inventory.push(stack);
                }
            }
        }
        belongings
    }
}

/// Keeps what people have at hand for their clients.
pub(super) fn keep(
    mut changed: MessageReader<HoldingsChanged>,
    fresh: Query<Entity, (With<Online>, Without<Belongings>)>,
    people: Query<&StableId, With<Online>>,
    near: Near<'_, '_>,
    mut commands: Commands<'_, '_>,
) {
    let mut who: BTreeSet<(StableId, Entity)> = BTreeSet::new();
    for HoldingsChanged(holder) in changed.read() {
        let entity = near.world.index.get(*holder);
        who.extend(entity.and_then(|one| near.world.root(one)));
    }
    who.retain(|(_, entity)| people.contains(*entity));
    let fresh = fresh.iter();
    who.extend(fresh.filter_map(|one| Some((near.world.id(one)?, one))));
    for (_, who) in who {
        commands.entity(who).try_insert(Belongings::of(who, &near));
    }
}

/// `inventory_update`: what you have now.
#[derive(Debug, Serialize, JsonSchema, Note)]
#[note("inventory_update", replaces = "inventory_update", examples = Self::shown)]
pub(super) struct InventoryUpdate {
    /// What you carry, what you have longest first.
    inventory: Vec<ThingStack>,
    /// What you wear and hold, by slot.
    equipped: BTreeMap<String, ThingStack>,
    slots_used: usize,
    slots_total: usize,
    /// What all of it weighs, in tenths of a pound.
    weight: u32,
    /// What you can bear, in tenths of a pound.
    weight_max: u32,
}

impl InventoryUpdate {
    fn of(belongings: &Belongings) -> Self {
        Self {
            inventory: belongings.inventory.clone(),
            equipped: belongings.equipped.clone(),
            slots_used: belongings.slots_used,
            slots_total: CARRIED_MAX,
            weight: belongings.weight,
            weight_max: belongings.weight_max,
        }
    }

    /// Notes as they might be sent.
    fn shown() -> Vec<Self> {
        let stack = |name: &str, slot: &str| ThingStack {
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
        };
        let worn = [(
            Slot::OffHand.word().to_owned(),
            stack("hurricane lamp", "off_hand"),
        )];
        vec![Self {
            inventory: vec![stack("trench knife", "inventory")],
            equipped: worn.into(),
            slots_used: 1,
            slots_total: CARRIED_MAX,
            weight: 60,
            weight_max: 500,
        }]
    }
}

/// Tells people what they have now. Who has just come is told with everything else.
pub(super) fn tell(
    changed: Query<(&StableId, Entity, Ref<Belongings>), Changed<Belongings>>,
    rooms: Rooms<'_, '_>,
    mut outbox: ResMut<Outbox>,
) {
    let mut changed: Vec<_> = changed.iter().filter(|(.., one)| !one.is_added()).collect();
    changed.sort_unstable_by_key(|(id, ..)| **id);
    for (_, who, belongings) in changed {
        if let Some(session) = rooms.session(who) {
            outbox.tell_one(session, InventoryUpdate::of(&belongings));
        }
    }
}

/// Adds what somebody has to their sheet.
pub(super) fn describe(reg: &mut Registrar<'_>) {
    describe::field::<(Belongings,), _>(reg, "inventory", |(one,), _| Some(one.inventory.clone()));
    describe::field::<(Belongings,), _>(reg, "equipped", |(one,), _| Some(one.equipped.clone()));
    describe::field::<(Belongings,), _>(reg, "slots_used", |(one,), _| Some(one.slots_used));
    describe::field::<(Belongings,), _>(reg, "slots_total", |_, _| Some(CARRIED_MAX));
    describe::field::<(Belongings,), _>(reg, "weight", |(one,), _| Some(one.weight));
    describe::field::<(Belongings,), _>(reg, "weight_max", |(one,), _| Some(one.weight_max));
}

/// `inventory`
#[derive(Message, Debug)]
pub(super) struct InventoryVerb {
    order: Order,
    /// Only what is worn.
    worn: bool,
}

impl Verb for InventoryVerb {
    const WORDS: &'static [&'static str] = &["inventory", "inv", "i", "equipment", "eq"];
    const USAGE: &'static str = "inventory | equipment";
    const HELP: &'static str =
        "Lists what you carry, with a number for each, and what you wear; \"equipment\" only that.";
    const NEEDS: Needs = Needs::MIND;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let worn = words.verb().to_ascii_lowercase().starts_with('e');
        Ok(Self { order, worn })
    }
}

/// What somebody has.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Carried {
    /// What they carry, what they have longest first: their places are their numbers.
    things: Vec<ThingStack>,
    /// What they wear and hold, by slot.
    equipped: BTreeMap<String, ThingStack>,
}

impl CommandResult for Carried {
    const KIND: &'static str = "inventory";

    fn examples() -> Vec<Self> {
        let shown = InventoryUpdate::shown().into_iter();
        let carried = shown.map(|one| Self {
            things: one.inventory,
            equipped: one.equipped,
        });
        carried.collect()
    }
}

/// Lists what people have.
pub(super) fn list(
    mut asked: MessageReader<InventoryVerb>,
    near: Near<'_, '_>,
    mut answers: MessageWriter<Answer>,
) {
    for InventoryVerb { order, worn } in asked.read() {
        let actor = order.actor;
        let has = Belongings::of(actor, &near);
        let mut text = String::new();
        if !worn {
            text = carried_words(&near, actor);
        }
        for (slot, one) in near.worn_views(actor) {
            text.push_str(&format!("\n  {}: {}", slot.place(), state(&one)));
        }
        if *worn && has.equipped.is_empty() {
            text.push_str("You wear nothing.");
        }
        if !worn && has.weight > 0 {
            let (weight, most) = (pounds(has.weight), pounds(has.weight_max));
            let heavy = has.weight * 2 > has.weight_max;
            let heavy = if heavy { ", which burdens you" } else { "" };
            text.push_str(&format!("\nIt weighs {weight} of {most} lb{heavy}."));
        }
        let data = Carried {
            things: has.inventory,
            equipped: has.equipped,
        };
        answers.write(Answer::with_data(
            *order,
            text.trim_start_matches('\n'),
            data,
        ));
    }
}

fn carried_words(near: &Near<'_, '_>, actor: Entity) -> String {
    let held = near.held(actor).into_iter();
    let carried = held.filter(|one| matches!(one.place, Some(ThingPlace::Carried(_))));
    let mut text = String::new();
    for (n, one) in (1..).zip(carried) {
        text.push_str(&format!("\n{n:>3}. {}", state(&one)));
    }
    match text.is_empty() {
        true => "You carry nothing.".to_owned(),
        false => format!("You carry:{text}"),
    }
}

/// A stack in a list: `candle (3)`, `knife (broken)`
pub(super) fn state(view: &ThingView<'_>) -> String {
    let count = (view.quantity > 1).then(|| view.quantity.to_string());
    let broken = view.is_broken().then(|| "broken".to_owned());
    let lit = view.burning.map(|_| "lit".to_owned());
    let more: Vec<String> = count.into_iter().chain(broken).chain(lit).collect();
    match more.is_empty() {
        true => view.name.to_owned(),
        false => format!("{} ({})", view.name, more.join(", ")),
    }
}

/// Tenths of a pound as people read them.
pub(super) fn pounds(tenths: u32) -> String {
    match tenths % 10 {
        0 => format!("{}", tenths / 10),
        rest => format!("{}.{rest}", tenths / 10),
    }
}
