//! What calls bring along: a small JSON object, and a token.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use engine::port::{Code, Refusal};
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::HttpFault;
use crate::format::{DEPTH_MAX, MESSAGE_BYTES_MAX, too_deep};
use crate::gatekeeper::{Gatekeeper, Registration, Secret};
use crate::gateway::Gateway;

/// The field of a password.
const PASSWORD: &str = "password";

/// Fields that may hold any characters.
const PASSWORDS: [&str; 3] = [PASSWORD, "old", "new"];

/// A JSON object of at most 10 KiB.
#[derive(Debug)]
pub(super) struct Fields(Map<String, Value>);

impl<G: Gatekeeper> FromRequest<Arc<Gateway<G>>> for Fields {
    type Rejection = HttpFault;

    async fn from_request(request: Request, gateway: &Arc<Gateway<G>>) -> Result<Self, HttpFault> {
        // A body that trickles in is as bad as a head that does.
        let patience = gateway.hub.config.timeouts.request;
        let bytes = axum::body::to_bytes(request.into_body(), MESSAGE_BYTES_MAX);
        let bytes = timeout(patience, bytes)
            .await
            .map_err(|_| Refusal::of(Code::TimeoutError))?
            .map_err(|fault| unread(&fault))?;
        if bytes.is_empty() {
            return Ok(Self(Map::new()));
        }
        let bad = || Refusal::new(Code::InvalidFormat, "The body is not a JSON object.");
        if too_deep(&bytes, DEPTH_MAX) {
            return Err(bad().into());
        }
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            _ => Err(bad().into()),
        }
    }
}

/// What a body is told that could not be read to its end.
fn unread(fault: &axum::Error) -> HttpFault {
    let mut cause = std::error::Error::source(fault);
    while let Some(fault) = cause {
        if fault.is::<http_body_util::LengthLimitError>() {
            let refusal = Refusal::new(Code::ValidationError, "The body is over 10 KiB.");
            return HttpFault::from(refusal).with_status(StatusCode::PAYLOAD_TOO_LARGE);
        }
        cause = fault.source();
    }
    Refusal::new(Code::InvalidFormat, "The body ended before its time.").into()
}

impl Fields {
    /// A string that must be there.
    pub(super) fn text(&self, field: &'static str) -> Result<String, HttpFault> {
        self.maybe(field)?
            .ok_or_else(|| HttpFault::field(field, Refusal::of(Code::MissingRequiredField)))
    }

    /// A string that may be there, without control characters: none of what we are told is made of
    /// several lines, and PostgreSQL keeps no NUL. A password is never kept, so it may have them.
    pub(super) fn maybe(&self, field: &'static str) -> Result<Option<String>, HttpFault> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text))
                if !PASSWORDS.contains(&field) && text.contains(char::is_control) =>
            {
                let refusal = Refusal::new(Code::ValidationError, "That has control characters.");
                Err(HttpFault::field(field, refusal))
            }
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => {
                let refusal = Refusal::new(Code::ValidationError, "That must be a string.");
                Err(HttpFault::field(field, refusal))
            }
        }
    }

    /// What an account is made of.
    pub(super) fn registration(&self) -> Result<Registration, HttpFault> {
        Ok(Registration {
            username: self.text("username")?,
            password: Secret::new(self.text(PASSWORD)?),
            invite_code: self.maybe("invite_code")?,
            character: false,
        })
    }
}

/// The token of `Authorization: Bearer`.
#[derive(Debug)]
pub(super) struct Bearer(pub(super) Secret);

impl<S: Send + Sync> FromRequestParts<S> for Bearer {
    type Rejection = HttpFault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpFault> {
        let header = parts.headers.get(header::AUTHORIZATION);
        header
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| Self(Secret::new(token.trim())))
            .ok_or_else(|| Refusal::new(Code::AuthenticationFailed, "Sign in first.").into())
    }
}
