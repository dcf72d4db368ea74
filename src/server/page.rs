//! What the page tells of the world, out of the world's own files.

use std::time::SystemTime;

use engine::content::Content;
use engine::port::WorldTime;
use net::WorldInfo;
use systems::calendar::{MythosTime, Observances};
use systems::world::WorldHeader;

/// What the gateway tells of the world to those who are not in it yet.
pub(super) fn world_info(world: &Content, guests: bool) -> WorldInfo {
    let observances = world.get::<Observances>().cloned().unwrap_or_default();
    let WorldHeader { name, branding, .. } = world.get().cloned().unwrap_or_default();
    WorldInfo {
        name,
        tagline: branding.tagline,
        accent: branding.accent,
        icon: branding.icon,
        guests,
        time: Box::new(move || {
            let wall = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
            let wall = WorldTime(u64::try_from(wall.as_micros()).unwrap_or(u64::MAX));
            observances.sentence(MythosTime::at(wall))
        }),
    }
}
