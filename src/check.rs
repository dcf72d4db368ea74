//! `kadath check`: says what is wrong with a configuration and a world before anybody plays there.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use engine::content::Problem;
use systems::world::Atlas;

use crate::Game;
use crate::config::{Config, Loaded, Overrides};
use crate::world_files::{USUAL_FOLDER, place_of};

/// Prints each problem of configuration and world as `file:line:column: message`, none twice; exit
/// code 1 if there is one.
///
/// # Errors
/// When nothing can be printed.
pub fn run(file: Option<&Path>, flags: Overrides, game: &Game) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    let folder = flags.world.clone();
    let (config, folder, faults) = match Loaded::read_for_start(file, flags) {
        Ok(Loaded { config, .. }) => {
            let folder = config.server.world.clone();
            (config, folder, Vec::new())
        }
        // The world of a configuration that can't be read is the one named by hand, or the usual.
        Err(told) => {
            let named = folder.or(told.world);
            let folder = named.unwrap_or_else(|| USUAL_FOLDER.into());
            (Config::default(), folder, told.faults)
        }
    };
    let mut lines: Vec<String> = faults.iter().map(|fault| fault.placed()).collect();
    let rooms = match game.load(&folder, &config) {
        Ok(world) => world.get::<Atlas>().map_or(0, |atlas| atlas.rooms().len()),
        Err(problems) => {
            lines.extend(problems.iter().map(Problem::placed));
            0
        }
    };
    if lines.is_empty() {
        writeln!(out, "{}: {rooms} rooms, nothing wrong", place_of(&folder))?;
        return Ok(ExitCode::SUCCESS);
    }
    for line in lines {
        writeln!(out, "{}", one_line(&line))?;
    }
    Ok(ExitCode::FAILURE)
}

/// A problem is a line, whatever somebody has put into the name of a file or key.
fn one_line(text: &str) -> String {
    let control = |c: char| c.is_control();
    if text.contains(control) {
        text.replace(control, "\u{fffd}")
    } else {
        text.to_owned()
    }
}
