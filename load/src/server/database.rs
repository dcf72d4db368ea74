//! A database of the bench's own that can be frozen and killed.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{free_port, listens, signal};
use crate::fault::LoadFault;
use crate::scenario::Database;

const POSTGRES: &str = "PostgreSQL";
const SQLITE: &str = "the SQLite file can't be locked (it takes the sqlite3 program)";

/// A database for one server.
pub(super) enum Store {
    /// A file in the server's data folder.
    Sqlite {
        file: PathBuf,
        /// Holds the file's lock while it is frozen.
        lock: Option<Child>,
    },
    /// A cluster in the bench's folder.
    Postgres {
        data: PathBuf,
        port: u16,
        process: Option<Child>,
    },
}

impl Store {
    pub(super) async fn start(kind: Database, folder: &Path) -> Result<Self, LoadFault> {
        if kind == Database::Sqlite {
            return Ok(Self::Sqlite {
                file: folder.join("data").join("kadath.db"),
                lock: None,
            });
        }
        let fault = |why: String| LoadFault::setup(POSTGRES, why);
        let home = folder.join("postgres");
        std::fs::create_dir(&home).map_err(LoadFault::file(&home))?;
        if is_root() {
            // It refuses to run as root, and must be let through to its own folder.
            succeed(Command::new("chmod").arg("711").arg(folder)).map_err(fault)?;
            succeed(Command::new("chown").arg("postgres").arg(&home)).map_err(fault)?;
        }
        let data = home.join("data");
        let mut make = program("initdb").map_err(fault)?;
        make.args([
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]);
        succeed(make.arg("-D").arg(&data).stdout(Stdio::null())).map_err(fault)?;
        let mut store = Self::Postgres {
            data,
            port: free_port()?,
            process: None,
        };
        store.run().await?;
        Ok(store)
    }

    /// Its address, where the server does not know by itself.
    pub(super) fn url(&self) -> Option<String> {
        match self {
            Self::Sqlite { .. } => None,
            Self::Postgres { port, .. } => {
                Some(format!("postgres://postgres@127.0.0.1:{port}/postgres"))
            }
        }
    }

    pub(super) async fn run(&mut self) -> Result<(), LoadFault> {
        let Self::Postgres {
            data,
            port,
            process,
        } = self
        else {
            return Ok(());
        };
        let fault = |why: String| LoadFault::setup(POSTGRES, why);
        let mut command = program("postgres").map_err(fault)?;
        let child = command
            .arg("-D")
            .arg(data)
            .args(["-p", &port.to_string()])
            .args([
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        *process = Some(child.map_err(|why| fault(why.to_string()))?);
        listens(*port, POSTGRES).await
    }

    /// Stands still until thawed.
    pub(super) fn freeze(&mut self) -> Result<(), LoadFault> {
        match self {
            Self::Sqlite { file, lock } => {
                let locked = hold(file).map_err(|why| LoadFault::setup(SQLITE, why))?;
                *lock = Some(locked);
                Ok(())
            }
            Self::Postgres { .. } => self.tell_all("-STOP"),
        }
    }

    pub(super) fn thaw(&mut self) -> Result<(), LoadFault> {
        match self {
            Self::Sqlite { lock, .. } => {
                if let Some(mut lock) = lock.take() {
                    // Its stdin ends, and with it the transaction.
                    drop(lock.stdin.take());
                    lock.wait().map_err(|why| LoadFault::setup(SQLITE, why))?;
                }
                Ok(())
            }
            Self::Postgres { .. } => self.tell_all("-CONT"),
        }
    }

    /// SIGQUIT: it drops everything and recovers at the next start.
    pub(super) async fn kill(&mut self) -> Result<(), LoadFault> {
        self.tell_all("-QUIT")?;
        if let Self::Postgres { process, .. } = self
            && let Some(mut child) = process.take()
        {
            let ended = tokio::task::spawn_blocking(move || child.wait()).await;
            ended.map_err(|why| LoadFault::setup(POSTGRES, why))?.ok();
        }
        Ok(())
    }

    /// To the server first, which then makes no new processes.
    fn tell_all(&self, what: &str) -> Result<(), LoadFault> {
        let Self::Postgres {
            process: Some(child),
            ..
        } = self
        else {
            return Ok(());
        };
        let main = child.id();
        if !signal(what, main) {
            return Err(LoadFault::setup(POSTGRES, "it is gone"));
        }
        let children = std::fs::read_to_string(format!("/proc/{main}/task/{main}/children"));
        for child in children.unwrap_or_default().split_whitespace() {
            if let Ok(child) = child.parse() {
                signal(what, child);
            }
        }
        Ok(())
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // A frozen server must be thawed to hear anything. Nobody is left to tell of a failure.
        let _ = self.thaw();
        let _ = self.tell_all("-QUIT");
        if let Self::Postgres { process, .. } = self
            && let Some(mut child) = process.take()
        {
            let _ = child.wait();
        }
    }
}

/// Takes the one write lock of a SQLite file and keeps it.
fn hold(file: &Path) -> Result<Child, String> {
    let mut child = Command::new("sqlite3")
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|why| why.to_string())?;
    let stdin = child.stdin.as_mut().ok_or("no stdin")?;
    let begin = b".timeout 5000\nBEGIN IMMEDIATE;\nSELECT 'locked';\n";
    stdin.write_all(begin).map_err(|why| why.to_string())?;
    stdin.flush().map_err(|why| why.to_string())?;
    let mut line = String::new();
    let stdout = child.stdout.take().ok_or("no stdout")?;
    let read = BufReader::new(stdout).read_line(&mut line);
    read.map_err(|why| why.to_string())?;
    if line.trim() == "locked" {
        Ok(child)
    } else {
        Err("no lock".to_owned())
    }
}

fn succeed(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{:?}: {status}", command.get_program())),
        Err(why) => Err(format!("{:?}: {why}", command.get_program())),
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| String::from_utf8_lossy(&id.stdout).trim() == "0")
}

/// A program of the newest PostgreSQL, to be run by whom it accepts. `setpriv` becomes the program;
/// another would stay as its parent and stop along with a frozen server.
fn program(name: &str) -> Result<Command, String> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok();
    let newest = versions.and_then(|versions| {
        let folders = versions.flatten().map(|version| version.path().join("bin"));
        folders.filter(|folder| folder.join(name).exists()).max()
    });
    let path = newest.map_or_else(|| PathBuf::from(name), |folder| folder.join(name));
    if !is_root() {
        return Ok(Command::new(path));
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
        .arg(path)
        .current_dir("/");
    Ok(command)
}
