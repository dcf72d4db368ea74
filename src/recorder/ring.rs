//! The files of the ring: as much as is kept, the oldest go first.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use engine::record::{Checkpoint, Frame, RecordedContent, RecordingHeader, frames};
use prometheus::IntGauge;

use super::RecorderFault;
use super::verifier::GOOD;
use crate::config::RecorderConfig;

/// What recordings are called: the tick before the first, so that names sort by time; the run.
const ENDING: &str = "rec";
/// What contents are called.
const CONTENT_ENDING: &str = "content";
/// What lists are called of the contents that a recording's ticks swap in.
const USED_ENDING: &str = "used";

/// More than a header comes to: a plugin's name and a setting are some bytes each.
const HEADER_BYTES_MAX: u64 = 65_536;

/// What stays free for the journal and the database: the world is worth more than its recording.
const FREE_MIN: u64 = 64 << 20;

/// The ring that is written.
#[derive(Debug)]
pub(crate) struct RecordingRing {
    folder: PathBuf,
    config: RecorderConfig,
    file: Option<File>,
    path: PathBuf,
    /// Of the file that is written.
    written: u64,
    /// Of all others.
    others: u64,
    bytes: IntGauge,
}

impl RecordingRing {
    /// Opens the ring of a folder, which is made where there is none.
    pub(super) fn open(folder: &Path, config: RecorderConfig, bytes: IntGauge) -> io::Result<Self> {
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        Ok(Self {
            folder: folder.to_owned(),
            config,
            file: None,
            path: PathBuf::new(),
            written: 0,
            others: 0,
            bytes,
        })
    }

    /// The file that is written.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps the world's texts, unless they are kept already.
    pub(super) fn keep_content(&self, content: &RecordedContent) -> Result<(), RecorderFault> {
        let path = content_file(&self.folder, &content.digest());
        if path.exists() {
            return Ok(());
        }
        // Whole or not at all.
        let draft = path.with_extension("new");
        let mut file = private().create(true).truncate(true).open(&draft)?;
        file.write_all(&content.encode()?)?;
        fs::rename(draft, path)?;
        Ok(())
    }

    /// Keeps the texts that a tick of the file being written swaps in.
    pub(super) fn keep_used_content(
        &self,
        content: &RecordedContent,
        digest: &str,
    ) -> Result<(), RecorderFault> {
        self.keep_content(content)?;
        let used = self.path.with_extension(USED_ENDING);
        let mut file = private().create(true).append(true).open(used)?;
        writeln!(file, "{digest}")?;
        Ok(())
    }

    /// Begins a file at a checkpoint. Whatever follows a gap is in another.
    pub(super) fn begin(
        &mut self,
        header: &RecordingHeader,
        checkpoint: &Checkpoint,
    ) -> Result<(), RecorderFault> {
        let name = format!("{:016}-{}.{ENDING}", checkpoint.tick, header.run);
        self.path = self.folder.join(name);
        self.file = Some(private().create(true).truncate(true).open(&self.path)?);
        self.written = 0;
        self.append(&header.begin(checkpoint)?)?;
        self.prune()?;
        Ok(())
    }

    /// Adds to the file.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(file) = &mut self.file else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let max = self.config.max_bytes;
        if max > 0 && self.written + bytes.len() as u64 > max {
            return Err(io::Error::other(
                "one recording is longer than recorder.max_bytes",
            ));
        }
        let disk = rustix::fs::statvfs(&self.folder)?;
        if disk.f_bavail.saturating_mul(disk.f_frsize) < FREE_MIN {
            return Err(io::Error::other("less than 64 MiB of the disk are free"));
        }
        file.write_all(bytes)?;
        self.written += bytes.len() as u64;
        if max > 0 && self.others > 0 && self.others + self.written > max {
            self.prune()?;
        }
        let all = self.others + self.written;
        self.bytes.set(i64::try_from(all).unwrap_or(i64::MAX));
        Ok(())
    }

    /// Removes the oldest files until the rest is as small and as young as it has to be, and the
    /// contents that no file is of any more.
    fn prune(&mut self) -> io::Result<()> {
        let mut files: Vec<(PathBuf, u64, SystemTime)> = Vec::new();
        for path in recordings(&self.folder)? {
            if path != self.path {
                let about = fs::metadata(&path)?;
                files.push((path, about.len(), about.modified()?));
            }
        }
        let max = match self.config.max_bytes {
            0 => u64::MAX,
            max => max,
        };
        let oldest = match self.config.minutes {
            0 => None,
            minutes => SystemTime::now().checked_sub(Duration::from_secs(minutes * 60)),
        };
        self.others = files.iter().map(|(_, bytes, _)| bytes).sum();
        for (path, bytes, modified) in files {
            let old = oldest.is_some_and(|oldest| modified < oldest);
            if old || self.others + self.written > max {
                fs::remove_file(&path)?;
                // Its mark, where it has one.
                let _ = fs::remove_file(path.with_extension(GOOD));
                let _ = fs::remove_file(path.with_extension(USED_ENDING));
                self.others -= bytes;
            }
        }
        self.prune_contents()
    }

    fn prune_contents(&self) -> io::Result<()> {
        let mut kept = Vec::new();
        for path in recordings(&self.folder)? {
            kept.extend(content_of(&path)?);
            let used = fs::read_to_string(path.with_extension(USED_ENDING));
            let used = used.unwrap_or_default();
            kept.extend(used.lines().map(str::to_owned));
        }
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let digest = path.file_stem().and_then(|stem| stem.to_str());
            let of_content = path.extension().is_some_and(|end| end == CONTENT_ENDING);
            if of_content && digest.is_none_or(|digest| !kept.iter().any(|one| one == digest)) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

/// The file of a content in a folder of recordings.
pub(crate) fn content_file(folder: &Path, digest: &str) -> PathBuf {
    folder.join(format!("{digest}.{CONTENT_ENDING}"))
}

/// The recordings in a folder, oldest first.
pub(crate) fn recordings(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == ENDING) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The digest of the content that a recording is of.
fn content_of(recording: &Path) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    File::open(recording)?
        .take(HEADER_BYTES_MAX)
        .read_to_end(&mut head)?;
    let first = frames(&head).ok().and_then(|mut frames| frames.next());
    Ok(match first {
        Some(Ok(Frame::Header(header))) => Some(header.revision.digest),
        _ => None,
    })
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}
