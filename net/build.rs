//! Embeds the browser client and the SDK that it stands on: writes a table of their files for
//! `http::page` to include. Those of the SDK are below `sdk/`.
//!
//! Not `include_dir!`: it would take the tests, the manifests and an installed `node_modules`
//! along, and would not notice a changed file.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// What a browser asks for.
const SERVED: [&str; 8] = [
    "html",
    "js",
    "css",
    "svg",
    "png",
    "ico",
    "woff2",
    "webmanifest",
];
/// The client's own folder, and the SDK's.
const FOLDERS: [(&str, &str); 2] = [("../client", ""), ("../sdk", "sdk/")];
/// Folders that belong to their makers.
const SKIPPED: [&str; 3] = ["tests", "node_modules", "types"];

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let mut files = Vec::new();
    for (folder, prefix) in FOLDERS {
        let root = manifest.join(folder);
        println!("cargo::rerun-if-changed={}", root.display());
        if root.is_dir() {
            collect(&root, prefix, &mut files)?;
        }
    }
    files.sort();

    let mut table = fs::File::create(Path::new(&variable("OUT_DIR")?).join("client.rs"))?;
    writeln!(table, "static CLIENT: &[(&str, &[u8])] = &[")?;
    for (name, path) in files {
        let path = path.canonicalize()?;
        writeln!(table, "    ({name:?}, include_bytes!({path:?})),")?;
    }
    writeln!(table, "];")
}

fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(io::Error::other)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let full = format!("{prefix}{name}");
        if path.is_dir() {
            if !name.starts_with('.') && !SKIPPED.contains(&name) {
                collect(&path, &format!("{full}/"), files)?;
            }
            continue;
        }
        let extension = path.extension().and_then(|extension| extension.to_str());
        if extension.is_some_and(|extension| SERVED.contains(&extension)) {
            files.push((full, path));
        }
    }
    Ok(())
}
