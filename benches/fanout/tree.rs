//! A world for crowds: everybody arrives in one hall and walks three ways, each of ten, to one of a
//! thousand rooms.

use std::fmt::Write as _;
use std::path::Path;

/// As many as there are directions.
const WAYS: [&str; 10] = [
    "north",
    "northeast",
    "east",
    "southeast",
    "south",
    "southwest",
    "west",
    "northwest",
    "up",
    "down",
];
const STEPS: u32 = 3;
/// How many rooms there are to walk to.
pub(crate) const ROOMS: usize = WAYS.len().pow(STEPS);

/// The ways from the hall to a room.
pub(crate) fn ways(room: usize) -> impl Iterator<Item = &'static str> {
    (0..STEPS)
        .rev()
        .map(move |step| WAYS[room / WAYS.len().pow(step) % WAYS.len()])
}

/// Writes the world into a folder.
pub(crate) fn write(folder: &Path) {
    let mut rooms = String::from("id = \"tree\"\nname = \"Tree\"\n");
    grow(&mut rooms, "r", STEPS);
    let files = [
        (
            "world.toml",
            "name = \"Tree\"\nmotd = \"\"\ndefault_room = \"r\"\n",
        ),
        (
            "environments.toml",
            include_str!("../../world/environments.toml"),
        ),
        ("rules/lucidity.toml", include_str!("../rows-lucidity.toml")),
        (
            "zones/tree/zone.toml",
            "id = \"tree\"\nplane = \"earth\"\nname = \"Tree\"\nenvironment = \"outdoors\"\n",
        ),
        ("zones/tree/tree.toml", &rooms),
    ];
    for (path, text) in files {
        let path = folder.join(path);
        let parent = path.parent().expect("a folder");
        std::fs::create_dir_all(parent).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
}

fn grow(rooms: &mut String, id: &str, steps: u32) {
    let _ = write!(
        rooms,
        "[[rooms]]\nid = \"{id}\"\nname = \"Fork\"\ndescription = \"A fork like all others.\"\n[rooms.exits]\n"
    );
    if steps == 0 {
        return;
    }
    for (way, name) in WAYS.iter().enumerate() {
        let _ = writeln!(rooms, "{name} = {{ to = \"{id}_{way}\", one_way = true }}");
    }
    for way in 0..WAYS.len() {
        grow(rooms, &format!("{id}_{way}"), steps - 1);
    }
}
