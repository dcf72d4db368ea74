//! The messages of one tick.
//!
//! A message lives from where it is written to the end of its tick, no longer: so nothing that
//! has not been saved can be waiting when the world is saved.

use std::collections::HashMap;

use bevy_ecs::component::ComponentId;
use bevy_ecs::message::{Message, Messages};
use bevy_ecs::world::World;

/// Every registered message type.
#[derive(Default)]
pub(crate) struct MessageTypes {
    types: Vec<MessageType>,
    pub(crate) ids: HashMap<ComponentId, &'static str>,
    pub(crate) registered_by: HashMap<ComponentId, usize>,
    /// Which systems of a plugin write which message in Settle, for who asks whose fault it is.
    pub(crate) settlers: HashMap<(usize, &'static str), Vec<String>>,
}

struct MessageType {
    name: &'static str,
    written: fn(&World) -> usize,
    clear: fn(&mut World),
}

impl MessageTypes {
    pub(crate) fn register<M: Message>(&mut self, world: &mut World, plugin: usize) {
        // Not bevy's own registry: that keeps a message for two updates.
        let id = world.init_resource::<Messages<M>>();
        let name = std::any::type_name::<M>();
        if self.ids.insert(id, name).is_none() {
            self.registered_by.insert(id, plugin);
            self.types.push(MessageType {
                name,
                written: written::<M>,
                clear: clear::<M>,
            });
        }
    }

    /// How many messages were ever written; grows exactly when something is said.
    pub(crate) fn written(&self, world: &World) -> usize {
        self.types
            .iter()
            .map(|one| (one.written)(world))
            .fold(0, usize::wrapping_add)
    }

    /// The same of each type, in the order in which they were registered.
    pub(crate) fn written_each(&self, world: &World) -> Vec<usize> {
        let types = self.types.iter();
        types.map(|one| (one.written)(world)).collect()
    }

    /// Which types grew since `before`, which [`written_each`](Self::written_each) answered.
    pub(crate) fn grown(&self, world: &World, before: &[usize]) -> Vec<&'static str> {
        let now = self.types.iter().zip(before);
        let grown = now.filter(|(one, before)| (one.written)(world) != **before);
        grown.map(|(one, _)| one.name).collect()
    }

    pub(crate) fn clear(&self, world: &mut World) {
        for one in &self.types {
            (one.clear)(world);
        }
    }
}

fn written<M: Message>(world: &World) -> usize {
    world.get_resource::<Messages<M>>().map_or(0, |messages| {
        messages.oldest_message_count() + messages.len()
    })
}

fn clear<M: Message>(world: &mut World) {
    if let Some(mut messages) = world.get_resource_mut::<Messages<M>>()
        && !messages.is_empty()
    {
        messages.clear();
    }
}
