//! The gateway without a listener: its doors are in memory, for `tests/simulation`.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use engine::port::{Correlation, MetricsFault, NetPorts, Registry, Tasks};
use tokio::io::{DuplexStream, duplex};
use tokio::sync::mpsc;

use super::link::Link;
use super::pipe::bytes::BytePipe;
use super::sign_in::Newcomer;
use super::{admission, serve};
use crate::config::NetConfig;
use crate::format::{Encoder, Format};
use crate::gatekeeper::Gatekeeper;
use crate::gateway::{Changing, Gateway};
use crate::hub::Hub;
use crate::metrics::Metrics;
use crate::readiness::{Checks, ReadinessCheck};
use crate::router;
use crate::world::WorldInfo;

/// From where everybody comes: nobody is too many there.
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A gateway that is reached by [`connect`](Self::connect) alone.
pub struct SimulatedGateway<G> {
    gateway: Arc<Gateway<G>>,
}

/// What the sessions of a gateway hold, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionMemory {
    /// How many sessions there are.
    pub sessions: usize,
    /// What the fullest ring keeps for a resume.
    pub ring_max: usize,
    /// What waits in the fullest queue.
    pub queue_max: usize,
}

impl<G: Gatekeeper> SimulatedGateway<G> {
    /// A gateway between these lanes and this account store.
    ///
    /// # Errors
    /// When `registry` has a gateway already.
    pub fn open(
        ports: NetPorts,
        gate: G,
        config: NetConfig,
        tasks: &Tasks,
        registry: &Registry,
    ) -> Result<Self, MetricsFault> {
        let gate = Arc::new(gate);
        let sealing = Arc::clone(&gate);
        let seal = Box::new(move |character, nonce| sealing.seal(character, nonce));
        let hub = Arc::new(Hub::new(
            config,
            Metrics::new(registry)?,
            ports.inbound,
            ports.gauge,
            tasks.clone(),
            seal,
        ));
        let gateway = Arc::new(Gateway {
            hub: Arc::clone(&hub),
            gate,
            readiness: Box::new(|| well().into()),
            registry: registry.clone(),
            world: nowhere(),
            changing: Changing::default(),
        });
        let signed_out = Arc::clone(&gateway);
        tasks.spawn("sign-outs", async move {
            signed_out.end_signed_out().await;
        });
        let stop = tasks.stop().clone();
        tasks.spawn("router", router::run(ports.emissions, hub, stop));
        Ok(Self { gateway })
    }

    /// Another connection, whose wire holds `bytes` each way. A line is a message of `kadath.v1`.
    /// `None`: nobody gets in.
    #[must_use]
    pub fn connect(&self, correlation: Correlation, bytes: usize) -> Option<DuplexStream> {
        let hub = Arc::clone(&self.gateway.hub);
        let pass = admission::play(&hub, HERE).ok()?;
        let (client, stream) = duplex(bytes);
        let (closing, _) = mpsc::channel(1);
        let pipe = BytePipe::new(stream, Format::Kadath, closing);
        let newcomer = Newcomer {
            gateway: Arc::clone(&self.gateway),
            from: HERE,
            correlation,
            bearer: None,
            resume_only: pass.resume_only,
        };
        let encoder = Encoder::new(Format::Kadath);
        let link = Box::new(Link::new(Box::new(pipe), encoder, Arc::clone(&hub)));
        hub.tasks.spawn("connection", async move {
            let _pass = pass;
            serve(newcomer, link).await;
        });
        Some(client)
    }

    /// What its sessions hold just now.
    #[must_use]
    pub fn memory(&self) -> SessionMemory {
        let mut memory = SessionMemory::default();
        for session in self.gateway.hub.directory.all() {
            let (ring, queue) = session.held();
            memory.sessions += 1;
            memory.ring_max = memory.ring_max.max(ring);
            memory.queue_max = memory.queue_max.max(queue);
        }
        memory
    }
}

fn well() -> Checks {
    let well = || ReadinessCheck::holds("simulated");
    Checks {
        tick: well(),
        journal: well(),
        storage: well(),
        bus: well(),
    }
}

fn nowhere() -> WorldInfo {
    WorldInfo {
        name: "A world in a box".to_owned(),
        tagline: String::new(),
        accent: None,
        icon: None,
        guests: false,
        time: Box::new(String::new),
        size: Box::new(Vec::new),
    }
}
