//! Pages and calls: one listener for everything.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, delete, get, post};
use engine::port::{Code, Refusal};

use crate::gatekeeper::Gatekeeper;
use crate::gateway::{Caller, Gateway};
use crate::hub::Hub;

mod auth;
mod body;
mod calls;
mod characters;
mod fault;
mod health;
mod origin;
mod page;
mod rooms;
mod world;

pub use calls::{HTTP_CALLS, HttpCall, refusal_shape};
pub(crate) use fault::HttpFault;
use origin::OriginTrust;
use page::Pages;

/// What the calls of pages are made with.
type GatewayState<G> = State<Arc<Gateway<G>>>;

/// Scripts, styles and sockets of our own and nothing else; no frame around the page.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'",
);

/// What is for operators: on a listener of their own, beside the players'.
pub(crate) fn operators<G: Gatekeeper>(gateway: Arc<Gateway<G>>) -> Router {
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready::<G>))
        .route("/metrics", get(health::metrics::<G>))
        .fallback(nowhere)
        .method_not_allowed_fallback(not_that_way)
        .with_state(gateway)
}

/// Everything the listener answers, with `sockets` where clients come in to play; `apart`: without
/// the metrics, which have a listener of their own.
pub(crate) fn app<G: Gatekeeper>(
    gateway: Arc<Gateway<G>>,
    sockets: MethodRouter<Arc<Gateway<G>>>,
    apart: bool,
) -> Router {
    let hub = Arc::clone(&gateway.hub);
    let pages = Router::new()
        .route("/", get(page::index))
        .route("/client/{*path}", get(page::file))
        .with_state(Arc::new(Pages::of(&gateway.world)));
    let metrics = if apart {
        Router::new()
    } else {
        Router::new().route("/metrics", get(health::metrics::<G>))
    };
    metrics
        .merge(pages)
        .route("/api/world", get(world::world::<G>))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready::<G>))
        .route("/api/ws", sockets)
        .route("/auth/register", post(auth::register::<G>))
        .route("/auth/login", post(auth::login::<G>))
        .route("/auth/guest", post(auth::guest::<G>))
        .route("/auth/claim", post(auth::claim::<G>))
        .route("/auth/logout", post(auth::logout::<G>))
        .route("/auth/refresh", post(auth::refresh::<G>))
        .route("/auth/password", post(auth::password::<G>))
        .route("/auth/me", get(auth::me::<G>))
        .route(
            "/api/players/characters",
            get(characters::list::<G>).post(characters::create::<G>),
        )
        .route(
            "/api/players/professions",
            get(characters::professions::<G>),
        )
        .route("/api/players/roll", post(characters::roll::<G>))
        .route(
            "/api/players/characters/{id}",
            delete(characters::remove::<G>),
        )
        .route("/api/rooms/{id}/occupants", get(rooms::occupants::<G>))
        .fallback(nowhere)
        .method_not_allowed_fallback(not_that_way)
        .layer(from_fn_with_state(hub, guard))
        .with_state(gateway)
}

/// Keeps strange names and origins out and says to browsers what the answers may be used for.
async fn guard(State(hub): State<Arc<Hub>>, request: Request, next: Next) -> Response {
    let config = &hub.config;
    let origin = request.headers().get(header::ORIGIN).cloned();
    if let Some(caller) = request.extensions().get::<Arc<Caller>>() {
        hub.warn_of_proxy(caller.peer, request.headers());
    }
    let (uri, version) = (request.uri(), request.version());
    let named = origin::check_host(config, request.headers(), uri, version);
    let standing = origin::standing(config, request.headers());
    // A page that is only read tells a stranger nothing: browsers keep it from them.
    let acts = request.method() != Method::GET && request.method() != Method::HEAD;
    let socket = request.uri().path() == "/api/ws";
    let mut response = if let Err(fault) = named {
        fault.into_response()
    } else if standing == OriginTrust::Strange && (acts || socket) {
        let refusal = Refusal::new(
            Code::AuthorizationDenied,
            "That origin is not allowed here.",
        );
        HttpFault::from(refusal).into_response()
    } else if standing == OriginTrust::Allowed && request.method() == Method::OPTIONS {
        preflight()
    } else {
        next.run(request).await
    };

    let headers = response.headers_mut();
    if config.tls {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    if let (OriginTrust::Allowed, Some(origin)) = (standing, origin) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn preflight() -> Response {
    let allow = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, DELETE"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, allow).into_response()
}

async fn nowhere() -> HttpFault {
    Refusal::new(Code::ResourceNotFound, "There is nothing at that address.").into()
}

async fn not_that_way() -> HttpFault {
    let refusal = Refusal::new(Code::InvalidInput, "That method is not allowed here.");
    HttpFault::from(refusal).with_status(StatusCode::METHOD_NOT_ALLOWED)
}
