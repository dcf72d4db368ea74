//! What this tick tells other nodes, and what they told.

use std::sync::Arc;

use bevy_ecs::message::Message;
use bevy_ecs::resource::Resource;

use crate::port::{Awake, BridgeIn, DeliveryId, Parcel, Parcels};

/// Collects what goes to the bus; written in `Emit` only (the build refuses a system elsewhere).
/// Without a bus nobody takes it, so ask [`open`](Self::open) before making much.
#[derive(Resource, Default, Debug)]
pub struct Bridge {
    open: bool,
    pub(crate) parcels: Parcels,
}

impl Bridge {
    pub(crate) fn new(open: bool) -> Self {
        Self {
            open,
            ..Self::default()
        }
    }

    /// Whether there is a bus.
    #[must_use]
    pub const fn open(&self) -> bool {
        self.open
    }

    /// Sends a parcel with this tick.
    pub fn send(&mut self, parcel: Parcel) {
        if self.open {
            self.parcels.sent.push(parcel);
        }
    }

    /// The effect of this delivery is in the world: once this tick is durable, it may be
    /// acknowledged.
    pub fn processed(&mut self, delivery: DeliveryId) {
        if self.open {
            self.parcels.processed.push(delivery);
        }
    }

    /// This many lines of other nodes were not heard here: there were too many at once.
    pub fn unheard(&mut self, lines: u64) {
        if self.open {
            self.parcels.unheard += lines;
        }
    }

    /// Tells other nodes who is awake here now; it replaces what was told before.
    pub fn awake(&mut self, players: Vec<Arc<Awake>>) {
        if self.open {
            self.parcels.awake = Some(players);
        }
    }
}

/// Something that came over the bus, heard in its tick.
#[derive(Message, Debug, Clone)]
pub struct Bridged(pub BridgeIn);
