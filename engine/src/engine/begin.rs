//! How plugins begin: their observers first, so that these see all that is loaded, then what each
//! does to the world once. What goes wrong here is said with the plugin's name, and nothing starts.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bevy_ecs::component::ComponentId;
use bevy_ecs::system::SystemAccess;
use bevy_ecs::world::World;

use super::EngineFault;
use crate::fault::{self, RefusedCommand};
use crate::persist::{Collector, Holdings, Losses};
use crate::plugin::Register;
use crate::{Index, attach, guard};

/// Lets the guard and the plugins' observers see from now on what comes and goes. Answers the
/// resources that observers write, in whatever plugin they are triggered.
pub(super) fn watch(world: &mut World, register: &mut Register) -> Vec<ComponentId> {
    let mut mirrors = vec![
        world.register_component::<Index>(),
        world.register_component::<Holdings>(),
        world.register_component::<Losses>(),
        world.register_component::<Collector>(),
        world.register_component::<super::Ageing>(),
    ];
    for (_, _, access) in &register.observer_access {
        if let SystemAccess::Shared(set) = access {
            let writes = set.combined_access().writes().as_finite_set();
            mirrors.extend(writes.into_iter().flat_map(|set| set.iter()));
        }
    }
    guard::install(world, register, &mirrors);
    for observer in std::mem::take(&mut register.observers) {
        observer(world);
    }
    world.flush();
    mirrors
}

/// Does what each plugin wants done once.
///
/// # Errors
/// Names the plugin that panics, or that reaches for what is another's.
pub(super) fn startup(
    world: &mut World,
    register: &mut Register,
    mirrors: &[ComponentId],
) -> Result<(), EngineFault> {
    let mut mistakes = Vec::new();
    // From loading: observers that broke.
    collect(register, None, &mut mistakes);
    for (plugin, work) in std::mem::take(&mut register.startup) {
        tracing::trace!(plugin = register.plugins[plugin].name, "plugin starts");
        fault::enter(plugin);
        let ended = catch_unwind(AssertUnwindSafe(|| {
            work(world);
            world.flush();
        }));
        fault::leave();
        if let Err(panic) = ended
            && !panic.is::<RefusedCommand>()
        {
            let words = fault::panic_words(panic.as_ref());
            let name = register.plugins[plugin].name;
            mistakes.push(format!("plugin `{name}` panics in its startup: {words}"));
        }
        collect(register, Some(plugin), &mut mistakes);
        attach::restore(world);
        // What it put there is its own.
        register.owners.take_resources(world, plugin);
    }
    // Known only now, and refused from now on.
    guard::install(world, register, mirrors);
    match mistakes.is_empty() {
        true => Ok(()),
        false => Err(EngineFault::Plugins(mistakes)),
    }
}

fn collect(register: &Register, plugin: Option<usize>, mistakes: &mut Vec<String>) {
    let name = |plugin: usize| register.plugins[plugin].name;
    for (system, what) in fault::take().into_iter().flatten() {
        let name = plugin.map_or("engine", name);
        mistakes.push(format!("plugin `{name}`, startup: {what}{}", at(&system)));
    }
    for (plugin, system, what) in fault::take_abroad() {
        let name = name(plugin);
        mistakes.push(format!("plugin `{name}`, startup: {what}{}", at(&system)));
    }
}

fn at(system: &str) -> String {
    match system.is_empty() {
        true => String::new(),
        false => format!(" (in `{system}`)"),
    }
}
