//! Those who came, for whoever may have missed it.

use bevy_ecs::entity::Entity;
use bevy_ecs::message::MessageReader;
use bevy_ecs::query::Changed;
use bevy_ecs::resource::Resource;
use bevy_ecs::system::{Query, Res, SystemParam};

use crate::port::StableId;
use crate::{Arrived, Online};

/// The plugin that is being run has missed the tick before this one, or a part of it.
#[derive(Resource, Default, Debug)]
pub(crate) struct Behind(pub(crate) bool);

/// Whose session is new to a system: who came into the world, or was taken over by another session,
/// since it last ran and is still there. Unlike [`Arrived`] it loses nobody when the system's
/// plugin is left out for a while.
///
/// Whoever only got a socket again is not among them: they missed nothing.
#[derive(SystemParam)]
pub struct Newcomers<'w, 's> {
    arrived: MessageReader<'w, 's, Arrived>,
    behind: Res<'w, Behind>,
    played: Query<'w, 's, (&'static StableId, Entity), Changed<Online>>,
}

impl Newcomers<'_, '_> {
    /// All of them, in the order of their ids.
    #[must_use]
    pub fn read(&mut self) -> Vec<(StableId, Entity)> {
        let nobody_came = self.arrived.is_empty();
        self.arrived.clear();
        // Everybody is looked at only where somebody may be found.
        if nobody_came && !self.behind.0 {
            return Vec::new();
        }
        let mut came: Vec<(StableId, Entity)> =
            self.played.iter().map(|(id, actor)| (*id, actor)).collect();
        came.sort_unstable();
        came
    }
}
