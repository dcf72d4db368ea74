//! The folder of a test's servers. When the test fails, what they have recorded stays.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Gone with the last who uses it, but for the recordings of a test that fails.
#[derive(Debug)]
pub(crate) struct TestFolder {
    folder: TempDir,
    /// The command that plays what is kept again; it stands where `DIR` does.
    replay: &'static str,
}

impl TestFolder {
    pub(crate) fn new(prefix: &str, replay: &'static str) -> Self {
        Self {
            folder: TempDir::with_prefix(prefix).unwrap(),
            replay,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where what a failing test has recorded is kept.
    pub(crate) fn kept(&self) -> PathBuf {
        let name = self.path().file_name().unwrap_or_default();
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
    }

    /// Keeps the recordings; answers whether there were some.
    fn keep(&self) -> bool {
        let from = self.path().join("data/recordings");
        let to = self.kept().join("recordings");
        let Ok(entries) = std::fs::read_dir(from) else {
            return false;
        };
        if std::fs::create_dir_all(&to).is_err() {
            return false;
        }
        let mut kept = false;
        for entry in entries.flatten() {
            kept |= std::fs::copy(entry.path(), to.join(entry.file_name())).is_ok();
        }
        kept
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        if std::thread::panicking() && self.keep() {
            let command = self
                .replay
                .replace("DIR", &self.kept().display().to_string());
            // Where the runner shows it beside the failure.
            #[expect(clippy::print_stderr, reason = "there is no log of a test")]
            {
                eprintln!("what led here can be played again:\n  {command}");
            }
        }
    }
}
