//! A server of the bench's own, with its database and broker, in a folder that goes with it.

mod broker;
mod database;
mod host;

use std::cell::Cell;
use std::path::Path;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::fault::LoadFault;
use crate::scenario::{ChaosKind, Scenario, WorldPlan};
use crate::wire::Dial;
use crate::world_map::WorldMap;
use broker::Broker;
use database::ServerDatabase;
use host::Host;

/// What is not a subject of the run, unless the scenario says otherwise: how often one may speak.
const LIFTED: [&str; 11] = [
    "limits.commands_per_second",
    "limits.frames_per_minute",
    "limits.connections_per_account",
    "limits.sign_ins_per_minute",
    "limits.calls_per_minute",
    "chat.say_per_minute",
    "chat.local_per_minute",
    "chat.global_per_minute",
    "chat.whisper_per_minute",
    "chat.emote_per_minute",
    "limits.connection_attempts_per_minute",
];

/// A part of a server that chaos can break and restore.
pub(crate) trait ChaosPart {
    /// Breaks it. What it is not a part of leaves it whole.
    async fn inflict(&mut self, kind: ChaosKind) -> Result<(), LoadFault>;

    /// Restores it.
    async fn restore(&mut self, kind: ChaosKind) -> Result<(), LoadFault>;
}

/// A server that was started for a run.
pub(crate) struct Server {
    host: Host,
    store: ServerDatabase,
    broker: Option<Broker>,
    /// Goes last: the others write into it until they are gone.
    folder: TempDir,
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
                if let Some(map) = WorldMap::of(&scenario.world) {
                    map.write(&world)?;
                }
                config.push(("server.world".to_owned(), world.display().to_string()));
            }
        }
        let freezes = scenario
            .chaos
            .iter()
            .any(|one| one.deed == ChaosKind::FreezeDatabase);
        let store = ServerDatabase::start(plan.database, folder.path(), freezes).await?;
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
        let log = folder.path().join("stderr.log");
        let mut host = Host::new(program, config, listen, log);
        host.run().await?;
        Ok(Self {
            host,
            store,
            broker,
            folder,
        })
    }

    /// Where it listens, also after it was started again.
    pub(crate) fn dial(&self) -> Result<Dial, LoadFault> {
        let address = self.host.listen().parse();
        let address = address.map_err(|why| LoadFault::setup("the server's address", why))?;
        Ok(Dial::Tcp(address))
    }

    /// Its process, also after it was started again.
    pub(crate) fn process(&self) -> Rc<Cell<Option<u32>>> {
        self.host.process()
    }

    /// What can be broken, each on its own.
    pub(crate) fn parts(&mut self) -> (&mut Host, &mut ServerDatabase, Option<&mut Broker>) {
        (&mut self.host, &mut self.store, self.broker.as_mut())
    }

    /// Asks it to stop and waits, then stops its database and broker; answers what went wrong with
    /// the server in the whole run, and its folder, which goes with its last owner.
    pub(crate) async fn stop(self) -> (Vec<String>, TempDir) {
        let Self {
            mut host,
            store,
            broker,
            folder,
        } = self;
        let failures = host.stop().await;
        // Their ends are waited for, which takes its time.
        let _ = tokio::task::spawn_blocking(|| drop((store, broker))).await;
        (failures, folder)
    }
}

/// Copies what a server has recorded into the report's folder.
pub(crate) fn keep_recordings(server: &Path, report: &Path) -> Result<(), LoadFault> {
    let to = report.join("recordings");
    // It may record nothing.
    let Ok(entries) = std::fs::read_dir(server.join("data/recordings")) else {
        return Ok(());
    };
    std::fs::create_dir_all(&to).map_err(LoadFault::file(&to))?;
    for entry in entries.flatten() {
        let copy = to.join(entry.file_name());
        std::fs::copy(entry.path(), &copy).map_err(LoadFault::file(&copy))?;
    }
    Ok(())
}

/// Sends a signal without holding up the driver; answers whether there was somebody to receive it.
async fn tell(what: &'static str, process: u32) -> bool {
    let sent = tokio::task::spawn_blocking(move || signal(what, process)).await;
    sent.unwrap_or(false)
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
