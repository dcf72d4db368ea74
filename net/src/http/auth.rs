//! `/auth/*`: accounts and tokens.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use engine::port::{AccountId, Role};
use schemars::JsonSchema;
use serde::Serialize;

use super::body::{Bearer, Fields};
use super::characters::Card;
use super::{GatewayState, HttpFault};
use crate::address;
use crate::gatekeeper::{Gatekeeper, Secret, SignedIn};
use crate::gateway::{Caller, Gateway};

type SignInResult = Result<NoStore<SignInAnswer>, HttpFault>;

/// What a sign-in is answered with.
#[derive(Serialize, JsonSchema)]
pub(super) struct SignInAnswer {
    /// What signs in over the websocket, and stands in `Authorization: Bearer`.
    access_token: String,
    /// `bearer`.
    token_type: &'static str,
    /// A UUID.
    #[schemars(with = "String")]
    user_id: AccountId,
    username: String,
    /// `player`, `designer` or `admin`.
    #[schemars(with = "String")]
    role: Role,
    guest: bool,
    /// The living ones, the most recently played first.
    characters: Vec<Card>,
    /// Gets another token, once.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

impl From<SignedIn> for SignInAnswer {
    fn from(signed: SignedIn) -> Self {
        Self {
            access_token: signed.access_token.expose().to_owned(),
            token_type: "bearer",
            user_id: signed.account,
            username: signed.username,
            role: signed.role,
            guest: signed.guest,
            characters: signed.characters.into_iter().map(Card::from).collect(),
            refresh_token: None,
        }
    }
}

impl SignInAnswer {
    /// A sign-in, with what renews it.
    fn with(signed: SignedIn, refresh: Option<Secret>) -> Self {
        Self {
            refresh_token: refresh.map(|token| token.expose().to_owned()),
            ..signed.into()
        }
    }
}

/// What a new sign-in is answered with.
async fn renewable<G: Gatekeeper>(gateway: &Gateway<G>, signed: SignedIn) -> SignInResult {
    let refresh = gateway.refresh_token(&signed).await;
    Ok(NoStore(SignInAnswer::with(signed, refresh)))
}

/// JSON that nobody on the way may keep.
pub(super) struct NoStore<T>(pub(super) T);

impl<T: Serialize> IntoResponse for NoStore<T> {
    fn into_response(self) -> axum::response::Response {
        let headers = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        (headers, Json(self.0)).into_response()
    }
}

/// Where a call comes from.
pub(super) struct Origin(pub(super) IpAddr);

impl<G: Gatekeeper> FromRequestParts<Arc<Gateway<G>>> for Origin {
    type Rejection = HttpFault;

    async fn from_request_parts(
        parts: &mut Parts,
        gateway: &Arc<Gateway<G>>,
    ) -> Result<Self, HttpFault> {
        let caller = parts.extensions.get::<Arc<Caller>>();
        // Every request comes by a connection, which has left its caller here.
        let peer = caller.map_or(IpAddr::from([0, 0, 0, 0]), |caller| caller.peer);
        let trust = gateway.hub.config.trust_proxy;
        Ok(Self(address::client(peer, &parts.headers, trust)))
    }
}

pub(super) async fn register<G: Gatekeeper>(
    State(gateway): GatewayState<G>,
    Origin(from): Origin,
    fields: Fields,
) -> SignInResult {
    let signed = gateway.register(from, fields.registration()?).await?;
    renewable(&gateway, signed).await
}

pub(super) async fn login<G: Gatekeeper>(
    State(gateway): GatewayState<G>,
    Origin(from): Origin,
    fields: Fields,
) -> SignInResult {
    let username = fields.text("username")?;
    let password = Secret::new(fields.text("password")?);
    let signed = gateway.login(from, username, password).await?;
    renewable(&gateway, signed).await
}

pub(super) async fn guest<G: Gatekeeper>(
    State(gateway): GatewayState<G>,
    Origin(from): Origin,
    _: Fields,
) -> SignInResult {
    let signed = gateway.guest(from).await?;
    renewable(&gateway, signed).await
}

pub(super) async fn claim<G: Gatekeeper>(
    State(gateway): GatewayState<G>,
    Origin(from): Origin,
    Bearer(token): Bearer,
    fields: Fields,
) -> SignInResult {
    let who = fields.registration()?;
    let signed = gateway.claim(from, token, who).await?;
    renewable(&gateway, signed).await
}

pub(super) async fn refresh<G: Gatekeeper>(
    State(gateway): GatewayState<G>,
    Origin(from): Origin,
    fields: Fields,
) -> SignInResult {
    let token = Secret::new(fields.text("refresh_token")?);
    let (signed, next) = gateway.refresh(from, token).await?;
    Ok(NoStore(SignInAnswer::with(signed, next)))
}

pub(super) async fn password<G: Gatekeeper>(
    State(gateway): GatewayState<G>,
    Origin(from): Origin,
    Bearer(token): Bearer,
    fields: Fields,
) -> SignInResult {
    let old = Secret::new(fields.text("old")?);
    let new = Secret::new(fields.text("new")?);
    let signed = gateway.change_password(from, token, old, new).await?;
    renewable(&gateway, signed).await
}

pub(super) async fn logout<G: Gatekeeper>(
    State(gateway): GatewayState<G>,
    Bearer(token): Bearer,
) -> Result<StatusCode, HttpFault> {
    gateway.logout(token).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn me<G: Gatekeeper>(
    State(gateway): GatewayState<G>,
    Origin(from): Origin,
    Bearer(token): Bearer,
) -> SignInResult {
    Ok(NoStore(gateway.me(from, token).await?.into()))
}
