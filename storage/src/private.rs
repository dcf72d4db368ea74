//! Who may read what lies in the data folder: its owner and nobody else.
//!
//! It holds password hashes, what was whispered, and the keys that sign tokens. Each file says its
//! mode when it is made; the process's own mask could be wider, and others use it, too.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The mode of a file.
pub(crate) const FILE: u32 = 0o600;
/// The mode of a folder.
const FOLDER: u32 = 0o700;
/// What may be set in neither.
const OTHERS: u32 = 0o077;

/// Makes the folder for its owner alone; what above it is missing, as usual.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    if let Some(above) = folder.parent() {
        fs::create_dir_all(above)?;
    }
    match DirBuilder::new().mode(FOLDER).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        made => made,
    }
}

/// Warns of a data folder that is open to others, and closes what an older version or another
/// tool has left open in it. The folder itself may be open on purpose; no file in it is.
pub(crate) fn look_after(data: &Path) {
    if let Some(mode) = wide(data) {
        tracing::warn!(
            path = %data.display(),
            mode = format!("{mode:o}"),
            remedy = format!("chmod 700 {}", data.display()),
            "data folder is open to others"
        );
    }
    let mut closed = 0_u32;
    for path in ours(data) {
        if wide(&path).is_some() {
            closed += u32::from(close(&path));
        }
    }
    if closed > 0 {
        tracing::warn!(
            path = %data.display(),
            files = closed,
            "files in the data folder were open to others and are closed now"
        );
    }
}

/// Warns of a file elsewhere that is open to others.
pub(crate) fn warn_of(path: &Path) {
    if let Some(mode) = wide(path) {
        tracing::warn!(
            path = %path.display(),
            mode = format!("{mode:o}"),
            remedy = format!("chmod 600 {}*", path.display()),
            "database file is open to others"
        );
    }
}

/// The mode of a file or folder that is open to others. A link says nothing.
fn wide(path: &Path) -> Option<u32> {
    let metadata = fs::symlink_metadata(path).ok()?;
    let mode = metadata.mode() & 0o777;
    (!metadata.is_symlink() && mode & OTHERS != 0).then_some(mode)
}

fn close(path: &Path) -> bool {
    let mode = if path.is_dir() { FOLDER } else { FILE };
    match fs::set_permissions(path, Permissions::from_mode(mode)) {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "file in the data folder is open to others and can't be closed");
            false
        }
    }
}

/// What this program makes in a data folder.
fn ours(data: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let whole = |name: &str| {
        ["address", "lock", "quarantine"].contains(&name)
            || ["kadath.db", "token."]
                .iter()
                .any(|ours| name.starts_with(ours))
    };
    collect(data, whole, &mut found);
    for folder in ["journal", "dead-letters", "dead-letters/replayed"] {
        let folder = data.join(folder);
        let letter = |name: &str| {
            [".kjl", ".json", ".draft"]
                .iter()
                .any(|end| name.ends_with(end))
        };
        collect(&folder, letter, &mut found);
        found.push(folder);
    }
    found
}

fn collect(folder: &Path, is_ours: impl Fn(&str) -> bool, into: &mut Vec<PathBuf>) {
    // A folder that is not there, or can't be read, holds nothing of ours to close.
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    into.extend(entries.flatten().map(|entry| entry.path()).filter(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        path.is_file() && name.is_some_and(&is_ours)
    }));
}
