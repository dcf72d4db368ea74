//! What the page tells of the world, out of the world's own files.

use std::time::SystemTime;

use engine::port::WorldTime;
use net::WorldInfo;
use systems::calendar::MythosTime;
use systems::world::WorldData;

/// What the gateway tells of the world to those who are not in it yet.
pub(super) fn world_info(world: &WorldData, guests: bool) -> WorldInfo {
    let observances = world.observances.clone();
    WorldInfo {
        name: world.name.clone(),
        tagline: world.branding.tagline.clone(),
        accent: world.branding.accent,
        icon: world.branding.icon.clone(),
        guests,
        time: Box::new(move || {
            let wall = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
            let wall = WorldTime(u64::try_from(wall.as_micros()).unwrap_or(u64::MAX));
            observances.sentence(MythosTime::at(wall))
        }),
    }
}
