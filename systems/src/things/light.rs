//! What burns: how long, and what becomes of it then (game.md §9).

use engine::prelude::*;

use super::CARRIED_MAX;
use super::draft::Drafts;
use super::place::ThingPlace;

/// The most fuel that anything has, in seconds.
const FUEL_MAX: u32 = 604_800;

/// Lights a thing, puts it out or fills it. Of a stack one is lit; what can't be filled and has burned
/// down is gone.
pub(super) fn kindle(
    thing: Entity,
    lit: Option<bool>,
    more: u32,
    drafts: &mut Drafts<'_, '_, '_>,
    commands: &mut Commands<'_, '_>,
) {
    let now = drafts.world.clock.now;
    let Some(light) = drafts.prototype(thing).and_then(|kind| kind.light.as_ref()) else {
        return;
    };
    let Some(draft) = drafts.get(thing).cloned() else {
        return;
    };
    let full = light.fuel_seconds;
    let left = match draft.burning {
        Some(until) => seconds(until, now),
        None => draft.thing.fuel.unwrap_or(full),
    };
    let left = left.saturating_add(more).min(full.min(FUEL_MAX));
    let burns = lit.unwrap_or(draft.burning.is_some()) && left > 0;
    let one = match draft.quantity {
        1 => Some(thing),
        _ => alone(thing, drafts, commands),
    };
    let Some(one) = one else {
        return;
    };
    if left == 0 && light.fuel.is_none() {
        drafts.put(one, None);
        return;
    }
    drafts.change(one, |one| {
        one.thing.fuel = (!burns && left < full).then_some(left);
        one.burning = burns.then(|| now.plus(Duration::from_secs(left.into())));
    });
}

/// Whole seconds up to a moment.
fn seconds(until: WorldTime, now: WorldTime) -> u32 {
    match until > now {
        true => u32::try_from(until.since(now).as_secs()).unwrap_or(u32::MAX),
        false => 0,
    }
}

/// One of a stack, beside it; `None`: there is no room for it.
fn alone(
    thing: Entity,
    drafts: &mut Drafts<'_, '_, '_>,
    commands: &mut Commands<'_, '_>,
) -> Option<Entity> {
    let place = drafts.get(thing)?.place?;
    if let ThingPlace::Carried(who) = place
        && drafts.slots_of(who) >= CARRIED_MAX
    {
        return None;
    }
    drafts.split(thing, 1, place, commands)
}
