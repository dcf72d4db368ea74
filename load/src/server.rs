//! A server of the bench's own, with its database and broker, in a folder that goes with it.

mod broker;
mod database;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};
use tokio::time::timeout;

use crate::fault::LoadFault;
use crate::map::Map;
use crate::scenario::{Havoc, Scenario, WorldPlan};
use crate::wire::Dial;
use broker::Broker;
use database::Store;

/// How long a server may take until it listens.
const START_MAX: Duration = Duration::from_secs(90);

/// What is not a subject of the run, unless the scenario says otherwise: how often one may speak.
const LIFTED: [&str; 10] = [
    "limits.commands_per_second",
    "limits.frames_per_minute",
    "limits.connections_per_account",
    "limits.sign_ins_per_minute",
    "chat.say_per_minute",
    "chat.local_per_minute",
    "chat.global_per_minute",
    "chat.whisper_per_minute",
    "chat.emote_per_minute",
    "limits.connection_attempts_per_minute",
];

/// A server that was started for a run.
pub(crate) struct Server {
    folder: TempDir,
    program: PathBuf,
    config: Vec<(String, String)>,
    listen: String,
    process: Option<Running>,
    store: Store,
    broker: Option<Broker>,
}

struct Running {
    child: Child,
    /// Kept: a server whose stdout is closed is another case.
    _stdout: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// Prepares the folder, the world and the database, and starts `program serve`.
    pub(crate) async fn start(program: &Path, scenario: &Scenario) -> Result<Self, LoadFault> {
        let setup = |why: std::io::Error| LoadFault::setup("a folder for the server", why);
        let folder = TempDir::with_prefix("kadath-bench-").map_err(setup)?;
        let plan = &scenario.server;
        let mut config: Vec<(String, String)> = Vec::new();
        for key in LIFTED {
            config.push((key.to_owned(), "0".to_owned()));
        }
        config.push(("log.level".to_owned(), "warn".to_owned()));
        let data = folder.path().join("data");
        config.push(("server.data".to_owned(), data.display().to_string()));
        match &scenario.world {
            WorldPlan::Servers => {}
            WorldPlan::Folder(world) => {
                config.push(("server.world".to_owned(), world.display().to_string()));
            }
            WorldPlan::Made { .. } => {
                let world = folder.path().join("world");
                if let Some(map) = Map::of(&scenario.world) {
                    map.write(&world)?;
                }
                config.push(("server.world".to_owned(), world.display().to_string()));
            }
        }
        let store = Store::start(plan.database, folder.path()).await?;
        if let Some(url) = store.url() {
            config.push(("database.url".to_owned(), url));
        }
        let broker = match plan.broker {
            true => Some(Broker::start().await?),
            false => None,
        };
        if let Some(broker) = &broker {
            config.push(("nats.url".to_owned(), broker.url()));
        }
        for (key, value) in &plan.config {
            config.retain(|(known, _)| known != key);
            config.push((key.clone(), value.clone()));
        }
        let listen = format!("127.0.0.1:{}", free_port()?);
        let mut server = Self {
            folder,
            program: program.to_owned(),
            config,
            listen,
            process: None,
            store,
            broker,
        };
        server.run().await?;
        Ok(server)
    }

    /// Where it listens, also after it was started again.
    pub(crate) fn dial(&self) -> Result<Dial, LoadFault> {
        let address = self.listen.parse();
        let address = address.map_err(|why| LoadFault::setup("the server's address", why))?;
        Ok(Dial::Tcp(address))
    }

    pub(crate) fn process(&self) -> Option<u32> {
        self.process.as_ref().and_then(|running| running.child.id())
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("stderr.log")
    }

    /// The last words of its log.
    fn last_words(&self) -> String {
        let text = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(8)..].join("\n")
    }

    async fn run(&mut self) -> Result<(), LoadFault> {
        let starting = "the server does not start";
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .map_err(LoadFault::file(self.log()))?;
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
                if line.contains("kadath is listening on") {
                    return true;
                }
            }
            false
        };
        if timeout(START_MAX, listening).await != Ok(true) {
            return Err(LoadFault::setup(starting, self.last_words()));
        }
        let _stdout = stdout;
        self.process = Some(Running { child, _stdout });
        Ok(())
    }

    /// Breaks something.
    pub(crate) async fn wreck(&mut self, havoc: Havoc) -> Result<(), LoadFault> {
        match havoc {
            Havoc::FreezeDatabase => self.store.freeze(),
            Havoc::KillDatabase => self.store.kill().await,
            Havoc::DropBroker => match &mut self.broker {
                Some(broker) => broker.kill().await,
                None => Ok(()),
            },
            Havoc::KillServer => {
                if let Some(mut running) = self.process.take() {
                    let killed = running.child.kill().await;
                    killed.map_err(|why| LoadFault::setup("kill -9 of the server", why))?;
                }
                Ok(())
            }
        }
    }

    /// Mends it.
    pub(crate) async fn mend(&mut self, havoc: Havoc) -> Result<(), LoadFault> {
        match havoc {
            Havoc::FreezeDatabase => self.store.thaw(),
            Havoc::KillDatabase => self.store.run().await,
            Havoc::DropBroker => match &mut self.broker {
                Some(broker) => broker.run().await,
                None => Ok(()),
            },
            Havoc::KillServer => self.run().await,
        }
    }

    /// Asks it to stop and waits; answers its exit code, none if it had to be killed.
    pub(crate) async fn stop(mut self) -> Option<i32> {
        let mut running = self.process.take()?;
        if let Some(process) = running.child.id() {
            signal("-TERM", process);
        }
        let ended = timeout(Duration::from_secs(15), running.child.wait()).await;
        match ended {
            Ok(Ok(status)) => status.code(),
            _ => {
                let _ = running.child.kill().await;
                None
            }
        }
    }
}

/// Sends a signal; answers whether there was somebody to receive it.
fn signal(signal: &str, process: u32) -> bool {
    let sent = Command::new("kill")
        .args([signal, &process.to_string()])
        .stderr(Stdio::null())
        .status();
    sent.is_ok_and(|status| status.success())
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16, LoadFault> {
    let fault = |why: std::io::Error| LoadFault::setup("a free port", why);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").map_err(fault)?;
    Ok(listener.local_addr().map_err(fault)?.port())
}

/// Waits until something listens on a port of this machine.
async fn listens(port: u16, what: &'static str) -> Result<(), LoadFault> {
    let began = Instant::now();
    while tokio::net::TcpStream::connect(("127.0.0.1", port))
        .await
        .is_err()
    {
        if began.elapsed() > Duration::from_secs(30) {
            return Err(LoadFault::setup(what, "it does not listen"));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
