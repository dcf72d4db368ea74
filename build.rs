//! Which sources and which machine this program is built from and for: `kadath --version`; and the
//! world that it brings along.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// The world of this repository.
const WORLD: &str = "world";
/// As the server reads them.
const ENDINGS: [&str; 4] = [".toml", ".svg", ".rhai", ".scene.txt"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={WORLD}");
    bring_world()?;
    println!("cargo::rerun-if-env-changed=KADATH_COMMIT");
    // Written at each commit and each change of branch. Without git, or outside of a repository,
    // whoever packages the sources says the commit; else it is unknown.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={log}");
    }
    let said = std::env::var("KADATH_COMMIT").ok();
    let commit = said.filter(|commit| !commit.is_empty());
    let commit = commit.or_else(|| git(&["rev-parse", "--short=12", "HEAD"]));
    let commit = commit.unwrap_or_else(|| "unknown".to_owned());
    let target = std::env::var("TARGET").unwrap_or_else(|_| "unknown".to_owned());
    if target.contains("-linux-gnu") {
        // Line tables would be two thirds of the program. Zlib is what backtraces of std can read.
        println!("cargo::rustc-link-arg-bins=-Wl,--compress-debug-sections=zlib");
    }
    println!("cargo::rustc-env=KADATH_BUILD_COMMIT={commit}");
    println!("cargo::rustc-env=KADATH_BUILD_TARGET={target}");
    Ok(())
}

/// Writes a table of the world's files, each with its text.
fn bring_world() -> io::Result<()> {
    let root = env::current_dir()?.join(WORLD);
    let mut files = Vec::new();
    gather(&root, &mut files)?;
    files.sort();
    let mut table = "&[\n".to_owned();
    for file in files {
        let name = file.strip_prefix(&root).map_err(io::Error::other)?;
        table.push_str(&format!("    ({name:?}, include_str!({file:?})),\n"));
    }
    table.push_str("]\n");
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("world_inside.rs"), table)
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            gather(&path, files)?;
        } else if ENDINGS
            .iter()
            .any(|end| path.to_string_lossy().ends_with(end))
        {
            files.push(path);
        }
    }
    Ok(())
}

fn git(arguments: &[&str]) -> Option<String> {
    let done = Command::new("git").args(arguments).output().ok()?;
    let said = String::from_utf8(done.stdout).ok()?;
    let said = said.trim();
    (done.status.success() && !said.is_empty()).then(|| said.to_owned())
}
