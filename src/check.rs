//! `kadath check`: says what is wrong with a world before anybody walks in it.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use systems::world::{Problem, WorldData};

use crate::config::Config;
use crate::world_files;

/// Prints each problem as `file:line: message`; exit code 1 if there is one.
///
/// # Errors
/// When nothing can be printed.
pub fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    match load(&config.server.world) {
        Ok(world) => {
            let rooms = world.atlas.rooms().len();
            writeln!(
                out,
                "{}: {rooms} rooms, nothing wrong",
                config.server.world.display()
            )?;
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => {
            for problem in problems {
                writeln!(out, "{problem}")?;
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Reads and checks the world in `folder`; problems name files as the caller can open them.
pub(crate) fn load(folder: &Path) -> Result<WorldData, Vec<Problem>> {
    let located = |problem: Problem| {
        // A file that could not even be read is named by its whole path already.
        let file = if Path::new(&problem.file).starts_with(folder) {
            problem.file
        } else {
            folder.join(&problem.file).display().to_string()
        };
        Problem { file, ..problem }
    };
    world_files::read(folder)
        .and_then(|sources| systems::world::load(&sources))
        .map_err(|problems| problems.into_iter().map(located).collect())
}
