//! Effects: the one vocabulary by which data acts (game.md §V).
//!
//! A plugin that reads lists of effects from the world's files keeps them as [`EffectList`] and
//! writes [`RunEffects`] when one is to be run. Lists are run in Settle, in their order, within the
//! tick: each effect is one message to the owner of what it changes, who alone decides and writes.
//! Before it is sent, what its owner would refuse is looked up, so that a list knows what was not
//! done. Owns nothing but what waits: [`after`] and the tick's own counts.
//!
//! **Invariants:** a list has at most 32 effects and stands at most 6 deep; lists that lead to each
//! other are dropped from the eighth on; an actor has at most 256 effects a tick, and 16 lists wait
//! on one entity.

mod act;
mod after;
mod deeds;
mod fields;
mod findings;
mod list;
mod owners;
mod parties;
mod predicate;
mod read;
mod refused;
mod run;
mod tally;
mod tell;
mod things;
mod view;
mod words;

pub use crate::amount::Amount;
pub use after::WAITING_EACH_MAX;
pub use list::EffectList;
pub use parties::{CAUSE_MAX, Carrier, Parties, RunEffects};
pub use predicate::Requirement;
pub(crate) use tally::EffectTally;
pub use tally::{DEPTH_MAX, DroppedEffects, EFFECTS_MAX};
pub(crate) use tell::EffectText;
pub(crate) use view::View;
pub use words::{AFTER_MAX, EFFECTS, LIST_MAX, NESTING_MAX, PREDICATES, VocabularyWord, tables};

use engine::prelude::*;

/// The effects plugin. Runs after those whose rooms and people lists see, and before `body` and
/// `lucidity`, which hear in the same round what lists have for them.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.after("place", "who is in a room is who is there by then")
        .persist_own::<after::DelayedRuns>("delayed_effects")
        .resource(EffectTally::default())
        .scratch::<EffectTally>()
        .resource(DroppedEffects::default())
        .transient::<DroppedEffects>("dropped_effects")
        .resource(tally::WaitingRuns::default())
        .transient::<tally::WaitingRuns>("waiting_effects")
        .carried(|waiting: &mut tally::WaitingRuns, to| waiting.carry(&to.map()))
        .message::<RunEffects>()
        .message::<after::Postponed>()
        .message::<EffectText>()
        .system(Phase::Simulate, (tally::resume, after::due).chain())
        .system(Phase::Settle, (run::run, after::keep).chain())
        .system(Phase::Emit, tell::tell);
}
