//! What publishes by itself: a draft that is saved, where the server is its designer's own; and what
//! other nodes have published.

use std::path::Path;
use std::time::Duration;

use engine::content::Problem;
use engine::port::Stop;
use notify::{EventKind, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use super::acts::{Undone, one_line};
use super::draft::CheckedDraft;
use super::publisher::{PressState, Publisher};

/// So long nothing more is saved: then it is read.
const QUIET: Duration = Duration::from_millis(50);
/// A folder that is never quiet is read all the same.
const QUIET_WITHIN: Duration = Duration::from_secs(2);
/// How often a shared database is asked what others have published.
const ASK_EVERY: Duration = Duration::from_millis(400);
/// When a draft is looked at again that the database did not take.
const AGAIN: Duration = Duration::from_secs(1);
/// Who publishes what is saved.
const AUTHOR: &str = "draft";

/// Publishes the server's own draft whenever it is saved and whole; `at_once`: also what was saved
/// before anybody watched.
pub(crate) async fn watch_draft(publisher: Publisher, at_once: bool, stop: Stop) {
    let (saved, heard) = mpsc::channel(1);
    let told = move |event: notify::Result<notify::Event>| {
        // Reading it is no change.
        if event.is_ok_and(|event| !matches!(event.kind, EventKind::Access(_))) {
            // One that waits stands for all.
            let _ = saved.try_send(());
        }
    };
    let folder = publisher.folder().to_owned();
    let watcher = tokio::task::spawn_blocking(move || watcher(&folder, told)).await;
    let _watcher = match watcher {
        Ok(Ok(watcher)) => watcher,
        Ok(Err(fault)) => {
            tracing::warn!(%fault, "draft can't be watched; `kadath world publish` publishes it");
            return;
        }
        Err(_) => return,
    };
    let mut watch = DraftWatch {
        heard,
        before: None,
        is_away: false,
    };
    let mut next = match at_once {
        true => publisher.look(&mut watch).await,
        false => NextLook::WhenSaved,
    };
    loop {
        tokio::select! {
            goes_on = watch.wait(next) => if !goes_on { return },
            () = stop.cancelled() => return,
        }
        next = publisher.look(&mut watch).await;
    }
}

fn watcher(
    folder: &Path,
    told: impl FnMut(notify::Result<notify::Event>) + Send + 'static,
) -> notify::Result<notify::RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(told)?;
    watcher.watch(folder, RecursiveMode::Recursive)?;
    Ok(watcher)
}

/// When a draft is looked at again.
enum NextLook {
    WhenSaved,
    /// It was saved while it was read.
    WhenQuiet,
    /// The database did not take it.
    Soon,
}

type ReadDraft = Result<CheckedDraft, Vec<Problem>>;

/// What is known of a draft from one look at it to the next.
struct DraftWatch {
    /// That something was saved.
    heard: mpsc::Receiver<()>,
    /// What was read last while it was saved: its digest or its mistakes.
    before: Option<Result<String, Vec<Problem>>>,
    /// That the database does not take it was told.
    is_away: bool,
}

impl DraftWatch {
    /// Waits until it is to be looked at; `false`: nobody watches any more.
    async fn wait(&mut self, next: NextLook) -> bool {
        match next {
            NextLook::WhenSaved if self.heard.recv().await.is_none() => return false,
            NextLook::WhenSaved | NextLook::WhenQuiet => {}
            NextLook::Soon => {
                if matches!(timeout(AGAIN, self.heard.recv()).await, Ok(None)) {
                    return false;
                }
            }
        }
        let until = Instant::now() + QUIET_WITHIN;
        while Instant::now() < until
            && timeout(QUIET, self.heard.recv())
                .await
                .is_ok_and(|event| event.is_some())
        {}
        true
    }

    /// Whether what was read may be half of one draft and half of another: something was saved
    /// meanwhile. What was read twice alike is whole, in a folder that is never quiet.
    fn is_torn(&mut self, read: &ReadDraft) -> bool {
        let was_saved = self.heard.try_recv().is_ok();
        let now = match read {
            Ok(draft) => Ok(draft.digest.clone()),
            Err(problems) => Err(problems.clone()),
        };
        let before = self.before.take();
        if was_saved && before.as_ref() != Some(&now) {
            self.before = Some(now);
            return true;
        }
        false
    }
}

