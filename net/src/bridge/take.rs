//! What must take effect here: taken from the stream, given to the world, and acknowledged only
//! when its effect is durable.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_nats::Client;
use async_nats::jetstream::{AckKind, Message, message::Acker};
use engine::port::{BridgeIn, Content, DeliveryId, Tick, Topic};
use futures_util::StreamExt as _;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::class::Class;
use super::dead_letters::{DeadLetter, DeadLetters};
use super::envelope::{self, Envelope};
use super::metrics::Way;
use super::receive::with_headers;
use super::retry::RetryLimits;
use super::shared::Shared;
use super::stream::{self, StreamSource};
use super::subject::{Subject, class_of};

/// Messages asked of the broker at once.
const BATCH: usize = 1_024;
/// How long a full lane is waited for before the next attempt; the broker holds back the rest
/// meanwhile.
const LANE_WAIT: RetryLimits = RetryLimits {
    attempts: 3,
    base: Duration::from_millis(20),
    cap: Duration::from_secs(1),
};
/// How often it is looked whether a tick has become durable without a batch of its own.
const LOOK: Duration = Duration::from_millis(10);

/// What was given to the world and is not acknowledged yet, by its number in its stream, as often
/// as there may be sources, and the source's; bounded by what the broker lets be under way.
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

    fn clear(&self, source: &StreamSource) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|delivery, _| delivery.0 % StreamSource::MOST != source.number);
    }
}

/// Takes from one of the streams until `stop`.
pub(super) async fn run(
    source: StreamSource,
    mut clients: watch::Receiver<Option<Client>>,
    under_way: Arc<UnderWay>,
    dead_letters: DeadLetters,
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
                fault = consume(&source, &client, &under_way, &dead_letters, &shared) => {
                    let world = source.grammar.world();
                    tracing::warn!(world, fault, "stream of the bus is interrupted");
                }
                changed = clients.changed() => if changed.is_err() { return },
            }
            // Whatever was under way comes again.
            under_way.clear(&source);
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
    source: &StreamSource,
    client: &Client,
    under_way: &UnderWay,
    dead_letters: &DeadLetters,
    shared: &Shared,
) -> String {
    let context = stream::context(client, shared);
    // Another world's stream is that world's to make.
    if !source.foreign
        && let Err(fault) = stream::found(&context, shared).await
    {
        return fault;
    }
    let place = match source.place(&context, shared).await {
        Ok(place) => place,
        Err(fault) => return fault,
    };
    let mut messages = match place
        .stream()
        .max_messages_per_batch(BATCH)
        .messages()
        .await
    {
        Ok(messages) => messages,
        Err(fault) => return fault.to_string(),
    };
    while let Some(message) = messages.next().await {
        match message {
            Ok(message) => take(source, message, under_way, dead_letters, shared).await,
            Err(fault) => return fault.to_string(),
        }
    }
    "it has ended".to_owned()
}

async fn take(
    source: &StreamSource,
    message: Message,
    under_way: &UnderWay,
    dead_letters: &DeadLetters,
    shared: &Shared,
) {
    let began = Instant::now();
    let Ok(info) = message.info() else { return };
    let delivery = DeliveryId(info.stream_sequence * StreamSource::MOST + source.number);
    let delivered = info.delivered;
    let subject = message.subject.to_string();
    let read = read(&subject, &message.payload, source);
    let (topic, class, (origin, seq, envelope)) = match read {
        Ok(read) => read,
        Err((class, fault)) => {
            let letter = DeadLetter::new(&subject, class, fault, 1, &message.payload);
            bury(
                with_headers(letter, &message),
                &message,
                dead_letters,
                shared,
            )
            .await;
            return;
        }
    };
    let (_, acker) = message.split();
    let elsewhere = match &topic {
        // One's own: its effect was here before it was sent.
        _ if !source.foreign && envelope.node == shared.sender.node => true,
        Topic::Order(node) => **node != *shared.sender.node,
        // For other worlds; this one has words of its own for its nodes.
        Topic::Crossing(_) => !source.foreign,
        _ => false,
    };
    if elsewhere {
        // Not taken down: what has no effect here must not say anything of what has.
        acknowledge(&acker, AckKind::Ack).await;
        return;
    }
    if delivered > 1 {
        shared.metrics.redelivered.inc();
    }
    under_way.insert(delivery, acker);
    let came = BridgeIn::Delivered {
        delivery,
        stream: Arc::clone(&source.stream),
        origin,
        seq,
        correlation: envelope.correlation(),
        content: envelope.content,
    };
    tracing::debug!(
        correlation_id = envelope.correlation_id,
        class = class.word(),
        delivered,
        "taken from the bus"
    );
    hand_over(came, class, shared).await;
    shared.metrics.passed(Way::In, class);
    shared
        .metrics
        .processing
        .observe(began.elapsed().as_secs_f64());
}

