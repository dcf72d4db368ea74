//! Who is awake where: each node keeps its list in a key-value bucket, and renews it before its
//! lease ends. A node that dies takes its players from everybody's list within the lease.

use std::sync::Arc;
use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::Context;
use async_nats::jetstream::kv::Store;
use async_nats::jetstream::stream::{Config, DiscardPolicy};
use engine::port::Awake;
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::known::RemotePresence;
use super::retry::RetryLimits;
use super::shared::Shared;
use super::stream;

/// The version of a list's shape.
pub(super) const VERSION: u16 = 1;
/// Players in one value: 1,000 of 200 bytes stay below the broker's usual limit of 1 MiB.
pub(super) const PART: usize = 1_000;

/// One part of a node's list.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    pub(super) version: u16,
    pub(super) node: String,
    /// Which start of the node this is.
    pub(super) run: u64,
    /// Which part, from 0.
    pub(super) part: usize,
    /// Of how many.
    pub(super) parts: usize,
    /// The lease of that node, in milliseconds: for so long it is believed.
    pub(super) lease_ms: u64,
    pub(super) players: Vec<Arc<Awake>>,
}

/// Tells and hears until `stop`.
pub(super) async fn run(
    mut clients: watch::Receiver<Option<Client>>,
    mut mine: watch::Receiver<Vec<Arc<Awake>>>,
    shared: Arc<Shared>,
) {
    let stop = shared.stop.clone();
    let mut known = RemotePresence::default();
    let mut told = 0;
    let store = watch::Sender::new(None::<Store>);
    stop.run_until_cancelled(async {
        let mut failures = 0;
        loop {
            let client = clients.borrow_and_update().clone();
            let Some(client) = client else {
                tokio::select! {
                    changed = clients.changed() => if changed.is_err() { return },
                    () = sleep(shared.config.lease() / 4) => known.expire(&shared),
                }
                continue;
            };
            tokio::select! {
                fault = keep(&client, &mut mine, &mut known, &mut told, &store, &shared) => {
                    tracing::warn!(fault, "presence on the bus is interrupted");
                }
                changed = clients.changed() => if changed.is_err() { return },
            }
            known.expire(&shared);
            failures = (failures + 1).min(8);
            sleep(RetryLimits::PATIENT.wait_by_chance(failures)).await;
        }
    })
    .await;
    // Those who leave in peace are gone at once.
    let store = store.borrow().clone();
    if let Some(store) = store {
        let farewell = async {
            for part in 0..told {
                let _ = store.delete(key(&shared.sender.node, part)).await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_millis(200), farewell).await;
    }
}

fn key(node: &str, part: usize) -> String {
    format!("{node}.{part}")
}

async fn keep(
    client: &Client,
    mine: &mut watch::Receiver<Vec<Arc<Awake>>>,
    known: &mut RemotePresence,
    told: &mut usize,
    current: &watch::Sender<Option<Store>>,
    shared: &Shared,
) -> String {
    let context = stream::context(client, shared);
    let bucket = format!("{}_presence", shared.grammar.world());
    let lease = shared.config.lease();
    let store = match bucket_of(&context, &bucket, shared).await {
        Ok(store) => store,
        Err(fault) => return fault,
    };
    current.send_replace(Some(store.clone()));
    let mut news = match store.watch_with_history(">").await {
        Ok(news) => news,
        Err(fault) => return fault.to_string(),
    };
    // The last of those that were there is marked as the first of the new ones.
    let mut fresh = false;
    let mut renew = interval(lease / 4);
    renew.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = renew.tick() => {
                known.expire(shared);
                let players = mine.borrow_and_update().clone();
                if let Err(fault) = tell(&store, &players, told, known, shared).await {
                    return fault;
                }
            }
            changed = mine.changed() => {
                if changed.is_err() {
                    return "the world has ended".to_owned();
                }
                let players = mine.borrow_and_update().clone();
                if let Err(fault) = tell(&store, &players, told, known, shared).await {
                    return fault;
                }
            }
            entry = news.next() => match entry {
                Some(Ok(entry)) => {
                    known.learn(&entry, fresh, shared);
                    fresh = entry.seen_current;
                }
                Some(Err(fault)) => return fault.to_string(),
                None => return "its watch has ended".to_owned(),
            },
        }
    }
}

/// The bucket, made or brought in line with the configuration as the stream that it is: brokers
/// before 2.10 don't tell what the client asks first.
async fn bucket_of(context: &Context, bucket: &str, shared: &Shared) -> Result<Store, String> {
    let lease = shared.config.lease();
    let wanted = Config {
        name: format!("KV_{bucket}"),
        subjects: vec![format!("$KV.{bucket}.>")],
        max_messages_per_subject: 1,
        max_age: lease,
        num_replicas: shared.config.stream_replicas,
        duplicate_window: lease,
        allow_rollup: true,
        deny_delete: true,
        allow_direct: true,
        discard: DiscardPolicy::New,
        ..Config::default()
    };
    let there = context
        .get_or_create_stream(wanted.clone())
        .await
        .map_err(|fault| fault.to_string())?;
    let there = &there.cached_info().config;
    // A list must outlive the longest lease of those who share the bucket.
    if there.max_age < wanted.max_age
        || there.max_messages_per_subject != 1
        || there.num_replicas != wanted.num_replicas
    {
        tracing::warn!(bucket, "bucket of presence differs and is changed");
        let max_age = wanted.max_age.max(there.max_age);
        let wanted = Config {
            max_age,
            duplicate_window: max_age,
            ..wanted
        };
        context
            .update_stream(wanted)
            .await
            .map_err(|fault| fault.to_string())?;
    }
    let store = context.get_key_value(bucket).await;
    store.map_err(|fault| fault.to_string())
}

async fn tell(
    store: &Store,
    players: &[Arc<Awake>],
    told: &mut usize,
    known: &mut RemotePresence,
    shared: &Shared,
) -> Result<(), String> {
    let mut chunks: Vec<&[Arc<Awake>]> = players.chunks(PART).collect();
    if chunks.is_empty() {
        // Nobody awake is news, too: the node itself is there.
        chunks.push(&[]);
    }
    let parts = chunks.len();
    for (part, players) in chunks.into_iter().enumerate() {
        let value = Part {
            version: VERSION,
            node: shared.sender.node.clone(),
            run: shared.sender.run,
            part,
            parts,
            lease_ms: shared.config.lease_ms,
            players: players.to_vec(),
        };
        let value = serde_json::to_vec(&value).map_err(|fault| fault.to_string())?;
        known.own_revision = store
            .put(key(&shared.sender.node, part), value.into())
            .await
            .map_err(|fault| fault.to_string())?;
    }
    *told = parts.max(*told);
    Ok(())
}
