//! Another content, between two ticks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bevy_ecs::message::Message;

use super::Engine;
use crate::content::{Carryover, Content, NextRevision, Revision, RevisionBuilder};
use crate::fault;
use crate::phase::Phase;

/// The world's content is another from this tick on. For whoever must tell people what has become
/// of a place; what is made of content is new already.
#[derive(Message, Clone, Debug)]
pub struct Revised {
    was: Arc<Content>,
}

impl Revised {
    /// What a reader had made of the content before.
    #[must_use]
    pub fn was<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.was.get()
    }
}

impl Engine {
    /// What makes revisions for this world, on any thread.
    #[must_use]
    pub fn revisions(&self) -> RevisionBuilder {
        RevisionBuilder {
            installs: Arc::clone(&self.installs),
        }
    }

    /// Makes a content the world's: what lasts is carried over, what is derived is put in its place.
    pub(super) fn revise(&mut self, next: &NextRevision) {
        let to = Arc::clone(next.content());
        // Made already, unless another world has taken it.
        let ready = next.take().unwrap_or_else(|| self.revisions().make(&to));
        let was = Arc::clone(&self.world.resource::<Revision>().content);
        let carryover = Carryover::new(&was, &to);
        let carries = std::mem::take(&mut self.register.content.carries);
        for (plugin, name, carry) in &carries {
            fault::enter(*plugin);
            let ended = catch_unwind(AssertUnwindSafe(|| carry(&mut self.world, &carryover)));
            fault::leave();
            if let Err(panic) = ended {
                let words = fault::panic_words(panic.as_ref());
                self.at_fault(*plugin, Phase::Ingest, (*name).to_owned(), words);
            }
        }
        self.register.content.carries = carries;
        for one in ready {
            one(&mut self.world);
        }
        let mark = next.mark.clone();
        tracing::info!(number = mark.number, digest = mark.digest, "revision runs");
        self.world.insert_resource(Revision {
            mark,
            content: to,
            sources: Arc::clone(&next.sources),
        });
        self.own_faults(Phase::Ingest);
        self.world.write_message(Revised { was });
    }
}
