//! Plugins that held up the world are left out of the next start.

use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use engine::runner::Watch;

/// Which plugins start in quarantine, kept in a file of one name a line.
#[derive(Clone)]
pub(super) struct Quarantine {
    file: PathBuf,
}

impl Quarantine {
    /// The list in a server's data folder.
    pub(super) fn of(data: &Path) -> Self {
        Self {
            file: data.join("quarantine"),
        }
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn names(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.file).unwrap_or_default();
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Remembers a plugin while it holds up the world: if it never lets go, the next start knows.
    pub(super) fn watch(self) -> Watch {
        Watch::new(move |plugin, stuck| {
            if let Err(fault) = self.remember(plugin, stuck) {
                tracing::error!(%fault, plugin, "quarantine could not be remembered");
            }
        })
    }

    fn remember(&self, plugin: &str, stuck: bool) -> io::Result<()> {
        let mut names = self.names();
        names.retain(|name| name != plugin);
        if stuck {
            names.push(plugin.to_owned());
        }
        std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&self.file)?
            .write_all(names.join("\n").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn stuck_plugin_is_remembered_until_released() {
        let folder = tempfile::tempdir().unwrap();
        let quarantine = Quarantine::of(folder.path());
        assert!(quarantine.names().is_empty());
        quarantine.remember("fog", true).unwrap();
        quarantine.remember("tide", true).unwrap();
        assert_eq!(Quarantine::of(folder.path()).names(), ["fog", "tide"]);
        let written = std::fs::metadata(quarantine.file()).unwrap();
        assert_eq!(written.permissions().mode() & 0o777, 0o600);
        quarantine.remember("fog", false).unwrap();
        assert_eq!(Quarantine::of(folder.path()).names(), ["tide"]);
    }
}
