//! What must arrive: given to the stream in order, each message once, until the broker has it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::Context;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::publish::PublishAck;
use engine::port::{BridgeIn, Mark};
use futures_util::future::join_all;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::class::Class;
use super::metrics::Way;
use super::out::DurableMessage;
use super::retry::RetryLimits;
use super::shared::Shared;
use super::stream;

/// Messages on their way to the broker at once.
const WINDOW: usize = 256;
/// How often it is looked whether a tick has become durable without a batch of its own.
const LOOK: Duration = Duration::from_millis(10);

/// Sends until `stop`.
pub(super) async fn run(
    mut durable: mpsc::Receiver<DurableMessage>,
    mut clients: watch::Receiver<Option<Client>>,
    shared: Arc<Shared>,
) {
    let stop = shared.stop.clone();
    stop.run_until_cancelled(async {
        // By mark: what is offered twice is here once.
        let mut waiting: BTreeMap<Mark, DurableMessage> = BTreeMap::new();
        let mut founded: Option<Context> = None;
        let mut failures = 0;
        loop {
            shared
                .metrics
                .unconfirmed
                .set(i64::try_from(waiting.len()).unwrap_or(i64::MAX));
            if waiting.is_empty() {
                shared.waits(false, false);
                match durable.recv().await {
                    Some(one) => waiting.insert(one.mark.clone(), one),
                    None => return,
                };
            }
            while waiting.len() < shared.config.outbox_max
                && let Ok(one) = durable.try_recv()
            {
                waiting.insert(one.mark.clone(), one);
            }
            let durable_tick = shared.gauge.durable_tick();
            let first = waiting.values().next();
            shared.waits(first.is_some_and(|one| one.tick <= durable_tick), false);
            let ready = ready(&waiting, durable_tick, &shared);
            // What is tried now would only time out, and look like the broker's refusal.
            let usable = shared
                .links
                .first()
                .is_some_and(|link| link.state().usable());
            if ready.is_empty() || !usable {
                sleep(LOOK).await;
                continue;
            }
            if clients.has_changed().unwrap_or(true) {
                founded = None;
            }
            if founded.is_none() {
                founded = found(&mut clients, &shared).await;
            }
            let Some(context) = &founded else {
                sleep(RetryLimits::PATIENT.wait_by_chance(failures.min(8))).await;
                failures += 1;
                continue;
            };
            let sent = send(context, &ready, &shared).await;
            let complete = sent.len() == ready.len();
            if !sent.is_empty() {
                shared.waits(waiting.len() > sent.len(), true);
            }
            for mark in sent {
                // A full lane: it is sent again, the broker knows it, and it is confirmed then.
                let confirmed = BridgeIn::Confirmed(mark.clone());
                if shared.lane.try_send(confirmed).is_ok() {
                    waiting.remove(&mark);
                }
            }
            if complete {
                failures = 0;
            } else {
                sleep(RetryLimits::PATIENT.wait_by_chance(failures.min(8))).await;
                failures += 1;
            }
        }
    })
    .await;
}

/// The next of those whose tick is durable, whose class is not shut off. Of two words about one
/// character the second waits until the first is stored: the stream keeps the last it was given.
fn ready(
    waiting: &BTreeMap<Mark, DurableMessage>,
    durable_tick: u64,
    shared: &Shared,
) -> Vec<DurableMessage> {
    let mut moderated = BTreeSet::new();
    waiting
        .values()
        .take_while(|one| one.tick <= durable_tick)
        .filter(|one| shared.metrics.pass(Way::Out, one.class).is_ok())
        .filter(|one| one.class != Class::Moderation || moderated.insert(one.subject.as_str()))
        .take(WINDOW)
        .cloned()
        .collect()
}

async fn found(clients: &mut watch::Receiver<Option<Client>>, shared: &Shared) -> Option<Context> {
    let client = clients.borrow_and_update().clone()?;
    let context = stream::context(&client, shared);
    match stream::found(&context, shared).await {
        Ok(()) => Some(context),
        Err(fault) => {
            tracing::warn!(fault, "stream of the bus can't be had");
            None
        }
    }
}

/// Sends them all, then waits for the broker's word on each; answers the numbers it has stored.
async fn send(context: &Context, ready: &[DurableMessage], shared: &Shared) -> Vec<Mark> {
    let mut promised = Vec::with_capacity(ready.len());
    for one in ready {
        let message = PublishMessage::build()
            .payload(one.bytes.clone())
            .message_id(&one.id);
        promised.push(context.send_publish(one.subject.clone(), message).await);
    }
    // All at once: each has its time limit, and the limits must not add up.
    let waited = promised.into_iter().map(|promise| async {
        match promise {
            Ok(promise) => promise.await,
            Err(fault) => Err(fault),
        }
    });
    let answers = join_all(waited).await;
    let mut stored = Vec::with_capacity(ready.len());
    let mut well = BTreeMap::new();
    for (one, answer) in ready.iter().zip(answers) {
        let answer = match answer {
            Ok(ack) if ack.duplicate => insist(context, one, &ack).await,
            Ok(_) => Ok(()),
            Err(fault) => Err(fault.to_string()),
        };
        *well.entry(one.class).or_insert(true) &= answer.is_ok();
        match answer {
            Ok(()) => {
                shared.metrics.passed(Way::Out, one.class);
                stored.push(one.mark.clone());
            }
            Err(fault) => tracing::debug!(fault, seq = one.mark.seq, "broker has not stored it"),
        }
    }
    // One call to the broker, whatever the number of messages in it.
    for (class, well) in well {
        shared.metrics.went(Way::Out, class, well);
    }
    stored
}

/// The broker knows the message's number already. It need not know it by this node: whoever may
/// publish anything to the stream could have used it. Unless what is stored there stands under the
/// subject of this message, it is sent without a number; the receivers know it by its envelope.
async fn insist(context: &Context, one: &DurableMessage, ack: &PublishAck) -> Result<(), String> {
    let fault = |fault: &dyn std::fmt::Display| fault.to_string();
    let stream = context.get_stream(&ack.stream).await;
    let stream = stream.map_err(|one| fault(&one))?;
    // One that has left the stream meanwhile is as good as another's: then it is sent twice.
    let there = stream.get_raw_message(ack.sequence).await;
    if there.is_ok_and(|there| *there.subject == *one.subject) {
        return Ok(());
    }
    tracing::warn!(
        id = one.id,
        subject = one.subject,
        "number of a message of the bus was used by another"
    );
    let again = context.publish(one.subject.clone(), one.bytes.clone());
    let again = again.await.map_err(|one| fault(&one))?;
    again.await.map(|_| ()).map_err(|one| fault(&one))
}
