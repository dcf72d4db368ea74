//! The claim of one server to a PostgreSQL that it does not share: two servers that both think it
//! their own would overwrite each other's changes.
//!
//! SQLite needs none of it: the lock of the data folder holds the file, too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use engine::port::Stop;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::store::{NodeJournal, Store};

/// How often one who waits looks again.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How much longer than a lease is waited for its end.
const GRACE: Duration = Duration::from_millis(500);

/// The sole use of a database.
#[derive(Debug)]
pub(crate) struct InstanceLock {
    store: Store,
    origin: NodeJournal,
    lease: Duration,
    disturbed: AtomicBool,
}

impl InstanceLock {
    pub(crate) fn new(store: Store, origin: NodeJournal, lease: Duration) -> Arc<Self> {
        Arc::new(Self {
            store,
            origin,
            lease,
            disturbed: AtomicBool::new(false),
        })
    }

    /// Whether another server writes there after all.
    pub(crate) fn is_disturbed(&self) -> bool {
        self.disturbed.load(Ordering::Relaxed)
    }

    /// Says again and again that the database is in use, until `halt`.
    pub(crate) async fn run(self: Arc<Self>, halt: Stop) {
        let mut beat = interval(self.lease / 4);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while halt.run_until_cancelled(beat.tick()).await.is_some() {
            let occupied = self.store.occupy(&self.origin, self.lease);
            match timeout(self.lease, occupied).await {
                Ok(Ok(ours)) => {
                    if !ours {
                        tracing::error!("another server uses this database, which is not shared");
                    }
                    self.disturbed.store(!ours, Ordering::Relaxed);
                }
                Ok(Err(error)) => tracing::debug!(%error, "use of the database not renewed"),
                Err(_) => tracing::debug!("use of the database not renewed in time"),
            }
        }
    }
}

/// Takes a database for oneself; `false`: another server uses it. One that has died is waited for
/// until its lease ends: it does not renew it.
pub(crate) async fn occupy(
    store: &Store,
    origin: &NodeJournal,
    lease: Duration,
) -> Result<bool, sqlx::Error> {
    let mut waiting = LeaseWait::new(lease);
    loop {
        if store.occupy(origin, lease).await? {
            return Ok(true);
        }
        if !waiting.goes_on(store.occupied_until(true).await?).await {
            return Ok(false);
        }
    }
}

/// Waits until nobody has a database for oneself; `false`: somebody has.
pub(crate) async fn vacant(store: &Store, lease: Duration) -> Result<bool, sqlx::Error> {
    let mut waiting = LeaseWait::new(lease);
    while let Some(until) = store.occupied_until(false).await? {
        if !waiting.goes_on(Some(until)).await {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Waits for the end of another's lease, as long as nobody renews it.
struct LeaseWait {
    first: Option<i64>,
    deadline: Instant,
}

impl LeaseWait {
    fn new(lease: Duration) -> Self {
        Self {
            first: None,
            deadline: Instant::now() + lease + GRACE,
        }
    }

    async fn goes_on(&mut self, until: Option<i64>) -> bool {
        let renewed = self.first.is_some() && until > self.first;
        if renewed || Instant::now() >= self.deadline {
            return false;
        }
        self.first = self.first.or(until);
        sleep(LOOK_EVERY).await;
        true
    }
}
