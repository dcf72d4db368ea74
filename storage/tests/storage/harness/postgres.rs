//! A PostgreSQL of the tests' own, never run as root.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

/// A running server, stopped when dropped.
pub(crate) struct Cluster {
    folder: PathBuf,
    /// The folder, where nobody else has it.
    own: Option<TempDir>,
    port: u16,
    server: Mutex<Option<Child>>,
}

/// Databases so far.
static MADE: AtomicU32 = AtomicU32::new(0);

static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());

impl Cluster {
    /// The server that the tests running at this moment share.
    pub(crate) async fn shared() -> Arc<Self> {
        let cluster = {
            let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(cluster) = shared.upgrade() {
                cluster
            } else {
                let cluster = Arc::new(Self::stopped());
                cluster.start();
                *shared = Arc::downgrade(&cluster);
                cluster
            }
        };
        cluster.answers().await;
        cluster
    }

    /// A server of the test's own, which answers.
    pub(crate) async fn started() -> Self {
        let cluster = Self::stopped();
        cluster.start();
        cluster.answers().await;
        cluster
    }

    /// A server that is set up, but not running yet.
    pub(crate) fn stopped() -> Self {
        let own = TempDir::new().unwrap();
        let mut cluster = Self::stopped_in(own.path());
        cluster.own = Some(own);
        cluster
    }

    /// The same in a folder that is there, with small files for its log.
    pub(crate) fn stopped_in(folder: &Path) -> Self {
        let programs = programs();
        if is_root() {
            let done = Command::new("chown").arg("postgres").arg(folder).status();
            assert!(done.unwrap().success(), "chown failed");
        }
        let made = as_user(&programs.join("initdb"))
            .args([
                "-A",
                "trust",
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
                "--wal-segsize=1",
                "-D",
            ])
            .arg(folder.join("data"))
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success(), "initdb failed");
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        Self {
            folder: folder.to_owned(),
            own: None,
            port,
            server: Mutex::new(None),
        }
    }

    /// Gives the server a certificate for its address and lets nobody in without TLS; answers
    /// the certificate in PEM. For a server that does not run yet.
    pub(crate) fn protect(&self) -> String {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let data = self.folder.join("data");
        let (cert, key) = (data.join("server.crt"), data.join("server.key"));
        fs::write(&cert, made.cert.pem()).unwrap();
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        if is_root() {
            let done = Command::new("chown")
                .arg("postgres")
                .args([&cert, &key])
                .status();
            assert!(done.unwrap().success(), "chown failed");
        }
        fs::write(
            data.join("pg_hba.conf"),
            "hostssl all all 127.0.0.1/32 trust\n",
        )
        .unwrap();
        let settings = data.join("postgresql.auto.conf");
        fs::write(settings, "ssl = on\n").unwrap();
        made.cert.pem()
    }

    /// Starts the server; it answers a moment later.
    pub(crate) fn start(&self) {
        let child = as_user(&programs().join("postgres"))
            .arg("-D")
            .arg(self.folder.join("data"))
            .args(["-p", &self.port.to_string()])
            .args([
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
            ])
            .args(["-c", "fsync=off", "-c", "max_connections=200"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        *self.server.lock().unwrap() = Some(child);
    }

    /// Starts the server again if it has given up.
    pub(crate) fn revive(&self) {
        let ended = {
            let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
            let child = server.as_mut().expect("the server was started");
            child.try_wait().unwrap().is_some()
        };
        if ended {
            self.start();
        }
    }

    /// Waits until the server answers.
    pub(crate) async fn answers(&self) {
        let began = Instant::now();
        loop {
            match PgConnection::connect(&self.url("postgres")).await {
                Ok(connection) => {
                    connection.close().await.unwrap();
                    return;
                }
                Err(error) => assert!(
                    began.elapsed() < Duration::from_secs(30),
                    "PostgreSQL does not answer: {error}"
                ),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A connection of the test's own.
    pub(crate) async fn connect(&self, database: &str) -> PgConnection {
        PgConnection::connect(&self.url(database)).await.unwrap()
    }

    /// Makes an empty database of that name; answers its URL.
    pub(crate) async fn make(&self, name: &str) -> String {
        let mut admin = self.connect("postgres").await;
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut admin)
            .await
            .unwrap();
        admin.close().await.unwrap();
        self.url(name)
    }

    /// Makes an empty database of a name that no other has; answers its URL.
    pub(crate) async fn fresh(&self) -> String {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        self.make(&format!("test{number}")).await
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Stops every process of the server where it stands.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    /// To the server first, which then makes no new processes; one of those may end meanwhile.
    fn signal(&self, signal: &str) {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        let main = server.as_ref().expect("the server runs").id();
        let reached = kill(signal, &main.to_string());
        assert!(reached, "kill {signal} failed");
        let children = fs::read_to_string(format!("/proc/{main}/task/{main}/children"));
        for child in children.unwrap_or_default().split_whitespace() {
            kill(signal, child);
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self
            .server
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .is_none()
        {
            return;
        }
        // A frozen server must be thawed to hear anything.
        self.thaw();
        // Immediate shutdown.
        self.signal("-QUIT");
        if let Some(mut server) = self
            .server
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            let _ = server.wait();
        }
    }
}

fn kill(signal: &str, process: &str) -> bool {
    let done = Command::new("kill")
        .args([signal, process])
        .stderr(Stdio::null())
        .status();
    done.is_ok_and(|status| status.success())
}

fn programs() -> PathBuf {
    let newest = fs::read_dir("/usr/lib/postgresql")
        .ok()
        .and_then(|versions| {
            versions
                .flatten()
                .map(|version| version.path().join("bin"))
                .max()
        });
    newest
        .filter(|folder| folder.join("postgres").exists())
        .expect("these tests need PostgreSQL: install the `postgresql` package")
}

/// PostgreSQL refuses to run as root. `setpriv` becomes the program; `runuser` would stay as its
/// parent and stop along with a frozen server.
fn as_user(program: &Path) -> Command {
    if is_root() {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
            .arg(program)
            .current_dir("/");
        command
    } else {
        Command::new(program)
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8_lossy(&id.stdout).trim() == "0"
}
