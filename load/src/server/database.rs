//! A database of the bench's own that can be frozen and killed.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{ChaosPart, free_port, listens, signal};
use crate::fault::LoadFault;
use crate::scenario::{ChaosKind, Database};

const POSTGRES: &str = "PostgreSQL";
const SQLITE: &str = "the SQLite file can't be locked (it takes the sqlite3 program)";

/// A database for one server.
pub(crate) enum ServerDatabase {
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

impl ServerDatabase {
    /// Starts it; say beforehand if it will be frozen, since that may need more.
    pub(super) async fn start(
        kind: Database,
        folder: &Path,
        freezes: bool,
    ) -> Result<Self, LoadFault> {
        if kind == Database::Sqlite {
            if freezes {
                let mut version = Command::new("sqlite3");
                let answer = succeed(version.arg("--version").stdout(Stdio::null()));
                answer.map_err(|why| LoadFault::setup(SQLITE, why))?;
            }
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

    async fn run(&mut self) -> Result<(), LoadFault> {
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
    async fn freeze(&mut self) -> Result<(), LoadFault> {
        match self {
            Self::Sqlite { file, lock } => {
                let file = file.clone();
                let held = beside(SQLITE, move || hold(&file)).await?;
                *lock = Some(held);
                Ok(())
            }
            Self::Postgres { process, .. } => tell_all(process.as_ref(), "-STOP").await,
        }
    }

    async fn thaw(&mut self) -> Result<(), LoadFault> {
        match self {
            Self::Sqlite { lock, .. } => match lock.take() {
                Some(lock) => beside(SQLITE, move || let_go(lock)).await,
                None => Ok(()),
            },
            Self::Postgres { process, .. } => tell_all(process.as_ref(), "-CONT").await,
        }
    }

    /// SIGQUIT: it drops everything and recovers at the next start.
    async fn kill(&mut self) -> Result<(), LoadFault> {
        let Self::Postgres { process, .. } = self else {
            return Ok(());
        };
        tell_all(process.as_ref(), "-QUIT").await?;
        match process.take() {
            Some(mut child) => {
                beside(POSTGRES, move || {
                    child.wait().map(drop).map_err(|why| why.to_string())
                })
                .await
            }
            None => Ok(()),
        }
    }
}

impl ChaosPart for ServerDatabase {
    async fn inflict(&mut self, kind: ChaosKind) -> Result<(), LoadFault> {
        match kind {
            ChaosKind::FreezeDatabase => self.freeze().await,
            ChaosKind::KillDatabase => self.kill().await,
            ChaosKind::DropBroker | ChaosKind::KillServer | ChaosKind::FreezeServer => Ok(()),
        }
    }

    async fn restore(&mut self, kind: ChaosKind) -> Result<(), LoadFault> {
        match kind {
            ChaosKind::FreezeDatabase => self.thaw().await,
            ChaosKind::KillDatabase => self.run().await,
            ChaosKind::DropBroker | ChaosKind::KillServer | ChaosKind::FreezeServer => Ok(()),
        }
    }
}

/// What waits for other processes runs beside the driver, which must not.
async fn beside<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, LoadFault> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|why| LoadFault::setup(what, why))?;
    done.map_err(|why| LoadFault::setup(what, why))
}

async fn tell_all(main: Option<&Child>, what: &'static str) -> Result<(), LoadFault> {
    let Some(main) = main.map(Child::id) else {
        return Ok(());
    };
    beside(POSTGRES, move || signal_all(main, what)).await
}

/// To the server first, which then makes no new processes.
fn signal_all(main: u32, what: &str) -> Result<(), String> {
    if !signal(what, main) {
        return Err("it is gone".to_owned());
    }
    let children = std::fs::read_to_string(format!("/proc/{main}/task/{main}/children"));
    for child in children.unwrap_or_default().split_whitespace() {
        if let Ok(child) = child.parse() {
            signal(what, child);
        }
    }
    Ok(())
}

impl Drop for ServerDatabase {
    fn drop(&mut self) {
        // Nobody is left to tell of a failure.
        match self {
            Self::Sqlite { lock, .. } => {
                if let Some(lock) = lock.take() {
                    let _ = let_go(lock);
                }
            }
            Self::Postgres { process, .. } => {
                if let Some(mut child) = process.take() {
                    // A frozen server must be thawed to hear anything.
                    let _ = signal_all(child.id(), "-CONT");
                    let _ = signal_all(child.id(), "-QUIT");
                    let _ = child.wait();
                }
            }
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

/// Its stdin ends, and with it the transaction.
fn let_go(mut lock: Child) -> Result<(), String> {
    drop(lock.stdin.take());
    lock.wait().map(drop).map_err(|why| why.to_string())
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
