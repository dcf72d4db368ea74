//! What other nodes say without a promise: the channels that all nodes share.

use std::sync::Arc;
use std::time::Instant;

use async_nats::{Client, Message};
use engine::port::BridgeIn;
use futures_util::StreamExt as _;
use tokio::sync::watch;

use super::envelope;
use super::letters::DeadLetter;
use super::shared::Shared;
use super::subject::{Subject, class_of};

/// Listens until `stop`, on whatever client there is.
pub(super) async fn run(mut clients: watch::Receiver<Option<Client>>, shared: Arc<Shared>) {
    let stop = shared.stop.clone();
    stop.run_until_cancelled(async {
        loop {
            let client = clients.borrow_and_update().clone();
            match client {
                Some(client) => {
                    tokio::select! {
                        () = listen(&client, &shared) => {}
                        changed = clients.changed() => if changed.is_err() { return },
                    }
                }
                None => {
                    if clients.changed().await.is_err() {
                        return;
                    }
                }
            }
        }
    })
    .await;
}

async fn listen(client: &Client, shared: &Arc<Shared>) {
    // One subscription, so that what is said on several channels keeps its order.
    let pattern = format!("{}.chat.*", shared.grammar.world());
    match client.subscribe(pattern).await {
        Ok(mut heard) => {
            while let Some(message) = heard.next().await {
                hear(&message, shared);
            }
        }
        Err(fault) => tracing::warn!(%fault, "bus can't be listened to"),
    }
    // The client is being closed; its successor comes through the watch.
    std::future::pending::<()>().await;
}

fn hear(message: &Message, shared: &Arc<Shared>) {
    let began = Instant::now();
    let subject = message.subject.as_str();
    let class = match shared.grammar.parse(subject) {
        Ok(Subject::Topic(topic)) => class_of(&topic),
        Ok(Subject::Probe { .. }) => return,
        Err(fault) => {
            shared.bury(DeadLetter::new(
                subject,
                "unknown",
                fault.to_string(),
                0,
                &message.payload,
            ));
            return;
        }
    };
    match envelope::open(&message.payload) {
        // What it said itself was heard here first.
        Ok(envelope) if envelope.node == shared.sender.node => return,
        Ok(envelope) => {
            let came = BridgeIn::Heard {
                node: envelope.node,
                content: envelope.content,
            };
            tracing::debug!(
                correlation_id = envelope.correlation_id,
                class = class.word(),
                "heard over the bus"
            );
            shared.hand_over(class, came, subject, &message.payload);
        }
        Err(fault) => {
            let letter = DeadLetter::new(
                subject,
                class.word(),
                fault.to_string(),
                1,
                &message.payload,
            );
            shared.bury(with_headers(letter, message));
        }
    }
    shared
        .figures
        .processing
        .observe(began.elapsed().as_secs_f64());
}

/// The letter with the message's headers, so that a replay can send them again.
pub(super) fn with_headers(mut letter: DeadLetter, message: &Message) -> DeadLetter {
    for (name, values) in message.headers.iter().flat_map(|headers| headers.iter()) {
        let value = values
            .iter()
            .map(|value| value.as_str())
            .collect::<Vec<_>>();
        letter.headers.insert(name.to_string(), value.join(","));
    }
    letter
}
