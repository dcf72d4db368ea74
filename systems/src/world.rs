//! The world's geography: what is read from `world.toml`, `environments.toml` and `zones/`, checked
//! whole, before anybody walks in it. What else stands there belongs to the plugins that read it.
//!
//! Reading files is the caller's work; here texts become an [`Atlas`] and a [`WorldHeader`], or a list of
//! problems, each with its file and line.

mod atlas;
mod chart;
mod check;
mod draft;
mod header;
mod keys;
mod parse;
mod room_map;
mod rooms;

pub use atlas::{Atlas, Direction, Environment, Exit, Room, RoomIx, SubZone, Zone};
pub use header::{Branding, WorldHeader};
pub use room_map::RoomMap;
pub use rooms::{RoomData, room_data};

use engine::content::{Claim, ContentReader, KeyTable, Reading};

/// What rules a world has of which this is the only file, or its mistakes.
#[cfg(test)]
pub(crate) fn alone<T: engine::content::Rules>(
    path: &'static str,
    text: &str,
) -> Result<T, Vec<String>> {
    let source = engine::content::Source {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let types = engine::content::ContentTypes::of(|reg: &mut engine::Registrar<'_>| {
        reg.rules_file::<T>(path);
    });
    match types.load(&[source]) {
        Ok(content) => Ok(content.get::<T>().unwrap().clone()),
        Err(problems) => Err(problems.iter().map(ToString::to_string).collect()),
    }
}

/// Reads the geography.
pub(crate) struct Geography;

impl ContentReader for Geography {
    fn claims(&self) -> Vec<Claim> {
        vec![
            Claim::File("world.toml".to_owned()),
            Claim::File("environments.toml".to_owned()),
            Claim::Folder("zones/".to_owned()),
            // An icon that `world.toml` does not name harms nobody.
            Claim::Ending(".svg"),
        ]
    }

    fn read(&self, reading: &mut Reading<'_>) {
        let before = reading.problems();
        let Some(draft) = parse::parse(reading) else {
            return;
        };
        // Whatever refers to a file that can't be read would seem to dangle.
        if !reading.is_whole() || reading.problems() > before {
            return;
        }
        let mut problems = Vec::new();
        check::check(&draft, &mut problems);
        for problem in problems {
            reading.problem(problem);
        }
        reading.put(draft.header.clone());
        reading.put(draft.finish());
    }

    fn reference(&self) -> Vec<KeyTable> {
        keys::reference()
    }
}
