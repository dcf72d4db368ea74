//! The running world, as far as its revisions go.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Sender;
use engine::content::{Content, NextRevision, Problem, RevisionBuilder, Source};
use engine::port::{Inbound, Lane, StableId};
use prometheus::IntGauge;
use systems::world::WorldHeader;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::CheckedDraft;

/// How often it is looked whether a tick has taken a revision.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// The world takes one with every tick; a world that stands still is not waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// Where a world says which plugins are off.
const WORLD_FILE: &str = "world.toml";

/// What a publisher needs of a world that lives.
#[derive(Debug)]
pub(crate) struct LiveWorld {
    pub(crate) builder: RevisionBuilder,
    pub(crate) lane: Sender<NextRevision>,
    pub(crate) inbound: Lane<Inbound>,
    pub(crate) content: watch::Sender<Arc<Content>>,
    pub(crate) number: IntGauge,
}

impl LiveWorld {
    /// Makes what is derived from a draft; nothing that only a start can do may have changed.
    pub(super) async fn build(&self, draft: &CheckedDraft) -> Result<NextRevision, Problem> {
        let off = |content: &Content| {
            let header = content.get::<WorldHeader>();
            header
                .map(|header| header.plugins_off.clone())
                .unwrap_or_default()
        };
        if off(&draft.content) != off(&self.content.borrow()) {
            return Err(off_is_another(&draft.sources));
        }
        let (builder, draft) = (self.builder.clone(), draft.clone());
        let building =
            tokio::task::spawn_blocking(move || builder.build(draft.sources, draft.content));
        let built = building.await;
        built.unwrap_or_else(|_| {
            let message = "what is derived from it can't be made";
            Err(problem(WORLD_FILE, message))
        })
    }

    /// Hands a revision to the world, and waits until a tick has it.
    pub(super) async fn take(&self, next: NextRevision) {
        let until = Instant::now() + PATIENCE;
        let (content, number) = (Arc::clone(next.content()), next.mark.number);
        while self.lane.try_send(next.clone()).is_err() {
            if Instant::now() > until {
                tracing::error!(number, "world takes no revision");
                return;
            }
            sleep(LOOK_EVERY).await;
        }
        while !next.is_taken() && Instant::now() < until {
            sleep(LOOK_EVERY).await;
        }
        self.content.send_replace(content);
        self.number.set(i64::try_from(number).unwrap_or(i64::MAX));
    }

    /// Tells somebody in the world, or everybody who may change it.
    pub(super) fn tell(&self, to: Option<StableId>, text: String, done: Option<(String, String)>) {
        // A world that hears nothing has other troubles.
        if self
            .inbound
            .try_send(Inbound::Draft { to, text, done })
            .is_err()
        {
            tracing::warn!("designers could not be told");
        }
    }
}

/// A mistake of a file as a whole.
fn problem(file: &str, message: &str) -> Problem {
    Problem {
        file: file.to_owned(),
        line: 0,
        column: 0,
        message: message.to_owned(),
    }
}

/// The plugins that are off are others, told where the draft says which.
fn off_is_another(sources: &[Source]) -> Problem {
    let message = "`[plugins] off` is another than in the world that runs: it is read when the server \
                   starts";
    let source = sources.iter().find(|source| source.path == WORLD_FILE);
    let placed = source.and_then(|source| {
        let table = source.table(&mut Vec::new())?;
        let plugins = table.get_ref().get("plugins")?;
        let off = plugins
            .get_ref()
            .as_table()
            .and_then(|table| table.get("off"));
        Some(source.problem(&off.unwrap_or(plugins).span(), message))
    });
    placed.unwrap_or_else(|| problem(WORLD_FILE, message))
}
