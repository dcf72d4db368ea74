//! A revision on its way into a world that lives: made off the world's thread, put in between two
//! of its ticks.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use bevy_ecs::world::World;
use serde::{Deserialize, Serialize};

use super::{Content, Problem, Source};
use crate::fault;

/// Puts one thing that was made of content into the world.
pub(crate) type Ready = Box<dyn FnOnce(&mut World) + Send>;

/// Makes one thing of content.
pub(crate) struct Install {
    /// Only for a world that begins: afterwards it is its owner's, who carries it over.
    pub(crate) first_only: bool,
    pub(crate) make: Box<dyn Fn(&Arc<Content>) -> Ready + Send + Sync>,
}

/// Which revision it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionMark {
    /// Its number, counted from 1; 0: it was never published.
    pub number: u64,
    /// The name of its content; see [`digest`](super::digest).
    pub digest: String,
}

/// A revision that is to be the world's. Clones share what was made for it, which one engine takes.
#[derive(Clone)]
pub struct NextRevision {
    /// Which it is.
    pub mark: RevisionMark,
    /// Its texts, for whoever keeps them.
    pub sources: Arc<[Source]>,
    content: Arc<Content>,
    ready: Arc<Mutex<Option<Vec<Ready>>>>,
}

impl fmt::Debug for NextRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.mark.fmt(f)
    }
}

impl NextRevision {
    /// The same under another number: known only when it is published.
    #[must_use]
    pub fn numbered(mut self, number: u64) -> Self {
        self.mark.number = number;
        self
    }

    /// What its files say.
    #[must_use]
    pub const fn content(&self) -> &Arc<Content> {
        &self.content
    }

    /// Whether a world has it.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.is_none()
    }

    pub(crate) fn take(&self) -> Option<Vec<Ready>> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.take()
    }
}

/// Makes revisions for one engine, on any thread.
#[derive(Clone)]
pub struct RevisionBuilder {
    pub(crate) installs: Arc<[Install]>,
}

impl fmt::Debug for RevisionBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevisionBuilder")
            .field("installs", &self.installs.len())
            .finish()
    }
}

impl RevisionBuilder {
    /// Makes everything that is derived from a content.
    ///
    /// # Errors
    /// When a plugin breaks over it.
    pub fn build(
        &self,
        sources: Arc<[Source]>,
        content: Arc<Content>,
    ) -> Result<NextRevision, Problem> {
        let ready = catch_unwind(AssertUnwindSafe(|| self.make(&content)));
        let ready = ready.map_err(|panic| Problem {
            file: String::new(),
            line: 0,
            column: 0,
            message: format!(
                "a plugin breaks over this world: {}",
                fault::panic_words(panic.as_ref())
            ),
        })?;
        let (number, digest) = (0, super::digest(&sources));
        Ok(NextRevision {
            mark: RevisionMark { number, digest },
            sources,
            content,
            ready: Arc::new(Mutex::new(Some(ready))),
        })
    }

    pub(crate) fn make(&self, content: &Arc<Content>) -> Vec<Ready> {
        let again = self.installs.iter().filter(|install| !install.first_only);
        again.map(|install| (install.make)(content)).collect()
    }
}
