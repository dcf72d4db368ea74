//! The mark of what no save knows.

use bevy_ecs::component::Component;
use serde::{Deserialize, Serialize};

/// On an entity of which nothing is saved, though it has components that are saved of others: a world
/// that begins does not know it any more. Declare it `transient` in the plugin that spawns such.
#[derive(Component, Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsaved;
