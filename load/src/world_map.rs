//! A world made for a run, as files, and the ways through it.

use std::fmt::Write as _;
use std::path::Path;

use crate::fault::LoadFault;
use crate::scenario::{Layout, WorldPlan};

/// The ways from a room of a tree to the rooms below it; `up` leads back.
const WAYS: [&str; 9] = [
    "north",
    "east",
    "south",
    "west",
    "northeast",
    "northwest",
    "southeast",
    "southwest",
    "down",
];
/// The one way of a tree that [`BACK`] leads back from.
const DOWN: &str = "down";
const BACK: &str = "up";
/// Rooms of one sub-zone, a file each.
const ROW: usize = 100;

/// The rooms of a made world. Room 0 is where newcomers arrive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WorldMap {
    rooms: usize,
    layout: Layout,
    flux: f64,
}

impl WorldMap {
    pub(crate) fn of(plan: &WorldPlan) -> Option<Self> {
        match *plan {
            WorldPlan::Made {
                rooms,
                layout,
                flux,
            } => Some(Self {
                rooms,
                layout,
                flux,
            }),
            WorldPlan::Servers | WorldPlan::Folder(_) => None,
        }
    }

    /// The room that a bot is at home in: everybody is spread evenly.
    pub(crate) fn home(&self, bot: usize) -> usize {
        bot % self.rooms
    }

    /// The way to take in room `from` to come nearer to `to`; `None` when there.
    pub(crate) fn way(&self, from: &str, to: usize) -> Option<&'static str> {
        let from: usize = from.strip_prefix("load_room_")?.parse().ok()?;
        if from == to {
            return None;
        }
        if self.layout == Layout::Ring {
            let onward = (to + self.rooms - from) % self.rooms;
            return Some(if onward <= self.rooms / 2 {
                "east"
            } else {
                "west"
            });
        }
        // The room below `from` on the way up from `to`, if `to` is below at all.
        let mut below = to;
        while below > 0 {
            let above = (below - 1) / WAYS.len();
            if above == from {
                return Some(WAYS[(below - 1) % WAYS.len()]);
            }
            below = above;
        }
        Some(BACK)
    }

    fn exits(&self, room: usize) -> Vec<(&'static str, usize)> {
        if self.layout == Layout::Ring {
            let last = self.rooms - 1;
            let back = if room == 0 { last } else { room - 1 };
            return vec![("east", (room + 1) % self.rooms), ("west", back)];
        }
        let first = room * WAYS.len() + 1;
        let below = WAYS.into_iter().zip(first..self.rooms);
        let mut exits: Vec<_> = below.collect();
        if room > 0 {
            exits.push((BACK, (room - 1) / WAYS.len()));
        }
        exits
    }

    /// The files of the world: path and text.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let mut rows: Vec<(String, String)> = Vec::new();
        for room in 0..self.rooms {
            if room % ROW == 0 {
                let row = room / ROW;
                let path = format!("zones/load/row{row}.toml");
                rows.push((path, format!("id = \"row{row}\"\nname = \"Row {row}\"\n")));
            }
            let Some((_, rooms)) = rows.last_mut() else {
                continue;
            };
            let _ = write!(
                rooms,
                "[[rooms]]\nid = \"load_room_{room}\"\nname = \"Cell {room}\"\n\
                 description = \"A cell like all others, made for the run and gone with it.\"\n\
                 [rooms.exits]\n"
            );
            for (way, to) in self.exits(room) {
                // In a tree, up from a room leads where mostly another way leads from.
                let one_way = self.layout == Layout::Tree
                    && way != DOWN
                    && !(way == BACK && WAYS[(room - 1) % WAYS.len()] == DOWN);
                let _ = writeln!(
                    rooms,
                    "{way} = {{ to = \"load_room_{to}\", one_way = {one_way} }}"
                );
            }
        }
        let flux = self.flux;
        let mut files: Vec<(String, String)> = [
            (
                "world.toml",
                "name = \"Load\"\nmotd = \"\"\ndefault_room = \"load_room_0\"\n".to_owned(),
            ),
            (
                "environments.toml",
                "[environments.cells]\nsummary = \"Made for a run.\"\n".to_owned(),
            ),
            (
                "rules/lucidity.toml",
                format!("default = 0.0\n[environments.cells]\nall = {flux:?}\n"),
            ),
            (
                "zones/load/zone.toml",
                "id = \"load\"\nplane = \"earth\"\nname = \"Load\"\nenvironment = \"cells\"\n"
                    .to_owned(),
            ),
        ]
        .map(|(path, text)| (path.to_owned(), text))
        .into();
        files.extend(rows);
        files
    }

    /// Writes the files below `folder`.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), LoadFault> {
        for (path, text) in self.files() {
            let path = folder.join(path);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(LoadFault::file(parent))?;
            }
            std::fs::write(&path, text).map_err(LoadFault::file(&path))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "in-process")]
    #[test]
    fn made_world_passes_server_check() {
        use engine::content::Source;
        use systems::load;
        for layout in [Layout::Tree, Layout::Ring] {
            for rooms in [2, 5, 100, 1_000] {
                let flux = -0.1;
                let map = WorldMap {
                    rooms,
                    layout,
                    flux,
                };
                let files = map.files().into_iter();
                let sources: Vec<Source> =
                    files.map(|(path, text)| Source { path, text }).collect();
                let problems = load(&sources).err().unwrap_or_default();
                assert!(problems.is_empty(), "{rooms} in a {layout:?}: {problems:?}");
            }
        }
    }

    #[test]
    fn every_room_can_be_reached_from_every_other() {
        for layout in [Layout::Tree, Layout::Ring] {
            let (rooms, flux) = (200, 0.0);
            let map = WorldMap {
                rooms,
                layout,
                flux,
            };
            for (from, to) in [(0, 199), (199, 0), (17, 160), (5, 6), (160, 17)] {
                let mut here = from;
                let mut moves = 0;
                while let Some(way) = map.way(&format!("load_room_{here}"), to) {
                    let exits = map.exits(here);
                    let exit = exits.iter().find(|(known, _)| *known == way).unwrap();
                    here = exit.1;
                    moves += 1;
                    assert!(moves <= 100, "{from} to {to} in a {layout:?}");
                }
                assert_eq!(here, to);
            }
        }
    }
}
