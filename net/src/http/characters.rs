//! `/api/players/characters`: the characters of an account.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::port::{Code, Refusal, StableId, WorldTime};
use serde::Serialize;
use uuid::Uuid;

use super::HttpFault;
use super::auth::NoStore;
use super::body::{Bearer, Fields};
use crate::gatekeeper::{Character, Gatekeeper};
use crate::gateway::Gateway;
use crate::hub::stamp;

type Gate<G> = State<Arc<Gateway<G>>>;

/// A character as the outside sees it.
#[derive(Serialize)]
pub(super) struct Card {
    id: StableId,
    /// The same once more, under the name that frames use.
    player_id: StableId,
    name: String,
    profession: Option<String>,
    created_at: String,
    last_active: Option<String>,
}

impl From<Character> for Card {
    fn from(character: Character) -> Self {
        let at = |time: WorldTime| stamp(time.0 / 1_000_000);
        Self {
            id: character.id,
            player_id: character.id,
            name: character.name,
            profession: character.profession,
            created_at: at(character.created_at),
            last_active: character.last_active.map(at),
        }
    }
}

/// All characters of an account.
#[derive(Serialize)]
pub(super) struct Cards {
    characters: Vec<Card>,
}

pub(super) async fn list<G: Gatekeeper>(
    State(gateway): Gate<G>,
    Bearer(token): Bearer,
) -> Result<NoStore<Cards>, HttpFault> {
    let characters = gateway.gate.characters(token).await?;
    let characters = characters.into_iter().map(Card::from).collect();
    Ok(NoStore(Cards { characters }))
}

pub(super) async fn create<G: Gatekeeper>(
    State(gateway): Gate<G>,
    Bearer(token): Bearer,
    fields: Fields,
) -> Result<(StatusCode, NoStore<Card>), HttpFault> {
    let name = fields.text("name")?;
    let profession = fields.maybe("profession")?;
    let made = gateway
        .gate
        .create_character(token, name, profession)
        .await?;
    Ok((StatusCode::CREATED, NoStore(made.into())))
}

pub(super) async fn remove<G: Gatekeeper>(
    State(gateway): Gate<G>,
    Path(id): Path<String>,
    Bearer(token): Bearer,
) -> Result<StatusCode, HttpFault> {
    let id = Uuid::parse_str(&id).map_err(|_| Refusal::of(Code::ResourceNotFound))?;
    gateway.gate.delete_character(token, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
