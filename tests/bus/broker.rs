//! A broker of the test's own.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use async_nats::ConnectOptions;
use tempfile::TempDir;

use crate::harness::until;
use crate::sniffer::Sniffer;

/// A `nats-server` with JetStream on a free port; killed when dropped.
pub(crate) struct Broker {
    pub(crate) port: u16,
    folder: TempDir,
    extra: String,
    process: Option<Child>,
    /// How the test's own clients get in.
    options: ConnectOptions,
    sniffer: Option<Sniffer>,
}

impl Broker {
    pub(crate) async fn start() -> Self {
        Self::start_with("", ConnectOptions::new()).await
    }

    /// With more in its configuration, and a way for the test itself to get in.
    pub(crate) async fn start_with(extra: &str, options: ConnectOptions) -> Self {
        // Free a moment ago; nobody else on this machine picks ports by number.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut broker = Self {
            port,
            folder: TempDir::with_prefix("kadath-broker-").unwrap(),
            extra: extra.to_owned(),
            process: None,
            options: options.connection_timeout(Duration::from_secs(10)),
            sniffer: None,
        };
        broker.run().await;
        let sniffer = Sniffer::start(&broker.url(), broker.options.clone()).await;
        broker.sniffer = Some(sniffer);
        broker
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts it (again), with what it has on its disk.
    pub(crate) async fn run(&mut self) {
        let config = self.folder().join("nats.conf");
        let text = format!(
            "listen: 127.0.0.1:{}\njetstream {{ store_dir: {:?}, max_file_store: 1G }}\n{}",
            self.port,
            self.folder().join("jetstream"),
            self.extra
        );
        std::fs::write(&config, text).unwrap();
        let log = std::fs::File::create(self.folder().join("log")).unwrap();
        let process = Command::new("nats-server")
            .arg("-c")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("nats-server is installed");
        self.process = Some(process);
        let port = self.port;
        until("the broker", async || {
            tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .ok()
        })
        .await;
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// SIGSTOP: its connections stand, and nothing answers.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    /// SIGCONT.
    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.process.as_ref().unwrap().id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// A plain client of the test's own.
    pub(crate) async fn client(&self) -> async_nats::Client {
        self.options.clone().connect(self.url()).await.unwrap()
    }

    /// How many messages of worlds were published so far; all their subjects were looked at.
    pub(crate) async fn sniffed(&self) -> u64 {
        self.sniffer.as_ref().unwrap().count().await
    }
}

/// Waits until the broker has done all that `client` asked of it: it works in order.
pub(crate) async fn settled(client: &async_nats::Client) {
    use futures_util::StreamExt as _;
    let inbox = client.new_inbox();
    let mut echo = client.subscribe(inbox.clone()).await.unwrap();
    client.publish(inbox, Default::default()).await.unwrap();
    client.flush().await.unwrap();
    tokio::time::timeout(Duration::from_secs(30), echo.next())
        .await
        .unwrap();
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}
