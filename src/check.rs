//! `kadath check`: says what is wrong with a world before anybody walks in it.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use systems::world::{Problem, WorldData};

use crate::config::{Config, Overrides};
use crate::world_files;

/// Prints each problem of configuration and world as `file:line: message`; exit code 1 if there is
/// one.
///
/// # Errors
/// When nothing can be printed.
pub fn run(file: Option<&Path>, flags: Overrides) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    let folder = flags.world.clone();
    let (folder, faults) = match Config::load_all(file, flags) {
        Ok(config) => (config.server.world, Vec::new()),
        // The world of a configuration that can't be read is the one named by hand, or the usual.
        Err(faults) => (folder.unwrap_or_else(|| "world".into()), faults),
    };
    for fault in &faults {
        writeln!(out, "{}", placed(file, &fault.to_string()))?;
    }
    match load(&folder) {
        Ok(world) if faults.is_empty() => {
            let rooms = world.atlas.rooms().len();
            writeln!(out, "{}: {rooms} rooms, nothing wrong", folder.display())?;
            return Ok(ExitCode::SUCCESS);
        }
        Ok(_) => {}
        Err(problems) => {
            for problem in problems {
                writeln!(out, "{problem}")?;
            }
        }
    }
    Ok(ExitCode::FAILURE)
}

/// A mistake in the configuration with file and line: the line of its key, else of its section,
/// else the first. What environment or flags have set is in no file.
fn placed(file: Option<&Path>, message: &str) -> String {
    let Some(path) = file else {
        return format!("configuration:0: {message}");
    };
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let key = message.split_whitespace().find_map(|word| {
        let word = word.trim_matches(|c: char| c == ':' || c == ',');
        let parts = word.split_once('.')?;
        text.contains(&format!("[{}", parts.0)).then_some(parts)
    });
    let line = key.and_then(|(section, name)| line_of(&text, section, name));
    format!("{}:{}: {message}", path.display(), line.unwrap_or(1))
}

fn line_of(text: &str, section: &str, name: &str) -> Option<usize> {
    let header = format!("[{section}]");
    let mut lines = text.lines().enumerate();
    let (at, _) = lines.find(|(_, line)| line.trim() == header)?;
    let key = lines
        .take_while(|(_, line)| !line.trim_start().starts_with('['))
        .find(|(_, line)| line.split('=').next().is_some_and(|key| key.trim() == name));
    Some(key.map_or(at, |(at, _)| at) + 1)
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

#[cfg(test)]
mod tests {
    use super::line_of;

    #[test]
    fn a_key_is_found_in_its_own_section() {
        let text = "[tick]\nseed = 1\n\n[limits]\nsockets = 3\nrate_hz = 9\n";
        assert_eq!(line_of(text, "limits", "rate_hz"), Some(6));
        assert_eq!(line_of(text, "tick", "rate_hz"), Some(1));
        assert_eq!(line_of(text, "log", "level"), None);
    }
}
