//! Reads the files of a world; what they mean is the game's business. What is read is bounded, and
//! nothing is followed that leads out of the world's folder.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use engine::content::{Content, ContentTypes, Problem, Source};

/// The largest file: the shipped world as a whole has a tenth of that.
const FILE_BYTES_MAX: u64 = 4 << 20;
/// All files together: a world of 100,000 rooms with a page of text each.
const WORLD_BYTES_MAX: u64 = 256 << 20;
/// Files and folders, whatever their names.
const ENTRIES_MAX: usize = 100_000;
/// The ends of a world's files: data, icons, scripts and scenes.
const ENDINGS: [&str; 4] = [".toml", ".svg", ".rhai", ".scene.txt"];
/// Folders within folders; a world needs three.
const DEPTH_MAX: usize = 16;
/// Where a world lies unless a folder is named; where there is none, the world inside of this program
/// stands for it.
pub(crate) const USUAL_FOLDER: &str = "world";
/// The world of the repository that this program was built from: paths and texts, in the order of
/// their paths.
static INSIDE: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/world_inside.rs"));

/// Whether the world inside of this program stands for a folder that is not there.
pub(crate) fn is_inside(folder: &Path) -> bool {
    folder == Path::new(USUAL_FOLDER) && !folder.exists()
}

/// A draft's place, for people.
pub(crate) fn place_of(folder: &Path) -> String {
    if is_inside(folder) {
        "the world inside of this program".to_owned()
    } else {
        folder.display().to_string()
    }
}

/// Reads and checks the world in `folder`; problems name files as the caller can open them.
pub(crate) fn load(folder: &Path, types: &ContentTypes) -> Result<Arc<Content>, Vec<Problem>> {
    load_with_sources(folder, types).map(|(world, _)| world)
}

/// As [`load`], with the texts that the world is made of.
pub(crate) fn load_with_sources(
    folder: &Path,
    types: &ContentTypes,
) -> Result<(Arc<Content>, Vec<Source>), Vec<Problem>> {
    let located = |problem: Problem| {
        // A file that could not even be read is named by its whole path already.
        let file = if Path::new(&problem.file).starts_with(folder) {
            problem.file
        } else {
            folder.join(&problem.file).display().to_string()
        };
        Problem { file, ..problem }
    };
    let (sources, unread) = read(folder);
    let problems = if unread.is_empty() {
        match types.load(&sources) {
            Ok(world) => return Ok((world, sources)),
            Err(problems) => problems,
        }
    } else {
        types.mistakes(&sources)
    };
    let unread: Vec<Problem> = unread.into_iter().map(located).collect();
    let problems = problems.into_iter().map(located);
    // What can't be read is not missing, too.
    let problems = problems.filter(|one| {
        let same = |other: &Problem| Path::new(&one.file).starts_with(&other.file);
        one.line > 0 || !unread.iter().any(same)
    });
    let problems: Vec<Problem> = problems.collect();
    Err(unread.into_iter().chain(problems).collect())
}

/// Every file of a kind in [`ENDINGS`] below `folder`, in the order of their paths, with what can't be read.
pub(crate) fn read(folder: &Path) -> (Vec<Source>, Vec<Problem>) {
    if is_inside(folder) {
        let inside = INSIDE.iter().map(|(path, text)| Source {
            path: (*path).to_owned(),
            text: text.replace("\r\n", "\n"),
        });
        return (inside.collect(), Vec::new());
    }
    let mut walk = Walk::default();
    match folder.canonicalize() {
        Ok(root) => {
            walk.root = root;
            walk.folder(folder, "", 0);
        }
        Err(error) => walk.problem(folder, format!("can't be read: {error}")),
    }
    walk.sources.sort_by(|a, b| a.path.cmp(&b.path));
    walk.clashes();
    (walk.sources, walk.problems)
}

/// Writes texts into a folder that is empty or not there.
pub(crate) fn write(folder: &Path, sources: &[Source]) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    if std::fs::read_dir(folder)?.next().is_some() {
        return Err(io::Error::other("it is not empty"));
    }
    for source in sources {
        let path = Path::new(&source.path);
        let plain = |part| matches!(part, Component::Normal(_));
        if !path.components().all(plain) {
            let message = format!("`{}` leads out of it", source.path);
            return Err(io::Error::other(message));
        }
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, &source.text)?;
    }
    Ok(())
}

