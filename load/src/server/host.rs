//! The server's own process.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};
use tokio::time::timeout;

use super::{ChaosPart, tell};
use crate::fault::LoadFault;
use crate::scenario::ChaosKind;

/// How long a server may take until it listens.
const START_MAX: Duration = Duration::from_secs(90);
/// And how long until it has stopped.
const STOP_MAX: Duration = Duration::from_secs(15);

/// `kadath serve`, again and again over the same data.
pub(crate) struct Host {
    program: PathBuf,
    config: Vec<(String, String)>,
    listen: String,
    log: PathBuf,
    running: Option<ServerProcess>,
    process: Rc<Cell<Option<u32>>>,
    /// Ends that nobody asked for.
    failures: Vec<String>,
}

struct ServerProcess {
    child: Child,
    /// Kept: a server whose stdout is closed is another case.
    _stdout: Lines<BufReader<ChildStdout>>,
}

impl Host {
    pub(super) fn new(
        program: &Path,
        config: Vec<(String, String)>,
        listen: String,
        log: PathBuf,
    ) -> Self {
        Self {
            program: program.to_owned(),
            config,
            listen,
            log,
            running: None,
            process: Rc::default(),
            failures: Vec::new(),
        }
    }

    pub(super) fn listen(&self) -> &str {
        &self.listen
    }

    pub(super) fn process(&self) -> Rc<Cell<Option<u32>>> {
        Rc::clone(&self.process)
    }

    /// The last words of its log.
    fn last_words(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(8)..].join("\n")
    }

    /// Starts it, and waits until it listens.
    pub(super) async fn run(&mut self) -> Result<(), LoadFault> {
        let starting = "the server does not start";
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&self.log)
            .map_err(LoadFault::file(&self.log))?;
        let mut command = tokio::process::Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KADATH_") {
                command.env_remove(name);
            }
        }
        for (key, value) in &self.config {
            let name = key.to_uppercase().replace('.', "__");
            command.env(format!("KADATH_{name}"), value);
        }
        let mut child = command
            .args(["serve", "--listen", &self.listen])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(|why| LoadFault::setup(starting, why))?;
        let stdout = child.stdout.take();
        let stdout = stdout.ok_or_else(|| LoadFault::setup(starting, "it has no stdout"))?;
        let mut stdout = BufReader::new(stdout).lines();
        let listening = async {
            while let Ok(Some(line)) = stdout.next_line().await {
                if line.contains("kadath is listening on http") {
                    return true;
                }
            }
            false
        };
        if timeout(START_MAX, listening).await != Ok(true) {
            return Err(LoadFault::setup(starting, self.last_words()));
        }
        let _stdout = stdout;
        self.process.set(child.id());
        self.running = Some(ServerProcess { child, _stdout });
        Ok(())
    }

    /// It has ended, or is about to be ended: if it had done so by itself, that is a failure.
    fn ends(&mut self) -> Option<ServerProcess> {
        self.process.set(None);
        let mut running = self.running.take()?;
        if let Ok(Some(status)) = running.child.try_wait() {
            let last = self.last_words();
            let failure = format!("the server stopped by itself: {status}\n{last}");
            self.failures.push(failure);
            return None;
        }
        Some(running)
    }

    /// Asks it to stop and waits; answers what went wrong in its whole life.
    pub(super) async fn stop(&mut self) -> Vec<String> {
        if let Some(mut running) = self.ends() {
            if let Some(process) = running.child.id() {
                // One that was frozen must be able to hear.
                tell("-CONT", process).await;
                tell("-TERM", process).await;
            }
            let ended = timeout(STOP_MAX, running.child.wait()).await;
            let status = ended.ok().and_then(Result::ok);
            if status.is_none() {
                let _ = running.child.kill().await;
            }
            if !status.is_some_and(|status: ExitStatus| status.success()) {
                let status = status.map_or("it had to be killed".to_owned(), |status| {
                    status.to_string()
                });
                self.failures
                    .push(format!("the server did not stop in peace: {status}"));
            }
        }
        std::mem::take(&mut self.failures)
    }

    async fn signals(&self, what: &'static str) -> Result<(), LoadFault> {
        let gone = || LoadFault::setup("a signal to the server", "it is gone");
        let process = self.process.get().ok_or_else(gone)?;
        if tell(what, process).await {
            Ok(())
        } else {
            Err(gone())
        }
    }
}

impl ChaosPart for Host {
    async fn inflict(&mut self, kind: ChaosKind) -> Result<(), LoadFault> {
        match kind {
            ChaosKind::KillServer => {
                if let Some(mut running) = self.ends() {
                    let killed = running.child.kill().await;
                    killed.map_err(|why| LoadFault::setup("kill -9 of the server", why))?;
                }
                Ok(())
            }
            ChaosKind::FreezeServer => self.signals("-STOP").await,
            ChaosKind::FreezeDatabase | ChaosKind::KillDatabase | ChaosKind::DropBroker => Ok(()),
        }
    }

    async fn restore(&mut self, kind: ChaosKind) -> Result<(), LoadFault> {
        match kind {
            ChaosKind::KillServer => self.run().await,
            ChaosKind::FreezeServer => self.signals("-CONT").await,
            ChaosKind::FreezeDatabase | ChaosKind::KillDatabase | ChaosKind::DropBroker => Ok(()),
        }
    }
}
