//! Those who keep the world's draft, as the stage plays them.

use std::sync::Arc;

use crate::content::{Content, RevisionMark, Source};
use crate::port::DraftWish;

use super::Stage;

impl Stage {
    /// The world's content is another from the next tick on.
    ///
    /// # Panics
    /// When a plugin breaks over it.
    pub fn revise(&mut self, sources: Vec<Source>, content: Arc<Content>) {
        let next = self.engine.revisions().build(sources.into(), content);
        let next = next.unwrap_or_else(|problem| panic!("{problem}"));
        let number = self.revision_mark().number + 1;
        self.revision = Some(next.numbered(number));
    }

    /// Which content the world has.
    pub fn revision_mark(&mut self) -> RevisionMark {
        let revision = self.engine.world().resource::<crate::content::Revision>();
        revision.mark.clone()
    }

    /// What was wished of those who keep the draft since it was last asked.
    pub fn wishes(&mut self) -> Vec<DraftWish> {
        std::mem::take(&mut self.wishes)
    }
}
