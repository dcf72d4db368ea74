//! One connection to the broker: made, watched, made again.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event};
use bytes::Bytes;
use engine::port::Stop;
use futures_util::StreamExt as _;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};

use super::class::Class;
use super::metrics::Way;
use super::retry::RetryLimits;
use super::shared::Shared;
use super::state::{LinkEvent, LinkState};
use super::subject::Subject;

/// Ticks of messages that may wait for one connection: 3 s at 20 Hz. Beyond, they are dropped.
pub(super) const BATCHES_MAX: usize = 64;
/// What the client says of itself, while nobody listens.
const EVENTS_MAX: usize = 64;

/// A message on its way out that need not arrive.
#[derive(Debug)]
pub(super) struct BusPacket {
    pub(super) class: Class,
    pub(super) subject: String,
    pub(super) bytes: Bytes,
}

/// A connection that others use.
#[derive(Debug)]
pub(super) struct BusConnection {
    number: u16,
    state: Mutex<LinkState>,
    /// The client, while there is one; whoever uses it takes the next when it changes.
    client: watch::Sender<Option<Client>>,
    unsure: tokio::sync::Mutex<Unsure>,
}

/// What was given to the client and may be lost with its connection, by class. What was given
/// before a probe that is answered has reached the broker; when the connection is lost, the rest
/// counts as dropped. So each message is counted once, and none is lost uncounted.
#[derive(Debug, Default)]
struct Unsure {
    since: [u64; Class::ALL.len()],
    before_probe: [u64; Class::ALL.len()],
}

impl Unsure {
    fn probed(&mut self) {
        for (before, since) in self.before_probe.iter_mut().zip(&mut self.since) {
            *before += std::mem::take(since);
        }
    }

    fn arrived(&mut self, shared: &Shared) {
        for (class, count) in Class::ALL.into_iter().zip(&mut self.before_probe) {
            let count = std::mem::take(count);
            shared.metrics.passed_many(Way::Out, class, count);
        }
    }

    fn lost(&mut self, shared: &Shared) {
        self.probed();
        for (class, count) in Class::ALL.into_iter().zip(&mut self.before_probe) {
            let count = std::mem::take(count);
            shared.metrics.dropped_many(Way::Out, class, count);
        }
    }
}