#[derive(Default)]
struct Walk {
    root: PathBuf,
    /// Folders that were read, by their real paths: a link back to one is not followed.
    seen: BTreeSet<PathBuf>,
    entries: usize,
    bytes: u64,
    sources: Vec<Source>,
    problems: Vec<Problem>,
}

impl Walk {
    fn problem(&mut self, path: &Path, message: impl Into<String>) {
        self.problems.push(Problem {
            file: path.display().to_string(),
            line: 0,
            column: 0,
            message: message.into(),
        });
    }

    /// Two names that differ only by case are one on other machines.
    fn clashes(&mut self) {
        let mut known: BTreeMap<String, &str> = BTreeMap::new();
        let mut clashes = Vec::new();
        for source in &self.sources {
            if let Some(other) = known.insert(source.path.to_lowercase(), &source.path) {
                let message = format!("differs from {other} only by case");
                clashes.push((self.root.join(&source.path), message));
            }
        }
        for (path, message) in clashes {
            self.problem(&path, message);
        }
    }

    fn folder(&mut self, folder: &Path, prefix: &str, depth: usize) {
        let real = match folder.canonicalize() {
            Ok(real) => real,
            Err(error) => return self.problem(folder, format!("can't be read: {error}")),
        };
        if !self.seen.insert(real) {
            return self.problem(
                folder,
                "leads to a folder of this world that is read already",
            );
        }
        if depth > DEPTH_MAX {
            let message = format!("lies in more than {DEPTH_MAX} folders and is not read");
            return self.problem(folder, message);
        }
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.problem(folder, format!("can't be read: {error}")),
        };
        let mut names = Vec::new();
        for entry in entries {
            self.entries += 1;
            if self.entries > ENTRIES_MAX {
                let message = format!("a world has at most {ENTRIES_MAX} files and folders");
                return self.problem(folder, message);
            }
            match entry {
                Ok(entry) => names.push(entry.file_name()),
                Err(error) => self.problem(folder, format!("an entry can't be read: {error}")),
            }
        }
        names.sort();
        for name in names {
            let path = folder.join(&name);
            match name.to_str() {
                // What editors and mounts hide is not the world's.
                Some(name) if name.starts_with('.') => {}
                Some(name) => self.entry(&path, &format!("{prefix}{name}"), depth),
                None => self.problem(&path, "its name is not UTF-8 text"),
            }
        }
    }

    fn entry(&mut self, path: &Path, relative: &str, depth: usize) {
        let lower = relative.to_ascii_lowercase();
        let named = ENDINGS.iter().any(|end| lower.ends_with(end));
        let about = match std::fs::metadata(path) {
            Ok(about) => about,
            Err(error) if named => return self.problem(path, format!("can't be read: {error}")),
            // A dangling link with another name is nothing to us.
            Err(_) => return,
        };
        if !about.is_dir() && !named {
            return;
        }
        match path.canonicalize() {
            Ok(real) if !real.starts_with(&self.root) => {
                return self.problem(path, "leads out of the world's folder and is not followed");
            }
            Ok(_) => {}
            Err(error) => return self.problem(path, format!("can't be read: {error}")),
        }
        if about.is_dir() {
            self.folder(path, &format!("{relative}/"), depth + 1);
        } else if !ENDINGS.iter().any(|end| relative.ends_with(end)) {
            let message = "is read by nobody: a world's files end with `.toml`, icons with `.svg`, scripts with `.rhai`";
            self.problem(path, message);
        } else if about.is_file() {
            match self.text(path) {
                Ok(text) => self.sources.push(Source {
                    path: relative.to_owned(),
                    text,
                }),
                Err(reason) => self.problem(path, reason),
            }
        } else {
            self.problem(path, "is no regular file");
        }
    }

    fn text(&mut self, path: &Path) -> Result<String, String> {
        let unreadable = |error: std::io::Error| format!("can't be read: {error}");
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let mut bytes = Vec::new();
        let read = file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes);
        let length = read.map_err(unreadable)? as u64;
        self.bytes += length;
        if length > FILE_BYTES_MAX {
            return Err(format!("is longer than {FILE_BYTES_MAX} bytes"));
        }
        if self.bytes > WORLD_BYTES_MAX {
            return Err(format!(
                "is one too many: a world has at most {WORLD_BYTES_MAX} bytes"
            ));
        }
        let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())?;
        // What editors add without being asked says nothing.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        Ok(text.replace("\r\n", "\n"))
    }
}
