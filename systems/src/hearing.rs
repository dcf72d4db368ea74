//! Who may speak, and who wants to hear it: what is kept of it, and the asking.
//!
//! `mute` alone writes it. Whoever shows or delivers words asks [`Hearing`].

mod mute;
mod mutes;
mod silences;

pub use mute::Mute;
pub(crate) use mute::{given, told};
pub use mutes::Mutes;
pub use silences::{Silence, Silences};

use engine::prelude::*;

use crate::speech::Channel;

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
