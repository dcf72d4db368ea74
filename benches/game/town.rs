//! A town of rooms in rows, of every environment, on the domain's rules, with sights and hazards, and
//! the shipped calendar and gestures.

use std::fmt::Write as _;

use engine::content::{Content, Source};
use std::sync::Arc;

/// Rooms of one sub-zone.
const ROW: usize = 25;

/// Environments that the shipped world knows, as often as a town has them.
const ENVIRONMENTS: [&str; 10] = [
    "street_paved",
    "indoors",
    "outdoors",
    "street_paved",
    "graveyard",
    "indoors",
    "sanctuary",
    "outdoors",
    "camp",
    "eldritch",
];

/// One room in so many has something to be seen that should not be.
const SIGHT_EVERY: usize = 20;
const SIGHT: &str = "sights = [{ archetype = \"rats\", category = \"disturbing\", text = \"Rats sit in a circle.\" }]\n";
/// One in so many may hurt those in it.
const HAZARD_EVERY: usize = 20;
const HAZARD: &str = "hazards = [{ id = \"stone\", every_seconds = 5, chance = 0.02, harm = 1, lucidity = 1, text = \"A stone falls.\" }]\n";

/// A world of so many rooms.
pub(crate) fn world(rooms: usize) -> Arc<Content> {
    let shipped = |path: &str, text: &str| Source {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let mut sources = vec![
        shipped(
            "world.toml",
            "name = \"Rows\"\nmotd = \"\"\ndefault_room = \"room_0\"\n",
        ),
        shipped(
            "environments.toml",
            include_str!("../../world/environments.toml"),
        ),
        shipped("calendar.toml", include_str!("../../world/calendar.toml")),
        shipped(
            "rules/emotes.toml",
            include_str!("../../world/rules/emotes.toml"),
        ),
        shipped(
            "zones/rows/zone.toml",
            "id = \"rows\"\nplane = \"earth\"\nname = \"Rows\"\nenvironment = \"outdoors\"\n",
        ),
    ];
    for row in 0..rooms.div_ceil(ROW) {
        let mut text = format!("id = \"row{row}\"\nname = \"Row {row}\"\n");
        for room in row * ROW..((row + 1) * ROW).min(rooms) {
            let environment = ENVIRONMENTS[room % ENVIRONMENTS.len()];
            let _ = write!(
                text,
                "[[rooms]]\nid = \"room_{room}\"\nname = \"Cell\"\ndescription = \"A cell like all others, with a door to the east and one to the west.\"\nnight = \"A cell like all others, as far as one can see in the dark.\"\nenvironment = \"{environment}\"\n{}{}[rooms.exits]\neast = \"room_{}\"\nwest = \"room_{}\"\n",
                if room % SIGHT_EVERY == 3 { SIGHT } else { "" },
                if room % HAZARD_EVERY == 4 { HAZARD } else { "" },
                (room + 1) % rooms,
                (room + rooms - 1) % rooms,
            );
        }
        sources.push(Source {
            path: format!("zones/rows/row{row}.toml"),
            text,
        });
    }
    systems::load(&sources).expect("the generated world is sound")
}
