//! What is known of other nodes: their lists, for as long as their leases last.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_nats::jetstream::kv::{Entry, Operation};
use engine::port::{Awake, BridgeIn};
use tokio::time::Instant;

use super::presence::{Part, VERSION};
use super::shared::Shared;

/// What is known of other nodes.
#[derive(Default)]
pub(super) struct Known {
    nodes: HashMap<String, Node>,
    /// Of the last list that this node has put.
    pub(super) own_revision: u64,
}

struct Node {
    run: u64,
    /// By part: who, and the revision it came with.
    parts: BTreeMap<usize, (u64, Vec<Arc<Awake>>)>,
    count: usize,
    lease: Duration,
    heard: Instant,
    /// What the world has taken; `None`: nothing yet.
    told: Option<Vec<Arc<Awake>>>,
    /// It is gone, and the world has to be told.
    gone: bool,
}

impl Node {
    /// Everybody, once all parts are there.
    fn players(&self) -> Option<Vec<Arc<Awake>>> {
        if self.gone {
            return Some(Vec::new());
        }
        let complete = self.parts.len() == self.count;
        complete.then(|| {
            self.parts
                .values()
                .flat_map(|(_, all)| all)
                .cloned()
                .collect()
        })
    }
}

impl Known {
    /// Learns from an entry of the bucket: `fresh` as it happens, or one that lay there before.
    pub(super) fn learn(&mut self, entry: &Entry, fresh: bool, shared: &Shared) {
        let Some((name, _)) = entry.key.rsplit_once('.') else {
            return;
        };
        if entry.operation != Operation::Put {
            if let Some(node) = self.nodes.get_mut(name) {
                node.gone = true;
            }
            self.tell(shared);
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
        let age = if fresh { Duration::ZERO } else { age(entry) };
        self.hear(name, entry.revision, age, part);
        self.tell(shared);
    }

    fn hear(&mut self, name: &str, revision: u64, age: Duration, part: Part) {
        let now = Instant::now();
        let node = self.nodes.entry(name.to_owned()).or_insert_with(|| Node {
            run: part.run,
            parts: BTreeMap::new(),
            count: part.parts,
            lease: Duration::ZERO,
            heard: now.checked_sub(age).unwrap_or(now),
            told: None,
            gone: false,
        });
        if node.run != part.run {
            node.parts.clear();
            node.run = part.run;
        }
        // A watch that begins anew tells old lists again: they are no sign of life.
        let known = node.parts.get(&part.part).map(|(revision, _)| *revision);
        if known.is_none_or(|known| known < revision) {
            let heard = now.checked_sub(age).unwrap_or(now);
            node.heard = node.heard.max(heard);
            node.gone = false;
        }
        node.lease = Duration::from_millis(part.lease_ms);
        node.count = part.parts;
        node.parts.insert(part.part, (revision, part.players));
        node.parts.retain(|number, _| *number < part.parts);
    }

    /// Tells the world what it has not taken yet. A full lane is tried again with the next news,
    /// at the latest a quarter of a lease later.
    fn tell(&mut self, shared: &Shared) {
        self.nodes.retain(|name, node| {
            let Some(players) = node.players() else {
                return true;
            };
            let same = !node.gone && node.told.as_ref() == Some(&players);
            if !same {
                let node_name = name.clone();
                let news = if node.gone {
                    BridgeIn::Gone { node: node_name }
                } else {
                    BridgeIn::Awake {
                        node: node_name,
                        players: players.iter().map(|one| Awake::clone(one)).collect(),
                    }
                };
                if shared.lane.try_send(news).is_err() {
                    tracing::warn!(node = name, "world takes no news of other nodes");
                    return true;
                }
                node.told = Some(players);
            }
            !node.gone
        });
    }

    /// Two nodes of one name would each take what is meant for the other.
    fn check_own(&self, revision: u64, part: &Part, shared: &Shared) {
        // The start before this one may have left its list, but nothing newer than ours.
        let newer = self.own_revision > 0 && revision > self.own_revision;
        if newer && part.run != shared.sender.run && shared.impostor.seen() {
            tracing::error!(node = part.node, "another node has this node's name");
        }
    }

    pub(super) fn expire(&mut self, shared: &Shared) {
        // It is looked as often as a list is renewed, each by its own lease: gone within it.
        let look = shared.config.lease() / 4;
        for (name, node) in &mut self.nodes {
            let believed = node.lease.saturating_sub(look.min(node.lease / 4));
            if !node.gone && node.heard.elapsed() > believed.mul_f64(0.95) {
                tracing::warn!(node = name, "node is gone from the bus");
                node.gone = true;
            }
        }
        self.tell(shared);
    }
}

/// How old a list is by the broker's clock: those that were there before the watch began may be of
/// the dead. What is told as it happens is new, whatever the clocks say.
fn age(entry: &Entry) -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::from(entry.created))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(lease_ms: u64) -> Part {
        Part {
            version: VERSION,
            node: "south".into(),
            run: 1,
            part: 0,
            parts: 1,
            lease_ms,
            players: Vec::new(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_that_is_told_again_is_no_sign_of_life() {
        let mut known = Known::default();
        known.hear("south", 5, Duration::ZERO, part(1_000));
        let first = known.nodes["south"].heard;
        tokio::time::advance(Duration::from_millis(300)).await;
        known.hear("south", 5, Duration::ZERO, part(1_000));
        assert_eq!(known.nodes["south"].heard, first);
        known.hear("south", 6, Duration::ZERO, part(1_000));
        assert_eq!(first.elapsed(), known.nodes["south"].heard - first);
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_that_lay_there_is_as_old_as_it_is() {
        let mut known = Known::default();
        tokio::time::advance(Duration::from_secs(100)).await;
        known.hear("south", 5, Duration::from_millis(700), part(1_000));
        assert!(known.nodes["south"].heard.elapsed() >= Duration::from_millis(700));
    }
}
