//! `/api/players/characters`: the characters of an account.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::port::{Code, Refusal, StableId, WorldTime};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::auth::{NoStore, Origin};
use super::body::{Bearer, Fields};
use super::{GatewayState, HttpFault};
use crate::gatekeeper::{CharacterSummary, Gatekeeper, ProfessionChoice, Rolled};
use crate::hub::stamp;

/// A character as the outside sees it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CharacterCard")]
pub(super) struct Card {
    id: StableId,
    /// The same once more, under the name that frames use.
    player_id: StableId,
    name: String,
    profession: Option<String>,
    created_at: String,
    last_active: Option<String>,
}

impl From<CharacterSummary> for Card {
    fn from(character: CharacterSummary) -> Self {
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
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CharacterCards")]
pub(super) struct Cards {
    characters: Vec<Card>,
}

pub(super) async fn list<G: Gatekeeper>(
    State(gateway): GatewayState<G>,
    Origin(from): Origin,
    Bearer(token): Bearer,
) -> Result<NoStore<Cards>, HttpFault> {
    let characters = gateway.characters(from, token).await?;
    let characters = characters.into_iter().map(Card::from).collect();
    Ok(NoStore(Cards { characters }))
}

pub(super) async fn create<G: Gatekeeper>(
    State(gateway): GatewayState<G>,
    Origin(from): Origin,
    Bearer(token): Bearer,
    fields: Fields,
) -> Result<(StatusCode, NoStore<Card>), HttpFault> {
    let name = fields.text("name")?;
    let profession = fields.maybe("profession")?;
    let roll = fields.maybe("roll_id")?.map(|id| Uuid::parse_str(&id));
    let roll = roll.transpose().map_err(|_| {
        let refusal = Refusal::new(Code::ValidationError, "That is no roll.");
        HttpFault::field("roll_id", refusal)
    })?;
    let made = gateway
        .create_character(from, token, name, profession, roll)
        .await?;
    Ok((StatusCode::CREATED, NoStore(made.into())))
}

/// Every profession there is.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Professions")]
pub(super) struct Trades {
    professions: Vec<ProfessionChoice>,
}

pub(super) async fn professions<G: Gatekeeper>(State(gateway): GatewayState<G>) -> Json<Trades> {
    let professions = gateway.gate.professions();
    Json(Trades { professions })
}

pub(super) async fn roll<G: Gatekeeper>(
    State(gateway): GatewayState<G>,
    Origin(from): Origin,
    Bearer(token): Bearer,
    fields: Fields,
) -> Result<NoStore<Rolled>, HttpFault> {
    let profession = fields.maybe("profession")?;
    Ok(NoStore(gateway.roll(from, token, profession).await?))
}

pub(super) async fn remove<G: Gatekeeper>(
    State(gateway): GatewayState<G>,
    Origin(from): Origin,
    id: Result<Path<Uuid>, PathRejection>,
    Bearer(token): Bearer,
) -> Result<StatusCode, HttpFault> {
    let Path(id) = id.map_err(|_| Refusal::of(Code::ResourceNotFound))?;
    gateway.delete_character(from, token, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
