//! Who may write what: mistakes that would only show on a bad day are refused at the start, and
//! what can't be seen then is watched while the world runs.
//!
//! bevy knows what each system declares to read and write. From that the engine checks, once:
//! one writer per component and resource; no exclusive system; no reader that would miss messages;
//! no message that nobody reads; notes only in `Emit`, and nothing else there; plugins in the order
//! that they ask for. What hides behind `Commands` is caught by [`foreign`] when it happens.

mod access;
mod foreign;
mod order;

pub(crate) use foreign::{install, written_in_place};

use bevy_ecs::component::ComponentId;
use bevy_ecs::world::World;

use crate::plugin::Register;

/// Checks every system of every plugin; answers all mistakes, not just the first.
pub(crate) fn check(world: &mut World, register: &mut Register) -> Vec<String> {
    let mut mistakes = Vec::new();
    let traffic = access::look(world, register, &mut mistakes);
    order::check(register, &traffic, &mut mistakes);
    register.messages.settlers = traffic.settlers(&register.messages.ids);
    mistakes.sort();
    mistakes.dedup();
    mistakes
}

fn component_name(world: &World, id: ComponentId) -> String {
    world
        .components()
        .get_name(id)
        .map_or_else(|| "?".to_owned(), |name| name.to_string())
}
