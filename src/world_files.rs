//! Reads the files of a world; what they mean is the game's business.

use std::path::Path;

use systems::world::{Problem, Source};

/// Every `.toml` below `folder`, and every `.svg`, in the order of their paths.
pub(crate) fn read(folder: &Path) -> Result<Vec<Source>, Vec<Problem>> {
    let mut sources = Vec::new();
    let mut problems = Vec::new();
    walk(folder, "", &mut sources, &mut problems);
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    if problems.is_empty() {
        Ok(sources)
    } else {
        Err(problems)
    }
}

fn walk(folder: &Path, prefix: &str, sources: &mut Vec<Source>, problems: &mut Vec<Problem>) {
    let unreadable = |path: &Path, error: &std::io::Error| Problem {
        file: path.display().to_string(),
        line: 1,
        message: format!("can't be read: {error}"),
    };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            problems.push(unreadable(folder, &error));
            return;
        }
    };
    for entry in entries.flatten() {
        let (path, name) = (
            entry.path(),
            entry.file_name().to_string_lossy().into_owned(),
        );
        let relative = format!("{prefix}{name}");
        if path.is_dir() {
            walk(&path, &format!("{relative}/"), sources, problems);
        } else if name.ends_with(".toml") || name.ends_with(".svg") {
            match std::fs::read_to_string(&path) {
                Ok(text) => sources.push(Source {
                    path: relative,
                    text,
                }),
                Err(error) => problems.push(unreadable(&path, &error)),
            }
        }
    }
}
