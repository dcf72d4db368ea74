//! What somebody has: listed for them, and told to their client whenever it changes.

use std::collections::{BTreeMap, BTreeSet};

use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CARRIED_MAX;
use super::near::Near;
use super::place::{ThingPlace, ThingView};
use super::prototype::{Slot, ThingFlag};
use super::stack::ThingStack;
use crate::command::{Needs, Usage, Verb, Words};
use crate::describe;
use crate::place::Rooms;

/// What somebody or something holds is other than before.
#[derive(Message, Clone, Copy, Debug)]
pub(super) struct HoldingsChanged(pub(super) StableId);

/// What somebody has, as their client sees it. Transient: computed from what they hold whenever that
/// changes.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Belongings {
    #[serde(with = "as_json")]
    inventory: Vec<ThingStack>,
    #[serde(with = "as_json")]
    equipped: BTreeMap<String, ThingStack>,
    slots_used: usize,
    weight: u32,
    weight_max: u32,
}

/// What leaves fields out where it says nothing of them can be read again only where fields have
/// names; a checkpoint has none.
mod as_json {
    use serde::de::{DeserializeOwned, Error as _};
    use serde::ser::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize, S: Serializer>(of: &T, to: S) -> Result<S::Ok, S::Error> {
        let text = serde_json::to_string(of).map_err(S::Error::custom)?;
        text.serialize(to)
    }

    pub(super) fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(
        from: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(from)?;
        serde_json::from_str(&text).map_err(D::Error::custom)
    }
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
        let worn = [(
            Slot::OffHand.word().to_owned(),
            ThingStack::example("hurricane lamp", "off_hand"),
        )];
        vec![Self {
            inventory: vec![ThingStack::example("trench knife", "inventory")],
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
    things: Vec<CarriedThing>,
    /// What they wear and hold, by slot.
    equipped: BTreeMap<String, CarriedThing>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CarriedThing {
    id: StableId,
    name: String,
    quantity: u32,
}

impl CarriedThing {
    fn of(stack: &ThingStack) -> Self {
        Self {
            id: stack.item_instance_id,
            name: stack.item_name.clone(),
            quantity: stack.quantity,
        }
    }
}

impl Carried {
    fn of(inventory: &[ThingStack], equipped: &BTreeMap<String, ThingStack>) -> Self {
        let worn = equipped.iter();
        Self {
            things: inventory.iter().map(CarriedThing::of).collect(),
            equipped: worn
                .map(|(slot, one)| (slot.clone(), CarriedThing::of(one)))
                .collect(),
        }
    }
}

impl CommandResult for Carried {
    const KIND: &'static str = "inventory";

    fn examples() -> Vec<Self> {
        let shown = InventoryUpdate::shown().into_iter();
        shown
            .map(|one| Self::of(&one.inventory, &one.equipped))
            .collect()
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
        let data = Carried::of(&has.inventory, &has.equipped);
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
