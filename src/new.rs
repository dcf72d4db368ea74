//! `kadath new`: a world of one's own to begin with, and with `--game` a crate with a plugin.
//!
//! What is made is `examples/own-game`, file by file: there is no second copy that could go stale.
//! A crate gets a name and the place of Kadath's sources; a bare world does without what only the
//! plugin reads.

mod crate_name;

use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::usage::UsageFault;
use crate_name::check_name;

/// The name of the example's crate.
const EXAMPLE: &str = "own-game";
/// Where the example finds Kadath's sources.
const EXAMPLE_SOURCES: &str = "path = \"../..";
/// What of the example's world only its plugin reads.
const PLUGINS_OWN: &str =
    "fog = { harm = 1, choke = [{ do = \"tell\", actor = \"You cough.\" }] }\n";

macro_rules! example {
    ($($path:literal),+ $(,)?) => {
        [$(($path, include_str!(concat!("../examples/own-game/", $path)))),+]
    };
}

/// A world and how it is served.
const WORLD: [(&str, &str); 8] = example![
    ".gitignore",
    "kadath.toml",
    "world/environments.toml",
    "world/scripts/gate.rhai",
    "world/walking.scene.txt",
    "world/world.toml",
    "world/zones/moor/moor.toml",
    "world/zones/moor/zone.toml",
];
/// The game around it.
const GAME: [(&str, &str); 5] = example![
    "Cargo.lock",
    "Cargo.toml",
    "clippy.toml",
    "src/fog.rs",
    "src/main.rs",
];

/// What is to be made.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The folder, absent or empty; with --game its name is the crate's
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// A crate, too, with a plugin of its own and a main that is one call
    #[arg(long)]
    game: bool,
    /// Kadath's sources, a folder or the URL of a repository [default: those of this program]
    #[arg(long, value_name = "PATH", requires = "game")]
    kadath: Option<String>,
}

/// Makes it, and says what to do next.
///
/// # Errors
/// A sentence when the name, the folder or the sources won't do; nothing is ever written over.
pub fn run(args: &NewArgs) -> anyhow::Result<ExitCode> {
    let folder = &args.folder;
    let mut files: Vec<(&str, String)> = Vec::new();
    if args.game {
        let name = check_name(folder)?;
        let sources = KadathSource::find(args.kadath.as_deref())?;
        let world = WORLD.map(|(path, text)| (path, text.to_owned()));
        files.extend(world);
        files.extend(GAME.map(|(path, text)| (path, adapted(path, text, &name, &sources))));
    } else {
        files.extend(WORLD.map(|(path, text)| (path, text.replace(PLUGINS_OWN, ""))));
    }
    begin(folder)?;
    for (path, text) in &files {
        write(&folder.join(path), text)?;
    }
    let mut out = std::io::stdout();
    let (what, steps) = if args.game {
        ("a game with a plugin of its own", GAME_STEPS)
    } else {
        ("a world", WORLD_STEPS)
    };
    // A closed pipe is no reason to fail: everything is there.
    let _ = writeln!(out, "{}: {what}\n", folder.display());
    let _ = writeln!(out, "  cd {}\n{steps}", folder.display());
    Ok(ExitCode::SUCCESS)
}

const WORLD_STEPS: &str =
    "  kadath check --config kadath.toml\n  kadath test world\n  kadath --config kadath.toml";
const GAME_STEPS: &str = "  cargo test\n  cargo run -- check --config kadath.toml\n  \
                          cargo run --release -- --config kadath.toml";

/// A file of the example, for a crate of this name over these sources.
fn adapted(path: &str, text: &str, name: &str, sources: &KadathSource) -> String {
    match path {
        "Cargo.toml" => sources.put(&text.replace(EXAMPLE, name)),
        "Cargo.lock" => locked(text, name),
        _ => text.replace(EXAMPLE, name),
    }
}

/// The lock file with the crate under its own name, in its own place: cargo keeps them sorted, and
/// `--locked` takes no other.
fn locked(text: &str, name: &str) -> String {
    const PACKAGE: &str = "[[package]]\n";
    let mut parts = text.split(PACKAGE);
    let head = parts.next().unwrap_or_default();
    let packages = parts.map(|one| format!("{}\n\n", one.trim_end()));
    let own = format!("name = \"{EXAMPLE}\"\n");
    let mut packages: Vec<String> = packages
        .map(|one| one.replacen(&own, &format!("name = \"{name}\"\n"), 1))
        .collect();
    // By name, then by version, as cargo has them; those of one name stay as they are.
    packages.sort_by(|one, other| first_line(one).cmp(first_line(other)));
    let all: String = packages
        .iter()
        .map(|one| format!("{PACKAGE}{one}"))
        .collect();
    format!("{head}{}\n", all.trim_end())
}

/// The name without its quotes: these come before a hyphen, and shorter names before longer.
fn first_line(package: &str) -> &str {
    let line = package.lines().next().unwrap_or_default();
    line.trim_start_matches("name = \"").trim_end_matches('"')
}

/// Where a game finds Kadath.
#[derive(Debug)]
enum KadathSource {
    Folder(String),
    Repository(String),
}