impl BusConnection {
    pub(super) fn new(number: u16) -> Self {
        Self {
            number,
            state: Mutex::new(LinkState::Disconnected),
            client: watch::Sender::new(None),
            unsure: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn state(&self) -> LinkState {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn clients(&self) -> watch::Receiver<Option<Client>> {
        self.client.subscribe()
    }

    fn step(&self, event: LinkEvent, shared: &Shared) -> LinkState {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *state;
        match before.after(event) {
            Ok(next) => *state = next,
            Err(fault) => tracing::debug!(%fault, link = self.number, "step of the bus ignored"),
        }
        let after = *state;
        drop(state);
        if before.word() != after.word() {
            let link = self.number;
            match after {
                LinkState::Connected { .. } => tracing::info!(link, "bus connected"),
                LinkState::Degraded => tracing::warn!(link, "bus does not answer"),
                LinkState::Reconnecting { .. } => tracing::warn!(link, "bus connection lost"),
                LinkState::CircuitOpen => {
                    tracing::warn!(
                        link,
                        "bus can't be reached; waiting before the next attempts"
                    );
                }
                LinkState::Disconnected | LinkState::Connecting { .. } => {}
            }
            shared.show_state();
        }
        after
    }
}

/// Keeps the connection until `stop`.
pub(super) async fn keep(link: Arc<BusConnection>, options: ConnectOptions, shared: Arc<Shared>) {
    let stop = shared.stop.clone();
    let work = async {
        loop {
            let (events, mut happened) = mpsc::channel(EVENTS_MAX);
            let client = dial(&link, &options, events, &shared).await;
            link.step(LinkEvent::Established, &shared);
            link.client.send_replace(Some(client.clone()));
            serve(&link, &client, &mut happened, &shared).await;
            link.client.send_replace(None);
            link.unsure.lock().await.lost(&shared);
        }
    };
    stop.run_until_cancelled(work).await;
    if let Some(client) = link.client.send_replace(None) {
        // The broker may be the reason for the stop: it gets a moment, not more.
        let _ = timeout(Duration::from_millis(100), client.flush()).await;
    }
}

/// Tries until it succeeds; after five failures in a row it waits for the circuit's time.
async fn dial(
    link: &BusConnection,
    options: &ConnectOptions,
    events: mpsc::Sender<Event>,
    shared: &Shared,
) -> Client {
    let urls: Vec<String> = shared.config.urls().map(str::to_owned).collect();
    let waits = RetryLimits {
        base: Duration::from_millis(100),
        cap: Duration::from_secs(5),
        ..RetryLimits::default()
    };
    let mut failed = 0;
    loop {
        if link.state() == LinkState::Disconnected {
            link.step(LinkEvent::Dial, shared);
        }
        let events = events.clone();
        let attempt = options.clone().event_callback(move |event| {
            // A full queue has enough news in it already.
            let _ = events.try_send(event);
            std::future::ready(())
        });
        let limit = Duration::from_millis(shared.config.connect_timeout_ms);
        let fault = match timeout(limit, attempt.connect(urls.clone())).await {
            Ok(Ok(client)) => return client,
            Ok(Err(fault)) => fault.to_string(),
            Err(_) => "timed out".to_owned(),
        };
        tracing::warn!(link = link.number, fault, "bus can't be reached");
        if link.step(LinkEvent::AttemptFailed, shared) == LinkState::CircuitOpen {
            sleep(Duration::from_millis(shared.config.circuit_ms)).await;
            link.step(LinkEvent::TimeUp, shared);
            failed = 0;
        } else {
            sleep(waits.wait_by_chance(failed)).await;
            failed += 1;
        }
    }
}

/// Watches a connection until the client gives it up.
async fn serve(
    link: &BusConnection,
    client: &Client,
    events: &mut mpsc::Receiver<Event>,
    shared: &Arc<Shared>,
) {
    // Three probes an interval, each given less than the time between two: a broker that freezes
    // right after an answer is known within the interval.
    let period = Duration::from_millis(shared.config.health_interval_ms) / 4;
    let probing = probe(link, client, period, shared);
    tokio::pin!(probing);
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            () = &mut probing => None,
        };
        match event {
            Some(Event::Disconnected) => {
                link.step(LinkEvent::Lost, shared);
                link.unsure.lock().await.lost(shared);
            }
            Some(Event::Connected) => {
                if matches!(link.state(), LinkState::Reconnecting { .. }) {
                    link.step(LinkEvent::Established, shared);
                }
            }
            Some(Event::Closed) | None => break,
            Some(Event::SlowConsumer(_)) => shared.metrics.dropped(Way::In, Class::Chat),
            Some(Event::ServerError(fault)) => {
                tracing::warn!(%fault, link = link.number, "bus refuses something");
            }
            Some(_) => {}
        }
    }
    if !matches!(link.state(), LinkState::Reconnecting { .. }) {
        link.step(LinkEvent::Lost, shared);
    }
}

/// Sends itself a message through the broker, over and over; ends when the client is closed.
async fn probe(link: &BusConnection, client: &Client, period: Duration, shared: &Shared) {
    let subject = shared.grammar.build(&Subject::Probe {
        node: shared.sender.node.clone(),
        link: link.number,
    });
    let Ok(subject) = subject else { return };
    let Ok(mut echoes) = client.subscribe(subject.clone()).await else {
        return;
    };
    let mut number = 0_u64;
    loop {
        number += 1;
        let sent = Instant::now();
        let answer = async {
            let stamp = Bytes::from(format!("{}.{number}", shared.sender.run));
            {
                let mut unsure = link.unsure.lock().await;
                client.publish(subject.clone(), stamp.clone()).await.ok()?;
                unsure.probed();
            }
            client.flush().await.ok()?;
            loop {
                // Late answers to earlier probes say nothing about now.
                if echoes.next().await?.payload == stamp {
                    return Some(());
                }
            }
        };
        let answered = timeout(period, answer).await;
        match answered {
            Ok(Some(())) => {
                shared.metrics.round_trip.set(sent.elapsed().as_secs_f64());
                link.unsure.lock().await.arrived(shared);
                link.step(LinkEvent::Answered, shared);
            }
            Ok(None) => return,
            Err(_) => {
                if matches!(
                    link.state(),
                    LinkState::Connected { .. } | LinkState::Degraded
                ) {
                    link.step(LinkEvent::Missed, shared);
                }
            }
        }
        sleep(period.saturating_sub(sent.elapsed())).await;
    }
}

/// Gives a tick's messages to the client, which takes `limit` for all of them at most.
async fn publish(
    link: &BusConnection,
    client: &Client,
    batch: Vec<BusPacket>,
    limit: Duration,
    shared: &Shared,
) {
    // One for all: a timer per message would cost more than the message.
    let mut alarm = pin!(sleep(limit));
    let mut gates = BreakerAnswers::default();
    // Held over the whole batch: a loss is counted before or after it, not in its middle.
    let mut unsure = link.unsure.lock().await;
    for BusPacket {
        class,
        subject,
        bytes,
    } in batch
    {
        if !link.state().usable() || !gates.pass(class, shared) {
            shared.metrics.dropped(Way::Out, class);
            continue;
        }
        let well = tokio::select! {
            biased;
            sent = client.publish(subject, bytes) => sent.is_ok(),
            () = &mut alarm => false,
        };
        gates.went(class, well, shared);
        if well {
            unsure.since[class.index()] += 1;
        } else {
            shared.metrics.dropped(Way::Out, class);
        }
    }
    gates.close(shared);
}

/// What the breakers said when they were last asked, for one batch: a class is asked anew only
/// after a failure, and hears of what went well in a row once.
#[derive(Debug, Default)]
struct BreakerAnswers([BreakerAnswer; Class::ALL.len()]);

#[derive(Clone, Copy, Debug, Default)]
struct BreakerAnswer {
    open: Option<bool>,
    /// Something went well of which the breaker has not heard.
    well: bool,
}

impl BreakerAnswers {
    fn pass(&mut self, class: Class, shared: &Shared) -> bool {
        let ask = || shared.metrics.pass(Way::Out, class).is_ok();
        *self.0[class.index()].open.get_or_insert_with(ask)
    }

