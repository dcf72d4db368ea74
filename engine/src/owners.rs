//! Which plugin is the one writer of what.

use std::collections::HashMap;

use bevy_ecs::component::{Component, ComponentId};
use bevy_ecs::world::World;

/// Which plugin may write which component or resource.
#[derive(Default)]
pub(crate) struct Owners(HashMap<ComponentId, usize>);

impl Owners {
    /// Takes down the one writer of `T`; a second one is a mistake.
    pub(crate) fn claim<T: Component>(
        &mut self,
        world: &mut World,
        plugin: usize,
    ) -> Option<String> {
        let id = world.register_component::<T>();
        match self.0.insert(id, plugin) {
            Some(other) if other != plugin => Some(format!(
                "two plugins claim to be the one writer of `{}`",
                std::any::type_name::<T>()
            )),
            _ => None,
        }
    }

    /// The owner of what a plugin writes: that plugin, if nobody claimed it.
    pub(crate) fn or_first(&mut self, id: ComponentId, plugin: usize) -> usize {
        *self.0.entry(id).or_insert(plugin)
    }

    /// Every resource that has no owner yet is this plugin's.
    pub(crate) fn take_resources(&mut self, world: &World, plugin: usize) {
        for (id, _) in world.resource_entities().iter() {
            self.0.entry(id).or_insert(plugin);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (ComponentId, usize)> + '_ {
        self.0.iter().map(|(id, plugin)| (*id, *plugin))
    }
}
