//! The world's content while people are in it: who may change it, and what those see whose room has
//! become another. How a content is made, kept and put into the world is the server's business.

mod shown;
mod verbs;

use engine::prelude::*;

use crate::command::verb;

/// The revisions plugin. Runs after `place` and `presence`.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.after("place", "those whose room is another are where they are")
        .after(
            "presence",
            "whoever is told something has been let in before",
        )
        .after("calendar", "a room is shown by its light");
    verb::<verbs::WorldVerb>(reg);
    reg.system(Phase::Simulate, (verbs::wish, verbs::tell).chain())
        .system(Phase::Settle, shown::comfort)
        .system(Phase::Emit, shown::show);
}
