//! What on this machine will hurt.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Finding, finding};
use crate::config::Config;

/// Fewer open files than this are few players.
const FILES_MIN: u64 = 4_096;
/// What database and logs may grow by while somebody looks for more space.
const SPACE_SPARE: u64 = 256 << 20;
/// 2025-01-01: no program of this version has run before.
const BEFORE: u64 = 1_735_689_600;
const DAY: Duration = Duration::from_secs(86_400);

pub(super) fn findings(config: &Config) -> Vec<Finding> {
    let findings = [
        files(),
        space(config),
        rights(&config.server.data),
        clock(config),
    ];
    findings.into_iter().flatten().collect()
}

fn files() -> Option<Finding> {
    let (_, hard) = rlimit::Resource::NOFILE.get().ok()?;
    let what = format!("at most {hard} files may be open, and each player's connection is one");
    let remedy = "raise the hard limit: LimitNOFILE=65536 in the systemd unit, or `ulimit -Hn`";
    (hard < FILES_MIN).then(|| finding("open files", what, remedy))
}

/// The folder, or what it will be made in.
fn nearest(folder: &Path) -> &Path {
    let there = |at: &&Path| at.is_dir();
    let found = folder.ancestors().find(there);
    found.unwrap_or_else(|| Path::new("."))
}

fn space(config: &Config) -> Option<Finding> {
    let about = rustix::fs::statvfs(nearest(&config.server.data)).ok()?;
    let free = about.f_bavail.saturating_mul(about.f_frsize);
    let wanted = config.journal.max_bytes.saturating_add(SPACE_SPARE);
    let mib = |bytes: u64| bytes >> 20;
    let what = format!(
        "{} MiB are free in the data folder, and the journal alone may take {} MiB while the database is away",
        mib(free),
        mib(config.journal.max_bytes)
    );
    let remedy = "make room, put server.data elsewhere, or lower journal.max_bytes";
    (free < wanted).then(|| finding("disk space", what, remedy))
}

/// Only of a folder that is in use: what is not there yet, the server makes as it should be.
fn rights(folder: &Path) -> Option<Finding> {
    let keys = std::fs::metadata(folder.join("token.keys")).ok()?;
    let folder_mode = std::fs::metadata(folder).ok()?.permissions().mode();
    let keys_mode = keys.permissions().mode();
    let what = "other users of this machine can read it: password hashes, letters, and the keys that sign anybody in";
    let remedy = format!("chmod -R go-rwx {}", folder.display());
    let open = folder_mode & 0o077 != 0 || keys_mode & 0o077 != 0;
    open.then(|| finding("server.data", what, remedy))
}

fn clock(config: &Config) -> Option<Finding> {
    let now = SystemTime::now();
    let remedy = "set the clock, and have it kept right (chrony, systemd-timesyncd)";
    if now < UNIX_EPOCH + Duration::from_secs(BEFORE) {
        let what = "it stands before 2025: tokens, bans and certificates are judged by it";
        return Some(finding("clock", what, remedy));
    }
    let journal = std::fs::read_dir(config.server.data.join("journal")).ok()?;
    let written = journal
        .flatten()
        .filter_map(|entry| entry.metadata().ok()?.modified().ok())
        .max()?;
    let ahead = written
        .duration_since(now)
        .ok()
        .filter(|ahead| *ahead > DAY)?;
    let what = format!(
        "the journal was written {} days after now: it was ahead then or is behind today, and world time never goes back",
        ahead.as_secs() / DAY.as_secs()
    );
    Some(finding("clock", what, remedy))
}
