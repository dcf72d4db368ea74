//! Whoever publishes while the server runs: its watch over the draft, its control socket, designers in
//! the game, other nodes.

use std::net::SocketAddr;

use engine::port::{DraftWish, MetricsFault, Registry, Tasks};
use prometheus::IntGauge;
use tokio::sync::mpsc;

use crate::config::Config;
use crate::control::ControlSocket;
use crate::revisions::{Publisher, follow, serve_wishes, watch};

/// `kadath_content_revision`, beginning with this one.
pub(super) fn gauge(registry: &Registry, number: u64) -> Result<IntGauge, MetricsFault> {
    let gauge = IntGauge::new(
        "kadath_content_revision",
        "the revision of its content that the world runs",
    )?;
    registry.register(Box::new(gauge.clone()))?;
    gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
    Ok(gauge)
}

/// Starts all of them.
pub(super) fn start(
    config: &Config,
    address: SocketAddr,
    publisher: Publisher,
    wishes: mpsc::Receiver<DraftWish>,
    tasks: &Tasks,
) {
    let stop = || tasks.stop().clone();
    tasks.spawn("wishes", serve_wishes(publisher.clone(), wishes, stop()));
    if config.content.watch && address.ip().is_loopback() {
        tasks.spawn("draft", watch(publisher.clone(), stop()));
    }
    if config.database.shared {
        tasks.spawn("revisions", follow(publisher.clone(), stop()));
    }
    match ControlSocket::open(&config.server.data) {
        Ok(socket) => {
            tasks.spawn("control", socket.serve(publisher, tasks.clone(), stop()));
        }
        Err(fault) => {
            let data = config.server.data.display();
            tracing::warn!(%data, %fault, "no control socket; `kadath world` reaches this server not");
        }
    }
}
