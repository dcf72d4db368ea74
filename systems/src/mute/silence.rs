//! Who may not speak: kept with the world, a row each, whether or not they are awake.

use std::collections::BTreeMap;

use engine::port::SanctionAct;
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::Mute;
use crate::bus::{Sanctioned, Took};

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
#[derive(Resource, Default, Debug)]
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
}

/// Silence somebody, or let them speak again: the one way in which [`Silences`] change.
#[derive(Message, Clone, Debug)]
pub struct SetSilence {
    /// Who.
    pub target: StableId,
    /// Their name.
    pub name: String,
    /// `None`: they may speak again.
    pub mute: Option<Mute>,
}

/// Reads the saved silences, once.
pub(super) fn remember(world: &mut World) {
    let mut saved = world.query::<(Entity, &Silence)>();
    let saved: Vec<(Entity, Silence)> = saved
        .iter(world)
        .map(|(entity, silence)| (entity, silence.clone()))
        .collect();
    let mut silences = world.resource_mut::<Silences>();
    for (entity, silence) in saved {
        silences.0.insert(silence.target, (entity, silence));
    }
}

/// Whom keepers of other nodes silence may not speak here either. Known by id: another node's
/// name may be somebody else's here.
pub(super) fn learn(
    mut sanctioned: MessageReader<Sanctioned>,
    clock: Res<Clock>,
    mut set: MessageWriter<SetSilence>,
) {
    for Sanctioned(sanction, _) in sanctioned.read() {
        let mute = match sanction.act {
            SanctionAct::Mute => Some(Mute {
                by: sanction.by.clone(),
                at: clock.wall(),
                until: sanction.until,
                reason: sanction.reason.clone(),
            }),
            SanctionAct::Unmute => None,
            SanctionAct::Ban | SanctionAct::Unban => continue,
        };
        set.write(SetSilence {
            target: sanction.target_id,
            name: sanction.target_name.clone(),
            mute,
        });
    }
}

/// Gives the word that what other nodes' keepers said about speech holds here. Runs after
/// [`settle`], so that it is not given where that failed.
pub(super) fn confirm(mut sanctioned: MessageReader<Sanctioned>, mut took: MessageWriter<Took>) {
    for Sanctioned(sanction, ticket) in sanctioned.read() {
        if matches!(sanction.act, SanctionAct::Mute | SanctionAct::Unmute) {
            took.write(Took(*ticket));
        }
    }
}

/// Keeps who may not speak.
pub(super) fn settle(
    mut wanted: MessageReader<SetSilence>,
    mut silences: ResMut<Silences>,
    mut rows: Query<&mut Silence>,
    mut destroy: MessageWriter<Destroy>,
    mut commands: Commands<'_, '_>,
) {
    // Only the last wish of a tick counts: a row that goes and comes back in one tick would be
    // two entities of one id.
    let last: BTreeMap<StableId, &SetSilence> =
        wanted.read().map(|one| (one.target, one)).collect();
    for SetSilence { target, name, mute } in last.into_values() {
        let known = silences.0.get(target).map(|(entity, _)| *entity);
        match (known, mute) {
            (Some(entity), None) => {
                silences.0.remove(target);
                destroy.write(Destroy(entity));
            }
            (None, None) => {}
            (known, Some(mute)) => {
                let silence = Silence {
                    target: *target,
                    name: name.clone(),
                    mute: mute.clone(),
                };
                let entity = match known {
                    Some(entity) => {
                        if let Ok(mut row) = rows.get_mut(entity) {
                            row.clone_from(&silence);
                        }
                        entity
                    }
                    None => {
                        let id = StableId::named(&format!("silence {target}"));
                        commands.spawn((id, silence.clone())).id()
                    }
                };
                silences.0.insert(*target, (entity, silence));
            }
        }
    }
}

/// Takes the rows away of silences that are over. Only tidiness: they ended at their instant.
pub(super) fn tidy(
    silences: Res<Silences>,
    clock: Res<Clock>,
    mut over: MessageWriter<SetSilence>,
) {
    for (_, silence) in silences.0.values() {
        if !silence.mute.holds(clock.wall()) {
            over.write(SetSilence {
                target: silence.target,
                name: silence.name.clone(),
                mute: None,
            });
        }
    }
}
