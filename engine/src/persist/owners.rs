//! Who holds what, and whose rows that makes it.
//!
//! [`Holder`] is the one relation between things and whoever has them; its plugin writes it in
//! Settle. [`Holdings`] is its mirror and derived. At each batch the engine follows the holders of
//! what was moved up to their root: what a character holds, or what lies in what it holds, is the
//! character's, and everything else is the node's.
//!
//! **Invariant:** after [`settle`] every entity that can be held knows its owner, and the batch
//! says of each whose owner is another than at the batch before.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bevy_ecs::component::Component;
use bevy_ecs::entity::Entity;
use bevy_ecs::lifecycle::{Discard, Insert};
use bevy_ecs::observer::On;
use bevy_ecs::resource::Resource;
use bevy_ecs::system::{Query, Res, ResMut};
use bevy_ecs::world::World;
use serde::{Deserialize, Serialize};

use super::collect::Unloading;
use crate::port::{Owner, Planted, StableId, Transfer, is_planted};
use crate::{Character, Index};

/// How deep holders are followed; deeper is a ring, or as good as one.
const DEPTH_MAX: usize = 64;

/// By whom or what an entity is held. An entity with a holder and a `StableId` is a thing: it is
/// saved with whoever has it, and handed on whole. Replace it by `insert`, in Settle.
///
/// Saved as `holder` by the plugin that says [`holders`](crate::Registrar::holders).
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(immutable)]
#[serde(transparent)]
pub struct Holder(
    /// A character, a creature, another thing; `None`: it lies about, and is this node's.
    pub Option<StableId>,
);

/// To whose rows a thing belongs, as the last batch said it. Derived at load, then kept by [`settle`].
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owned(pub(crate) Owner);

impl Owned {
    /// The character, if it is one's.
    #[must_use]
    pub const fn character(&self) -> Option<StableId> {
        self.0.character()
    }
}

/// What everybody and everything holds. Derived from [`Holder`] by observers, so it can't disagree
/// with it.
#[derive(Resource, Default, Debug)]
pub struct Holdings {
    /// Sorted, because the order is heard.
    held: HashMap<StableId, BTreeSet<StableId>>,
    /// Whose holder changed since the last batch, and which characters had it in between.
    moved: BTreeMap<StableId, Vec<StableId>>,
}

impl Holdings {
    /// What `holder` holds itself, in the order of ids.
    pub fn of(&self, holder: StableId) -> impl ExactSizeIterator<Item = StableId> + '_ {
        self.directly(holder).iter().copied()
    }

    /// What `holder` holds, and what lies in that, and so on: holders before what they hold.
    #[must_use]
    pub fn all_of(&self, holder: StableId) -> Vec<StableId> {
        let mut all: Vec<StableId> = Vec::new();
        let mut known = BTreeSet::from([holder]);
        let mut next = vec![holder];
        while let Some(one) = next.pop() {
            // A ring is walked once.
            let inner: Vec<StableId> = self.of(one).filter(|id| known.insert(*id)).collect();
            all.extend(&inner);
            next.extend(inner.into_iter().rev());
        }
        all
    }

    /// Nothing of this is to be saved: it is as it was loaded.
    pub(super) fn is_saved(&mut self, id: StableId) {
        self.moved.remove(&id);
    }

    /// Everything is as a checkpoint has it.
    pub(crate) fn are_saved(&mut self) {
        self.moved.clear();
    }

    pub(super) fn is_settled(&self) -> bool {
        self.moved.is_empty()
    }

    fn directly(&self, holder: StableId) -> &BTreeSet<StableId> {
        const NOTHING: &BTreeSet<StableId> = &BTreeSet::new();
        self.held.get(&holder).unwrap_or(NOTHING)
    }
}