impl KadathSource {
    /// What was asked for, or else what this program was built from, or else where that is kept.
    fn find(asked: Option<&str>) -> Result<Self, UsageFault> {
        let schemes = ["https://", "http://", "ssh://", "file://", "git@"];
        match asked {
            Some(url) if schemes.iter().any(|scheme| url.starts_with(scheme)) => {
                Ok(Self::Repository(url.to_owned()))
            }
            Some(folder) => Self::folder(Path::new(folder)).ok_or_else(|| {
                UsageFault(format!(
                    "--kadath {folder} holds no sources of Kadath: name a folder with its \
                     Cargo.toml, engine and systems, or the URL of a repository"
                ))
            }),
            None => {
                let built_from = Self::folder(Path::new(env!("CARGO_MANIFEST_DIR")));
                let kept_at = env!("CARGO_PKG_REPOSITORY");
                let kept_at = (!kept_at.is_empty()).then(|| Self::Repository(kept_at.to_owned()));
                built_from.or(kept_at).ok_or_else(|| {
                    let why = "a game is built from Kadath's sources, and those of this program \
                               are not on this machine: name them with --kadath, a folder or the \
                               URL of a repository";
                    UsageFault(why.to_owned())
                })
            }
        }
    }

    fn folder(folder: &Path) -> Option<Self> {
        let folder = folder.canonicalize().ok()?;
        let parts = ["Cargo.toml", "engine/Cargo.toml", "systems/Cargo.toml"];
        let whole = parts.iter().all(|part| folder.join(part).is_file());
        Some(Self::Folder(folder.to_str().filter(|_| whole)?.to_owned()))
    }

    /// Puts these in the place of the example's.
    fn put(&self, manifest: &str) -> String {
        // What JSON quotes, TOML reads.
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let mut put = String::new();
        for line in manifest.split_inclusive('\n') {
            let Some((before, rest)) = line.split_once(EXAMPLE_SOURCES) else {
                put.push_str(line);
                continue;
            };
            let (part, after) = rest.split_once('"').unwrap_or((rest, ""));
            let key = match self {
                Self::Folder(folder) => format!("path = {}", quoted(&format!("{folder}{part}"))),
                Self::Repository(url) => format!("git = {}", quoted(url)),
            };
            put.push_str(&format!("{before}{key}{after}"));
        }
        put
    }
}

/// The folder, which nothing may be in yet.
fn begin(folder: &Path) -> Result<(), UsageFault> {
    let shown = folder.display();
    match folder.read_dir() {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(UsageFault(format!(
                "{shown} is not empty, and nothing is written over: name a folder that is not \
                 there yet"
            ))),
        },
        Err(why) if why.kind() == ErrorKind::NotFound => make(folder),
        Err(why) if why.kind() == ErrorKind::NotADirectory => Err(UsageFault(format!(
            "{shown} is a file or lies in one: name a folder that is not there yet"
        ))),
        Err(why) => Err(UsageFault(format!("can't look into {shown}: {why}"))),
    }
}

fn make(folder: &Path) -> Result<(), UsageFault> {
    let made = DirBuilder::new().recursive(true).create(folder);
    made.map_err(|why| UsageFault(format!("can't make the folder {}: {why}", folder.display())))
}

fn write(path: &Path, text: &str) -> Result<(), UsageFault> {
    if let Some(parent) = path.parent() {
        make(parent)?;
    }
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|why| UsageFault(format!("can't write {}: {why}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(path: &str) -> &'static str {
        let mut all = GAME.iter().chain(&WORLD);
        all.find(|(one, _)| *one == path).unwrap().1
    }

    #[test]
    fn own_name_changes_nothing_but_names() {
        let sources = KadathSource::Folder("../..".to_owned());
        for (path, text) in GAME {
            assert_eq!(adapted(path, text, EXAMPLE, &sources), text, "{path}");
        }
    }

    #[test]
    fn lock_of_other_name_is_sorted() {
        let lock = locked(example("Cargo.lock"), "a-first-game");
        let names: Vec<&str> = lock
            .lines()
            .filter(|line| line.starts_with("name"))
            .collect();
        assert!(names.is_sorted_by_key(|line| first_line(line)), "{names:?}");
        assert!(names.contains(&"name = \"a-first-game\"") && !lock.contains(EXAMPLE));
    }

    #[test]
    fn sources_are_quoted_and_whole() {
        let manifest = example("Cargo.toml");
        let kadath = |sources: KadathSource| {
            let put: toml::Table = sources.put(manifest).parse().unwrap();
            put["dependencies"]["engine"].clone()
        };
        let folder = kadath(KadathSource::Folder("/a \"b\"\\c".to_owned()));
        assert_eq!(folder["path"].as_str(), Some("/a \"b\"\\c/engine"));
        let repository = kadath(KadathSource::Repository("https://x/y".to_owned()));
        assert_eq!(repository["git"].as_str(), Some("https://x/y"));
        assert_eq!(repository.get("path"), None);
    }

    #[test]
    fn bare_world_lacks_keys_of_plugin() {
        let moor = example("world/zones/moor/moor.toml");
        assert_eq!(moor.matches(PLUGINS_OWN).count(), 1);
    }
}
