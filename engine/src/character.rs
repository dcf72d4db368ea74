//! Who is a person: what saves need to know as well as sessions.

use std::num::NonZeroU64;

use bevy_ecs::component::Component;
use serde::{Deserialize, Serialize};

use crate::orders::CommandRecord;
use crate::port::{AccountId, Role, WorldTime};

/// A person in the world. Comes with every component that plugins gave to characters.
#[derive(Component, Clone, Debug, Serialize, Deserialize)]
#[require(CommandRecord)]
pub struct Character {
    /// The character's name, unique among the living.
    pub name: String,
    /// The account that owns it.
    pub account: AccountId,
    /// What the account may do.
    pub role: Role,
    /// A throw-away character.
    pub guest: bool,
    /// The profession chosen at creation.
    pub profession: Option<String>,
    /// What the chance of its birth grows from, where the account store keeps it.
    pub seed: Option<NonZeroU64>,
    /// When it was made.
    pub created_at: WorldTime,
}