type Numbered = (String, u64, Envelope);

/// What a message of the stream says, or why it can't be understood, with its class.
fn read(
    subject: &str,
    payload: &[u8],
    source: &StreamSource,
) -> Result<(Topic, Class, Numbered), (&'static str, String)> {
    let topic = match source.grammar.parse(subject) {
        Ok(Subject::Topic(topic)) => topic,
        Ok(Subject::Probe { .. }) => {
            return Err(("unknown", "a probe in the stream".to_owned()));
        }
        Err(fault) => return Err(("unknown", fault.to_string())),
    };
    let class = class_of(&topic);
    let mut envelope =
        envelope::open_by(&topic, payload).map_err(|fault| (class.word(), fault.to_string()))?;
    let world = match &envelope.content {
        Content::Crossing(one) => Some(one.world.as_str()),
        _ => None,
    };
    if world.map_or(source.foreign, |world| world != source.grammar.world()) {
        let fault = "the envelope is none of this world for others".to_owned();
        return Err((class.word(), fault));
    }
    match (envelope.origin.take(), envelope.seq) {
        (Some(origin), _) if node_of(&origin) != envelope.node => {
            let fault = "the origin is not a start of the envelope's node".to_owned();
            Err((class.word(), fault))
        }
        (Some(origin), Some(seq)) => Ok((topic, class, (origin, seq, envelope))),
        _ => {
            let fault = "the envelope has no origin or no number".to_owned();
            Err((class.word(), fault))
        }
    }
}

/// The node in the name of one of its starts; no node's name has a dot in it.
fn node_of(origin: &str) -> &str {
    origin.split_once('.').map_or(origin, |(node, _)| node)
}

/// Waits for a place in the world's lane, on the stream's own path: nobody but the stream waits
/// with it, and what waits too long the broker delivers again. Three attempts are one failure.
async fn hand_over(mut came: BridgeIn, class: Class, shared: &Shared) {
    let mut attempt = 0;
    loop {
        if let Err(open) = shared.metrics.pass(Way::In, class) {
            sleep(open.retry_after).await;
        }
        match shared.lane.try_send(came) {
            Ok(()) => break shared.metrics.went(Way::In, class, true),
            Err(full) => came = full.0,
        }
        sleep(LANE_WAIT.wait_by_chance(attempt)).await;
        attempt += 1;
        if attempt == LANE_WAIT.attempts {
            attempt = 0;
            shared.metrics.went(Way::In, class, false);
        }
    }
}

/// Puts a message aside for good: it is on the disk before the broker forgets it.
async fn bury(letter: DeadLetter, message: &Message, dead_letters: &DeadLetters, shared: &Shared) {
    tracing::warn!(
        subject = letter.subject,
        fault = letter.error,
        letter = letter.id,
        "message of the bus could not be used"
    );
    let writer = dead_letters.clone();
    let kept = tokio::task::spawn_blocking(move || writer.keep(&letter).map(|()| writer.count()));
    match kept.await {
        Ok(Ok(count)) => {
            shared
                .metrics
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
