//! Who is awake where: each node keeps its list in a key-value bucket, and renews it before its
//! lease ends. A node that dies takes its players from everybody's list within the lease.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::kv::{Entry, Operation, Store};
use async_nats::jetstream::stream::{Config, DiscardPolicy};
use engine::port::{Awake, BridgeIn};
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::retry::RetryLimits;
use super::shared::Shared;
use super::stream;

/// The version of a list's shape.
const VERSION: u16 = 1;
/// Players in one value: 1,000 of 200 bytes stay below the broker's usual limit of 1 MiB.
const PART: usize = 1_000;

/// One part of a node's list.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    version: u16,
    node: String,
    /// Which start of the node this is.
    run: u64,
    /// Which part, from 0.
    part: usize,
    /// Of how many.
    parts: usize,
    players: Vec<Awake>,
}

/// Tells and hears until `stop`.
pub(super) async fn run(
    mut clients: watch::Receiver<Option<Client>>,
    mut mine: watch::Receiver<Vec<Awake>>,
    shared: Arc<Shared>,
) {
    let stop = shared.stop.clone();
    let mut known = Known::default();
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
    mine: &mut watch::Receiver<Vec<Awake>>,
    known: &mut Known,
    told: &mut usize,
    current: &watch::Sender<Option<Store>>,
    shared: &Shared,
) -> String {
    let context = stream::context(client, shared);
    let bucket = format!("{}_presence", shared.grammar.world());
    let lease = shared.config.lease();
    let store = match context.get_key_value(&bucket).await {
        Ok(store) => store,
        // Made as the stream that it is: brokers before 2.10 don't tell what the client asks first.
        Err(_) => {
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
            if let Err(fault) = context.create_stream(wanted).await {
                return fault.to_string();
            }
            match context.get_key_value(&bucket).await {
                Ok(store) => store,
                Err(fault) => return fault.to_string(),
            }
        }
    };
    current.send_replace(Some(store.clone()));
    let mut news = match store.watch_with_history(">").await {
        Ok(news) => news,
        Err(fault) => return fault.to_string(),
    };
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
                Some(Ok(entry)) => known.learn(&entry, shared),
                Some(Err(fault)) => return fault.to_string(),
                None => return "its watch has ended".to_owned(),
            },
        }
    }
}

async fn tell(
    store: &Store,
    players: &[Awake],
    told: &mut usize,
    known: &mut Known,
    shared: &Shared,
) -> Result<(), String> {
    let mut chunks: Vec<&[Awake]> = players.chunks(PART).collect();
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

/// What is known of other nodes.
#[derive(Default)]
struct Known {
    nodes: HashMap<String, Node>,
    /// Of the last list that this node has put.
    own_revision: u64,
}

struct Node {
    run: u64,
    parts: BTreeMap<usize, Vec<Awake>>,
    count: usize,
    heard: Instant,
    told: Vec<Awake>,
}

impl Known {
    fn learn(&mut self, entry: &Entry, shared: &Shared) {
        let Some((name, _)) = entry.key.rsplit_once('.') else {
            return;
        };
        if entry.operation != Operation::Put {
            if name != shared.sender.node && self.nodes.remove(name).is_some() {
                tell_world(name, Vec::new(), shared);
            }
            return;
        }
        let part: Part = match serde_json::from_slice(&entry.value) {
            Ok(part) => part,
            Err(fault) => {
                tracing::debug!(%fault, node = name, "list of another node can't be read");
                return;
            }
        };
        if part.version != VERSION || part.node != name {
            return;
        }
        if name == shared.sender.node {
            self.check_own(entry.revision, &part, shared);
            return;
        }
        let fresh = Node {
            run: part.run,
            parts: BTreeMap::new(),
            count: part.parts,
            heard: Instant::now(),
            told: Vec::new(),
        };
        let node = self.nodes.entry(name.to_owned()).or_insert(fresh);
        if node.run != part.run {
            node.parts.clear();
            node.run = part.run;
        }
        node.heard = Instant::now();
        node.count = part.parts;
        node.parts.insert(part.part, part.players);
        node.parts.retain(|number, _| *number < part.parts);
        if node.parts.len() < node.count {
            return;
        }
        let players: Vec<Awake> = node.parts.values().flatten().cloned().collect();
        if players != node.told {
            node.told.clone_from(&players);
            tell_world(name, players, shared);
        }
    }

    /// Two nodes of one name would each take what is meant for the other.
    fn check_own(&self, revision: u64, part: &Part, shared: &Shared) {
        // The start before this one may have left its list, but nothing newer than ours.
        let newer = self.own_revision > 0 && revision > self.own_revision;
        if newer && part.run != shared.sender.run && shared.impostor.set(part.node.clone()).is_ok()
        {
            tracing::error!(node = part.node, "another node has this node's name");
        }
    }

    fn expire(&mut self, shared: &Shared) {
        // A living one is heard of every quarter, and it is looked as often: gone within the lease.
        let lease = shared.config.lease().mul_f64(0.7);
        let gone: Vec<String> = self
            .nodes
            .iter()
            .filter(|(_, node)| node.heard.elapsed() > lease)
            .map(|(name, _)| name.clone())
            .collect();
        for name in gone {
            tracing::warn!(node = name, "node is gone from the bus");
            self.nodes.remove(&name);
            tell_world(&name, Vec::new(), shared);
        }
    }
}

fn tell_world(node: &str, players: Vec<Awake>, shared: &Shared) {
    let news = BridgeIn::Awake {
        node: node.to_owned(),
        players,
    };
    if shared.lane.try_send(news).is_err() {
        tracing::warn!(node, "world takes no news of other nodes");
    }
}
