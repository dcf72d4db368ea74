//! Plays what was recorded again, in a process of its own and of low priority: the recorder proves
//! itself, and whatever is not a function of its inputs is found while it is fresh.
//!
//! One recording at a time; what ends meanwhile is left unproved. One that is as it was is marked
//! by an empty file beside it.

use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use prometheus::IntCounterVec;

/// What the mark of a good recording ends with.
pub(super) const GOOD: &str = "good";
/// More than a difference has to say.
const WORDS_MAX: u64 = 4_096;

/// The process, while there is one.
#[derive(Debug)]
pub(super) struct Verifier {
    /// `None`: this program can't replay, because it is not the server's own binary.
    program: Option<PathBuf>,
    running: Option<(Child, PathBuf)>,
    verified: IntCounterVec,
}

impl Verifier {
    pub(super) fn new(program: Option<PathBuf>, verified: IntCounterVec) -> Self {
        Self {
            program,
            running: None,
            verified,
        }
    }

    /// Begins with a recording that is complete, unless another is under way.
    pub(super) fn begin(&mut self, recording: &Path) {
        let Some(program) = &self.program else { return };
        if self.running.is_some() {
            return;
        }
        let started = low(program, recording);
        match started {
            Ok(child) => self.running = Some((child, recording.to_owned())),
            Err(error) => tracing::warn!(%error, "recordings can't be verified"),
        }
    }

    /// Looks whether it has come to an end.
    pub(super) fn look(&mut self) {
        let Some((child, _)) = &mut self.running else {
            return;
        };
        let Ok(Some(status)) = child.try_wait() else {
            return;
        };
        let Some((mut child, recording)) = self.running.take() else {
            return;
        };
        let mut words = String::new();
        if let Some(out) = child.stdout.take() {
            // Cut words are still words.
            let _ = out.take(WORDS_MAX).read_to_string(&mut words);
        }
        let name = recording.file_name().unwrap_or_default();
        let (result, name) = match status.code() {
            Some(0) => ("good", name.display().to_string()),
            Some(1) => ("differs", name.display().to_string()),
            _ => ("failed", name.display().to_string()),
        };
        self.verified.with_label_values(&[result]).inc();
        match result {
            "good" => mark(&recording),
            "differs" => {
                let difference: serde_json::Value =
                    serde_json::from_str(&words).unwrap_or_default();
                let part = |key: &str| difference[key].as_str().unwrap_or_default().to_owned();
                // Not how it was and is: that may be what somebody said.
                tracing::error!(
                    recording = name,
                    tick = difference["tick"].as_u64(),
                    plugin = part("plugin"),
                    component = part("component"),
                    entity = part("entity"),
                    "recorded ticks played again come to something else"
                );
            }
            _ => tracing::warn!(recording = name, "recording could not be verified"),
        }
    }

    /// Ends what is under way.
    pub(super) fn end(&mut self) {
        if let Some((mut child, _)) = self.running.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// With `nice`, where there is one.
fn low(program: &Path, recording: &Path) -> io::Result<Child> {
    let mut command = Command::new("nice");
    command.args(["-n", "19"]).arg(program);
    match replay(&mut command, recording).spawn() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            replay(&mut Command::new(program), recording).spawn()
        }
        started => started,
    }
}

fn replay<'a>(command: &'a mut Command, recording: &Path) -> &'a mut Command {
    command
        .arg("replay")
        .arg(recording)
        .arg("--json")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
}

fn mark(recording: &Path) {
    let mut options = OpenOptions::new();
    options.write(true).create(true).mode(0o600);
    if let Err(error) = options.open(recording.with_extension(GOOD)) {
        tracing::warn!(%error, "verified recording can't be marked");
    }
}
