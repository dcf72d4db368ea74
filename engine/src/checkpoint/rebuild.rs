//! A world built again from what a checkpoint holds.

use bevy_ecs::entity::Entity;
use bevy_ecs::world::World;

use super::{StateFault, StateType, WorldState};

impl WorldState {
    /// Makes the entities, each at its own id. Nothing that is spawned later gets one of theirs.
    pub(crate) fn spawn(&self, world: &mut World) -> Result<(), StateFault> {
        let of_states = self.parts.iter().flat_map(|(_, values)| values);
        let of_states = of_states.map(|(entity, _)| *entity);
        let mut all: Vec<Entity> = self.entities.iter().map(|(entity, _)| *entity).collect();
        all.extend(of_states);
        all.sort_unstable();
        all.dedup();
        let last = all.iter().map(|entity| entity.index_u32()).max();
        while let Some(last) = last
            && world.entity_allocator().alloc().index_u32() < last
        {}
        for entity in all {
            if world.get_entity(entity).is_ok() {
                continue;
            }
            // Its place was used before: as often here.
            while world.entities().resolve_from_index(entity.index()) != entity {
                let one = world.entities().resolve_from_index(entity.index());
                let older = one.generation().to_bits() < entity.generation().to_bits();
                if !older || world.spawn_empty_at(one).is_err() {
                    return Err(StateFault::Undecodable);
                }
                world.despawn_no_free(one);
            }
            if world.spawn_empty_at(entity).is_err() {
                return Err(StateFault::Undecodable);
            }
        }
        for (entity, id) in &self.entities {
            world.entity_mut(*entity).insert(*id);
        }
        Ok(())
    }

    /// Gives the entities what they had, of these types.
    pub(crate) fn restore(&self, world: &mut World, types: &[StateType]) -> Result<(), StateFault> {
        for one in types {
            let part = self.parts.iter().find(|(name, _)| name == one.name);
            let values = part.map_or(&[][..], |(_, values)| values);
            (one.restore)(world, values)?;
        }
        Ok(())
    }
}
