//! Corpses of players: who dies leaves what they had where they fell (game.md §1.5).
//!
//! Owns nothing: a corpse is a thing, made and emptied by `things`. Says in the tick of a death what
//! is to lie there, and on the sheet of the dead where.

use engine::prelude::*;

use crate::body::{Condition, VitalsChanged};
use crate::things::{LeaveCorpse, ThingDeed};

/// For how long only the dead reach in.
const GRACE: Duration = Duration::from_secs(300);
/// After how long it falls apart.
const DECAY: Duration = Duration::from_secs(3_600);

/// The corpses plugin. Runs after `things`.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.after("things", "a corpse is a thing")
        .system(Phase::Settle, leave);
}

/// Lays down what somebody had who is dead now.
fn leave(
    mut changed: MessageReader<VitalsChanged>,
    people: Query<(&StableId, &Character)>,
    mut deeds: MessageWriter<ThingDeed>,
) {
    let dead = |vitals: &crate::body::Vitals| vitals.condition() == Condition::Dead;
    for one in changed.read() {
        if dead(&one.before) || !dead(&one.now) {
            continue;
        }
        let (Ok((id, character)), Some(room)) = (people.get(one.body), one.room) else {
            continue;
        };
        deeds.write(ThingDeed::LeaveCorpse(LeaveCorpse {
            of: *id,
            name: format!("corpse of {}", character.name),
            room,
            owners: vec![*id],
            grace: GRACE,
            decay: DECAY,
            all: false,
        }));
    }
}
