//! The real binary on a port and a data folder of its own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::{Http, PATIENCE, Player, TestFolder, until};

/// The longest a server may take from SIGTERM to its end.
pub(crate) const STOP_MAX: Duration = Duration::from_secs(5);

/// How a server is started.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    folder: Arc<TestFolder>,
    /// Where it runs, and calls its data folder `data`.
    within: Option<PathBuf>,
    listen: String,
    args: Vec<OsString>,
    env: Vec<(String, String)>,
}

/// A server that runs.
pub(crate) struct Server {
    recipe: Recipe,
    process: Child,
    /// Kept: a server whose stdout is closed is another case.
    _stdout: BufReader<ChildStdout>,
    pub(crate) url: String,
    /// Where it listens besides, as it says.
    pub(crate) doors: Vec<String>,
    pub(crate) http: Http,
}

/// A server that did not start, or ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Recipe {
    /// As it comes, but with cheap password hashes.
    pub(crate) fn new() -> Self {
        let folder = TestFolder::new("kadath-test-", "kadath replay --data DIR");
        Self {
            folder: Arc::new(folder),
            within: None,
            listen: "127.0.0.1:0".to_owned(),
            args: Vec::new(),
            env: Vec::new(),
        }
        .env("KADATH_ACCOUNTS__ARGON2__MEMORY_KIB", "1024")
        .env("KADATH_ACCOUNTS__ARGON2__TIME", "1")
    }

    /// With an environment variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a flag and its value.
    pub(crate) fn flag(mut self, flag: &str, value: impl Into<OsString>) -> Self {
        self.args.extend([flag.into(), value.into()]);
        self
    }

    /// With a flag that has no value.
    pub(crate) fn switch(mut self, flag: &str) -> Self {
        self.args.push(flag.into());
        self
    }

    /// On this address.
    pub(crate) fn listen(mut self, address: &str) -> Self {
        address.clone_into(&mut self.listen);
        self
    }

    /// Run in a folder of this name below the test's own, with a data folder that is named from there.
    pub(crate) fn within(mut self, name: &str) -> Self {
        let folder = self.folder().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        self.within = Some(folder);
        self
    }

    /// The same, over the data of another.
    pub(crate) fn on_the_data_of(mut self, other: &Self) -> Self {
        self.folder = Arc::clone(&other.folder);
        self
    }

    /// A folder for the test's own files; gone with the last of the recipe's servers.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The server's data folder.
    pub(crate) fn data(&self) -> PathBuf {
        let folder = self.within.as_deref().unwrap_or_else(|| self.folder());
        folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder().join("stderr.log")
    }

    /// Everything its servers have written to stderr.
    pub(crate) fn stderr(&self) -> String {
        let bytes = std::fs::read(self.log()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// What runs with a subcommand.
    pub(crate) fn command(&self, subcommand: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kadath"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KADATH_") {
                command.env_remove(name);
            }
        }
        let (folder, data) = match &self.within {
            None => (Path::new(env!("CARGO_MANIFEST_DIR")), self.data()),
            Some(folder) => (folder.as_path(), PathBuf::from("data")),
        };
        command
            .current_dir(folder)
            .arg(subcommand)
            .arg("--data")
            .arg(data)
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Runs a command that ends by itself.
    pub(crate) async fn run(&self, subcommand: &str) -> Ended {
        let ending = self.command(subcommand).output();
        let output = timeout(PATIENCE, ending).await.unwrap().unwrap();
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Makes an account an admin's, as an operator does beside the running server.
    pub(crate) async fn grant(&self, username: &str) {
        self.account(&["grant", username, "admin"]).await;
    }

    /// What an operator does with an account beside the running server.
    pub(crate) async fn account(&self, words: &[&str]) {
        let done = Command::new(env!("CARGO_BIN_EXE_kadath"))
            .args(["account", "--data"])
            .arg(self.data())
            .args(words)
            .output()
            .await
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    }

    /// Starts a server that is expected to give up.
    pub(crate) async fn refused(&self) -> Ended {
        self.clone()
            .flag("--listen", &self.listen)
            .run("serve")
            .await
    }

    /// Starts a server and waits until it takes players.
    pub(crate) async fn start(self) -> Server {
        let server = self.announced().await;
        until("readiness", async || {
            (server.http.get("/readyz").await.0 == 200).then_some(())
        })
        .await;
        server
    }

    /// Starts a server and waits until it says where; whoever asks by TLS sees when it is ready.
    pub(crate) async fn announced(self) -> Server {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .unwrap();
        let mut process = self
            .command("serve")
            .arg("--listen")
            .arg(&self.listen)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut doors = Vec::new();
        // The line of HTTP is the last.
        let url = loop {
            let mut line = String::new();
            let read = timeout(PATIENCE, stdout.read_line(&mut line)).await;
            let url = line
                .trim()
                .strip_prefix("kadath is listening on ")
                .unwrap_or_else(|| panic!("no address: {read:?}, {line:?}\n{}", self.stderr()));
            if url.starts_with("http") {
                break url.to_owned();
            }
            doors.push(url.to_owned());
        };
        Server {
            recipe: self,
            process,
            _stdout: stdout,
            http: Http::new(&url),
            url,
            doors,
        }
    }
}

impl Server {
    /// A server as it comes.
    pub(crate) async fn start() -> Self {
        Recipe::new().start().await
    }

    pub(crate) const fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        self.url.split_once("://").unwrap().1
    }

    /// Everything it has written to stderr.
    pub(crate) fn stderr(&self) -> String {
        self.recipe.stderr()
    }

    /// A guest in the world.
    pub(crate) async fn guest(&self) -> Player {
        Player::join(self, &self.http.guest().await).await
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id().unwrap()
    }

    /// Sends it a signal, as an operator does.
    pub(crate) async fn signal(&self, signal: &str) {
        let sent = Command::new("kill")
            .args([signal, &self.pid().to_string()])
            .status()
            .await
            .unwrap();
        assert!(sent.success());
    }

    /// Takes the power away: nothing of it runs any more when this returns.
    pub(crate) async fn kill9(mut self) -> Recipe {
        self.process.kill().await.unwrap();
        self.recipe.clone().listen(self.address())
    }

    /// Asks it to stop and waits; answers how to start it again at the same address.
    pub(crate) async fn stop(mut self) -> Recipe {
        let status = self.terminate().await;
        assert_eq!(status.code(), Some(0), "{}", self.stderr());
        self.recipe.clone().listen(self.address())
    }

    /// Waits until it ends by itself.
    pub(crate) async fn ends(mut self) -> ExitStatus {
        let ended = timeout(PATIENCE, self.process.wait()).await;
        ended.expect("it does not end").unwrap()
    }

    /// SIGTERM, and what comes of it.
    pub(crate) async fn terminate(&mut self) -> ExitStatus {
        let began = Instant::now();
        self.signal("-TERM").await;
        let ended = timeout(PATIENCE, self.process.wait()).await;
        let status = ended.expect("it does not stop").unwrap();
        assert!(
            began.elapsed() <= STOP_MAX,
            "it took {:?} to stop",
            began.elapsed()
        );
        status
    }
}
