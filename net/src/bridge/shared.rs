//! What the bridge's tasks share.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use engine::port::{BridgeIn, Lane, SaveGauge, Stop, Tasks};
use tokio::sync::{mpsc, watch};

use super::class::Class;
use super::config::NatsConfig;
use super::dead_letters::{DeadLetter, DeadLetters};
use super::envelope::Sender;
use super::link::BusConnection;
use super::metrics::{BusMetrics, Way};
use super::retry::RetryLimits;
use super::subject::Grammar;

/// What waits to be handed on to the world when its lane is full. 256 tasks of one message each.
const RETRIES_MAX: usize = 256;
/// Letters that wait to be written.
const DEAD_LETTERS_MAX: usize = 1_024;
/// How often letters that are too old are looked for: nobody may die for a long time.
const TIDIED: Duration = Duration::from_secs(3_600);

/// Another node that uses this node's name, as long as it is seen.
#[derive(Debug)]
pub(super) struct Impostor {
    seen: Mutex<Option<Instant>>,
    lease: Duration,
}

impl Impostor {
    const fn new(lease: Duration) -> Self {
        Self {
            seen: Mutex::new(None),
            lease,
        }
    }

    /// It is there; answers whether that is news.
    pub(super) fn seen(&self) -> bool {
        let news = !self.is_there();
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        news
    }

    pub(super) fn is_there(&self) -> bool {
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.is_some_and(|seen| seen.elapsed() < self.lease)
    }
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) config: NatsConfig,
    pub(super) grammar: Grammar,
    pub(super) sender: Sender,
    pub(super) metrics: BusMetrics,
    pub(super) lane: Lane<BridgeIn>,
    pub(super) gauge: Arc<SaveGauge>,
    pub(super) tasks: Tasks,
    pub(super) stop: Stop,
    pub(super) links: Vec<Arc<BusConnection>>,
    /// Another node uses this node's name.
    pub(super) impostor: Impostor,
    /// Whether the first connection, which carries what must arrive, can be used.
    pub(super) up: watch::Sender<bool>,
    /// Since when the broker has stored nothing though something must arrive.
    stuck: Mutex<Option<Instant>>,
    dead_letters: mpsc::Sender<DeadLetter>,
    retries: Arc<tokio::sync::Semaphore>,
}

impl Shared {
    pub(super) fn new(
        config: NatsConfig,
        grammar: Grammar,
        sender: Sender,
        metrics: BusMetrics,
        (lane, gauge): (Lane<BridgeIn>, Arc<SaveGauge>),
        tasks: Tasks,
    ) -> (Self, mpsc::Receiver<DeadLetter>) {
        let (dead_letters, dead) = mpsc::channel(DEAD_LETTERS_MAX);
        let links = (0..config.connections).map(|number| Arc::new(BusConnection::new(number)));
        let lease = config.lease();
        let shared = Self {
            links: links.collect(),
            config,
            grammar,
            sender,
            metrics,
            lane,
            gauge,
            stop: tasks.stop().clone(),
            tasks,
            impostor: Impostor::new(lease),
            up: watch::Sender::new(false),
            stuck: Mutex::new(None),
            dead_letters,
            retries: Arc::new(tokio::sync::Semaphore::new(RETRIES_MAX)),
        };
        (shared, dead)
    }

    /// Shows whether every connection stands.
    pub(super) fn show_state(&self) {
        let all = self.links.iter().all(|link| link.state().usable());
        self.metrics.connected.set(i64::from(all));
        let up = self.links.first().is_some_and(|link| link.state().usable());
        self.up
            .send_if_modified(|before| std::mem::replace(before, up) != up);
    }

    /// Something waits for the broker to store it (`true`), which `stored` something just now.
    pub(super) fn waits(&self, waits: bool, stored: bool) {
        let mut stuck = self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
        match (waits, stored) {
            (false, _) => *stuck = None,
            (true, true) => *stuck = Some(Instant::now()),
            (true, false) => *stuck = stuck.or_else(|| Some(Instant::now())),
        }
    }