/// Takes over what others have published in a shared database.
pub(crate) async fn follow(publisher: Publisher, stop: Stop) {
    // The last revision that could not be read, which was told.
    let mut away = 0;
    loop {
        tokio::select! {
            () = sleep(ASK_EVERY) => {}
            () = stop.cancelled() => return,
        }
        // While the database is away, nobody publishes.
        let Ok(newest) = publisher.revisions().newest().await else {
            continue;
        };
        let mut state = publisher.state().await;
        if newest <= state.mark.number.max(state.unusable) {
            continue;
        }
        match publisher.take_over(&mut state, newest).await {
            Ok(()) => {}
            Err(Undone::Away(why)) => {
                if away != newest {
                    tracing::warn!(
                        number = newest,
                        why,
                        "revision of another node can't be read yet"
                    );
                    away = newest;
                }
            }
            Err(Undone::Refused(told)) => {
                let why = told.text();
                tracing::error!(
                    number = newest,
                    why,
                    "revision of another node can't be used here"
                );
                state.unusable = newest;
            }
        }
    }
}

impl Publisher {
    /// Publishes the own draft if it is whole, another than what runs, and was not left.
    async fn look(&self, watch: &mut DraftWatch) -> NextLook {
        let folder = self.folder().to_owned();
        let mut state = self.state().await;
        let read = self.read(&folder).await;
        if watch.is_torn(&read) {
            return NextLook::WhenQuiet;
        }
        let draft = match read {
            Ok(draft) => draft,
            Err(problems) => {
                self.tell_mistakes(&mut state, problems);
                return NextLook::WhenSaved;
            }
        };
        if draft.digest == state.mark.digest {
            state.told.clear();
            return NextLook::WhenSaved;
        }
        let (why, next) = match self.publish_unless_left(&mut state, &folder, draft).await {
            Ok(()) => {
                watch.is_away = false;
                return NextLook::WhenSaved;
            }
            Err(Undone::Away(_)) if watch.is_away => return NextLook::Soon,
            Err(Undone::Away(why)) => (why, NextLook::Soon),
            Err(Undone::Refused(told)) => (told.text(), NextLook::WhenSaved),
        };
        watch.is_away = matches!(next, NextLook::Soon);
        tracing::error!(why, "draft can't be published");
        if let Some(live) = self.live() {
            live.tell(None, why, None);
        }
        next
    }

    async fn publish_unless_left(
        &self,
        state: &mut PressState,
        folder: &Path,
        draft: CheckedDraft,
    ) -> Result<(), Undone> {
        let runs = self.revision(state.mark.number).await?;
        if runs.draft.is_some_and(|left| left == draft.digest) {
            return Ok(());
        }
        let words = (AUTHOR.to_owned(), String::new());
        self.publish_read(state, (folder, draft), None, words)
            .await?;
        tracing::info!(number = state.mark.number, "draft published");
        Ok(())
    }

    /// Tells the mistakes of a draft, once.
    fn tell_mistakes(&self, state: &mut PressState, problems: Vec<Problem>) {
        if state.told == problems {
            return;
        }
        tell(&problems);
        if let Some(live) = self.live() {
            let lines: Vec<String> = problems.iter().map(one_line).collect();
            live.tell(None, lines.join("\n"), None);
        }
        state.told = problems;
    }
}

/// Writes the mistakes of a draft into the log.
pub(super) fn tell(problems: &[Problem]) {
    for one in problems {
        let (file, line, mistake) = (&one.file, one.line, &one.message);
        tracing::error!(file, line, mistake, "draft has a mistake");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draft_saved_while_read_is_read_again() {
        let (saved, heard) = mpsc::channel(1);
        let mut watch = DraftWatch {
            heard,
            before: None,
            is_away: false,
        };
        let mistake = |message: &str| -> ReadDraft {
            Err(vec![Problem {
                file: "house.toml".to_owned(),
                line: 3,
                column: 1,
                message: message.to_owned(),
            }])
        };
        assert!(!watch.is_torn(&mistake("half")), "nothing was saved");
        saved.try_send(()).unwrap();
        assert!(watch.is_torn(&mistake("half")));
        saved.try_send(()).unwrap();
        assert!(watch.is_torn(&mistake("another")), "it still changes");
        saved.try_send(()).unwrap();
        assert!(!watch.is_torn(&mistake("another")), "twice alike is whole");
        saved.try_send(()).unwrap();
        assert!(watch.is_torn(&mistake("another")), "and begins anew");
    }
}
