//! What can stop storage from opening; each message says what to do.

use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// Why storage does not open. None of the messages holds a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageFault {
    /// A setting is out of its range.
    #[error("{key} {reason}")]
    Config {
        /// The configuration key.
        key: &'static str,
        /// Which rule it breaks.
        reason: String,
    },
    /// Another process holds the data folder.
    #[error(
        "the data folder {} is in use by another server{}; stop that one, or give this one a --data of its own",
        .folder.display(), holder(.pid)
    )]
    Locked {
        /// The folder.
        folder: PathBuf,
        /// The process id written in the lock, if it could be read.
        pid: Option<u32>,
    },
    /// Another process holds the database file.
    #[error(
        "the database file {} is in use by another server{}; stop that one, or give this one a --database of its own",
        .file.display(), holder(.pid)
    )]
    DatabaseLocked {
        /// The file, without links.
        file: PathBuf,
        /// The process id written in the lock beside it, if it could be read.
        pid: Option<u32>,
    },
    /// The database file has several names.
    #[error(
        "the database file {} has {names} names (hard links), and what SQLite keeps beside it is named after one of them; \
         delete the other names, or make a copy",
        .file.display()
    )]
    SeveralNames {
        /// The file.
        file: PathBuf,
        /// How many.
        names: u64,
    },
    /// A file operation failed.
    #[error("can't {what} {}: {source}", .path.display())]
    Io {
        /// What was attempted.
        what: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A journal file is not one, or of a format this program does not know.
    #[error("{} is not a usable journal segment: {reason}; restore the file from a backup, or move the journal folder away to start from the database alone", .file.display())]
    BadSegment {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A journal record is damaged, and it is not the torn end of the last segment.
    #[error(
        "{}: damaged record at offset {offset}: {reason}. It can't be skipped: later records build on it. \
         Restore the file from a backup, or move the journal folder away to start from the database alone, \
         losing what had not been applied",
        .file.display()
    )]
    BadRecord {
        /// The segment.
        file: PathBuf,
        /// Where the record begins, in bytes.
        offset: u64,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Batches are missing between two journal files.
    #[error(
        "{}: batch {expected} is missing, the journal goes on with {found}; a segment file was removed. \
         Put it back, or move the journal folder away to start from the database alone",
        .file.display()
    )]
    Gap {
        /// The file in which the gap shows.
        file: PathBuf,
        /// The sequence that should follow.
        expected: u64,
        /// The sequence that is there.
        found: u64,
    },
    /// A segment of another journal lies in the folder.
    #[error(
        "{} belongs to another journal (world {world}); remove it from the folder",
        .file.display()
    )]
    ForeignSegment {
        /// The file.
        file: PathBuf,
        /// The world in its header.
        world: Uuid,
    },
    /// Journal and database are of different worlds.
    #[error(
        "the data folder belongs to world {journal}, the database {target} to world {database}; \
         start with the --database of this world, or with an empty --data folder"
    )]
    WorldMismatch {
        /// The world of the journal.
        journal: Uuid,
        /// The world of the database.
        database: Uuid,
        /// The database, without credentials.
        target: String,
    },
    /// The journal has a history, the database knows no world.
    #[error(
        "the data folder belongs to world {journal}, but the database {target} is empty; \
         start with the --database of this world or restore its backup; for a new world use an empty --data folder"
    )]
    EmptyDatabase {
        /// The world of the journal.
        journal: Uuid,
        /// The database, without credentials.
        target: String,
    },
    /// The database lacks batches that the journal no longer has.
    #[error(
        "the database {target} holds this journal up to batch {applied}, the journal begins at batch {first}: \
         the database is older than the journal. Restore a newer backup, or move the journal folder away \
         to go on from the database as it is"
    )]
    DatabaseBehind {
        /// What the database has.
        applied: u64,
        /// What the journal begins with.
        first: u64,
        /// The database, without credentials.
        target: String,
    },
    /// The world went on without this journal, with another one.
    #[error(
        "the journal {journal} was superseded: the world in {target} has gone on with the journal {newer} since. \
         Its changes would be laid over newer ones. Put the newer journal back, or move this journal folder away \
         to go on from the database; where two servers share the database, give each a server.node of its own"
    )]
    Superseded {
        /// This folder's journal.
        journal: Uuid,
        /// The one that the database has newer changes of.
        newer: Uuid,
        /// The database, without credentials.
        target: String,
    },
    /// Another server has the database, or several share it.
    #[error(
        "the database {target} is in use by another server; stop that one, \
         or set database.shared on every server that uses it"
    )]
    Occupied {
        /// The database, without credentials.
        target: String,
    },
    /// The journal was written by a node of another name.
    #[error(
        "the journal was written by the node `{was}`, and server.node is `{now}`: \
         set it back, or stop once with the old name and exit code 0 and move the journal folder away"
    )]
    Renamed {
        /// The name in the database.
        was: String,
        /// The name in the configuration.
        now: String,
    },
    /// The database could not be reached in time.
    #[error("the database {target} can't be reached, tried for {seconds} s: {reason}")]
    Unreachable {
        /// The database, without credentials.
        target: String,
        /// How long it was tried.
        seconds: u64,
        /// What the last attempt met.
        reason: String,
    },
    /// The database can't hold every text.
    #[error(
        "the database {target} has the encoding {encoding}, which can't hold every letter; \
         make it with ENCODING 'UTF8' TEMPLATE template0"
    )]
    Encoding {
        /// The database, without credentials.
        target: String,
        /// The encoding that it, or our connection to it, has.
        encoding: String,
    },
    /// A pooler stands before the database.
    #[error(
        "the database {target} is reached by a pooler that lends a connection for one transaction at a time; \
         set it to session mode (pool_mode = session), or connect without it"
    )]
    Pooled {
        /// The database, without credentials.
        target: String,
    },
    /// The database answers, but not to us: wrong password, no such database.
    #[error("the database {target} refuses us: {reason}")]
    Refused {
        /// The database, without credentials.
        target: String,
        /// What it said.
        reason: String,
    },
    /// The database was migrated by a newer program.
    #[error(
        "the database {target} has migration {found}, this program knows none above {known}: \
         it was used by a newer version; run that one, or restore the backup made before the upgrade"
    )]
    DatabaseNewer {
        /// The database, without credentials.
        target: String,
        /// The newest migration in it.
        found: i64,
        /// The newest migration of this program.
        known: i64,
    },
    /// A migration failed.
    #[error("the database {target} can't be brought up to date: {reason}")]
    Migration {
        /// The database, without credentials.
        target: String,
        /// What failed.
        reason: String,
    },
    /// Another revision of the world was published meanwhile.
    #[error("revision {newest} was published meanwhile")]
    Overtaken {
        /// The newest one.
        newest: u64,
    },
    /// A statement failed.
    #[error("the database {target} failed: {reason}")]
    Database {
        /// The database, without credentials.
        target: String,
        /// What failed.
        reason: String,
    },
    /// The file of signing keys can't be used.
    #[error("{} does not hold token keys: {reason}; delete it to have new ones made (everybody must sign in again)", .path.display())]
    TokenKeys {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A metric could not be registered.
    #[error(transparent)]
    Metrics(#[from] engine::port::MetricsFault),
    /// Storage already runs, or was shut down.
    #[error("storage was started twice")]
    StartedTwice,
}

impl StorageFault {
    /// A failed file operation, for `map_err`.
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}

fn holder(pid: &Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})"))
        .unwrap_or_default()
}
