//! Mutes: whom one does not want to hear, which channels, and who may not speak at all.
//!
//! A character's own mutes are a component, loaded with it; that somebody may not speak is kept
//! with the world, so that it can be said of those who are away, too. Both are asked in memory
//! for every line and every hearer, and both end at their instant, whether or not anybody has
//! tidied up.
//! **Invariant:** what a muted sender says reaches the one who muted them on no channel. Only the
//! words of admins can't be muted.

mod list;
mod rules;
mod silence;
mod term;
mod verbs;

pub use list::{Muted, SetMute};
pub use rules::Rules;
pub use silence::SetSilence;
pub use term::Term;

use engine::prelude::*;

use crate::command::verb;
use crate::hearing::{Mutes, Silence, Silences};

/// The mute plugin. Runs before `chat`.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.rules::<Rules>("mutes")
        .resource(Silences::default())
        .transient::<Silences>("silences")
        .persist::<Mutes>("mutes")
        .persist::<Silence>("silence")
        .character::<Mutes>()
        .message::<SetMute>()
        .message::<SetSilence>()
        .startup(silence::remember);
    verb::<verbs::MuteOne>(reg);
    verb::<verbs::UnmuteOne>(reg);
    verb::<verbs::ListMutes>(reg);
    verb::<verbs::MuteGlobal>(reg);
    verb::<verbs::UnmuteGlobal>(reg);
    reg.every(Duration::from_secs(60), silence::tidy)
        .system(Phase::Simulate, verbs::mute)
        .system(Phase::Simulate, verbs::list)
        .system(Phase::Simulate, verbs::mute_global)
        .system(
            Phase::Settle,
            (
                silence::learn,
                list::settle,
                silence::settle,
                silence::confirm,
            )
                .chain(),
        );
}
