//! From a stable id to the living entity, and the ids of what is a node's own.

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

/// The name of this node, where several share a database.
///
/// Rows with the same id are of one entity there. So what each node has of its own, under names that
/// all of them know, has the ids of that node.
#[derive(Resource, Clone, Default, Debug)]
pub struct NodeName(pub Option<String>);

impl NodeName {
    /// The id under which this node has what all of them call by this one.
    #[must_use]
    pub fn own(&self, id: StableId) -> StableId {
        match &self.0 {
            None => id,
            Some(node) => StableId::named(&format!("{id} on {node}")),
        }
    }
}

pub(crate) fn install(world: &mut World) {
    world.init_resource::<Index>();
    world.init_resource::<NodeName>();
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
