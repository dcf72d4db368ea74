//! Who passes a door.

use engine::prelude::*;

use super::content::{Door, Doors};
use super::settle::ExitState;
use crate::place::SeenWays;
use crate::things::Latch;
use crate::world::{Direction, RoomIx};

/// Doors as they are now.
#[derive(SystemParam)]
pub struct DoorGate<'w, 's> {
    pub(super) doors: Res<'w, Doors>,
    states: Query<'w, 's, &'static ExitState>,
    pub(super) index: Res<'w, Index>,
    seen: SeenWays<'w, 's>,
}

/// How somebody passes a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// It is open.
    Free,
    /// By opening the door in it.
    Opens,
}

impl DoorGate<'_, '_> {
    /// How a door is.
    #[must_use]
    pub fn latch(&self, door: &Door) -> Latch {
        let state = self.index.get(door.state);
        let state = state.and_then(|entity| self.states.get(entity).ok());
        state.map_or(door.latch, |state| state.latch)
    }

    /// The door in a way, if somebody sees it.
    #[must_use]
    pub fn seen_door(&self, who: Entity, room: RoomIx, way: Direction) -> Option<&Door> {
        let door = self.doors.get(room, way)?;
        self.seen.sees(who, room, way).then_some(door)
    }

    /// Whether somebody sees a way.
    #[must_use]
    pub fn sees(&self, who: Entity, room: RoomIx, way: Direction) -> bool {
        self.seen.sees(who, room, way)
    }

    /// Whether somebody may walk a way.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn pass(&self, who: Entity, room: RoomIx, way: Direction) -> Result<Passage, Refusal> {
        let Some(door) = self.doors.get(room, way) else {
            return Ok(Passage::Free);
        };
        if !self.seen.sees(who, room, way) {
            let words = format!("There is no way {way} from here.");
            return Err(Refusal::new(Code::InvalidMovement, words));
        }
        let name = door.name.as_deref().unwrap_or("way");
        match self.latch(door) {
            Latch::Open => Ok(Passage::Free),
            Latch::Closed => Ok(Passage::Opens),
            Latch::Locked | Latch::Sealed => {
                let words = format!("The {name} is locked.");
                Err(Refusal::new(Code::InvalidMovement, words))
            }
        }
    }
}
