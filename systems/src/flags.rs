//! Flags and counts: what is remembered of people, places and the world under keys of their own.
//!
//! Owns [`FlagSet`], of characters, of rooms and what is in them, and of the world; writes them in
//! Settle. Where several nodes share a database, a character's go with the character, and those of
//! rooms and of the world are each node's own, as its rooms are. **Invariant:** nobody and nothing has more than 64 keys, the world not more than 4096.

use std::collections::BTreeMap;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

/// The most keys of one owner.
pub const KEYS_MAX: usize = 64;
/// The most keys of the world.
pub const WORLD_KEYS_MAX: usize = 4_096;
/// No count is further from 0.
const COUNT_MAX: i64 = 1_000_000_000;

/// The flags plugin.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.persist_own::<FlagSet>("flags")
        .message::<SetFlag>()
        .system(Phase::Settle, settle);
}

/// What is remembered of somebody or something, by key. A flag that is up counts 1.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
#[serde(transparent)]
pub struct FlagSet(BTreeMap<String, FlagValue>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FlagValue {
    count: i64,
    /// Then it is forgotten.
    #[serde(default)]
    until: Option<WorldTime>,
}

impl FlagValue {
    fn holds(&self, now: WorldTime) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl FlagSet {
    /// What is counted under a key.
    #[must_use]
    pub fn get(&self, key: &str, now: WorldTime) -> i64 {
        let value = self.0.get(key).filter(|one| one.holds(now));
        value.map_or(0, |one| one.count)
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is room for a key.
    fn has_room(&self, key: &str, most: usize, now: WorldTime) -> bool {
        let others = self
            .0
            .iter()
            .filter(|(other, one)| *other != key && one.holds(now));
        others.count() < most
    }

    /// Changes one; answers whether it could.
    fn change(&mut self, wanted: &SetFlag, now: WorldTime) -> bool {
        self.0.retain(|_, one| one.holds(now));
        let before = self.get(&wanted.key, now);
        let count = wanted.change.of(before);
        if count == 0 {
            self.0.remove(&wanted.key);
            return true;
        }
        if !self.has_room(&wanted.key, wanted.owner.keys_max(), now) {
            return false;
        }
        let until = wanted
            .seconds
            .map(|seconds| now.plus(Duration::from_secs(seconds.into())));
        self.0
            .insert(wanted.key.clone(), FlagValue { count, until });
        true
    }
}

/// Whose a flag is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FlagOwner {
    /// A character's, or that of whatever else lives.
    Person(Entity),
    /// That of a room, or of something that belongs to one, by its own id.
    Place(StableId),
    /// The world's.
    World,
}

impl FlagOwner {
    /// That of a room.
    #[must_use]
    pub fn room(id: &str) -> Self {
        Self::Place(StableId::named(&format!("flags of room {id}")))
    }

    const fn keys_max(self) -> usize {
        match self {
            Self::World => WORLD_KEYS_MAX,
            Self::Person(_) | Self::Place(_) => KEYS_MAX,
        }
    }

    fn entity(self, index: &Index, node: &NodeName) -> Option<Entity> {
        match self {
            Self::Person(entity) => Some(entity),
            Self::Place(id) => index.get(node.own(id)),
            Self::World => index.get(node.own(world_id())),
        }
    }
}

fn world_id() -> StableId {
    StableId::named("flags of the world")
}

/// How a flag is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagChange {
    /// To just so much; 0 forgets it.
    To(i64),
    /// By so much.
    By(i64),
}

impl FlagChange {
    /// What it makes of a count.
    #[must_use]
    pub fn of(self, before: i64) -> i64 {
        let now = match self {
            Self::To(count) => count,
            Self::By(more) => before.saturating_add(more),
        };
        now.clamp(-COUNT_MAX, COUNT_MAX)
    }
}

/// Change a flag: the one way in which they change. What has no room is not remembered.
#[derive(Message, Clone, Debug)]
pub struct SetFlag {
    /// Whose.
    pub owner: FlagOwner,
    /// Its key.
    pub key: String,
    /// How.
    pub change: FlagChange,
    /// It is forgotten after so long.
    pub seconds: Option<u32>,
}

/// Flags as others read them.
#[derive(SystemParam)]
pub struct FlagTable<'w, 's> {
    flags: Query<'w, 's, &'static FlagSet>,
    index: Res<'w, Index>,
    node: Res<'w, NodeName>,
    clock: Res<'w, Clock>,
}

impl FlagTable<'_, '_> {
    /// What is counted under a key; 0: nothing.
    #[must_use]
    pub fn get(&self, owner: FlagOwner, key: &str) -> i64 {
        let flags = self.of(owner);
        flags.map_or(0, |flags| flags.get(key, self.clock.now))
    }

    /// Whether an owner has room for a key, and for so many others that it has not yet.
    #[must_use]
    pub fn has_room(&self, owner: FlagOwner, key: &str, besides: usize) -> bool {
        let most = owner.keys_max().saturating_sub(besides);
        let flags = self.of(owner);
        flags.map_or(most > 0, |flags| flags.has_room(key, most, self.clock.now))
    }

    fn of(&self, owner: FlagOwner) -> Option<&FlagSet> {
        self.flags.get(owner.entity(&self.index, &self.node)?).ok()
    }
}

/// Changes the flags that are to be changed, each owner's in their order.
fn settle(
    mut wanted: MessageReader<SetFlag>,
    living: Query<&StableId>,
    index: Res<Index>,
    node: Res<NodeName>,
    clock: Res<Clock>,
    mut flags: Query<&mut FlagSet>,
    mut commands: Commands<'_, '_>,
) {
    // Of those who have none yet.
    let mut fresh: BTreeMap<FlagOwner, FlagSet> = BTreeMap::new();
    for one in wanted.read() {
        let known = one
            .owner
            .entity(&index, &node)
            .and_then(|entity| flags.get_mut(entity).ok());
        let kept = match known {
            Some(mut known) => {
                let mut now = known.clone();
                let kept = now.change(one, clock.now);
                known.set_if_neq(now);
                kept
            }
            None => fresh.entry(one.owner).or_default().change(one, clock.now),
        };
        if !kept {
            tracing::warn!(key = one.key, owner = ?one.owner, "flag finds no room");
        }
    }
    fresh.retain(|_, flags| !flags.is_empty());
    for (owner, flags) in fresh {
        match owner {
            FlagOwner::Person(entity) => {
                if living.contains(entity) {
                    commands.entity(entity).try_insert(flags);
                }
            }
            FlagOwner::Place(id) => _ = commands.spawn((node.own(id), flags)),
            FlagOwner::World => _ = commands.spawn((node.own(world_id()), flags)),
        }
    }
}
