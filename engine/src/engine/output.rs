//! What leaves the world at the end of a tick: what was said, and what is to be saved.

use bevy_ecs::message::Messages;

use super::{Engine, Save};
use crate::attach;
use crate::clock::Clock;
use crate::orders::Orders;
use crate::persist::{self, Collector, Destroy, Recorded};
use crate::phase::Phase;
use crate::port::{DraftWish, Emission, SaveBatch, StorageState};
use crate::{DraftWished, Halt, Outbox};

impl Engine {
    /// Whether the world is to end, and what is wished of those who keep its draft.
    pub(super) fn wanted(&mut self) -> (bool, Vec<DraftWish>) {
        let mut halts = self.world.resource_mut::<Messages<Halt>>();
        let halt = halts.drain().next().is_some();
        let mut wished = self.world.resource_mut::<Messages<DraftWished>>();
        let wishes = wished.drain().map(|DraftWished(wish)| wish);
        (halt, wishes.collect())
    }

    /// Everything that was said in this tick, in order.
    pub(super) fn emission(&mut self, clock: &Clock) -> Emission {
        // The next tick will have as much to say: room at once costs less than growing.
        let said = &mut self.world.resource_mut::<Outbox>().said;
        let room = Vec::with_capacity(said.len());
        Emission {
            tick: clock.tick,
            wall: clock.wall(),
            said: std::mem::replace(said, room),
            torn: false,
        }
    }

    /// Takes out of the world what plugins gave up in this tick.
    pub(super) fn destroy(&mut self) {
        let destroyed: Vec<Destroy> = self
            .world
            .resource_mut::<Messages<Destroy>>()
            .drain()
            .collect();
        let wishes = std::mem::take(&mut self.destroyers);
        for (at, Destroy(entity)) in destroyed.iter().enumerate() {
            let plugin = wishes.get(at).copied().flatten();
            let plugin = plugin.map(|index| self.register.plugins[index].name);
            if let Some(id) = self.world.get::<crate::port::StableId>(*entity) {
                tracing::info!(%id, plugin, "entity destroyed");
            }
        }
        let destroyed = destroyed.into_iter().map(|Destroy(entity)| entity);
        attach::destroy(&mut self.world, destroyed.collect());
    }

    /// Everything that changed since the last batch, unless that one is still under way.
    pub(super) fn persist(&mut self, clock: &Clock, storage: StorageState, last: bool) -> Save {
        let recorded: Vec<Recorded> = self
            .world
            .resource_mut::<Messages<Recorded>>()
            .drain()
            .collect();
        for one in recorded {
            let collector = &mut *self.world.resource_mut::<Collector>();
            collector.record(one, |at| clock.wall_at(at));
        }
        let busy = self
            .under_way
            .is_some_and(|batch| batch > storage.durable_tick);
        // The last batch can't wait for a slow disk: it goes behind the one under way.
        if busy && !last {
            return Save::Busy;
        }
        self.under_way = None;
        // First: whose a value is, is asked by the collectors.
        persist::collect_transfers(&mut self.world);
        self.register.saved.collectors.run(&mut self.world);
        self.own_faults(Phase::Emit);
        let marks = std::mem::take(&mut self.world.resource_mut::<Orders>().marks);
        let saved = &self.register.saved.by_name;
        let tombstones = persist::take_tombstones(&mut self.world, |component| {
            saved.get(component).is_some_and(|saved| saved.name.own)
        });
        let mut collector = self.world.resource_mut::<Collector>();
        let empty = collector.is_empty() && tombstones.is_empty() && marks.is_empty();
        let batch = SaveBatch {
            tick: clock.tick,
            now: clock.now,
            tombstones,
            transfers: std::mem::take(&mut collector.transfers),
            facts: collector.take_facts(),
            columns: std::mem::take(&mut collector.columns),
            commands: marks,
            last,
        };
        // With nothing under way and nothing to hand over, everything up to now is durable.
        let durable = if empty && !busy {
            clock.tick
        } else {
            storage.durable_tick
        };
        attach::unload_saved(&mut self.world, &batch, durable);
        if empty && !last {
            return Save::Clean;
        }
        self.under_way = Some(clock.tick);
        Save::Batch(Box::new(batch))
    }
}
