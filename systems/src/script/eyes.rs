//! How the world is copied for scripts to see, and where what they remember is kept.

use std::sync::Arc;

use engine::content::Revision;
use engine::prelude::*;
use rhai::INT;

use super::state::ScriptState;
use super::view::{PersonView, RoomTable, WorldView};
use crate::body::Vitals;
use crate::calendar::{Daylight, MythosTime, Observances};
use crate::character::Stats;
use crate::lucidity::Lucidity;
use crate::place::{InRoom, Posture};

type SeenPerson = (
    Entity,
    &'static StableId,
    &'static Character,
    &'static InRoom,
    Option<&'static Stats>,
    Option<&'static Vitals>,
    Option<&'static Lucidity>,
    Option<&'static Posture>,
    &'static mut ScriptState,
);

/// What is looked at, and what is remembered.
#[derive(SystemParam)]
pub(super) struct Eyes<'w, 's> {
    people: Query<'w, 's, SeenPerson, With<Online>>,
    kept: Query<'w, 's, &'static mut ScriptState, Without<Character>>,
    clock: Res<'w, Clock>,
    revision: Res<'w, Revision>,
    observances: Res<'w, Observances>,
    daylight: Res<'w, Daylight>,
}

impl Eyes<'_, '_> {
    pub(super) fn clock(&self) -> Clock {
        *self.clock
    }

    /// What scripts remember of themselves and of rooms.
    pub(super) fn kept(&self) -> ScriptState {
        self.kept.iter().next().cloned().unwrap_or_default()
    }

    /// The world as it is now.
    pub(super) fn look(&self, rooms: Arc<RoomTable>) -> WorldView {
        let time = MythosTime::at(self.clock.wall());
        let seen = |one| {
            let (entity, id, character, place, stats, vitals, mind, posture, state) = one;
            let (_, _): (&StableId, &Character) = (id, character);
            let stats: Option<&Stats> = stats;
            let vitals: Option<&Vitals> = vitals;
            let mind: Option<&Lucidity> = mind;
            let posture: Option<&Posture> = posture;
            let (place, state): (&InRoom, &ScriptState) = (place, state);
            PersonView {
                entity,
                id: *id,
                name: character.name.as_str().into(),
                room: place.0,
                dp: vitals.map_or(0, |one| one.dp().into()),
                max_dp: stats.map_or(0, |one| one.max_dp().into()),
                lucidity: mind.map_or(0, |one| one.points().into()),
                posture: posture.copied().unwrap_or_default().word(),
                profession: character.profession.as_deref().unwrap_or_default().into(),
                is_admin: character.role == Role::Admin,
                hears_faults: character.role != Role::Player,
                state: state.clone(),
            }
        };
        let view = WorldView {
            rooms,
            revision: INT::try_from(self.revision.mark.number).unwrap_or(INT::MAX),
            hour: time.hour(),
            night: self.daylight.is_night(time),
            daypart: self.observances.daypart(time).word(),
            season: time.season().word(),
            now: INT::try_from(self.clock.now.0 / 1_000_000).unwrap_or(INT::MAX),
            ..WorldView::default()
        };
        view.with(self.people.iter().map(seen).collect())
    }

    /// Keeps what scripts remember of themselves and of rooms.
    pub(super) fn keep(&mut self, state: ScriptState) {
        if let Some(mut kept) = self.kept.iter_mut().next() {
            *kept = state;
        }
    }

    /// Keeps what scripts remember of somebody.
    pub(super) fn keep_of(&mut self, who: Entity, state: ScriptState) {
        if let Ok((.., mut kept)) = self.people.get_mut(who) {
            *kept = state;
        }
    }
}
