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
}

struct MessageType {
    written: fn(&World) -> usize,
    clear: fn(&mut World),
}

impl MessageTypes {
    pub(crate) fn register<M: Message>(&mut self, world: &mut World) {
        // Not bevy's own registry: that keeps a message for two updates.
        let id = world.init_resource::<Messages<M>>();
        if self.ids.insert(id, std::any::type_name::<M>()).is_none() {
            self.types.push(MessageType {
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
