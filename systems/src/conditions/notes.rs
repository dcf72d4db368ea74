//! What people are told of conditions.

use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settle::ConditionsChanged;
use crate::afflictions::{ConditionTable, ConditionTraits, Conditions, HeldCondition};
use crate::place::Rooms;

/// The word of the ward of those who have just come.
const LOGIN_WARD: &str = "login_warded";

/// What others see of somebody's conditions. Transient: told anew when it changes.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Symptoms(Vec<String>);

impl Symptoms {
    pub(super) fn words(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.join("; "))
    }
}

/// A condition as clients see it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StatusEffect {
    /// Its word.
    effect_type: String,
    /// What it is called.
    name: String,
    /// Its picture.
    #[serde(skip_serializing_if = "String::is_empty")]
    icon: String,
    /// How strong it is, 1 to 10.
    intensity: u8,
    /// How many of it there are.
    stacks: usize,
    /// How many seconds it lasts in all; absent: until it is taken off.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<u64>,
    /// How many are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    remaining_seconds: Option<u64>,
    /// What brought it.
    source: String,
    /// Whether it does harm.
    harmful: bool,
}

/// `effects_update`: what is upon you, all of it, whenever something comes or goes.
#[derive(Debug, Clone, Serialize, JsonSchema, Note)]
#[note("effects_update", replaces = "effects_update", example = Self::shown())]
pub struct EffectsUpdate {
    /// All of it, the oldest first.
    effects: Vec<StatusEffect>,
    /// You have just come into the world, and nobody attacks you.
    login_grace_period_active: bool,
    /// For so many seconds more.
    login_grace_period_remaining: u64,
}

impl EffectsUpdate {
    fn of(held: &Conditions, table: &ConditionTable, now: WorldTime) -> Self {
        let effects = effects(held, |id| table.get(id).cloned(), now);
        let ward = effects.iter().find(|one| one.effect_type == LOGIN_WARD);
        Self {
            login_grace_period_active: ward.is_some(),
            login_grace_period_remaining: ward.and_then(|one| one.remaining_seconds).unwrap_or(0),
            effects,
        }
    }

    fn shown() -> Self {
        Self {
            effects: vec![StatusEffect {
                effect_type: "poisoned".to_owned(),
                name: "poisoned".to_owned(),
                icon: "poisoned".to_owned(),
                intensity: 1,
                stacks: 2,
                duration: Some(60),
                remaining_seconds: Some(41),
                source: "creature:rat.wharf".to_owned(),
                harmful: true,
            }],
            login_grace_period_active: false,
            login_grace_period_remaining: 0,
        }
    }
}

/// What somebody bears, as it stood at a moment.
pub(super) fn effects(
    held: &Conditions,
    known: impl Fn(&str) -> Option<ConditionTraits>,
    now: WorldTime,
) -> Vec<StatusEffect> {
    let mut effects: Vec<StatusEffect> = Vec::new();
    for one in held.all() {
        let Some(traits) = known(&one.id) else {
            continue;
        };
        let left = |one: &HeldCondition| Some(one.ends?.since(now).as_secs_f64().ceil() as u64);
        if let Some(stack) = effects.iter_mut().find(|known| known.effect_type == one.id) {
            stack.stacks += 1;
            stack.intensity = stack.intensity.max(one.intensity);
            stack.remaining_seconds = stack.remaining_seconds.max(left(one));
            continue;
        }
        effects.push(StatusEffect {
            effect_type: one.id.clone(),
            name: traits.name,
            icon: traits.icon,
            intensity: one.intensity,
            stacks: 1,
            duration: one.ends.map(|ends| ends.since(one.started).as_secs()),
            remaining_seconds: left(one),
            source: one.cause.clone(),
            harmful: traits.harmful,
        });
    }
    effects
}

/// Keeps what others see.
pub(super) fn show(
    mut changed: MessageReader<ConditionsChanged>,
    mut bearers: Query<(&Conditions, Option<&mut Symptoms>)>,
    table: Res<ConditionTable>,
    mut commands: Commands<'_, '_>,
) {
    for ConditionsChanged(who) in changed.read() {
        let Ok((held, shown)) = bearers.get_mut(*who) else {
            continue;
        };
        let mut words: Vec<String> = Vec::new();
        for traits in held.all().iter().filter_map(|one| table.get(&one.id)) {
            if traits.visible && !words.contains(&traits.name) {
                words.push(traits.name.clone());
            }
        }
        match shown {
            Some(mut shown) => _ = shown.set_if_neq(Symptoms(words)),
            None => _ = commands.entity(*who).try_insert(Symptoms(words)),
        }
    }
}

/// Tells those who bear what is upon them.
pub(super) fn tell(
    mut changed: MessageReader<ConditionsChanged>,
    bearers: Query<(&StableId, &Conditions)>,
    table: Res<ConditionTable>,
    rooms: Rooms<'_, '_>,
    clock: Res<Clock>,
    mut outbox: ResMut<Outbox>,
) {
    let mut who: Vec<Entity> = changed.read().map(|one| one.0).collect();
    who.sort_by_key(|one| bearers.get(*one).ok().map(|(id, _)| *id));
    who.dedup();
    for one in who {
        if let (Ok((_, held)), Some(session)) = (bearers.get(one), rooms.session(one)) {
            outbox.tell_one(session, EffectsUpdate::of(held, &table, clock.now));
        }
    }
}
