//! What the page tells of the world, out of the world's own files.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use engine::content::Content;
use engine::port::WorldTime;
use net::WorldInfo;
use systems::calendar::{MythosTime, Observances};
use systems::world::{Atlas, WorldHeader};
use tokio::sync::watch;

/// What the gateway tells of the world to those who are not in it yet.
pub(super) fn world_info(content: watch::Receiver<Arc<Content>>, guests: bool) -> WorldInfo {
    let header = content.borrow().get().cloned();
    let WorldHeader { name, branding, .. } = header.unwrap_or_default();
    WorldInfo {
        name,
        tagline: branding.tagline,
        accent: branding.accent,
        icon: branding.icon,
        guests,
        size: Box::new({
            let content = content.clone();
            move || {
                let content = content.borrow();
                let atlas = content.get::<Atlas>();
                atlas.map_or(Vec::new(), |atlas| {
                    let zones: BTreeSet<&str> = atlas
                        .rooms()
                        .map(|(room, _)| atlas.zone(room).id.as_str())
                        .collect();
                    vec![
                        ("AREAS", zones.len().to_string()),
                        ("ROOMS", atlas.rooms().len().to_string()),
                    ]
                })
            }
        }),
        time: Box::new(move || {
            let wall = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
            let wall = WorldTime(u64::try_from(wall.as_micros()).unwrap_or(u64::MAX));
            let content = content.borrow();
            let observances = content.get::<Observances>().cloned().unwrap_or_default();
            observances.sentence(MythosTime::at(wall))
        }),
    }
}
