//! What makes revisions, one at a time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::content::{ContentTypes, Problem, RevisionMark, digest};
use storage::{NewRevision, PublishedRevision, Revisions, StorageFault};
use tokio::sync::{Mutex, MutexGuard};

use super::acts::{WorldAct, WorldAnswer, WorldRequest};
use super::draft::{self, CheckedDraft};
use super::live::LiveWorld;
use super::stamp::DraftStamp;
use super::text;
use crate::world_files;

/// Makes revisions of one world. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Publisher {
    inner: Arc<OpenPress>,
}

#[derive(Debug)]
struct OpenPress {
    types: Arc<ContentTypes>,
    revisions: Revisions,
    /// The world's id.
    world: String,
    /// The folder of the server's own draft.
    folder: PathBuf,
    /// The world, where it lives here.
    live: Option<LiveWorld>,
    state: Mutex<PressState>,
}

#[derive(Debug)]
pub(super) struct PressState {
    /// What runs.
    pub(super) mark: RevisionMark,
    /// The revision that whoever changes the own draft knows.
    pub(super) based: u64,
    /// The mistakes of the draft that were told last.
    pub(super) told: Vec<Problem>,
    /// Revisions of others up to this one can't be used here, and that was told.
    pub(super) unusable: u64,
}

impl Publisher {
    pub(crate) fn new(
        types: Arc<ContentTypes>,
        (revisions, world): (Revisions, String),
        folder: PathBuf,
        live: Option<LiveWorld>,
        mark: RevisionMark,
        told: Vec<Problem>,
    ) -> Self {
        let state = PressState {
            based: mark.number,
            unusable: mark.number,
            mark,
            told,
        };
        let inner = Arc::new(OpenPress {
            types,
            revisions,
            world,
            folder,
            live,
            state: Mutex::new(state),
        });
        Self { inner }
    }

    pub(super) fn live(&self) -> Option<&LiveWorld> {
        self.inner.live.as_ref()
    }

    pub(super) fn folder(&self) -> &Path {
        &self.inner.folder
    }

    pub(super) fn revisions(&self) -> &Revisions {
        &self.inner.revisions
    }

