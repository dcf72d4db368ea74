//! Who may not speak.

use std::collections::BTreeMap;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::Mute;

/// Somebody may not speak.
#[derive(Component, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct Silence {
    /// Who.
    pub target: StableId,
    /// Their name.
    pub name: String,
    /// By whom, until when and why.
    pub mute: Mute,
}

/// Everybody who may not speak.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
pub struct Silences(BTreeMap<StableId, (Entity, Silence)>);

impl Silences {
    /// Somebody's silence, if it is in force.
    #[must_use]
    pub fn of(&self, id: StableId, now: WorldTime) -> Option<&Silence> {
        self.0
            .get(&id)
            .map(|(_, silence)| silence)
            .filter(|silence| silence.mute.holds(now))
    }

    /// The one of that name, in any case.
    #[must_use]
    pub fn named(&self, name: &str, now: WorldTime) -> Option<&Silence> {
        let name = name.to_lowercase();
        self.all(now).find(|one| one.name.to_lowercase() == name)
    }

    /// All that are in force, by id.
    pub fn all(&self, now: WorldTime) -> impl Iterator<Item = &Silence> + '_ {
        self.0
            .values()
            .map(|(_, silence)| silence)
            .filter(move |silence| silence.mute.holds(now))
    }

    /// The entity of somebody's silence, in force or over.
    pub(crate) fn entity(&self, id: StableId) -> Option<Entity> {
        self.0.get(&id).map(|(entity, _)| *entity)
    }

    /// All, also those that are over, by id.
    pub(crate) fn kept(&self) -> impl Iterator<Item = &Silence> + '_ {
        self.0.values().map(|(_, silence)| silence)
    }

    /// Keeps a silence.
    pub(crate) fn keep(&mut self, entity: Entity, silence: Silence) {
        self.0.insert(silence.target, (entity, silence));
    }

    /// Lets somebody speak again.
    pub(crate) fn lift(&mut self, id: StableId) {
        self.0.remove(&id);
    }
}
