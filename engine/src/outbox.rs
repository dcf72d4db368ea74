//! What this tick says, in the order it is said.

use std::sync::Arc;

use bevy_ecs::resource::Resource;

use crate::port::{Audience, Note, Outbound, SessionId};

/// Collects notes; written in `Emit` only (the build refuses a system elsewhere).
#[derive(Resource, Default, Debug)]
pub struct Outbox {
    pub(crate) said: Vec<Outbound>,
}

impl Outbox {
    /// Tells everyone in the audience.
    pub fn tell(&mut self, to: Audience, note: impl Note) {
        self.tell_shared(to, Arc::new(note));
    }

    /// Tells a note that was made before: one allocation however many audiences.
    pub fn tell_shared(&mut self, to: Audience, note: Arc<dyn Note>) {
        self.said.push(Outbound::Note { to, note });
    }

    /// Tells one session.
    pub fn tell_one(&mut self, to: SessionId, note: impl Note) {
        self.tell(Audience::One(to), note);
    }
}
