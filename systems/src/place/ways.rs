//! Ways that ask for something of those who take them. What, is nothing to `place`: whoever guards
//! them derives [`GuardedWays`], and decides of each who would walk there.

use std::collections::BTreeSet;

use engine::prelude::*;

use crate::world::{Direction, RoomIx};

/// The ways that ask for something, by the room that they begin in.
#[derive(Resource, Clone, Debug, Default)]
pub struct GuardedWays(BTreeSet<(RoomIx, Direction)>);

impl GuardedWays {
    /// These.
    #[must_use]
    pub const fn new(ways: BTreeSet<(RoomIx, Direction)>) -> Self {
        Self(ways)
    }

    /// Whether a way is one of them.
    #[must_use]
    pub fn is_guarded(&self, from: RoomIx, way: Direction) -> bool {
        self.0.contains(&(from, way))
    }
}

/// Somebody would walk a way that may be guarded. Whoever guards it lets them go by a
/// [`Relocate`](super::Relocate), or answers why not.
#[derive(Message, Clone, Copy, Debug)]
pub struct CrossGuarded {
    /// Their command.
    pub order: Order,
    /// Where the way begins.
    pub from: RoomIx,
    /// Which it is.
    pub way: Direction,
    /// Where it leads.
    pub to: RoomIx,
}
