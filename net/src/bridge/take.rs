//! What must take effect here: taken from the stream, given to the world, and acknowledged only
//! when its effect is durable.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_nats::Client;
use async_nats::jetstream::{AckKind, Message, message::Acker};
use engine::port::{BridgeIn, DeliveryId, Tick, Topic};
use futures_util::StreamExt as _;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::envelope::{self, Envelope};
use super::figures::Way;
use super::hear::with_headers;
use super::letters::{DeadLetter, DeadLetters};
use super::retry::RetryLimits;
use super::shared::Shared;
use super::stream;
use super::subject::{Subject, class_of};

/// How long a full lane is waited for; the broker holds back the rest meanwhile.
const LANE_WAIT: Duration = Duration::from_millis(20);
/// How often it is looked whether a tick has become durable without a batch of its own.
const LOOK: Duration = Duration::from_millis(10);

/// What was given to the world and is not acknowledged yet, by its number in the stream; bounded
/// by what the broker lets be under way.
#[derive(Default)]
pub(super) struct UnderWay(Mutex<HashMap<DeliveryId, Acker>>);

impl UnderWay {
    fn insert(&self, delivery: DeliveryId, acker: Acker) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(delivery, acker);
    }

    fn remove(&self, delivery: DeliveryId) -> Option<Acker> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&delivery)
    }

    fn clear(&self) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.clear();
    }
}

/// Takes until `stop`.
pub(super) async fn run(
    mut clients: watch::Receiver<Option<Client>>,
    under_way: Arc<UnderWay>,
    letters: DeadLetters,
    shared: Arc<Shared>,
) {
    let stop = shared.stop.clone();
    stop.run_until_cancelled(async {
        let mut failures = 0;
        loop {
            let client = clients.borrow_and_update().clone();
            let Some(client) = client else {
                if clients.changed().await.is_err() {
                    return;
                }
                continue;
            };
            let began = Instant::now();
            tokio::select! {
                fault = consume(&client, &under_way, &letters, &shared) => {
                    tracing::warn!(fault, "stream of the bus is interrupted");
                }
                changed = clients.changed() => if changed.is_err() { return },
            }
            // Whatever was under way comes again.
            under_way.clear();
            failures = if began.elapsed() > Duration::from_secs(30) {
                0
            } else {
                failures + 1
            };
            sleep(RetryLimits::PATIENT.wait_by_chance(failures.min(8))).await;
        }
    })
    .await;
}

async fn consume(
    client: &Client,
    under_way: &UnderWay,
    letters: &DeadLetters,
    shared: &Shared,
) -> String {
    let context = stream::context(client, shared);
    if let Err(fault) = stream::found(&context, shared).await {
        return fault;
    }
    let place = match stream::place(&context, shared).await {
        Ok(place) => place,
        Err(fault) => return fault,
    };
    let mut messages = match place.messages().await {
        Ok(messages) => messages,
        Err(fault) => return fault.to_string(),
    };
    while let Some(message) = messages.next().await {
        match message {
            Ok(message) => take(message, under_way, letters, shared).await,
            Err(fault) => return fault.to_string(),
        }
    }
    "it has ended".to_owned()
}

