//! What makes revisions, one at a time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::content::{ContentTypes, Problem, RevisionMark, Source, digest};
use engine::port::StableId;
use storage::{NewRevision, PublishedRevision, Revisions, StorageFault};
use tokio::sync::{Mutex, MutexGuard};

use super::acts::{Undone, WorldAct, WorldAnswer, WorldRequest};
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
    /// The world's id, once the database is of one.
    world: Option<String>,
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
        (revisions, world): (Revisions, Option<String>),
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

    pub(super) fn world(&self) -> Option<&str> {
        self.inner.world.as_deref()
    }

    pub(super) async fn state(&self) -> MutexGuard<'_, PressState> {
        self.inner.state.lock().await
    }

    /// Does what an operator asks for.
    pub(crate) async fn act(&self, request: WorldRequest) -> WorldAnswer {
        self.act_for(None, request).await
    }

    /// Does what is asked for, by a character of the world as far as its account may. Who only looks
    /// holds up nobody who publishes.
    pub(super) async fn act_for(&self, by: Option<StableId>, request: WorldRequest) -> WorldAnswer {
        let WorldRequest { author, draft, act } = request;
        let own = |folder: &PathBuf| {
            std::path::absolute(&self.inner.folder).ok().as_ref() == Some(folder)
        };
        let folder = draft.filter(|folder| !own(folder));
        let folder = folder.unwrap_or_else(|| self.inner.folder.clone());
        let done = match act {
            WorldAct::Status => self.status(&folder).await,
            WorldAct::Diff => self.diff(&folder).await,
            WorldAct::Publish { message } => self.publish(&folder, (by, &author), &message).await,
            WorldAct::History => self.history().await,
            WorldAct::Revert { number } => self.revert(&folder, number, (by, &author)).await,
            WorldAct::Blame { room } => self.blame(&room).await,
            WorldAct::Export { number, to } => self.export(number, &to).await,
        };
        done.unwrap_or_else(Undone::told)
    }

    pub(super) async fn read(&self, folder: &Path) -> Result<CheckedDraft, Vec<Problem>> {
        let (types, folder) = (Arc::clone(&self.inner.types), folder.to_owned());
        let reading = tokio::task::spawn_blocking(move || draft::read(&folder, &types));
        reading.await.unwrap_or_else(|_| Err(Vec::new()))
    }

    /// Whoever changes this draft knows what runs.
    pub(super) fn know(&self, state: &mut PressState, folder: &Path) {
        let number = state.mark.number;
        if folder == self.inner.folder {
            state.based = number;
        }
        DraftStamp::renew(folder, number);
    }

    /// The revision that a draft was made from; another world's is refused. A database that is of no
    /// world yet can't tell.
    fn based(&self, state: &PressState, folder: &Path) -> Result<u64, Undone> {
        match (DraftStamp::of(folder), &self.inner.world) {
            (Some(stamp), Some(world)) if stamp.world != *world => Err(Undone::refused(format!(
                "{} is a draft of another world; nothing was published",
                folder.display()
            ))),
            (Some(stamp), Some(_)) => Ok(stamp.number),
            (None, _) if folder == self.inner.folder => Ok(state.based),
            (_, _) => Ok(state.mark.number),
        }
    }

    async fn publish(
        &self,
        folder: &Path,
        (by, author): (Option<StableId>, &str),
        message: &str,
    ) -> Result<WorldAnswer, Undone> {
        let words = (
            text::words("the author's name", author)?,
            text::words("a message", message)?,
        );
        let mut state = self.state().await;
        let draft = self.read(folder).await;
        let draft = draft.map_err(|problems| Undone::Refused(WorldAnswer::refused(&problems)))?;
        self.publish_read(&mut state, (folder, draft), by, words)
            .await
    }

    /// Publishes a draft as it was read.
    pub(super) async fn publish_read(
        &self,
        state: &mut PressState,
        (folder, draft): (&Path, CheckedDraft),
        by: Option<StableId>,
        (author, message): (String, String),
    ) -> Result<WorldAnswer, Undone> {
        let based = self.based(state, folder)?;
        if draft.digest == state.mark.digest {
            self.know(state, folder);
            let number = state.mark.number;
            return Ok(WorldAnswer::done(format!("revision {number} runs already")));
        }
        if based != state.mark.number {
            return Err(self.overtaken(state.mark.number).await);
        }
        self.allow(by, state, &draft).await?;
        let packed = draft.clone();
        let body = aside(move || packed.body()).await?;
        let new = NewRevision {
            after: state.mark.number,
            digest: draft.digest.clone(),
            body: Some(body.map_err(Undone::refused)?),
            author,
            message,
            reverts: None,
            draft: self.left(state, folder).await?,
        };
        let number = self.commit(state, (folder, &draft), new).await?;
        self.know(state, folder);
        Ok(WorldAnswer::done(format!("published revision {number}")))
    }

    /// The own draft that is left when another is published: it is as old as one that a revert leaves,
    /// and no start may publish it over what somebody asked for.
    async fn left(&self, state: &PressState, folder: &Path) -> Result<Option<String>, Undone> {
        if folder == self.inner.folder {
            return Ok(None);
        }
        let own = self.inner.folder.clone();
        let read = aside(move || {
            let (sources, unread) = world_files::read(&own);
            unread.is_empty().then(|| digest(&sources))
        });
        match read.await? {
            Some(left) => Ok(Some(left)),
            // What can't be read now is what was left before, for all that is known.
            None => Ok(match self.revisions().get(state.mark.number).await? {
                Some(runs) => runs.draft,
                None => None,
            }),
        }
    }

    async fn overtaken(&self, number: u64) -> Undone {
        let by = match self.revisions().get(number).await {
            Ok(Some(revision)) => format!(" by {}", revision.author),
            _ => String::new(),
        };
        Undone::refused(format!(
            "revision {number}{by} was published since this draft was begun: look at it first \
             (world diff), then publish again"
        ))
    }

    async fn revert(
        &self,
        folder: &Path,
        number: u64,
        (by, author): (Option<StableId>, &str),
    ) -> Result<WorldAnswer, Undone> {
        let author = text::words("the author's name", author)?;
        let mut state = self.state().await;
        let earlier = self.revision(number).await?;
        if earlier.digest == state.mark.digest {
            let runs = state.mark.number;
            return Ok(WorldAnswer::done(format!(
                "revision {runs} has that content already"
            )));
        }
        let draft = self.kept(&earlier.digest).await?;
        self.allow(by, &state, &draft).await?;
        // A running server knows its draft; without one it is the one that is named.
        let left = match self.live() {
            Some(_) => self.inner.folder.clone(),
            None => folder.to_owned(),
        };
        let read = left.clone();
        let new = NewRevision {
            after: state.mark.number,
            digest: earlier.digest,
            body: None,
            author,
            message: String::new(),
            reverts: Some(number),
            draft: Some(aside(move || digest(&world_files::read(&read).0)).await?),
        };
        let published = self
            .commit(&mut state, (Path::new(""), &draft), new)
            .await?;
        self.know(&mut state, &left);
        Ok(WorldAnswer::done(format!(
            "published revision {published}: revision {number} again"
        )))
    }

    /// Keeps a revision, and hands it to the world: from the first on it is what runs.
    async fn commit(
        &self,
        state: &mut PressState,
        (folder, draft): (&Path, &CheckedDraft),
        new: NewRevision,
    ) -> Result<u64, Undone> {
        let next = match self.live() {
            None => None,
            Some(live) => {
                let built = live.build(draft).await.map_err(|mut problem| {
                    problem.file = folder.join(&problem.file).display().to_string();
                    Undone::Refused(WorldAnswer::refused(&[problem]))
                });
                Some(built?)
            }
        };
        let number = match self.revisions().publish(&new).await {
            Ok(number) => number,
            Err(StorageFault::Overtaken { newest }) => {
                // Whoever is told to look at it must find it.
                self.take_over(state, newest).await?;
                return Err(self.overtaken(newest).await);
            }
            Err(fault) => return Err(fault.into()),
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

    /// Takes over what was published elsewhere.
    pub(super) async fn take_over(
        &self,
        state: &mut PressState,
        number: u64,
    ) -> Result<(), Undone> {
        let digest = self.revision(number).await?.digest;
        if let Some(live) = self.live() {
            let unusable = |told: WorldAnswer| {
                let why = told.text();
                Undone::refused(format!(
                    "revision {number} was published elsewhere and can't be used here: {why}"
                ))
            };
            let draft = self.kept(&digest).await.map_err(|undone| match undone {
                Undone::Refused(told) => unusable(told),
                away @ Undone::Away(_) => away,
            })?;
            let next = live.build(&draft).await;
            let next = next.map_err(|problem| unusable(WorldAnswer::failed(problem)))?;
            live.take(next.numbered(number)).await;
        }
        state.mark = RevisionMark { number, digest };
        Ok(())
    }

    pub(super) async fn revision(&self, number: u64) -> Result<PublishedRevision, Undone> {
        let found = self.revisions().get(number).await?;
        found.ok_or_else(|| Undone::refused(format!("there is no revision {number}")))
    }

    /// The texts of a content that was published.
    pub(super) async fn sources(&self, digest: &str) -> Result<Vec<Source>, Undone> {
        let body = self.revisions().content(digest).await?;
        let body = body.ok_or_else(|| Undone::refused("no revision was published yet"))?;
        let unpacked = aside(move || draft::unpacked(&body)).await?;
        unpacked.map_err(Undone::refused)
    }

    /// A content that was published, as this program reads it.
    async fn kept(&self, digest: &str) -> Result<CheckedDraft, Undone> {
        let (sources, types) = (self.sources(digest).await?, Arc::clone(&self.inner.types));
        let read = aside(move || draft::kept(sources, &types)).await?;
        read.map_err(|problems| Undone::Refused(WorldAnswer::refused(&problems)))
    }
}

/// Does on a thread of its own what would keep others waiting.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Undone> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Undone::refused("the server stops"))
}