    /// For how long the broker has stored nothing though something must arrive.
    pub(super) fn stuck_for(&self) -> Duration {
        let stuck = *self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
        stuck.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Gives a letter to the one who writes them; beyond its bound letters are lost, and counted.
    pub(super) fn bury(&self, letter: DeadLetter) {
        tracing::warn!(
            subject = letter.subject,
            fault = letter.error,
            letter = letter.id,
            "message of the bus could not be used"
        );
        if self.dead_letters.try_send(letter).is_err() {
            self.metrics.dead_lost.inc();
        }
    }

    /// Hands a message without a promise to the world. A full lane is tried again elsewhere, so
    /// that whoever receives goes on receiving; what still finds no room becomes a dead letter.
    pub(super) fn hand_over(
        self: &Arc<Self>,
        class: Class,
        came: BridgeIn,
        subject: &str,
        payload: &Bytes,
    ) {
        let bury = |shared: &Self, attempts: u32, why: String| {
            shared.metrics.dropped(Way::In, class);
            shared.bury(DeadLetter::new(
                subject,
                class.word(),
                why,
                attempts,
                payload,
            ));
        };
        if let Err(open) = self.metrics.pass(Way::In, class) {
            bury(self, 0, open.to_string());
            return;
        }
        let Err(full) = self.lane.try_send(came) else {
            self.metrics.went(Way::In, class, true);
            self.metrics.passed(Way::In, class);
            return;
        };
        let Ok(place) = Arc::clone(&self.retries).try_acquire_owned() else {
            self.metrics.went(Way::In, class, false);
            bury(self, 1, "the world takes nothing".to_owned());
            return;
        };
        let (shared, subject, payload) = (Arc::clone(self), subject.to_owned(), payload.clone());
        // Ends within the waits of three attempts.
        self.tasks.spawn("bus-retry", async move {
            let _place = place;
            let limits = RetryLimits {
                base: Duration::from_millis(50),
                ..RetryLimits::default()
            };
            let mut came = Some(full.0);
            for attempt in 1..limits.attempts {
                tokio::time::sleep(limits.wait_by_chance(attempt - 1)).await;
                let Some(message) = came.take() else { return };
                match shared.lane.try_send(message) {
                    Ok(()) => {
                        shared.metrics.went(Way::In, class, true);
                        shared.metrics.passed(Way::In, class);
                        return;
                    }
                    Err(full) => came = Some(full.0),
                }
            }
            shared.metrics.went(Way::In, class, false);
            shared.metrics.dropped(Way::In, class);
            let why = "the world takes nothing".to_owned();
            shared.bury(DeadLetter::new(
                &subject,
                class.word(),
                why,
                limits.attempts,
                &payload,
            ));
        });
    }
}

enum LetterTask {
    Letter(Option<DeadLetter>),
    Tidy,
}

/// Writes letters, one after the other, until everybody who could bury one is gone.
pub(super) async fn keep_dead_letters(
    mut dead: mpsc::Receiver<DeadLetter>,
    folder: DeadLetters,
    shared: Arc<Shared>,
) {
    let count = |folder: &DeadLetters| i64::try_from(folder.count()).unwrap_or(i64::MAX);
    shared.metrics.dead.set(count(&folder));
    let stop = shared.stop.clone();
    let mut hourly = tokio::time::interval(TIDIED);
    while let Some(next) = stop
        .run_until_cancelled(async {
            tokio::select! {
                letter = dead.recv() => LetterTask::Letter(letter),
                _ = hourly.tick() => LetterTask::Tidy,
            }
        })
        .await
    {
        match next {
            LetterTask::Letter(Some(letter)) => keep_dead_letter(&folder, letter, &shared).await,
            LetterTask::Letter(None) => return,
            LetterTask::Tidy => {
                let writer = folder.clone();
                let tidied = tokio::task::spawn_blocking(move || writer.tidy()).await;
                if let Ok(Err(fault)) = tidied {
                    tracing::warn!(%fault, "dead letters could not be tidied");
                }
                shared.metrics.dead.set(count(&folder));
            }
        }
    }
    // Those that were buried before the stop.
    while let Ok(letter) = dead.try_recv() {
        keep_dead_letter(&folder, letter, &shared).await;
    }
}

async fn keep_dead_letter(folder: &DeadLetters, letter: DeadLetter, shared: &Shared) {
    let writer = folder.clone();
    let kept = tokio::task::spawn_blocking(move || writer.keep(&letter).map(|()| writer.count()));
    match kept.await {
        Ok(Ok(count)) => shared
            .metrics
            .dead
            .set(i64::try_from(count).unwrap_or(i64::MAX)),
        Ok(Err(fault)) => {
            shared.metrics.dead_lost.inc();
            tracing::error!(%fault, "dead letter could not be kept");
        }
        Err(_) => shared.metrics.dead_lost.inc(),
    }
}
