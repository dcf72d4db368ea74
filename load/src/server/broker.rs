//! A NATS server of the bench's own.

use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::{ChaosPart, free_port, listens};
use crate::fault::LoadFault;
use crate::scenario::ChaosKind;

const WHAT: &str = "nats-server";

/// The broker and its folder, which goes last.
pub(crate) struct Broker {
    port: u16,
    process: Option<Child>,
    folder: TempDir,
}

impl Broker {
    pub(super) async fn start() -> Result<Self, LoadFault> {
        let folder = TempDir::with_prefix("kadath-bench-nats-");
        let mut broker = Self {
            folder: folder.map_err(|why| LoadFault::setup(WHAT, why))?,
            port: free_port()?,
            process: None,
        };
        broker.run().await?;
        Ok(broker)
    }

    pub(super) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    async fn run(&mut self) -> Result<(), LoadFault> {
        let process = Command::new(WHAT)
            .args([
                "-a",
                "127.0.0.1",
                "-p",
                &self.port.to_string(),
                "-js",
                "-sd",
            ])
            .arg(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        self.process = Some(process.map_err(|why| LoadFault::setup(WHAT, why))?);
        listens(self.port, WHAT).await
    }

    async fn kill(&mut self) -> Result<(), LoadFault> {
        if let Some(mut process) = self.process.take() {
            let killed = process.kill().await;
            killed.map_err(|why| LoadFault::setup(WHAT, why))?;
        }
        Ok(())
    }
}

impl ChaosPart for Broker {
    async fn inflict(&mut self, _: ChaosKind) -> Result<(), LoadFault> {
        self.kill().await
    }

    async fn restore(&mut self, _: ChaosKind) -> Result<(), LoadFault> {
        self.run().await
    }
}
