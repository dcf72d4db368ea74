//! The listener, and the end of everything behind it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::any;
use engine::port::{Correlation, NetPorts, Registry, Tasks};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tracing::Instrument as _;

use crate::config::NetConfig;
use crate::edge::admission::AdmissionCheck;
use crate::edge::transport::{Answering, Transport};
use crate::edge::ws;
use crate::fault::NetFault;
use crate::gatekeeper::Gatekeeper;
use crate::gateway::{Caller, Changing, Gateway};
use crate::hub::Hub;
use crate::limit::ConnectionPermit;
use crate::metrics::Metrics;
use crate::readiness::Readiness;
use crate::tls::Tls;
use crate::world::WorldInfo;
use crate::{http, router, stall};

mod telnet;

/// Connections to the listener of metrics: a few scrapers and probes, each with a spare.
const OPERATORS_MAX: usize = 64;

/// What the gateway asks of others.
pub struct Doors<G> {
    /// The account store.
    pub gate: G,
    /// Whether the server should be sent players.
    pub readiness: Box<dyn Fn() -> Readiness + Send + Sync>,
    /// The certificate; `None`: plain TCP.
    pub tls: Option<Tls>,
    /// What those may know of the world who are not in it yet.
    pub world: WorldInfo,
    /// The listener that metrics have for themselves; `None`: they are at the other.
    pub metrics: Option<TcpListener>,
    /// The listener for telnet; `None`: there is none.
    pub telnet: Option<TcpListener>,
    /// The listener for telnet by TLS, which needs [`Doors::tls`]; `None`: there is none.
    pub telnets: Option<TcpListener>,
}

impl<G> std::fmt::Debug for Doors<G> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Doors")
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

/// Where the doors are.
fn note_listeners<G>(config: &mut NetConfig, listener: &TcpListener, doors: &Doors<G>) {
    config.tls = doors.tls.is_some();
    config.loopback = listener
        .local_addr()
        .is_ok_and(|address| address.ip().to_canonical().is_loopback());
    let port = |listener: &Option<TcpListener>| {
        let address = listener.as_ref()?.local_addr().ok()?;
        Some(address.port())
    };
    config.telnet = port(&doors.telnet);
    config.telnets = port(&doors.telnets);
}

/// Serves `listener` until `tasks` are told to stop. Then every session hears `system_error`, is
/// closed 1001, and gets [`Timeouts::drain`](crate::Timeouts::drain) for its last frames.
///
/// # Errors
/// When the metrics are registered already, the listener can't be used, or the world ends first.
pub async fn serve<G: Gatekeeper>(
    listener: TcpListener,
    ports: NetPorts,
    doors: Doors<G>,
    mut config: NetConfig,
    tasks: &Tasks,
    registry: &Registry,
) -> Result<(), NetFault> {
    let metrics = Metrics::new(registry)?;
    note_listeners(&mut config, &listener, &doors);
    let stop = tasks.stop().clone();
    let gate = Arc::new(doors.gate);
    let seal = {
        let gate = Arc::clone(&gate);
        Box::new(move |character, nonce| gate.seal(character, nonce))
    };
    let hub = Arc::new(Hub::new(
        config,
        metrics.clone(),
        ports.inbound,
        ports.gauge,
        tasks.clone(),
        seal,
    ));
    let gateway = Arc::new(Gateway {
        hub: Arc::clone(&hub),
        gate,
        readiness: doors.readiness,
        registry: registry.clone(),
        world: doors.world,
        changing: Changing::default(),
    });
    let apart = doors.metrics.is_some();
    if let Some(listener) = doors.metrics {
        let app = http::operators(Arc::clone(&gateway));
        tasks.spawn("metrics", operators(listener, Arc::clone(&hub), app));
    }
    let signed_out = Arc::clone(&gateway);
    tasks.spawn(
        "sign-outs",
        async move { signed_out.end_signed_out().await },
    );
    // One count for all doors: a place is a place.
    let admission = Arc::new(AdmissionCheck::players(Arc::clone(&hub)));
    let secure = doors.telnets.zip(doors.tls.clone());
    open_telnet((doors.telnet, secure), &gateway, &admission, tasks);
    let app = http::app(gateway, any(ws::upgrade::<G>), apart);

    tasks.spawn("event-loop-watch", stall::watch(metrics, stop.clone()));
    let routing = tasks.spawn(
        "router",
        router::run(ports.emissions, Arc::clone(&hub), stop.clone()),
    );
    let ended = accept(
        listener,
        &admission,
        &hub,
        &app,
        doors.tls.as_ref(),
        routing,
    )
    .await;

    hub.open.close();
    if timeout(hub.config.timeouts.drain, hub.open.wait())
        .await
        .is_err()
    {
        tracing::warn!(open = hub.open.len(), "sockets did not close in time");
    }
    match ended {
        Some(router::RouterEnd::Stopped) => Ok(()),
        // A panicked router is a mistake of ours; the world's word can't reach anybody either way.
        Some(router::RouterEnd::WorldGone) | None => Err(NetFault::WorldGone),
    }
}

