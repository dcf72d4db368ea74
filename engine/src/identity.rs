//! From a stable id to the living entity.

use std::collections::HashMap;

use bevy_ecs::entity::Entity;
use bevy_ecs::lifecycle::{Discard, Insert};
use bevy_ecs::observer::On;
use bevy_ecs::resource::Resource;
use bevy_ecs::system::{Query, ResMut};
use bevy_ecs::world::World;

use crate::port::StableId;

/// Which entity bears which id; kept by observers, so it can't disagree with the world.
#[derive(Resource, Default, Debug)]
pub struct Index(HashMap<StableId, Entity>);

impl Index {
    /// The living entity of this id.
    #[must_use]
    pub fn get(&self, id: StableId) -> Option<Entity> {
        self.0.get(&id).copied()
    }

    /// Every id, in order.
    pub(crate) fn ids(&self) -> Vec<StableId> {
        let mut ids: Vec<StableId> = self.0.keys().copied().collect();
        ids.sort_unstable();
        ids
    }
}

pub(crate) fn install(world: &mut World) {
    world.init_resource::<Index>();
    world.add_observer(
        |on: On<Insert<StableId>>, ids: Query<&StableId>, mut index: ResMut<Index>| {
            if let Ok(id) = ids.get(on.entity) {
                index.0.insert(*id, on.entity);
            }
        },
    );
    world.add_observer(
        |on: On<Discard<StableId>>, ids: Query<&StableId>, mut index: ResMut<Index>| {
            if let Ok(id) = ids.get(on.entity)
                && index.0.get(id) == Some(&on.entity)
            {
                index.0.remove(id);
            }
        },
    );
}
