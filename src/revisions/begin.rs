//! Which revision a server starts with.

use engine::content::{ContentTypes, Problem, RevisionMark};
use storage::{NewRevision, PublishedRevision, Revisions, StorageFault};

use super::draft::{self, CheckedDraft};
use super::watch::tell;
use crate::usage::UsageFault;

/// Who publishes at a start.
const AUTHOR: &str = "start";

/// What a server starts with.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) mark: RevisionMark,
    pub(crate) draft: CheckedDraft,
    /// The mistakes of the draft, which were told.
    pub(crate) told: Vec<Problem>,
}

/// The last published revision; where `publishes`, the draft, if it is another, is whole, and was not
/// left by a revert or for another draft. In a database without a revision the draft is the first.
pub(crate) async fn begin(
    revisions: &Revisions,
    types: &ContentTypes,
    draft: Result<CheckedDraft, Vec<Problem>>,
    publishes: bool,
) -> anyhow::Result<Begun> {
    let newest = revisions.newest().await?;
    let runs = match newest {
        0 => None,
        number => revisions.get(number).await?,
    };
    let (draft, told) = match draft {
        Ok(draft) => (Some(draft), Vec::new()),
        Err(problems) if runs.is_none() => return Err(unusable(&problems).into()),
        Err(problems) => {
            tell(&problems);
            (None, problems)
        }
    };
    let counts = |draft: &CheckedDraft| match &runs {
        None => true,
        Some(runs) if runs.digest == draft.digest => true,
        Some(runs) => publishes && runs.draft.as_ref() != Some(&draft.digest),
    };
    let differs = draft.as_ref().is_some_and(|draft| !counts(draft));
    if let (true, Some(runs)) = (differs, &runs) {
        let number = runs.number;
        tracing::info!(
            number,
            "draft is another than what runs; `kadath world publish` publishes it"
        );
    }
    match (draft.filter(counts), runs) {
        (Some(draft), Some(runs)) if draft.digest == runs.digest => Ok(begun(&runs, draft, told)),
        (Some(draft), runs) => {
            let after = runs.map_or(0, |runs| runs.number);
            match publish(revisions, &draft, after).await {
                Ok(mark) => Ok(Begun { mark, draft, told }),
                // Another node was faster.
                Err(StorageFault::Overtaken { newest }) => {
                    let runs = revisions.get(newest).await?;
                    let runs = runs.ok_or_else(|| lost(newest))?;
                    let draft = kept(revisions, types, &runs).await?;
                    Ok(begun(&runs, draft, told))
                }
                Err(fault) => Err(fault.into()),
            }
        }
        (None, Some(runs)) => {
            let draft = kept(revisions, types, &runs).await?;
            Ok(begun(&runs, draft, told))
        }
        (None, None) => Err(lost(newest).into()),
    }
}

fn begun(runs: &PublishedRevision, draft: CheckedDraft, told: Vec<Problem>) -> Begun {
    let mark = RevisionMark {
        number: runs.number,
        digest: runs.digest.clone(),
    };
    Begun { mark, draft, told }
}

async fn publish(
    revisions: &Revisions,
    draft: &CheckedDraft,
    after: u64,
) -> Result<RevisionMark, StorageFault> {
    let digest = draft.digest.clone();
    let new = NewRevision {
        after,
        digest: digest.clone(),
        body: draft.body().ok(),
        author: AUTHOR.to_owned(),
        message: String::new(),
        reverts: None,
        draft: None,
    };
    let number = revisions.publish(&new).await?;
    tracing::info!(number, "draft published");
    Ok(RevisionMark { number, digest })
}

/// The content of a revision, as this program reads it.
async fn kept(
    revisions: &Revisions,
    types: &ContentTypes,
    runs: &PublishedRevision,
) -> anyhow::Result<CheckedDraft> {
    let body = revisions.content(&runs.digest).await?;
    let body = body.ok_or_else(|| lost(runs.number))?;
    let sources = draft::unpacked(&body)
        .map_err(|why| UsageFault(format!("revision {} can't be read: {why}", runs.number)))?;
    let read = draft::kept(sources, types);
    Ok(read.map_err(|problems| unusable(&problems))?)
}

fn lost(number: u64) -> UsageFault {
    UsageFault(format!(
        "the content of revision {number} is not in the database"
    ))
}

fn unusable(problems: &[Problem]) -> UsageFault {
    let more = match problems.len() {
        0 | 1 => String::new(),
        count => format!(" (and {} more; see `kadath check`)", count - 1),
    };
    let first = problems
        .first()
        .map(ToString::to_string)
        .unwrap_or_default();
    UsageFault(format!("the world can't be used: {first}{more}"))
}