    pub(super) async fn state(&self) -> MutexGuard<'_, PressState> {
        self.inner.state.lock().await
    }

    /// Does what is asked for.
    pub(crate) async fn act(&self, request: WorldRequest) -> WorldAnswer {
        let WorldRequest { author, draft, act } = request;
        let own = |folder: &PathBuf| {
            std::path::absolute(&self.inner.folder).ok().as_ref() == Some(folder)
        };
        let folder = draft.filter(|folder| !own(folder));
        let folder = folder.unwrap_or_else(|| self.inner.folder.clone());
        let mut state = self.state().await;
        let done = match act {
            WorldAct::Status => self.status(&state, &folder).await,
            WorldAct::Diff => self.diff(&mut state, &folder).await,
            WorldAct::Publish { message } => {
                self.publish(&mut state, &folder, &author, message).await
            }
            WorldAct::History => self.history().await,
            WorldAct::Revert { number } => self.revert(&mut state, number, &author).await,
            WorldAct::Blame { room } => self.blame(&room).await,
            WorldAct::Export { number, to } => self.export(&state, number, &to).await,
        };
        done.unwrap_or_else(|told| told)
    }

    pub(super) async fn read(&self, folder: &Path) -> Result<CheckedDraft, Vec<Problem>> {
        let (types, folder) = (Arc::clone(&self.inner.types), folder.to_owned());
        let reading = tokio::task::spawn_blocking(move || draft::read(&folder, &types));
        reading.await.unwrap_or_else(|_| Err(Vec::new()))
    }

    async fn status(&self, state: &PressState, folder: &Path) -> Result<WorldAnswer, WorldAnswer> {
        let draft = match self.read(folder).await {
            Ok(draft) if draft.digest == state.mark.digest => "is what runs".to_owned(),
            Ok(_) => "differs".to_owned(),
            Err(problems) => format!("has {} mistakes", problems.len()),
        };
        let number = state.mark.number;
        Ok(WorldAnswer::done(format!(
            "revision {number}\nthe draft in {} {draft}",
            folder.display()
        )))
    }

    async fn diff(
        &self,
        state: &mut PressState,
        folder: &Path,
    ) -> Result<WorldAnswer, WorldAnswer> {
        let runs = self.sources(&state.mark.digest).await?;
        let (now, unread) = world_files::read(folder);
        if !unread.is_empty() {
            return Err(WorldAnswer::refused(&unread));
        }
        // Who looks knows what runs.
        self.know(state, folder);
        let told = text::difference(&runs, &now);
        Ok(WorldAnswer::done(match told.is_empty() {
            true => format!("the draft in {} is what runs", folder.display()),
            false => told,
        }))
    }

    /// Whoever changes this draft knows what runs.
    fn know(&self, state: &mut PressState, folder: &Path) {
        let number = state.mark.number;
        if folder == self.inner.folder {
            state.based = number;
        }
        DraftStamp::renew(folder, number);
    }

    /// The revision that a draft was made from; another world's is refused.
    fn based(&self, state: &PressState, folder: &Path) -> Result<u64, WorldAnswer> {
        match DraftStamp::of(folder) {
            Some(stamp) if stamp.world != self.inner.world => Err(WorldAnswer::failed(format!(
                "{} is a draft of another world; nothing was published",
                folder.display()
            ))),
            Some(stamp) => Ok(stamp.number),
            None if folder == self.inner.folder => Ok(state.based),
            None => Ok(state.mark.number),
        }
    }

    pub(super) async fn publish(
        &self,
        state: &mut PressState,
        folder: &Path,
        author: &str,
        message: String,
    ) -> Result<WorldAnswer, WorldAnswer> {
        let draft = self.read(folder).await;
        let draft = draft.map_err(|problems| WorldAnswer::refused(&problems))?;
        let based = self.based(state, folder)?;
        if draft.digest == state.mark.digest {
            self.know(state, folder);
            let number = state.mark.number;
            return Ok(WorldAnswer::done(format!("revision {number} runs already")));
        }
        if based != state.mark.number {
            return Err(self.overtaken(state.mark.number).await);
        }
        let new = NewRevision {
            after: state.mark.number,
            digest: draft.digest.clone(),
            body: Some(draft.body().map_err(WorldAnswer::failed)?),
            author: author.to_owned(),
            message,
            reverts: None,
            draft: None,
        };
        let number = self.commit(state, &draft, new).await?;
        self.know(state, folder);
        Ok(WorldAnswer::done(format!("published revision {number}")))
    }

    async fn overtaken(&self, number: u64) -> WorldAnswer {
        let by = match self.revisions().get(number).await {
            Ok(Some(revision)) => format!(" by {}", revision.author),
            _ => String::new(),
        };
        WorldAnswer::failed(format!(
            "revision {number}{by} was published since this draft was begun: look at it first \
             (world diff), then publish again"
        ))
    }

    pub(super) async fn revert(
        &self,
        state: &mut PressState,
        number: u64,
        author: &str,
    ) -> Result<WorldAnswer, WorldAnswer> {
        let earlier = self.revision(number).await?;
        if earlier.digest == state.mark.digest {
            let runs = state.mark.number;
            return Ok(WorldAnswer::done(format!(
                "revision {runs} has that content already"
            )));
        }
        let draft = self.kept(&earlier.digest).await?;
        let left = world_files::read(&self.inner.folder).0;
        let new = NewRevision {
            after: state.mark.number,
            digest: earlier.digest,
            body: None,
            author: author.to_owned(),
            message: String::new(),
            reverts: Some(number),
            draft: Some(digest(&left)),
        };
        let published = self.commit(state, &draft, new).await?;
        self.know(state, &self.inner.folder.clone());
        Ok(WorldAnswer::done(format!(
            "published revision {published}: revision {number} again"
        )))
    }

    /// Keeps a revision, and hands it to the world: from the first on it is what runs.
    async fn commit(
        &self,
        state: &mut PressState,
        draft: &CheckedDraft,
        new: NewRevision,
    ) -> Result<u64, WorldAnswer> {
        let next = match self.live() {
            None => None,
            Some(live) => {
                let built = live.build(draft).await;
                Some(built.map_err(|problem| WorldAnswer::refused(&[problem]))?)
            }
        };
        let number = match self.revisions().publish(&new).await {
            Ok(number) => number,
            Err(StorageFault::Overtaken { newest }) => return Err(self.overtaken(newest).await),
            Err(fault) => return Err(WorldAnswer::failed(fault)),
        };
        let digest = new.digest.clone();
        state.mark = RevisionMark { number, digest };
        state.told.clear();
        if let (Some(live), Some(next)) = (self.live(), next) {
            live.take(next.numbered(number)).await;
            let verb = match new.reverts {
                None => "publish",
                Some(_) => "revert",
            };
            let detail = format!("revision {number} by {} {}", new.author, new.message);
            let told = format!("Revision {number} by {} runs now.", new.author);
            let done = (verb.to_owned(), detail.trim_end().to_owned());
            live.tell(None, told, Some(done));
        }
        Ok(number)
    }

    /// Takes over what another node has published.
    pub(super) async fn take_over(
        &self,
        state: &mut PressState,
        number: u64,
    ) -> Result<(), WorldAnswer> {
        let Some(live) = self.live() else {
            return Ok(());
        };
        let digest = self.revision(number).await?.digest;
        let draft = self.kept(&digest).await?;
        let next = live.build(&draft).await;
        let next = next.map_err(|problem| WorldAnswer::refused(&[problem]))?;
        live.take(next.numbered(number)).await;
        state.mark = RevisionMark { number, digest };
        Ok(())
    }

    pub(super) async fn revision(&self, number: u64) -> Result<PublishedRevision, WorldAnswer> {
        let found = self
            .revisions()
            .get(number)
            .await
            .map_err(WorldAnswer::failed)?;
        found.ok_or_else(|| WorldAnswer::failed(format!("there is no revision {number}")))
    }

    /// The texts of a content that was published.
    pub(super) async fn sources(
        &self,
        digest: &str,
    ) -> Result<Vec<engine::content::Source>, WorldAnswer> {
        let body = self
            .revisions()
            .content(digest)
            .await
            .map_err(WorldAnswer::failed)?;
        let body = body.ok_or_else(|| WorldAnswer::failed("no revision was published yet"))?;
        draft::unpacked(&body).map_err(WorldAnswer::failed)
    }

    /// A content that was published, as this program reads it.
    async fn kept(&self, digest: &str) -> Result<CheckedDraft, WorldAnswer> {
        let (sources, types) = (self.sources(digest).await?, Arc::clone(&self.inner.types));
        let reading = tokio::task::spawn_blocking(move || draft::kept(sources, &types));
        let read = reading.await.unwrap_or_else(|_| Err(Vec::new()));
        read.map_err(|problems| WorldAnswer::refused(&problems))
    }

    async fn history(&self) -> Result<WorldAnswer, WorldAnswer> {
        let all = self.revisions().all().await.map_err(WorldAnswer::failed)?;
        let lines: Vec<String> = all.iter().map(text::line).collect();
        Ok(WorldAnswer::done(lines.join("\n")))
    }

    async fn blame(&self, room: &str) -> Result<WorldAnswer, WorldAnswer> {
        let mut all = self.revisions().all().await.map_err(WorldAnswer::failed)?;
        all.reverse();
        let (mut lines, mut was) = (Vec::new(), None);
        for one in &all {
            let now = text::room(&self.sources(&one.digest).await?, room);
            if now != was {
                let gone = if now.is_none() { "  (removed)" } else { "" };
                lines.push(format!("{}{gone}", text::line(one)));
                was = now;
            }
        }
        if lines.is_empty() {
            return Err(WorldAnswer::failed(format!(
                "there never was a room `{room}`"
            )));
        }
        lines.reverse();
        Ok(WorldAnswer::done(lines.join("\n")))
    }

    async fn export(
        &self,
        state: &PressState,
        number: Option<u64>,
        to: &Path,
    ) -> Result<WorldAnswer, WorldAnswer> {
        let number = number.unwrap_or(state.mark.number);
        let revision = self.revision(number).await?;
        let sources = self.sources(&revision.digest).await?;
        let stamp = DraftStamp {
            world: self.inner.world.clone(),
            // Who edits this knows all that was published until now.
            number: state.mark.number,
        };
        let folder = to.to_owned();
        let writing = tokio::task::spawn_blocking(move || {
            world_files::write(&folder, &sources)?;
            stamp.put(&folder)
        });
        let written = writing
            .await
            .unwrap_or_else(|why| Err(std::io::Error::other(why)));
        written.map_err(|fault| {
            WorldAnswer::failed(format!("{} can't be written: {fault}", to.display()))
        })?;
        Ok(WorldAnswer::done(format!(
            "revision {number} is in {}",
            to.display()
        )))
    }
}