/// Keeps [`Holdings`].
pub(crate) fn install(world: &mut World) {
    world.init_resource::<Holdings>();
    world.add_observer(
        |on: On<Insert<(StableId, Holder)>>,
         things: Query<(&StableId, &Holder)>,
         characters: Query<(), bevy_ecs::query::With<Character>>,
         index: Res<Index>,
         mut holdings: ResMut<Holdings>| {
            let Ok((id, Holder(by))) = things.get(on.entity) else {
                return;
            };
            if let Some(by) = by {
                holdings.held.entry(*by).or_default().insert(*id);
            }
            let root = root(*id, &index, |entity| {
                let holder = things.get(entity).ok().map(|(_, holder)| *holder);
                (characters.contains(entity), holder)
            });
            let had = holdings.moved.entry(*id).or_default();
            if let Some(Owner::Character(who)) = root
                && !had.contains(&who)
            {
                had.push(who);
            }
        },
    );
    world.add_observer(
        |on: On<Discard<(StableId, Holder)>>,
         things: Query<(&StableId, &Holder)>,
         unloading: Res<Unloading>,
         mut holdings: ResMut<Holdings>| {
            let Ok((id, Holder(by))) = things.get(on.entity) else {
                return;
            };
            if unloading.0 {
                holdings.moved.remove(id);
            }
            if let Some(by) = by
                && let Some(held) = holdings.held.get_mut(by)
            {
                held.remove(id);
                if held.is_empty() {
                    holdings.held.remove(by);
                }
            }
        },
    );
}

/// Whose something is. `None`: a holder on the way is not here, or they hold each other in a ring.
fn root(
    id: StableId,
    index: &Index,
    look: impl Fn(Entity) -> (bool, Option<Holder>),
) -> Option<Owner> {
    let mut at = id;
    for _ in 0..DEPTH_MAX {
        match look(index.get(at)?) {
            (true, _) => return Some(Owner::Character(at)),
            (false, Some(Holder(Some(by)))) => at = by,
            (false, _) => return Some(Owner::Node),
        }
    }
    None
}

/// Finds what has changed hands since the last batch: tells each of them whose it is, and answers
/// the transfers and what is new about who holds what, both in the order of ids.
pub(super) fn settle(world: &mut World) -> (Vec<Transfer>, Vec<(StableId, Owner, Holder)>) {
    let mut holdings = world.resource_mut::<Holdings>();
    if holdings.is_settled() {
        return (Vec::new(), Vec::new());
    }
    let moved = std::mem::take(&mut holdings.moved);
    // With everything in it.
    let mut touched: BTreeMap<StableId, BTreeSet<StableId>> = BTreeMap::new();
    for (id, had) in &moved {
        for one in holdings.all_of(*id).into_iter().chain([*id]) {
            touched.entry(one).or_default().extend(had);
        }
    }
    let mut transfers = Vec::new();
    let mut holders = Vec::new();
    for (id, had) in touched {
        let index = world.resource::<Index>();
        let Some(entity) = index.get(id) else {
            continue;
        };
        let root = root(id, index, |entity| {
            let holder = world.get::<Holder>(entity).copied();
            (world.get::<Character>(entity).is_some(), holder)
        });
        let from = world.get::<Owned>(entity).map(|owned| owned.0);
        // Held by somebody who is not here: it stays whose it was.
        let to = root.or(from).unwrap_or(Owner::Node);
        // The holder is saved below all the same.
        let halved = is_planted(Planted::TransferHalved) && from.is_some();
        if from != Some(to) && !halved {
            world.entity_mut(entity).insert(Owned(to));
            let between = |one: &StableId| {
                let one = Some(Owner::Character(*one));
                one != from && one != Some(to)
            };
            transfers.push(Transfer {
                id,
                from,
                to,
                through: had.into_iter().filter(between).collect(),
            });
        }
        if moved.contains_key(&id)
            && let Some(holder) = world.get::<Holder>(entity)
        {
            holders.push((id, to, *holder));
        }
    }
    (transfers, holders)
}
