//! What operators ask: alive, ready, metrics.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::port::{Code, Refusal};
use prometheus::{Encoder as _, TextEncoder};
use serde_json::{Value, json};

use super::{GatewayState, HttpFault};
use crate::gatekeeper::Gatekeeper;
use crate::readiness::Readiness;

pub(super) async fn alive() -> Json<Value> {
    Json(json!({"alive": true}))
}

pub(super) async fn ready<G: Gatekeeper>(
    State(gateway): GatewayState<G>,
) -> (StatusCode, Json<Readiness>) {
    let mut readiness = (gateway.readiness)();
    // Who drains wants no players, however well it does.
    readiness.ready &= !gateway.hub.is_draining();
    let status = if readiness.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(readiness))
}

pub(super) async fn metrics<G: Gatekeeper>(
    State(gateway): GatewayState<G>,
) -> Result<Response, HttpFault> {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    encoder
        .encode(&gateway.registry.gather(), &mut text)
        .map_err(|fault| {
            tracing::error!(%fault, "metrics could not be printed");
            Refusal::of(Code::InternalError)
        })?;
    let headers = [(header::CONTENT_TYPE, encoder.format_type().to_owned())];
    Ok((headers, text).into_response())
}
