//! A listener for telnet.

use std::net::SocketAddr;
use std::sync::Arc;

use engine::port::Correlation;
use tokio::net::{TcpListener, TcpStream};
use tracing::Instrument as _;

use super::{not_accepted, secured, tune};
use crate::edge::admission::AdmissionCheck;
use crate::edge::telnet;
use crate::edge::transport::Transport;
use crate::gatekeeper::Gatekeeper;
use crate::gateway::Gateway;
use crate::limit::ConnectionPermit;
use crate::tls::Tls;

/// What is said where all places are taken.
const BUSY: &[u8] = b"All places are taken. Try again in a few seconds.\r\n";

/// Takes connections until the server stops; with `tls`, by TLS only.
pub(super) async fn listen<G: Gatekeeper>(
    listener: TcpListener,
    gateway: Arc<Gateway<G>>,
    admission: Arc<AdmissionCheck>,
    tls: Option<Tls>,
) {
    let stop = gateway.hub.tasks.stop().clone();
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, peer)) => match admission.connect(peer.ip()) {
                Some(place) => admit(stream, peer, place, &gateway, tls.as_ref()),
                None => {
                    // A peer that can't take even this gets nothing.
                    drop(stream.try_write(BUSY));
                    tracing::debug!("telnet connection turned away, all places are taken");
                }
            },
            Err(fault) => not_accepted(&fault).await,
        }
    }
}

fn admit<G: Gatekeeper>(
    stream: TcpStream,
    peer: SocketAddr,
    place: ConnectionPermit,
    gateway: &Arc<Gateway<G>>,
    tls: Option<&Tls>,
) {
    let correlation = Correlation(rand::random());
    let from = peer.ip().to_canonical();
    let span = tracing::info_span!("connection", correlation_id = %correlation);
    let acceptor = tls.map(Tls::acceptor);
    let gateway = Arc::clone(gateway);
    let tasks = gateway.hub.tasks.clone();
    let work = async move {
        let _place = place;
        let hub = &gateway.hub;
        tune(&stream, hub.config.sessions.send_buffer_bytes);
        telnet::watch(&stream, hub.config.timeouts.ping);
        let transport = match acceptor {
            None if telnet::is_other_protocol(&stream).await => return,
            None => Transport::Plain(stream),
            Some(acceptor) => match Box::pin(secured(acceptor, stream, hub)).await {
                Some(transport) => transport,
                None => return,
            },
        };
        telnet::serve(gateway, transport, from, correlation).await;
    };
    tasks.spawn("telnet", Box::pin(work.instrument(span)));
}
