//! The loader: a character's newest rows, whether or not the database has them yet.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use engine::port::{
    Code, Full, Lane, Owner, Refusal, Row, SaveGauge, SessionId, StableId, Standings, Stop,
    StoreAsk, StoreReply, Tasks, Tick,
};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::accounts::Accounts;
use crate::journal;
use crate::lease::Leases;
use crate::pending::{ComponentChange, EntityChanges, PendingChanges};
use crate::store::{LeaseStore, Store};

/// Longer than a login should ever wait, shorter than a client's patience.
const LOAD_LONGEST: Duration = Duration::from_secs(2);

/// The same where another node may have to let go of the character first.
const LEASE_LONGEST: Duration = Duration::from_secs(6);

/// The same for who is set apart, which the world asks for every two seconds: one is under way at a
/// time.
const STANDINGS_LONGEST: Duration = Duration::from_millis(1_500);

/// What a refused login is told to wait.
const RETRY_AFTER_MS: u64 = 2_000;

/// Loads under way at once: as many as the lane of asks holds, since each answers within
/// [`LOAD_LONGEST`] anyway. The connections bound how many reach the database.
const LOADS_MAX: usize = 1_024;

/// How long a reply waits before it tries a full lane again: a tick at 20 Hz.
const LANE_RETRY: Duration = Duration::from_millis(50);

/// The loader's state.
#[derive(Clone, Debug)]
pub(crate) struct Loader<D = Store> {
    pub(crate) store: D,
    /// Whose ended tokens are told; none where nobody signs in by one.
    pub(crate) accounts: Option<Accounts>,
    pub(crate) pending: Arc<PendingChanges>,
    pub(crate) journal: Arc<journal::JournalHandle>,
    /// With a shared database, whose characters are leased.
    pub(crate) leases: Option<Arc<Leases<D>>>,
    pub(crate) gauge: Arc<SaveGauge>,
    pub(crate) replies: Lane<StoreReply>,
    pub(crate) tasks: Tasks,
}

impl<D: LeaseStore> Loader<D> {
    /// Answers until the lane closes or `halt`.
    pub(crate) async fn run(self, mut asks: mpsc::Receiver<StoreAsk>, halt: Stop) {
        let places = Arc::new(Semaphore::new(LOADS_MAX));
        loop {
            let ask = tokio::select! {
                () = halt.cancelled() => return,
                ask = asks.recv() => ask,
            };
            let (character, session) = match ask {
                None => return,
                Some(StoreAsk::Load { character, session }) => (character, session),
                Some(StoreAsk::Release { character }) => {
                    // At once: a load of the same character that comes next must find it free.
                    if let Some(leases) = &self.leases {
                        leases.release(character).await;
                    }
                    continue;
                }
                Some(StoreAsk::Reverted { entity }) => {
                    if let Some(leases) = &self.leases {
                        leases.reverted(entity);
                    }
                    continue;
                }
                Some(StoreAsk::Standings { asked }) => {
                    let (loader, halt) = (self.clone(), halt.clone());
                    self.tasks.spawn("standings", async move {
                        tokio::select! {
                            () = halt.cancelled() => {}
                            () = loader.tell_standings(asked) => {}
                        }
                    });
                    continue;
                }
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
        let longest = match self.leases {
            None => LOAD_LONGEST,
            Some(_) => LEASE_LONGEST,
        };
        let deadline = Instant::now() + longest;
        let reason = match timeout_at(deadline, self.rows(character)).await {
            Ok(Ok(rows)) => {
                return StoreReply::Loaded {
                    character,
                    session,
                    rows,
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

    async fn rows(&self, character: StableId) -> Result<Vec<Row>, sqlx::Error> {
        if let Some(leases) = &self.leases {
            // Nothing lies over the database: who is not in memory has nothing pending, since
            // durable means committed, and what waits of an older lease must not come back.
            return leases.load(character, self.journal.applied()).await;
        }
        // The overlay comes first: what leaves it afterwards is in the database by then.
        let overlay = self.pending.overlay(character);
        // What came to it may still be somebody else's there.
        let came = overlay.iter().filter(|(_, changes)| {
            changes.hands.is_some() && changes.owner == Owner::Character(character)
        });
        let came: Vec<StableId> = came.map(|(id, _)| *id).collect();
        let rows = self.store.rows_of(character, &came).await?;
        Ok(overlaid(character, rows, overlay))
    }

    /// Who is set apart, and before that which orders changed nothing. Nothing, while the database
    /// does not answer: the world asks again.
    async fn tell_standings(&self, asked: Tick) {
        // First: what is applied from now on may be in the answer, what was before is.
        let as_of = self.gauge.applied_tick();
        let all = match timeout(STANDINGS_LONGEST, self.store.set_apart()).await {
            Ok(Ok(set_apart)) => set_apart,
            Ok(Err(error)) => {
                tracing::debug!(%error, "who is set apart could not be read");
                return;
            }
            Err(_) => return,
        };
        // At the same moment, for the gateway's sessions.
        if let Some(accounts) = &self.accounts
            && let Ok(Err(denied)) = timeout(STANDINGS_LONGEST, accounts.hear_ended()).await
        {
            let code = denied.refusal.code.word();
            tracing::debug!(code, "ended tokens could not be read");
        }
        for (order, why) in self.store.take_unheeded() {
            self.deliver(StoreReply::Unheeded { order, why }).await;
        }
        self.deliver(StoreReply::Standings(Standings {
            asked,
            as_of,
            ..all
        }))
        .await;
    }

    /// Every ask has its answer, so a full lane only delays it.
    async fn deliver(&self, mut reply: StoreReply) {
        while let Err(Full(back)) = self.replies.try_send(reply) {
            reply = back;
            sleep(LANE_RETRY).await;
        }
    }
}

/// The database's rows under the changes it may lack: without what was given away, with what came.
/// The changes always win: nobody writes a character or what it owns while it is being loaded, so
/// whatever is in the overlay is at least as new.
fn overlaid(
    character: StableId,
    mut rows: Vec<Row>,
    overlay: HashMap<StableId, EntityChanges>,
) -> Vec<Row> {
    rows.retain(|row| {
        overlay.get(&row.id).is_none_or(|changes| {
            let newer = |change: &ComponentChange| change.component == row.component;
            !changes.wiped && !changes.components.iter().any(newer)
        })
    });
    for changes in overlay.values() {
        rows.extend(
            changes
                .components
                .iter()
                .filter_map(|change| change.row.clone()),
        );
    }
    let owner = Owner::Character(character);
    rows.retain_mut(|row| match overlay.get(&row.id) {
        Some(changes) if changes.owner != owner => false,
        _ => {
            row.owner = owner;
            true
        }
    });
    rows.sort_by(|a, b| (a.id, &a.component).cmp(&(b.id, &b.component)));
    rows
}
