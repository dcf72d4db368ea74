//! What a device needs to know to keep the page among its applications.

use serde_json::json;

use crate::world::WorldInfo;

/// The papers of the client's style sheet behind its first picture.
const PAPER: &str = "#14110c";

/// The manifest, read at `client/DIGEST/`: two steps below the page.
pub(super) fn manifest(world: &WorldInfo) -> String {
    let icon = json!({"src": "icon.svg", "sizes": "any", "type": "image/svg+xml"});
    json!({
        "id": "../../",
        "start_url": "../../",
        "scope": "../../",
        "name": world.name,
        "short_name": world.name,
        "description": world.tagline,
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": [icon],
    })
    .to_string()
}
