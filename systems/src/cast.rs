//! Who and where the published examples are about: the same people and room in every note, so
//! that a client author reads one story.

use engine::prelude::*;

/// The one who is told.
pub(crate) const ANN: &str = "Ann";
/// Somebody else.
pub(crate) const BOB: &str = "Bob";
/// The room that they are in.
pub(crate) const FOYER: &str = "earth_arkhamcity_sanitarium_room_foyer_001";
/// The room to the north of it.
pub(crate) const CORRIDOR: &str = "earth_arkhamcity_sanitarium_room_corridor_001";
/// When it is, 2026-11-23T21:20:58Z.
pub(crate) const WHEN: WorldTime = WorldTime(1_795_468_858_000_000);

/// The id of one of them.
pub(crate) fn id(name: &str) -> StableId {
    StableId::named(name)
}
