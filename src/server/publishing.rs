//! Whoever publishes while the server runs: its watch over the draft, its control socket, designers in
//! the game, other nodes.

use std::net::SocketAddr;
use std::sync::Arc;

use engine::content::{Content, ContentTypes, RevisionBuilder};
use engine::port::{Inbound, Lane, MetricsFault, Registry, Tasks};
use engine::runner::{DraftDesk, PluginBoard};
use prometheus::IntGauge;
use storage::Revisions;
use tokio::sync::watch;

use crate::config::Config;
use crate::control::ControlSocket;
use crate::revisions::{Begun, LiveWorld, Publisher, follow, serve_wishes, watch_draft};
use crate::world_files::is_inside;

/// `kadath_content_revision`, beginning with this one.
fn gauge(registry: &Registry, number: u64) -> Result<IntGauge, MetricsFault> {
    let gauge = IntGauge::new(
        "kadath_content_revision",
        "the revision of its content that the world runs",
    )?;
    registry.register(Box::new(gauge.clone()))?;
    gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
    Ok(gauge)
}

/// Whether the draft is watched: where the server is its designer's own.
pub(super) const fn watches(config: &Config, address: SocketAddr) -> bool {
    config.content.watch && address.ip().is_loopback()
}

/// Starts all of them.
pub(super) fn start(
    (config, address): (&Config, SocketAddr),
    (types, revisions, world): (Arc<ContentTypes>, Revisions, String),
    begun: Begun,
    (builder, desk, content): (RevisionBuilder, DraftDesk, watch::Sender<Arc<Content>>),
    (board, inbound): (PluginBoard, Lane<Inbound>),
    registry: &Registry,
    tasks: &Tasks,
) -> Result<(), MetricsFault> {
    let DraftDesk {
        revisions: lane,
        wishes,
    } = desk;
    let live = LiveWorld {
        builder,
        lane,
        inbound,
        content,
        number: gauge(registry, begun.mark.number)?,
    };
    let Begun { mark, told, .. } = begun;
    let folder = config.server.world.clone();
    let kept = (revisions, Some(world));
    let publisher = Publisher::new(types, kept, folder, Some(live), mark, told);
    let stop = || tasks.stop().clone();
    tasks.spawn("wishes", serve_wishes(publisher.clone(), wishes, stop()));
    let shared = config.database.shared;
    // What lies inside of the program changes with it.
    if watches(config, address) && !is_inside(&config.server.world) {
        // What lies here may be older than what the others have published.
        let watch = watch_draft(publisher.clone(), !shared, stop());
        tasks.spawn("draft", watch);
    }
    if shared {
        tasks.spawn("revisions", follow(publisher.clone(), stop()));
    }
    match ControlSocket::open(&config.server.data) {
        Ok(socket) => {
            let served = (publisher, board, registry.clone());
            let served = socket.serve(served, tasks.clone(), stop());
            tasks.spawn("control", served);
        }
        Err(fault) => {
            let data = config.server.data.display();
            tracing::warn!(%data, %fault, "no control socket; `kadath world` reaches this server not");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::watches;
    use crate::config::Config;

    #[test]
    fn draft_is_watched_on_loopback_listeners_only() {
        let mut config = Config::default();
        for (address, is_watched) in [
            ("127.0.0.1:4000", true),
            ("[::1]:4000", true),
            ("0.0.0.0:4000", false),
            ("192.0.2.1:4000", false),
        ] {
            assert_eq!(
                watches(&config, address.parse().unwrap()),
                is_watched,
                "{address}"
            );
        }
        config.content.watch = false;
        assert!(!watches(&config, "127.0.0.1:4000".parse().unwrap()));
    }
}
