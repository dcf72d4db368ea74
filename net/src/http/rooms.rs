//! `/api/rooms`: who is in a room, beyond what a frame can list.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use engine::port::{Code, Question, Refusal, Role};

use super::HttpFault;
use super::body::Bearer;
use crate::gatekeeper::Gatekeeper;
use crate::gateway::Gateway;

/// The people on a page, where nothing else is asked for, and at most.
const LIMIT: u16 = 50;
const LIMIT_MAX: u16 = 200;
/// The longest name that can be meant, in bytes: five times what a name may have.
const AFTER_MAX: usize = 100;

pub(super) async fn occupants<G: Gatekeeper>(
    State(gateway): State<Arc<Gateway<G>>>,
    room: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    Bearer(token): Bearer,
) -> Result<Response, HttpFault> {
    let Path(room) = room.map_err(|_| Refusal::of(Code::ResourceNotFound))?;
    let question = question(room, query.as_deref().unwrap_or_default())?;
    let me = gateway.gate.me(token).await?;
    let directory = &gateway.hub.directory;
    let mine = me.characters.iter();
    let sessions = mine.flat_map(|one| directory.playing(one.id)).collect();
    let admin = me.role == Role::Admin;
    let page = gateway.hub.question(sessions, admin, question).await?;
    let json = serde_json::to_vec(page.data()).map_err(|fault| {
        tracing::error!(%fault, "reply could not be encoded");
        Refusal::of(Code::InternalError)
    })?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, json).into_response())
}

fn question(room: String, query: &str) -> Result<Question, HttpFault> {
    let wrong =
        |field, message| HttpFault::field(field, Refusal::new(Code::ValidationError, message));
    let (mut after, mut limit) = (String::new(), LIMIT);
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*key {
            "after" if value.len() <= AFTER_MAX => after = value.into_owned(),
            "after" => return Err(wrong("after", "That is longer than any name.")),
            "limit" => match value.parse() {
                Ok(number @ 1..=LIMIT_MAX) => limit = number,
                _ => return Err(wrong("limit", "limit is a whole number from 1 to 200.")),
            },
            _ => {}
        }
    }
    Ok(Question::Occupants { room, after, limit })
}
