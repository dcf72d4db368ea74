//! A small disk of the test's own, to be filled and freed again.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A file system in memory, unmounted when dropped.
pub(crate) struct SmallDisk(TempDir);

impl SmallDisk {
    /// One of so many KiB that anybody may write to.
    pub(crate) fn mount(kib: u32) -> Self {
        let disk = Self(TempDir::with_prefix("kadath-disk-").unwrap());
        let options = format!("size={kib}k,mode=1777");
        let mounted = as_root("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(disk.path())
            .status();
        assert!(
            mounted.is_ok_and(|status| status.success()),
            "this test needs to mount a small disk: run it as root, or with sudo that asks nothing"
        );
        disk
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the room that is left.
    pub(crate) fn fill(&self) {
        let mut file = File::options()
            .create(true)
            .append(true)
            .open(self.filler())
            .unwrap();
        // Down to the last bytes: smaller and smaller pieces.
        for size in [65_536, 4_096, 1] {
            while file.write_all(&vec![b'x'; size]).is_ok() {}
        }
    }

    /// Gives the room back.
    pub(crate) fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server that failed its test may still have files there.
        let _ = as_root("umount").arg("-l").arg(self.path()).status();
    }
}

fn as_root(program: &str) -> Command {
    let id = Command::new("id").arg("-u").output().unwrap();
    if String::from_utf8_lossy(&id.stdout).trim() == "0" {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}
