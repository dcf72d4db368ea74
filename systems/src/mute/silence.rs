//! Who may not speak: kept with the world, a row each, whether or not they are awake.

use std::collections::BTreeMap;

use engine::port::SanctionAct;
use engine::prelude::*;

use crate::bus::{Sanctioned, Took};
use crate::hearing::{Mute, Silence, Silences};

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
        silences.keep(entity, silence);
    }
}

/// Whom admins of other nodes silence may not speak here either. Known by id: another node's
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

/// Gives the word that what other nodes' admins said about speech holds here. Runs after
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
        let known = silences.entity(*target);
        match (known, mute) {
            (Some(entity), None) => {
                silences.lift(*target);
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
                silences.keep(entity, silence);
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
    for silence in silences.kept() {
        if !silence.mute.holds(clock.wall()) {
            over.write(SetSilence {
                target: silence.target,
                name: silence.name.clone(),
                mute: None,
            });
        }
    }
}
