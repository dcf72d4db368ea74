//! What is known of other nodes: their lists, for as long as their leases last.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_nats::jetstream::kv::{Entry, Operation};
use engine::port::{Awake, BridgeIn};
use tokio::time::Instant;

use super::presence::{PART, Part, VERSION};
use super::shared::Shared;

/// For so long a node is believed at the most, whatever it says of its lease.
const LEASE_MAX: Duration = Duration::from_secs(600);
/// Parts of a list: 8,000 players, more than a node lets play.
const PARTS_MAX: usize = 8;
/// Nodes that are known of; a world has some.
const NODES_MAX: usize = 64;
/// Players that are known of on all of them. At 200 bytes each, here and twice in the world: 60 MB.
const PLAYERS_MAX: usize = 100_000;
/// Bytes of a name or a place; names have 20 letters, names of rooms some more.
const TEXT_MAX: usize = 256;

/// What is known of other nodes.
#[derive(Default)]
pub(super) struct RemotePresence {
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
    last_sign: Instant,
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

impl RemotePresence {
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
        if let Some(why) = self.exceeds(name, &part) {
            tracing::warn!(node = name, why, "list of another node is passed over");
            return;
        }
        let age = if fresh { Duration::ZERO } else { age(entry) };
        self.receive(name, entry.revision, age, part);
        self.tell(shared);
    }

    /// Which bound a part of a list goes over.
    fn exceeds(&self, name: &str, part: &Part) -> Option<&'static str> {
        if part.parts > PARTS_MAX || part.part >= part.parts || part.players.len() > PART {
            return Some("too long");
        }
        let texts = part.players.iter().flat_map(|one| [&one.name, &one.place]);
        if texts.into_iter().any(|text| text.len() > TEXT_MAX) {
            return Some("a name too long");
        }
        if self.nodes.len() >= NODES_MAX && !self.nodes.contains_key(name) {
            return Some("too many nodes");
        }
        let held = |(node, known): (&String, &Node)| {
            let parts = known.parts.iter();
            let kept = parts.filter(|(number, _)| node != name || **number != part.part);
            kept.map(|(_, (_, all))| all.len()).sum::<usize>()
        };
        let held: usize = self.nodes.iter().map(held).sum();
        (held + part.players.len() > PLAYERS_MAX).then_some("too many players")
    }

    fn receive(&mut self, name: &str, revision: u64, age: Duration, part: Part) {
        let now = Instant::now();
        let node = self.nodes.entry(name.to_owned()).or_insert_with(|| Node {
            run: part.run,
            parts: BTreeMap::new(),
            count: part.parts,
            lease: Duration::ZERO,
            last_sign: now.checked_sub(age).unwrap_or(now),
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
            let sign = now.checked_sub(age).unwrap_or(now);
            node.last_sign = node.last_sign.max(sign);
            node.gone = false;
        }
        node.lease = Duration::from_millis(part.lease_ms).min(LEASE_MAX);
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
            if !node.gone && node.last_sign.elapsed() > believed.mul_f64(0.95) {
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
    async fn repeated_presence_list_is_no_sign_of_life() {
        let mut known = RemotePresence::default();
        known.receive("south", 5, Duration::ZERO, part(1_000));
        let first = known.nodes["south"].last_sign;
        tokio::time::advance(Duration::from_millis(300)).await;
        known.receive("south", 5, Duration::ZERO, part(1_000));
        assert_eq!(known.nodes["south"].last_sign, first);
        known.receive("south", 6, Duration::ZERO, part(1_000));
        assert_eq!(first.elapsed(), known.nodes["south"].last_sign - first);
    }

    #[tokio::test(start_paused = true)]
    async fn long_lease_is_believed_for_ten_minutes() {
        let mut known = RemotePresence::default();
        known.receive("south", 5, Duration::ZERO, part(1 << 60));
        assert_eq!(known.nodes["south"].lease, LEASE_MAX);
    }

    #[test]
    fn presence_list_beyond_bounds_is_ignored() {
        let awake = |name: &str| {
            Arc::new(Awake {
                id: engine::port::StableId::named(name),
                name: name.to_owned(),
                place: "The Docks".to_owned(),
                admin: false,
            })
        };
        let crowd = |parts: usize, number: usize, players: usize| Part {
            parts,
            part: number,
            players: vec![awake("Bob"); players],
            ..part(1_000)
        };
        let mut known = RemotePresence::default();
        assert_eq!(known.exceeds("south", &crowd(8, 7, 1_000)), None);
        for (parts, number, players) in [(9, 0, 1), (2, 2, 1), (1, 0, 1_001), (usize::MAX, 0, 0)] {
            let why = known.exceeds("south", &crowd(parts, number, players));
            assert_eq!(why, Some("too long"), "{parts} {number} {players}");
        }
        let mut long = crowd(1, 0, 0);
        long.players.push(awake(&"x".repeat(257)));
        assert_eq!(known.exceeds("south", &long), Some("a name too long"));
        // A hundred full parts are as many as are kept; a renewal is none more.
        for node in 0..25 {
            for number in 0..4 {
                let (name, one) = (format!("n{node}"), crowd(4, number, 1_000));
                assert_eq!(known.exceeds(&name, &one), None, "{name} {number}");
                known.receive(&name, 1, Duration::ZERO, one);
            }
        }
        assert_eq!(known.exceeds("n0", &crowd(4, 0, 1_000)), None);
        let more = known.exceeds("south", &crowd(1, 0, 1));
        assert_eq!(more, Some("too many players"));
        for node in 25..64 {
            known.receive(&format!("n{node}"), 1, Duration::ZERO, part(1_000));
        }
        assert_eq!(known.exceeds("south", &part(1_000)), Some("too many nodes"));
    }

    #[tokio::test(start_paused = true)]
    async fn stored_presence_list_keeps_own_age() {
        let mut known = RemotePresence::default();
        tokio::time::advance(Duration::from_secs(100)).await;
        known.receive("south", 5, Duration::from_millis(700), part(1_000));
        assert!(known.nodes["south"].last_sign.elapsed() >= Duration::from_millis(700));
    }
}
