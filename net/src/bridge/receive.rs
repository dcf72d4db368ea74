//! What other nodes say without a promise: the channels that all nodes share.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use async_nats::{Client, Message};
use engine::port::BridgeIn;
use futures_util::StreamExt as _;
use tokio::sync::watch;

use super::dead_letters::DeadLetter;
use super::envelope;
use super::shared::Shared;
use super::subject::{Subject, class_of};

/// Listens until `stop`, on whatever client there is.
pub(super) async fn run(mut clients: watch::Receiver<Option<Client>>, shared: Arc<Shared>) {
    let stop = shared.stop.clone();
    stop.run_until_cancelled(async {
        let mut replayed = Replayed::default();
        loop {
            let client = clients.borrow_and_update().clone();
            match client {
                Some(client) => {
                    tokio::select! {
                        () = listen(&client, &mut replayed, &shared) => {}
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

async fn listen(client: &Client, replayed: &mut Replayed, shared: &Arc<Shared>) {
    // One subscription, so that what is said on several channels keeps its order.
    let pattern = format!("{}.chat.*", shared.grammar.world());
    match client.subscribe(pattern).await {
        Ok(mut messages) => {
            while let Some(message) = messages.next().await {
                if replayed.concerns(&message, shared) {
                    receive(&message, shared);
                }
            }
        }
        Err(fault) => tracing::warn!(%fault, "bus can't be listened to"),
    }
    // The client is being closed; its successor comes through the watch.
    std::future::pending::<()>().await;
}

/// The header of a replayed dead letter: whose it is. The others had their chance to hear it.
pub(super) const REPLAY_FOR: &str = "Kadath-Replay-For";
/// The header that names the letter.
pub(super) const REPLAY_OF: &str = "Kadath-Replay-Of";
/// Letters whose replay is remembered: four times as many as are kept by default.
const REPLAYED_MAX: usize = 4_096;

/// The letters that were replayed lately, so that a replay that was cut off and repeated is heard
/// once.
#[derive(Debug, Default)]
struct Replayed {
    known: HashSet<String>,
    order: VecDeque<String>,
}

impl Replayed {
    /// Whether this node is to hear a message: all that is no replay, and its own letters once.
    fn concerns(&mut self, message: &Message, shared: &Shared) -> bool {
        let header = |name| {
            let headers = message.headers.as_ref()?;
            headers.get(name).map(|value| value.as_str())
        };
        match (header(REPLAY_FOR), header(REPLAY_OF)) {
            (None, _) => true,
            (Some(node), Some(letter)) if node == shared.sender.node => self.first(letter),
            _ => false,
        }
    }

    fn first(&mut self, letter: &str) -> bool {
        if !self.known.insert(letter.to_owned()) {
            return false;
        }
        self.order.push_back(letter.to_owned());
        if self.order.len() > REPLAYED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

fn receive(message: &Message, shared: &Arc<Shared>) {
    let began = Instant::now();
    let subject = message.subject.as_str();
    let topic = match shared.grammar.parse(subject) {
        Ok(Subject::Topic(topic)) => topic,
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
    let class = class_of(&topic);
    match envelope::open_by(&topic, &message.payload) {
        // What it said itself was heard here first.
        Ok(envelope) if envelope.node == shared.sender.node => return,
        Ok(envelope) => {
            let came = BridgeIn::Heard {
                correlation: envelope.correlation(),
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
        .metrics
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
