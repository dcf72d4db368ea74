//! Checkpoints: the world copied between two ticks, and built again from that.

use bevy_ecs::world::World;

use super::{Engine, EngineFault};
use crate::Clock;
use crate::checkpoint::{EngineState, StateFault, StateType, WorldCopy, WorldState};
use crate::content::Revision;
use crate::persist::{Collector, Holdings, Losses};
use crate::plugin::Register;

impl Engine {
    /// Copies everything that lasts. Only right after a tick that had a batch or nothing to save:
    /// what is dirty then is not told from what is not.
    pub fn checkpoint(&mut self) -> WorldCopy {
        self.copy(true)
    }

    /// The same without what is known from rows to whoever has followed them
    /// ([`Shadow`](crate::record::Shadow)).
    pub fn unsaved(&mut self) -> WorldCopy {
        self.copy(false)
    }

    /// Copies one kind of state ahead of a checkpoint, so that its own tick copies but what changes
    /// until then. To be called once a tick; false: nothing was left to copy.
    pub fn copy_ahead(&mut self) -> bool {
        let tick = self.last_tick();
        self.ahead.copy_next(&mut self.world, &self.states, tick)
    }

    /// Every kind of state that checkpoints hold.
    pub(crate) fn states(&self) -> &[StateType] {
        &self.states
    }

    fn copy(&mut self, whole: bool) -> WorldCopy {
        let engine = EngineState {
            under_way: self.under_way,
            revision: self.world.resource::<Revision>().mark.clone(),
            health: self.health.clone(),
            crowded: self.crowded,
        };
        let clock = *self.world.resource::<Clock>();
        let ahead = std::mem::take(&mut self.ahead);
        let at = (clock.tick, clock.now);
        WorldCopy::of(&mut self.world, &self.states, at, engine, ahead, whole)
    }
}

pub(super) fn types(register: &Register) -> Vec<StateType> {
    let all = register
        .transient_states
        .iter()
        .chain(&register.saved_states);
    all.copied().collect()
}

fn fault(fault: StateFault) -> EngineFault {
    EngineFault::Saved(fault.to_string())
}

/// Makes every entity with all that it had.
pub(super) fn restore(
    world: &mut World,
    register: &Register,
    state: &WorldState,
) -> Result<(), EngineFault> {
    state.spawn(world).map_err(fault)?;
    state.restore(world, &types(register)).map_err(fault)
}

/// What plugins did to the world at their start has been done before: their state is as it was,
/// and nothing of it is new to anybody.
pub(super) fn settle(
    world: &mut World,
    register: &Register,
    state: &WorldState,
) -> Result<(), EngineFault> {
    world.flush();
    state.restore(world, &types(register)).map_err(fault)?;
    *world.resource_mut::<Collector>() = Collector::default();
    *world.resource_mut::<Losses>() = Losses::default();
    world.resource_mut::<Holdings>().are_saved();
    Ok(())
}
