//! A draft, read and checked whole.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use engine::content::{Content, ContentTypes, Problem, Source, digest};
use engine::record::RecordedContent;

use crate::world_files;

/// A content with its texts.
#[derive(Clone, Debug)]
pub(crate) struct CheckedDraft {
    pub(crate) content: Arc<Content>,
    pub(crate) sources: Arc<[Source]>,
    pub(crate) digest: String,
}

impl CheckedDraft {
    fn of(content: Arc<Content>, sources: Vec<Source>) -> Self {
        Self {
            content,
            digest: digest(&sources),
            sources: sources.into(),
        }
    }

    /// As it is kept in the database.
    pub(crate) fn body(&self) -> Result<Vec<u8>, String> {
        let kept = RecordedContent::of(&self.sources).encode();
        kept.map_err(|fault| fault.to_string())
    }
}

/// Reads the draft in a folder; problems name files as the caller can open them.
pub(crate) fn read(folder: &Path, types: &ContentTypes) -> Result<CheckedDraft, Vec<Problem>> {
    let (content, sources) = sound(folder, || world_files::load_with_sources(folder, types))?;
    Ok(CheckedDraft::of(content, sources))
}

/// The texts of a content that is kept in the database.
pub(super) fn unpacked(body: &[u8]) -> Result<Vec<Source>, String> {
    let kept = RecordedContent::decode(body).map_err(|fault| fault.to_string())?;
    Ok(kept.sources())
}

/// A content that was kept, read again by this program.
pub(super) fn kept(
    sources: Vec<Source>,
    types: &ContentTypes,
) -> Result<CheckedDraft, Vec<Problem>> {
    let content = sound(Path::new(""), || types.load(&sources))?;
    Ok(CheckedDraft::of(content, sources))
}

/// A plugin that breaks over a world has found a mistake in it, if not the right words.
fn sound<T>(
    folder: &Path,
    read: impl FnOnce() -> Result<T, Vec<Problem>>,
) -> Result<T, Vec<Problem>> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(vec![Problem {
            file: folder.display().to_string(),
            line: 0,
            column: 0,
            message: "a plugin breaks over this world".to_owned(),
        }])
    })
}
