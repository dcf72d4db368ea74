//! Words of effects on things and ways.

use super::act::{CreatedAt, WayState};
use crate::things::Latch;

pub(super) const LIT: [(&str, bool); 2] = [("lit", true), ("out", false)];
pub(super) const WAY_STATES: [(&str, WayState); 5] = [
    ("open", WayState::Latch(Latch::Open)),
    ("closed", WayState::Latch(Latch::Closed)),
    ("locked", WayState::Latch(Latch::Locked)),
    ("unlocked", WayState::Latch(Latch::Closed)),
    ("found", WayState::Found),
];
pub(super) const LOCK_STATES: [(&str, Latch); 3] = [
    ("locked", Latch::Locked),
    ("unlocked", Latch::Closed),
    ("sealed", Latch::Sealed),
];
pub(super) const CREATED_AT: [(&str, CreatedAt); 3] = [
    ("carried", CreatedAt::Carried),
    ("worn", CreatedAt::Worn),
    ("floor", CreatedAt::Floor),
];
