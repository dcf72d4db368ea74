//! What this tick says, in the order it is said.

use std::any::TypeId;
use std::collections::HashSet;
use std::sync::Arc;

use bevy_ecs::resource::Resource;

use crate::port::{Audience, Outbound, Published, Refusal, Reply, SessionId};

/// Collects notes; written in `Emit` only (the build refuses a system elsewhere).
#[derive(Resource, Default, Debug)]
pub struct Outbox {
    pub(crate) said: Vec<Outbound>,
    pub(crate) known: HashSet<TypeId>,
}

impl Outbox {
    /// Tells everyone in the audience.
    pub fn tell(&mut self, to: Audience, note: impl Published) {
        self.tell_shared(to, Arc::new(note));
    }

    /// Tells a note that was made before: one allocation however many audiences.
    pub fn tell_shared<N: Published>(&mut self, to: Audience, note: Arc<N>) {
        // A fault of the plugin in every test; where people play, an unlisted note still serves.
        debug_assert!(
            self.known.contains(&TypeId::of::<N>()),
            "`{}` is told, but no plugin declares it: `reg.note::<…>()`",
            std::any::type_name::<N>()
        );
        debug_assert!(
            N::TYPES.contains(&note.event_type()),
            "`{}` is no type of `{}`",
            note.event_type(),
            std::any::type_name::<N>()
        );
        self.said.push(Outbound::Note { to, note });
    }

    /// Answers an [`Asked`](crate::Asked).
    pub fn reply(&mut self, ask: u64, answer: Result<Arc<dyn Reply>, Refusal>) {
        self.said.push(Outbound::Reply { ask, answer });
    }

    /// Asks for a [`Received`](crate::Received) once the client has read everything told so far.
    pub fn ask_receipt(&mut self, of: SessionId) {
        self.said.push(Outbound::Receipt { session: of });
    }

    /// Tells one session.
    pub fn tell_one(&mut self, to: SessionId, note: impl Published) {
        self.tell(Audience::One(to), note);
    }
}
