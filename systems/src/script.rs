//! Scripts: what a world's designers write in Rhai, in `scripts/NAME.rhai`.
//!
//! A script declares verbs, timers and hooks; its functions read a copy of the world and ask for
//! things, which are taken when they return. Owns [`ScriptState`], which is saved, and what decides
//! whether a script is called, which is transient. Calls happen in Simulate ([`host`]), on behalf of
//! players, the clock, and what happened in the tick before ([`jobs`]).

mod acts;
mod budget;
mod cues;
mod declare;
mod eyes;
mod frame;
mod gauge;
mod host;
mod jobs;
mod library;
mod machine;
mod memory;
mod read;
mod rehearse;
mod state;
mod tests_of;
mod view;
mod wishes;

pub use budget::ScriptLimits;
pub use read::{ScriptSet, definitions};
pub use state::ScriptState;
pub use tests_of::{ScriptTest, TestStep};

use engine::prelude::*;

use crate::command::{Needs, Scripted, Verbs, scripted_verbs};
use jobs::{EventQueue, ScriptVerbUse};

/// The scripts plugin, with what scripts may spend. Added after the plugins whose verbs scripts may
/// replace.
pub fn plugin(limits: ScriptLimits) -> impl Plugin {
    ScriptPlugin { limits }
}

struct ScriptPlugin {
    limits: ScriptLimits,
}

impl Plugin for ScriptPlugin {
    fn name(&self) -> &'static str {
        "script"
    }

    fn build(&self, reg: &mut Registrar<'_>) {
        let mut words = Vec::new();
        reg.fill(|verbs: &mut Verbs| words = verbs.words().map(str::to_owned).collect());
        reg.after("command", "scripts have verbs")
            .reads(read::ScriptReader { words })
            .from_content::<ScriptSet>()
            .resource(self.limits)
            .resource(EventQueue::default())
            .transient::<EventQueue>("script_events")
            .carried(|queue: &mut EventQueue, to| queue.carry(&to.map()))
            .resource(budget::ScriptQuarantine::default())
            .transient::<budget::ScriptQuarantine>("script_quarantine")
            .persist::<ScriptState>("script_state")
            .character::<ScriptState>()
            .singleton("scripts", ScriptState::default)
            .message::<ScriptVerbUse>()
            .system(Phase::Simulate, host::run)
            .system(Phase::Settle, jobs::listen);
        scripted_verbs(reg, |scripts: &ScriptSet| {
            scripts.verbs().map(scripted).collect()
        });
    }
}

/// A script's word in the table of verbs.
fn scripted(verb: &declare::DeclaredVerb) -> Scripted {
    let word = verb.word.clone();
    Scripted::new(
        &verb.word,
        &verb.usage,
        &verb.help,
        Needs::LIFE,
        move |commands, order, words| {
            let (word, words) = (word.clone(), words.rest().to_owned());
            commands.queue(move |world: &mut World| {
                world.write_message(ScriptVerbUse { order, word, words });
            });
            Ok(())
        },
    )
    .replacing(verb.replaces)
}
