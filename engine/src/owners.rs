//! Which plugin is the one writer of what.

use std::collections::{HashMap, HashSet};

use bevy_ecs::component::{Component, ComponentId};
use bevy_ecs::world::World;

/// Which plugin may write which component or resource.
#[derive(Default)]
pub(crate) struct Owners {
    writers: HashMap<ComponentId, usize>,
    /// What is saved, derived, transient or scratch: whatever lasts says which it is.
    pub(crate) kinds: HashSet<ComponentId>,
    /// What a plugin says it owns: it may come and go by `Commands`, which no access shows.
    pub(crate) owned: Vec<ComponentId>,
}

impl Owners {
    /// Takes down the one writer of `T`; a second one is a mistake.
    pub(crate) fn claim<T: Component>(
        &mut self,
        world: &mut World,
        plugin: usize,
    ) -> Option<String> {
        let id = world.register_component::<T>();
        match self.writers.insert(id, plugin) {
            Some(other) if other != plugin => Some(format!(
                "two plugins claim to be the one writer of `{}`",
                std::any::type_name::<T>()
            )),
            _ => None,
        }
    }

    /// The owner of what a plugin writes: that plugin, if nobody claimed it.
    pub(crate) fn or_first(&mut self, id: ComponentId, plugin: usize) -> usize {
        *self.writers.entry(id).or_insert(plugin)
    }

    /// The owner, if there is one yet.
    pub(crate) fn of(&self, id: ComponentId) -> Option<usize> {
        self.writers.get(&id).copied()
    }

    /// Every resource that has no owner yet is this plugin's.
    pub(crate) fn take_resources(&mut self, world: &World, plugin: usize) {
        for (id, _) in world.resource_entities().iter() {
            self.writers.entry(id).or_insert(plugin);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (ComponentId, usize)> + '_ {
        self.writers.iter().map(|(id, plugin)| (*id, *plugin))
    }
}
