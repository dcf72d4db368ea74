//! Characters: what somebody was born with, what they live by, and what they have learnt.
//!
//! Nine stats are rolled once, from a seed that the account store keeps with the character, so
//! that a roll shown before the character is made is the one it gets. A character whose store has
//! no seed is rolled from its own id.
//! **Invariant:** stats are rolled at most once; from then on they are the character's own, and a
//! change of the rules moves nobody's.

mod experience;
mod notes;
mod professions;
mod roll;
mod rules;
mod stats;

pub use experience::{Earn, Experience, HasRead, Levels, Readings};
pub use notes::PlayerUpdate;
pub use professions::{Profession, Professions};
pub use roll::{Roll, RollMethod, Rolling, roll};
pub use rules::{LevelTitle, Rules};
pub use stats::{Endow, SetStat, Settable, Stat, Stats};

use std::num::NonZeroU64;

use engine::Seed;
use engine::prelude::*;

use crate::describe;

/// The character plugin. Runs before `body`, which is built from the stats.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.rules::<Rules>("characters")
        .rules::<Professions>("professions")
        .persist::<Stats>("stats")
        .persist::<Experience>("experience")
        .persist::<Readings>("readings")
        .character::<Experience>()
        .character::<Readings>()
        .message::<HasRead>()
        .message::<SetStat>()
        .message::<Endow>()
        .message::<Earn>()
        .message::<experience::Earned>()
        .note::<PlayerUpdate>()
        .system(
            Phase::Settle,
            (
                born,
                endow,
                set,
                experience::explore,
                experience::peruse,
                experience::set,
                experience::earn,
                experience::harden,
            )
                .chain(),
        )
        .system(Phase::Emit, experience::tell);
    describe::status::<(Experience,)>(reg, 10, |(learnt,), revision| {
        let rules = revision.get::<Rules>()?;
        let title = rules.title(rules.levels.level(*learnt));
        Some(rules.levels.words(*learnt, title))
    });
    describe::status::<(Stats,)>(reg, 30, |(stats,), _| {
        let each = stats
            .iter()
            .map(|(stat, value)| format!("{} {value}", stat.word()));
        let each: Vec<String> = each.collect();
        Some(format!("Stats: {}", each.join(", ")))
    });
    describe::stats::<(Stats,)>(reg, |(stats,), _| {
        let each = stats
            .iter()
            .map(|(stat, value)| (stat.word(), i64::from(value)));
        each.collect()
    });
}

/// Rolls the stats of those who have none yet.
fn born(
    people: Query<(Entity, &StableId, &Character), (With<Online>, Without<Stats>)>,
    rules: Res<Rules>,
    professions: Res<Professions>,
    mut commands: Commands<'_, '_>,
) {
    for (actor, id, character) in &people {
        let (high, low) = id.uuid().as_u64_pair();
        let seed = character.seed.map_or(high ^ low, NonZeroU64::get);
        let profession = character
            .profession
            .as_deref()
            .and_then(|word| professions.find(word));
        let Roll { stats, .. } = roll(Seed(seed), profession, &rules.rolling);
        commands.entity(actor).try_insert(stats);
    }
}

/// Gives creatures the stats that they are born with.
fn endow(mut wanted: MessageReader<Endow>, mut commands: Commands<'_, '_>) {
    for Endow { creature, stats } in wanted.read() {
        commands.entity(*creature).try_insert(*stats);
    }
}

/// Sets the stats that are to be set.
fn set(mut wanted: MessageReader<SetStat>, mut people: Query<&mut Stats>) {
    for SetStat { actor, stat, value } in wanted.read() {
        let (Settable::Base(stat), Ok(mut stats)) = (*stat, people.get_mut(*actor)) else {
            continue;
        };
        let mut now = *stats;
        now.set(stat, u8::try_from(*value).unwrap_or(Stats::HIGHEST));
        stats.set_if_neq(now);
    }
}
