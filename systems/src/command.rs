//! Commands: from a line to a verb's own message.
//!
//! Parser, help and dispatch are one table, filled by the plugins that own the verbs, so that no
//! verb can be unreachable. A player's lines run in the order they were sent: one a tick by
//! default, and where more are allowed, only lines of one verb share a tick. They wait in the
//! engine's order book, of which this plugin is the one writer.

mod alias;
mod gate;
mod help;
mod nearest;
mod own_switch;
mod queue;
mod rules;
mod scripted;
mod span;
mod table;
mod target;
mod topics;
mod words;

pub use alias::Aliases;
pub use gate::{Acted, Needs, gate, gate_by, gate_on};
pub use own_switch::{OwnSwitch, switch, turn};
pub use queue::CommandLimits;
pub use rules::{AliasRules, Rules};
pub use scripted::{Scripted, scripted_verbs};
pub use span::{leading_span, span};
pub use table::{Entry, Usage, Verb, Verbs, more_words, verb};
pub(crate) use target::stem;
pub use target::{Missed, means_self, resolve};
pub use words::Words;

use bevy_ecs::system::{ParamBuilder, QueryParamBuilder, SystemParamBuilder};
use engine::Orders;
use engine::prelude::*;

/// The commands plugin, with its limits.
pub fn plugin(limits: CommandLimits) -> impl Plugin {
    CommandPlugin { limits }
}

struct CommandPlugin {
    limits: CommandLimits,
}

impl Plugin for CommandPlugin {
    fn name(&self) -> &'static str {
        "command"
    }

    fn build(&self, reg: &mut Registrar<'_>) {
        // Built when it first runs, after the last plugin has said what its gate looks at.
        let dispatch = (
            QueryParamBuilder::new(gate::grant),
            ParamBuilder,
            ParamBuilder,
            ParamBuilder,
            ParamBuilder,
            ParamBuilder,
            ParamBuilder,
            ParamBuilder,
        )
            .build_system(queue::dispatch);
        reg.fill(|_: &mut gate::Gates| {})
            .message::<Acted>()
            .resource(self.limits)
            .rules::<Rules>("commands")
            .owns::<Orders>()
            .transient::<queue::TypingRate>("command_rate")
            .character::<queue::TypingRate>()
            .system(Phase::Ingest, (queue::accept, dispatch).chain());
        reg.persist::<Aliases>("aliases")
            .character::<Aliases>()
            .command_result::<help::HelpView>();
        verb::<help::Help>(reg);
        verb::<alias::Alias>(reg);
        verb::<alias::Unalias>(reg);
        reg.system(Phase::Simulate, help::help)
            .system(Phase::Simulate, (alias::define, alias::forget).chain());
    }
}
