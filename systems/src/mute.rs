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

pub use list::{Mutes, SetMute};
pub use rules::Rules;
pub use silence::{SetSilence, Silence, Silences};
pub(crate) use term::told;
pub use term::{Mute, Term};

use engine::prelude::*;

use crate::chat::Channel;
use crate::command::verb;

/// The mute plugin. Runs before `chat`.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.rules::<Rules>("mutes")
        .resource(Silences::default())
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

/// Who may speak, and who wants to hear it.
#[derive(SystemParam)]
pub struct Hearing<'w, 's> {
    mutes: Query<'w, 's, &'static Mutes>,
    silences: Res<'w, Silences>,
    clock: Res<'w, Clock>,
}

impl Hearing<'_, '_> {
    /// Why somebody may not speak on a channel just now. An admin always may; somebody who was
    /// silenced may still whisper to an admin.
    #[must_use]
    pub fn refusal(
        &self,
        actor: Entity,
        (id, role): (StableId, Role),
        channel: Channel,
        to: Option<Role>,
    ) -> Option<Refusal> {
        if role == Role::Admin {
            return None;
        }
        let now = self.clock.wall();
        let pleads = channel == Channel::Whisper && to == Some(Role::Admin);
        if let Some(silence) = self.silences.of(id, now).filter(|_| !pleads) {
            return Some(Refusal::new(
                Code::AuthorizationDenied,
                format!("You may not speak {}.", silence.mute.told(now)),
            ));
        }
        self.closes(actor, channel).then(|| {
            Refusal::new(
                Code::GameLogicError,
                format!(
                    "You have muted that channel. \"channel unmute {}\" opens it again.",
                    channel.word()
                ),
            )
        })
    }

    /// Whether `hearer` has closed a channel.
    #[must_use]
    pub fn closes(&self, hearer: Entity, channel: Channel) -> bool {
        self.mutes
            .get(hearer)
            .is_ok_and(|mutes| mutes.closes(channel, self.clock.wall()))
    }

    /// Whether `hearer` does not want to hear `sender`.
    #[must_use]
    pub fn hides(&self, hearer: Entity, (sender, role): (StableId, Role)) -> bool {
        role != Role::Admin
            && self
                .mutes
                .get(hearer)
                .is_ok_and(|mutes| mutes.hides(sender, self.clock.wall()))
    }

    /// Whether `hearer` hears what `sender` says on a channel.
    #[must_use]
    pub fn hears(&self, hearer: Entity, sender: (StableId, Role), channel: Channel) -> bool {
        let Ok(mutes) = self.mutes.get(hearer) else {
            return true;
        };
        mutes.is_empty()
            || !mutes.closes(channel, self.clock.wall())
                && (sender.1 == Role::Admin || !mutes.hides(sender.0, self.clock.wall()))
    }

    /// Whether somebody may not speak.
    #[must_use]
    pub fn is_silenced(&self, id: StableId) -> bool {
        self.silences.of(id, self.clock.wall()).is_some()
    }

    /// Whether a character hears everybody on every channel.
    #[must_use]
    pub fn hears_all(&self, hearer: Entity) -> bool {
        self.mutes.get(hearer).map_or(true, Mutes::is_empty)
    }
}
