//! Whether what this server has open still is what its paths name.
//!
//! A data folder can be deleted, moved, unmounted or exchanged under a running server, and a
//! database dropped or put back to an older state. Everything goes on working then, in files that
//! nobody will find again. So names and inodes are compared all the time, and the database is asked
//! whose it is. Files that are gone stay gone until the restart; a database that is away is waited
//! for elsewhere, and one that is itself again is used again.

mod files;

use std::sync::Arc;
use std::time::Duration;

use engine::port::{SaveGauge, Stop};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::journal;
use crate::store::{NodeJournal, Store, Whose, is_absent};
pub(crate) use files::Files;
use files::LostFile;

/// Three looks are within a second, and some losses are believed at the second look only.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The database is asked at every so many-th look: once a second.
const ASK_AT: u32 = 4;
/// How long its answer is waited for.
const ANSWER_LONGEST: Duration = Duration::from_secs(1);

/// Why nothing is called durable any more, in words for everybody.
pub(crate) const FOLDER_GONE: &str = "the data folder was removed or replaced";
pub(crate) const DATABASE_GONE: &str = "the database was removed or replaced";

/// Looks after what is open.
#[derive(Debug)]
pub(crate) struct LossWatch {
    pub(crate) files: Files,
    pub(crate) journal: Arc<journal::JournalHandle>,
    pub(crate) gauge: Arc<SaveGauge>,
    pub(crate) store: Store,
    pub(crate) origin: NodeJournal,
}

impl LossWatch {
    /// Looks again and again until `halt`. A folder that is deleted goes file by file.
    pub(crate) async fn run(mut self, halt: Stop) {
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut looks, mut lost) = (0_u32, false);
        while halt.run_until_cancelled(look.tick()).await.is_some() {
            let files = self.files;
            // A disk that does not answer holds up nobody but this look.
            let looked = tokio::task::spawn_blocking(move || {
                let mut files = files;
                let gone = files.look();
                (files, gone)
            });
            let Some(Ok((files, gone))) = halt.run_until_cancelled(looked).await else {
                return;
            };
            self.files = files;
            lost |= !gone.is_empty();
            for one in &gone {
                self.lose(one);
            }
            looks = looks.wrapping_add(1);
            if !lost && looks.is_multiple_of(ASK_AT) {
                halt.run_until_cancelled(self.ask()).await;
            }
        }
    }

    fn lose(&self, LostFile { path, of_database }: &LostFile) {
        tracing::error!(
            path = %path.display(),
            "an open file is no longer what its path names; nothing is durable any more, \
             stop the server and look for the files"
        );
        let reason = if *of_database {
            self.store.block(Some(DATABASE_GONE));
            DATABASE_GONE
        } else {
            FOLDER_GONE
        };
        self.journal.block(&self.gauge, Some(reason));
    }

    /// Asks the database whose it is. No answer is no news: that is an outage.
    async fn ask(&self) {
        let whose = match timeout(ANSWER_LONGEST, self.store.look(&self.origin)).await {
            Ok(Ok(whose)) => whose,
            Ok(Err(error)) if is_absent(&error) => Whose::Another,
            Ok(Err(_)) | Err(_) => return,
        };
        let blocked = (whose == Whose::Another).then_some(DATABASE_GONE);
        if self.store.blocked() == blocked {
            return;
        }
        match blocked {
            Some(_) => tracing::error!(
                database = self.store.target(),
                "database is another one or was put back to an older state; nothing is written \
                 to it and nothing is durable until it is what it was"
            ),
            None => tracing::info!(
                database = self.store.target(),
                "database is what it was again"
            ),
        }
        self.store.block(blocked);
        self.journal.block(&self.gauge, blocked);
    }
}