/// Listens for telnet, in the clear and by TLS, where there are listeners for it.
fn open_telnet<G: Gatekeeper>(
    (plain, secure): (Option<TcpListener>, Option<(TcpListener, Tls)>),
    gateway: &Arc<Gateway<G>>,
    admission: &Arc<AdmissionCheck>,
    tasks: &Tasks,
) {
    let secure = secure.map(|(listener, tls)| (listener, Some(tls)));
    let plain = plain.map(|listener| (listener, None));
    for (listener, tls) in plain.into_iter().chain(secure) {
        let (gateway, admission) = (Arc::clone(gateway), Arc::clone(admission));
        let listening = telnet::listen(listener, gateway, admission, tls);
        tasks.spawn("telnet-listener", listening);
    }
}

/// Takes connections until the router has ended; answers how, if it did not panic.
async fn accept(
    listener: TcpListener,
    admission: &AdmissionCheck,
    hub: &Arc<Hub>,
    app: &Router,
    tls: Option<&Tls>,
    mut routing: JoinHandle<router::RouterEnd>,
) -> Option<router::RouterEnd> {
    loop {
        tokio::select! {
            ended = &mut routing => return ended.ok(),
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => match admission.connect(peer.ip()) {
                    Some(place) => admit(stream, peer, place, hub, app, tls),
                    None => turn_away(&stream),
                },
                Err(fault) => not_accepted(&fault).await,
            },
        }
    }
}

/// Answers operators on a listener of their own, until the server stops.
async fn operators(listener: TcpListener, hub: Arc<Hub>, app: Router) {
    let admission = AdmissionCheck::operators(Arc::clone(&hub), OPERATORS_MAX);
    let stop = hub.tasks.stop().clone();
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, peer)) => match admission.connect(peer.ip()) {
                Some(place) => admit(stream, peer, place, &hub, &app, None),
                None => turn_away(&stream),
            },
            Err(fault) => not_accepted(&fault).await,
        }
    }
}

/// Out of descriptors, or the peer is gone already: neither ends a listener.
async fn not_accepted(fault: &io::Error) {
    tracing::warn!(%fault, "connection could not be accepted");
    sleep(Duration::from_millis(50)).await;
}

/// Says 503 without waiting for anything, not even for the request.
fn turn_away(stream: &TcpStream) {
    const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
        content-type: application/json\r\ncontent-length: 88\r\nretry-after: 5\r\n\
        connection: close\r\n\r\n\
        {\"error\":{\"code\":\"server_busy\",\"message\":\"All places are taken.\",\"retry_after_ms\":5000}}";
    // A peer that can't take even this gets nothing.
    drop(stream.try_write(BUSY));
    tracing::debug!("connection turned away, all places are taken");
}

fn admit(
    stream: TcpStream,
    peer: SocketAddr,
    place: ConnectionPermit,
    hub: &Arc<Hub>,
    app: &Router,
    tls: Option<&Tls>,
) {
    let correlation = Correlation(rand::random());
    let caller = Arc::new(Caller {
        peer: peer.ip().to_canonical(),
        correlation,
        _place: place,
    });
    let span = tracing::info_span!("connection", correlation_id = %correlation);
    let acceptor = tls.map(Tls::acceptor);
    let (app, task_hub) = (app.clone(), Arc::clone(hub));
    let work = async move {
        tune(&stream, task_hub.config.sessions.send_buffer_bytes);
        let transport = match acceptor {
            None => Transport::Plain(stream),
            Some(acceptor) => match secured(acceptor, stream, &task_hub).await {
                Some(transport) => transport,
                None => return,
            },
        };
        speak(transport, caller, &task_hub, app).await;
    };
    hub.tasks
        .spawn("connection", Box::pin(work.instrument(span)));
}

/// The connection by TLS, once the handshake is done.
async fn secured(acceptor: TlsAcceptor, stream: TcpStream, hub: &Hub) -> Option<Transport> {
    match timeout(hub.config.timeouts.request, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => Some(Transport::Tls(Box::new(stream))),
        Ok(Err(fault)) => {
            tracing::debug!(%fault, "tls handshake failed");
            None
        }
        Err(_) => None,
    }
}

/// Speaks HTTP until the peer has enough, the connection becomes a websocket, or the server stops.
async fn speak(transport: Transport, caller: Arc<Caller>, hub: &Hub, app: Router) {
    let app = TowerToHyperService::new(app);
    let service = service_fn(move |mut request: Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(Arc::clone(&caller));
        app.call(request.map(Body::new))
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        // Who has sent the whole request and no more may still hear the answer.
        .half_close(true)
        .header_read_timeout(hub.config.timeouts.request)
        // The smallest that hyper takes: requests are small.
        .max_buf_size(8 * 1024);
    let transport = Answering::new(transport, hub.config.timeouts.write);
    let connection = http
        .serve_connection(TokioIo::new(transport), service)
        .with_upgrades();
    tokio::pin!(connection);
    let served = tokio::select! {
        served = &mut connection => served,
        () = hub.tasks.stop().cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(fault) = served {
        tracing::debug!(%fault, "http connection broke");
    }
}

fn tune(stream: &TcpStream, send_buffer_bytes: usize) {
    // A tick's frames leave in one write: there is nothing to wait for.
    let mut tuned = stream.set_nodelay(true);
    if send_buffer_bytes > 0 {
        tuned = tuned.and(SockRef::from(stream).set_send_buffer_size(send_buffer_bytes));
    }
    if let Err(fault) = tuned {
        tracing::debug!(%fault, "socket could not be tuned");
    }
}