async fn take(message: Message, under_way: &UnderWay, letters: &DeadLetters, shared: &Shared) {
    let began = Instant::now();
    let Ok(info) = message.info() else { return };
    let (delivery, delivered) = (DeliveryId(info.stream_sequence), info.delivered);
    let subject = message.subject.to_string();
    let read = shared
        .grammar
        .parse(&subject)
        .map_err(|fault| ("unknown", fault.to_string()))
        .and_then(|parsed| match parsed {
            Subject::Topic(topic) => Ok(topic),
            Subject::Probe { .. } => Err(("unknown", "a probe in the stream".to_owned())),
        })
        .and_then(|topic| {
            let class = class_of(&topic);
            let numbered = |envelope: Envelope| match (envelope.origin, envelope.seq) {
                (Some(origin), Some(seq)) => Ok((origin, seq, envelope.content)),
                _ => Err("the envelope has no origin or no number".to_owned()),
            };
            envelope::open(&message.payload)
                .map_err(|fault| fault.to_string())
                .and_then(numbered)
                .map(|numbered| (topic, class, numbered))
                .map_err(|fault| (class.word(), fault))
        });
    let (topic, class, (origin, seq, content)) = match read {
        Ok(read) => read,
        Err((class, fault)) => {
            let letter = DeadLetter::new(&subject, class, fault, 1, &message.payload);
            bury(with_headers(letter, &message), &message, letters, shared).await;
            return;
        }
    };
    let (_, acker) = message.split();
    let elsewhere = matches!(&topic, Topic::Order(node) if **node != *shared.sender.node);
    if elsewhere || origin == shared.sender.origin {
        // Another node's to obey; or one's own, whose effect was here before it was sent.
        acknowledge(&acker, AckKind::Ack).await;
        return;
    }
    if delivered > 1 {
        shared.figures.redelivered.inc();
    }
    under_way.insert(delivery, acker);
    let mut came = BridgeIn::Delivered {
        delivery,
        origin,
        seq,
        content,
    };
    // Waits here, on the stream's own path: nobody but the stream waits with it.
    while let Err(full) = shared.lane.try_send(came) {
        came = full.0;
        sleep(LANE_WAIT).await;
    }
    shared.figures.passed(Way::In, class);
    shared
        .figures
        .processing
        .observe(began.elapsed().as_secs_f64());
}

/// Puts a message aside for good: it is on the disk before the broker forgets it.
async fn bury(letter: DeadLetter, message: &Message, letters: &DeadLetters, shared: &Shared) {
    tracing::warn!(
        subject = letter.subject,
        fault = letter.error,
        letter = letter.id,
        "message of the bus could not be used"
    );
    let writer = letters.clone();
    let kept = tokio::task::spawn_blocking(move || writer.keep(&letter).map(|()| writer.count()));
    match kept.await {
        Ok(Ok(count)) => {
            shared
                .figures
                .dead
                .set(i64::try_from(count).unwrap_or(i64::MAX));
            if let Err(fault) = message.ack_with(AckKind::Term).await {
                tracing::debug!(%fault, "message could not be given up");
            }
        }
        // Not acknowledged: it comes again, and may find a disk that works.
        Ok(Err(fault)) => tracing::error!(%fault, "dead letter could not be kept"),
        Err(_) => {}
    }
}

async fn acknowledge(acker: &Acker, kind: AckKind) {
    if let Err(fault) = acker.ack_with(kind).await {
        tracing::debug!(%fault, "acknowledgement was not sent; the message will come again");
    }
}

/// Acknowledges what the world has processed, once the tick is durable.
pub(super) async fn acknowledge_durable(
    mut processed: mpsc::Receiver<(Tick, Vec<DeliveryId>)>,
    under_way: Arc<UnderWay>,
    shared: Arc<Shared>,
) {
    let stop = shared.stop.clone();
    let mut durable = shared.gauge.watch_durable();
    stop.run_until_cancelled(async {
        let mut waiting: VecDeque<(Tick, Vec<DeliveryId>)> = VecDeque::new();
        loop {
            if waiting.is_empty() {
                match processed.recv().await {
                    Some(tick) => waiting.push_back(tick),
                    None => return,
                }
            }
            while let Ok(tick) = processed.try_recv() {
                waiting.push_back(tick);
            }
            let durable_tick = shared.gauge.durable_tick();
            while waiting
                .front()
                .is_some_and(|(tick, _)| *tick <= durable_tick)
            {
                for delivery in waiting.pop_front().into_iter().flat_map(|(_, all)| all) {
                    if let Some(acker) = under_way.remove(delivery) {
                        acknowledge(&acker, AckKind::Ack).await;
                    }
                }
            }
            if !waiting.is_empty() {
                // A tick with nothing to save becomes durable without a word.
                let _ = tokio::time::timeout(LOOK, durable.changed()).await;
            }
        }
    })
    .await;
}
