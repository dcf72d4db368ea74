//! The loader: a character's newest rows, whether or not the database has them yet.

use std::sync::Arc;
use std::time::Duration;

use engine::port::{
    Code, Full, Lane, Refusal, Row, SessionId, StableId, Stop, StoreAsk, StoreReply, Tasks,
};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep, timeout_at};

use crate::pending::{Changes, Pending};
use crate::store::{LoadedRow, Store};

/// Longer than a login should ever wait, shorter than a client's patience.
const LOAD_LONGEST: Duration = Duration::from_secs(2);

/// What a refused login is told to wait.
const RETRY_AFTER_MS: u64 = 2_000;

/// Loads under way at once: as many as the lane of asks holds, since each answers within
/// [`LOAD_LONGEST`] anyway. The connections bound how many reach the database.
const LOADS_MAX: usize = 1_024;

/// How long a reply waits before it tries a full lane again: a tick at 20 Hz.
const LANE_RETRY: Duration = Duration::from_millis(50);

/// The loader's state.
#[derive(Clone, Debug)]
pub(crate) struct Loader {
    pub(crate) store: Store,
    pub(crate) pending: Arc<Pending>,
    pub(crate) replies: Lane<StoreReply>,
    pub(crate) tasks: Tasks,
}

impl Loader {
    /// Answers until the lane closes or `halt`.
    pub(crate) async fn run(self, mut asks: mpsc::Receiver<StoreAsk>, halt: Stop) {
        let places = Arc::new(Semaphore::new(LOADS_MAX));
        loop {
            let ask = tokio::select! {
                () = halt.cancelled() => return,
                ask = asks.recv() => ask,
            };
            let Some(StoreAsk::Load { character, session }) = ask else {
                return;
            };
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            let loader = self.clone();
            let halt = halt.clone();
            self.tasks.spawn("load", async move {
                let _place = place;
                let answer = async {
                    let reply = loader.answer(character, session).await;
                    loader.deliver(reply).await;
                };
                tokio::select! {
                    () = halt.cancelled() => {}
                    () = answer => {}
                }
            });
        }
    }

    async fn answer(&self, character: StableId, session: SessionId) -> StoreReply {
        // The overlay comes first: what leaves it afterwards is in the database by then.
        let overlay = self.pending.overlay(character);
        let deadline = Instant::now() + LOAD_LONGEST;
        let reason = match timeout_at(deadline, self.store.rows_of(character)).await {
            Ok(Ok(rows)) => {
                return StoreReply::Loaded {
                    character,
                    session,
                    rows: overlaid(rows, overlay),
                };
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it took too long".to_owned(),
        };
        tracing::warn!(%character, reason, "character could not be loaded");
        StoreReply::Unavailable {
            character,
            session,
            refusal: Refusal::of(Code::DatabaseConnectionError).after_ms(RETRY_AFTER_MS),
        }
    }

    /// Every ask has its answer, so a full lane only delays it.
    async fn deliver(&self, mut reply: StoreReply) {
        while let Err(Full(back)) = self.replies.try_send(reply) {
            reply = back;
            sleep(LANE_RETRY).await;
        }
    }
}

/// The database's rows under the changes it may lack; of two versions the newer counts.
fn overlaid(rows: Vec<LoadedRow>, overlay: Changes) -> Vec<Row> {
    let wiped = overlay.wiped.unwrap_or(0);
    let mut newest: Vec<Row> = Vec::with_capacity(rows.len() + overlay.components.len());
    let mut changes = overlay.components;
    for LoadedRow { sequence, row } in rows {
        if sequence <= wiped {
            continue;
        }
        let change = changes
            .iter()
            .position(|change| change.component == row.component);
        match change.map(|at| changes.swap_remove(at)) {
            Some(change) if change.sequence >= sequence => newest.extend(change.row),
            _ => newest.push(row),
        }
    }
    newest.extend(changes.into_iter().filter_map(|change| change.row));
    newest.sort_by(|a, b| a.component.cmp(&b.component));
    newest
}
