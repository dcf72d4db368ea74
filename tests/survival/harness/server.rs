//! A server process of the proof's own: the shipped binary, or this very executable with the
//! trades plugin.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::{Http, PATIENCE, TestFolder, until};

/// Turns the test `server_process` into a server.
pub(crate) const SERVER_PROCESS: &str = "KADATH_SURVIVAL_SERVER";

/// Turns it into `kadath replay --data DIR` with the trades plugin, where it names that folder.
pub(crate) const REPLAY_PROCESS: &str = "KADATH_SURVIVAL_REPLAY";
const REPLAY_TRADES: &str =
    "KADATH_SURVIVAL_REPLAY=DIR cargo test --test survival server_process -- --nocapture";

/// How a server is started. Everything is told by environment variables.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    folder: Arc<TestFolder>,
    trades: bool,
    env: Vec<(String, String)>,
}

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) recipe: Recipe,
    process: Child,
    /// Kept: a server whose stdout is closed is another case.
    _stdout: Lines<BufReader<ChildStdout>>,
    pub(crate) url: String,
    pub(crate) http: Http,
}

impl Recipe {
    /// The shipped binary, with cheap password hashes and no limits on what one may say.
    pub(crate) fn new() -> Self {
        let recipe = Self {
            folder: Arc::new(TestFolder::new(
                "kadath-survival-",
                "kadath replay --data DIR",
            )),
            trades: false,
            env: Vec::new(),
        };
        recipe
            .set("server.listen", "127.0.0.1:0")
            .set("accounts.argon2.memory_kib", 1_024)
            .set("accounts.argon2.time", 1)
            .set("accounts.token_lifetime_seconds", 86_400)
            .set("limits.commands_per_second", 0)
            .set("limits.frames_per_minute", 0)
    }

    /// This executable, whose world has the trades plugin.
    pub(crate) fn with_trades() -> Self {
        Self {
            trades: true,
            folder: Arc::new(TestFolder::new("kadath-survival-", REPLAY_TRADES)),
            ..Self::new()
        }
    }

    /// Over the shipped world with nobody and nothing in it.
    pub(crate) fn quiet(self) -> Self {
        let world = self.folder().join("quiet");
        super::quiet::write(&world);
        self.set("server.world", world.display())
    }

    /// With a configuration key.
    pub(crate) fn set(mut self, key: &str, value: impl ToString) -> Self {
        let name = format!("KADATH_{}", key.to_uppercase().replace('.', "__"));
        self.env.retain(|(known, _)| *known != name);
        self.env.push((name, value.to_string()));
        self
    }

    /// With a variable of the proof's own in its environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A folder for the proof's own files; gone with the last of the recipe's servers.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The server's data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// Everything its servers have written to stderr.
    pub(crate) fn stderr(&self) -> String {
        let bytes = std::fs::read(self.folder().join("stderr.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn command(&self) -> Command {
        let mut command = if self.trades {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--exact", "trades::server_process", "--nocapture"]);
            command
        } else {
            Command::new(env!("CARGO_BIN_EXE_kadath"))
        };
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KADATH_") {
                command.env_remove(name);
            }
        }
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder().join("stderr.log"));
        command
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env(SERVER_PROCESS, "1")
            .env("KADATH_SERVER__DATA", self.data())
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.unwrap())
            .kill_on_drop(true);
        command
    }

    /// What another command of the binary says that must work, with the server's settings.
    pub(crate) async fn tool(&self, words: &[&str]) -> String {
        let (code, said) = self.tool_ends(words).await;
        assert_eq!(code, Some(0), "{words:?}: {said}{}", self.stderr());
        said
    }

    /// How another command of the binary ends, and what it says.
    pub(crate) async fn tool_ends(&self, words: &[&str]) -> (Option<i32>, String) {
        let mut command = self.command();
        let done = command.args(words).output().await.unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        (done.status.code(), said)
    }

    /// Starts a server that is expected to give up; answers its exit code. What it said is in
    /// [`Recipe::stderr`].
    pub(crate) async fn refused(&self) -> Option<i32> {
        let mut process = self.command().spawn().unwrap();
        let ended = timeout(PATIENCE, process.wait()).await;
        ended.expect("it goes on").unwrap().code()
    }

    /// Starts a server and takes the power away after so long, wherever it is by then.
    pub(crate) async fn killed_while_starting(&self, after: Duration) {
        let mut process = self.command().spawn().unwrap();
        // The length is what is drawn.
        tokio::time::sleep(after).await;
        process.kill().await.unwrap();
    }

    /// Starts a server that finds no database, and asks it to stop once it has its folder; answers
    /// its exit code.
    pub(crate) async fn stopped_while_starting(&self) -> Option<i32> {
        let mut process = self.command().spawn().unwrap();
        let pid = process.id().unwrap();
        until("the folder to be its own", async || {
            let lock = std::fs::read_to_string(self.data().join("lock"));
            lock.is_ok_and(|holder| holder.trim() == pid.to_string())
                .then_some(())
        })
        .await;
        terminate(pid).await;
        let ended = timeout(PATIENCE, process.wait()).await;
        ended.expect("it does not stop").unwrap().code()
    }

    /// Starts a server and waits until it accepts connections.
    pub(crate) async fn start(self) -> Server {
        let mut process = self.command().spawn().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = loop {
            let line = timeout(PATIENCE, stdout.next_line()).await;
            let Ok(Ok(Some(line))) = line else {
                panic!("no address: {line:?}\n{}", self.stderr());
            };
            if let Some(url) = line.trim().strip_prefix("kadath is listening on http") {
                break format!("http{url}");
            }
        };
        let http = Http::new(&url);
        Server {
            recipe: self,
            process,
            _stdout: stdout,
            url,
            http,
        }
    }
}

impl Server {
    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id().unwrap()
    }

    /// Waits until it wants players.
    pub(crate) async fn ready(&self) {
        until("readiness", async || {
            (self.http.get("/readyz").await.0 == 200).then_some(())
        })
        .await;
    }

    /// Takes the power away: nothing of it runs any more when this returns.
    pub(crate) async fn kill9(mut self) -> Recipe {
        self.process.kill().await.unwrap();
        self.recipe.clone()
    }

    /// Waits until it is dead by itself; answers how it ended.
    pub(crate) async fn died(mut self) -> (Recipe, ExitStatus) {
        let ended = timeout(PATIENCE, self.process.wait()).await;
        (self.recipe.clone(), ended.expect("it lives on").unwrap())
    }

    /// SIGTERM, what comes of it, and how long that took.
    pub(crate) async fn terminate(&mut self) -> (ExitStatus, Duration) {
        let began = Instant::now();
        terminate(self.pid()).await;
        let ended = timeout(PATIENCE, self.process.wait()).await;
        (ended.expect("it does not stop").unwrap(), began.elapsed())
    }

    /// Asks it to stop and waits until it has, with everything in the database.
    pub(crate) async fn stop(mut self) -> Recipe {
        let (status, _) = self.terminate().await;
        assert_eq!(status.code(), Some(0), "{}", self.recipe.stderr());
        self.recipe.clone()
    }
}

async fn terminate(pid: u32) {
    let sent = Command::new("kill")
        .args(["-TERM", &pid.to_string()])
        .status()
        .await
        .unwrap();
    assert!(sent.success());
}
