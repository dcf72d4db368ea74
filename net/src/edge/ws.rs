//! The websocket, one of the doors: from the handshake to the close code.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use engine::port::{Code, Refusal};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tracing::Instrument as _;

use crate::address;
use crate::edge::transport::{Answering, Transport};
use crate::format::{Encoder, Format};
use crate::gatekeeper::Gatekeeper;
use crate::gateway::{Caller, Gateway};
use crate::http::HttpFault;
use crate::hub::Hub;

use super::admission;
use super::link::Link;
use super::pipe::Pipe;
use super::sign_in::Newcomer;
use super::telnet;
use negotiate::negotiate;
use pipe::WsPipe;

mod close;
mod negotiate;
mod pipe;
mod wire;

/// `GET /api/ws`.
pub(crate) async fn upgrade<G: Gatekeeper>(
    State(gateway): State<Arc<Gateway<G>>>,
    Extension(caller): Extension<Arc<Caller>>,
    mut request: Request,
) -> Result<Response<Body>, HttpFault> {
    let hub = &gateway.hub;
    let accept = handshake_key(request.headers())?;
    let terms = negotiate(request.headers()).ok_or_else(|| {
        HttpFault::from(Refusal::new(
            Code::InvalidInput,
            "None of the offered subprotocols is spoken here.",
        ))
    })?;
    let from = address::client(caller.peer, request.headers(), hub.config.trust_proxy);
    let pass = admission::play(hub, from)?;
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return Err(not_a_handshake("This connection can't become a websocket."));
    };

    let newcomer = Newcomer {
        gateway: Arc::clone(&gateway),
        from,
        correlation: caller.correlation,
        bearer: terms.bearer,
        resume_only: pass.resume_only,
    };
    let format = terms.format;
    let work = async move {
        // Hold the connection's places until the socket is done.
        let (_caller, _pass) = (caller, pass);
        let hub = Arc::clone(&newcomer.gateway.hub);
        if let Some((transport, ahead)) = Box::pin(upgraded(upgrade, &hub)).await {
            let writes = hub.metrics.socket_writes.clone();
            // Boxed, like all that is big: a future keeps room for each place a value is moved to.
            let pipe = Box::pin(WsPipe::open(transport, ahead, writes)).await;
            let pipe: Box<dyn Pipe> = match format {
                Format::Telnet => telnet::within(pipe, Arc::clone(&newcomer.gateway)),
                _ => Box::new(pipe),
            };
            let link = Box::new(Link::new(pipe, Encoder::new(format), hub));
            super::serve(newcomer, link).await;
        }
    };
    let work = work.instrument(tracing::Span::current());
    hub.tasks.spawn("socket", Box::pin(work));

    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    if let Some(echo) = terms.echo {
        headers.insert(
            header::SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static(echo),
        );
    }
    Ok(response)
}

/// The stream under the connection, and what the client sent ahead.
async fn upgraded(upgrade: OnUpgrade, hub: &Hub) -> Option<(Transport, Vec<u8>)> {
    let upgraded = timeout(hub.config.timeouts.request, upgrade)
        .await
        .ok()?
        .ok()?;
    let parts = upgraded.downcast::<TokioIo<Answering>>().ok()?;
    let transport = parts.io.into_inner().into_inner();
    Some((transport, parts.read_buf.to_vec()))
}

/// Checks that the request is a websocket handshake; answers the accept key.
fn handshake_key(headers: &HeaderMap) -> Result<HeaderValue, HttpFault> {
    let has = |name: header::HeaderName, word: &str| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|part| part.trim().eq_ignore_ascii_case(word))
    };
    if !has(header::CONNECTION, "upgrade") || !has(header::UPGRADE, "websocket") {
        return Err(not_a_handshake("This address speaks websocket only."));
    }
    if !has(header::SEC_WEBSOCKET_VERSION, "13") {
        return Err(not_a_handshake("Only version 13 of websocket is spoken."));
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY);
    key.and_then(|key| HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok())
        .ok_or_else(|| not_a_handshake("Sec-WebSocket-Key is missing."))
}

fn not_a_handshake(message: &'static str) -> HttpFault {
    let fault = HttpFault::from(Refusal::new(Code::WebsocketError, message));
    fault.with_status(StatusCode::UPGRADE_REQUIRED)
}
