//! Conditions: what is upon somebody for a while, with exact deadlines.
//!
//! Reads `rules/conditions.toml`. Owns [`Conditions`], which it writes in one place (`settle`): others
//! say [`ConditionChange`], and ask [`Ailing`](crate::afflictions::Ailing). What a condition does is
//! lists of effects. **Invariant:** the n-th thing that one does is done n times `tick_seconds` after
//! it began, whatever the rate of ticks, over pauses, saves and restarts; of a group somebody has one;
//! nobody has more than 24.

mod notes;
mod rules;
mod settle;

pub use notes::{EffectsUpdate, StatusEffect};
pub use rules::{ConditionRule, ConditionRules, Offline, Stacking};

use engine::content::Content;
use engine::prelude::*;

use crate::afflictions::{Block, ConditionChange, Conditions};
use crate::command::{Needs, gate_by};
use crate::describe;

/// Which conditions there are, by the world's rules. Before all that names one.
pub fn condition_names(reg: &mut Registrar<'_>) {
    reg.reads(rules::ConditionNamesReader);
}

/// The conditions plugin. Runs after `effects` and before `body`, so that what a list puts upon
/// somebody before it kills them has been upon them.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.after("place", "who comes and goes is who has by then");
    let off = reg.is_off();
    reg.rules::<ConditionRules>("conditions")
        .derived(
            move |content: &Content| match content.get::<ConditionRules>() {
                Some(rules) if !off => rules.table(),
                _ => Default::default(),
            },
        )
        .persist::<Conditions>("conditions")
        .character::<Conditions>()
        .transient::<notes::Symptoms>("symptoms")
        .resource(settle::ConditionClock::default())
        .transient::<settle::ConditionClock>("condition_clock")
        .message::<ConditionChange>()
        .message::<settle::ConditionsChanged>()
        .note::<EffectsUpdate>()
        .system(Phase::Simulate, settle::pass)
        .system(
            Phase::Settle,
            (
                settle::come_and_go,
                settle::end,
                settle::settle,
                notes::show,
            )
                .chain(),
        )
        .system(Phase::Emit, notes::tell);
    let held = |block, code, words: &'static str| {
        move |of: &Conditions, rules: &ConditionRules| {
            let held = rules.blocks(of, block);
            held.then(|| Refusal::new(code, words))
        }
    };
    let stunned = held(
        Block::Act,
        Code::GameLogicError,
        "You can't get a limb to move.",
    );
    let caught = held(
        Block::Move,
        Code::InvalidMovement,
        "Something has hold of you.",
    );
    gate_by::<Conditions, ConditionRules>(reg, Needs::BODY, stunned);
    gate_by::<Conditions, ConditionRules>(reg, Needs::FEET, caught);
    describe::mark::<notes::Symptoms>(reg, 30, notes::Symptoms::words);
    describe::field::<(Conditions,), _>(reg, "status_effects", |(held,), revision| {
        let rules = revision.get::<ConditionRules>()?;
        Some(notes::effects(held, |id| rules.traits(id), held.as_of))
    });
}