    fn went(&mut self, class: Class, well: bool, shared: &Shared) {
        let gate = &mut self.0[class.index()];
        if well {
            gate.well = true;
            return;
        }
        if std::mem::take(&mut gate.well) {
            shared.metrics.went(Way::Out, class, true);
        }
        shared.metrics.went(Way::Out, class, false);
        gate.open = None;
    }

    fn close(self, shared: &Shared) {
        for (class, gate) in Class::ALL.into_iter().zip(self.0) {
            if gate.well {
                shared.metrics.went(Way::Out, class, true);
            }
        }
    }
}

/// Publishes what one tick after the other wants to be heard: one flush each. What can't be sent
/// now is dropped and counted: it would be old news later.
pub(super) async fn write(
    link: Arc<BusConnection>,
    mut batches: mpsc::Receiver<Vec<BusPacket>>,
    shared: Arc<Shared>,
    stop: Stop,
) {
    while let Some(Some(batch)) = stop.run_until_cancelled(batches.recv()).await {
        let client = link.client.borrow().clone();
        let Some(client) = client.filter(|_| link.state().usable()) else {
            for packet in batch {
                shared.metrics.dropped(Way::Out, packet.class);
            }
            continue;
        };
        let limit = shared.config.request_timeout();
        publish(&link, &client, batch, limit, &shared).await;
        if timeout(limit, client.flush()).await.is_err() {
            tracing::debug!(link = link.number, "flush to the bus timed out");
        }
    }
}
