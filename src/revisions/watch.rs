//! What publishes by itself: a draft that is saved, where the server is its designer's own; and what
//! other nodes have published.

use std::path::Path;
use std::time::Duration;

use engine::content::Problem;
use engine::port::Stop;
use notify::{EventKind, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use super::acts::one_line;
use super::publisher::{PressState, Publisher};

/// So long nothing more is saved: then it is read.
const QUIET: Duration = Duration::from_millis(50);
/// A folder that is never quiet is read all the same.
const QUIET_WITHIN: Duration = Duration::from_secs(2);
/// How often a shared database is asked what others have published.
const ASK_EVERY: Duration = Duration::from_millis(400);
/// Who publishes what is saved.
const AUTHOR: &str = "draft";

/// Publishes the server's own draft whenever it is saved and whole.
pub(crate) async fn watch_draft(publisher: Publisher, stop: Stop) {
    let (saved, mut heard) = mpsc::channel(1);
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
    // What was saved before anybody watched.
    loop {
        publisher.look().await;
        tokio::select! {
            event = heard.recv() => if event.is_none() { return },
            () = stop.cancelled() => return,
        }
        let until = Instant::now() + QUIET_WITHIN;
        while Instant::now() < until
            && timeout(QUIET, heard.recv())
                .await
                .is_ok_and(|event| event.is_some())
        {}
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

/// Takes over what others have published in a shared database.
pub(crate) async fn follow(publisher: Publisher, stop: Stop) {
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
        if let Err(told) = publisher.take_over(&mut state, newest).await {
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

impl Publisher {
    /// Publishes the own draft if it is whole, another than what runs, and was not left by a revert.
    async fn look(&self) {
        let folder = self.folder().to_owned();
        let mut state = self.state().await;
        let draft = match self.read(&folder).await {
            Ok(draft) => draft,
            Err(problems) => return self.tell_mistakes(&mut state, problems),
        };
        if draft.digest == state.mark.digest {
            state.told.clear();
            return;
        }
        let left = match self.revision(state.mark.number).await {
            Ok(runs) => runs.draft,
            Err(told) => {
                let why = told.text();
                return tracing::error!(why, "draft can't be published");
            }
        };
        if left.is_some_and(|left| left == draft.digest) {
            return;
        }
        let published = self
            .publish(&mut state, &folder, AUTHOR, String::new())
            .await;
        match published {
            Ok(_) => tracing::info!(number = state.mark.number, "draft published"),
            Err(told) => {
                let why = told.text();
                tracing::error!(why, "draft can't be published");
                if let Some(live) = self.live() {
                    live.tell(None, why, None);
                }
            }
        }
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
