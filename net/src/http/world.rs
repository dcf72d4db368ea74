//! `GET /api/world`: what a door must know before anybody signs in.

use std::sync::Arc;

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::auth::NoStore;
use crate::gatekeeper::Gatekeeper;
use crate::gateway::Gateway;

/// The world from outside.
#[derive(Serialize, JsonSchema)]
pub(super) struct WorldSummary {
    name: String,
    tagline: String,
    guests: bool,
    /// Whether registering needs an invite code.
    invites: bool,
    registration: bool,
    players_online: usize,
    time: String,
}

pub(super) async fn world<G: Gatekeeper>(
    State(gateway): State<Arc<Gateway<G>>>,
) -> NoStore<WorldSummary> {
    let info = &gateway.world;
    NoStore(WorldSummary {
        name: info.name.clone(),
        tagline: info.tagline.clone(),
        guests: info.guests,
        invites: gateway.gate.needs_invite(),
        // Everybody may register, if only with an invite code.
        registration: true,
        players_online: gateway.hub.directory.count(),
        time: (info.time)(),
    })
}
