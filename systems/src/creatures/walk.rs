//! Where creatures can go, and how far that is: always by the ways themselves.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use engine::prelude::*;

use super::kinds::Wandering;
use crate::place::{GuardedWays, Occupancy};
use crate::world::{Atlas, Direction, RoomIx};

/// No walk is looked for beyond so many rooms.
const ROOMS_MAX: usize = 4_096;
/// So many walks are remembered.
const KNOWN_MAX: usize = 4_096;
/// How many exits away somebody is near.
pub(super) const NEAR: u8 = 2;

/// How far each room is from another.
type Distances = Arc<BTreeMap<RoomIx, u8>>;

/// Walks that were looked for. Scratch: the same ways are found again.
#[derive(Resource, Default, Debug)]
pub(super) struct WalkMaps {
    around: HashMap<(RoomIx, u8, bool, bool), Distances>,
    near: HashMap<RoomIx, Arc<[u32]>>,
}

impl WalkMaps {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The ways as creatures take them.
#[derive(Clone, Copy)]
pub(super) struct Ways<'a> {
    pub(super) atlas: &'a Atlas,
    pub(super) guarded: &'a GuardedWays,
    /// Whether it goes through those that ask for something.
    pub(super) doors: bool,
}

impl Ways<'_> {
    fn open(&self, from: RoomIx) -> impl Iterator<Item = (Direction, RoomIx)> + '_ {
        let exits = self.atlas.room(from).exits.iter();
        let open = move |way| self.doors || !self.guarded.is_guarded(from, way);
        exits
            .filter(move |exit| open(exit.way))
            .map(|exit| (exit.way, exit.to))
    }

    /// The first step of the shortest way from one room to another.
    pub(super) fn step(&self, from: RoomIx, to: RoomIx) -> Option<(Direction, RoomIx)> {
        let mut seen = BTreeSet::from([from]);
        let mut queue: VecDeque<(RoomIx, (Direction, RoomIx))> = VecDeque::new();
        for first in self.open(from) {
            if seen.insert(first.1) {
                queue.push_back((first.1, first));
            }
        }
        while let Some((here, first)) = queue.pop_front() {
            if here == to {
                return Some(first);
            }
            if seen.len() > ROOMS_MAX {
                return None;
            }
            for (_, next) in self.open(here) {
                if seen.insert(next) {
                    queue.push_back((next, first));
                }
            }
        }
        None
    }

    /// How far from home the rooms are that one may stray to.
    pub(super) fn around(&self, home: RoomIx, of: Wandering, maps: &mut WalkMaps) -> Distances {
        let key = (home, of.range, of.leave, self.doors);
        if let Some(known) = maps.around.get(&key) {
            return Arc::clone(known);
        }
        let sub_zone = self.atlas.room(home).sub_zone;
        let mut far = BTreeMap::from([(home, 0)]);
        let mut queue = VecDeque::from([home]);
        while let Some(here) = queue.pop_front() {
            let next = far[&here] + 1;
            if next > of.range {
                continue;
            }
            for (_, to) in self.open(here) {
                let allowed = of.leave || self.atlas.room(to).sub_zone == sub_zone;
                if allowed && !far.contains_key(&to) {
                    far.insert(to, next);
                    queue.push_back(to);
                }
            }
        }
        if maps.around.len() >= KNOWN_MAX {
            maps.around.clear();
        }
        let far = Arc::new(far);
        maps.around.insert(key, Arc::clone(&far));
        far
    }

    /// A step of somebody who strays: of the ways, those towards home are likelier.
    pub(super) fn stray(
        &self,
        from: RoomIx,
        far: &BTreeMap<RoomIx, u8>,
        pick: impl FnOnce(u64) -> u64,
    ) -> Option<(Direction, RoomIx)> {
        let now = far.get(&from).copied().unwrap_or(u8::MAX);
        let weighted = self.open(from).filter_map(|(way, to)| {
            let then = *far.get(&to)?;
            let weight = match then {
                then if then < now => 100,
                then if then == now => 75,
                then if then == now + 1 => 50,
                _ => 25,
            };
            Some((weight, (way, to)))
        });
        let ways: Vec<(u64, (Direction, RoomIx))> = weighted.collect();
        let all: u64 = ways.iter().map(|(weight, _)| weight).sum();
        if all == 0 {
            return None;
        }
        let mut at = pick(all);
        for (weight, step) in ways {
            match at.checked_sub(weight) {
                Some(rest) => at = rest,
                None => return Some(step),
            }
        }
        None
    }
}

/// How many exits the nearest player is away; `None`: farther than `most`.
pub(super) fn nearest_player(
    atlas: &Atlas,
    occupancy: &Occupancy,
    from: RoomIx,
    most: u8,
) -> Option<u8> {
    let mut seen = BTreeSet::from([from]);
    let mut queue = VecDeque::from([(from, 0)]);
    while let Some((here, far)) = queue.pop_front() {
        if !occupancy.of(here).is_empty() {
            return Some(far);
        }
        if far == most || seen.len() > ROOMS_MAX {
            continue;
        }
        for exit in &atlas.room(here).exits {
            if seen.insert(exit.to) {
                queue.push_back((exit.to, far + 1));
            }
        }
    }
    None
}

/// The sub-zones of the rooms that are near a room.
pub(super) fn near_sub_zones(atlas: &Atlas, room: RoomIx, maps: &mut WalkMaps) -> Arc<[u32]> {
    if let Some(known) = maps.near.get(&room) {
        return Arc::clone(known);
    }
    let mut rooms = BTreeSet::from([room]);
    for _ in 0..NEAR {
        let exits = rooms.iter().flat_map(|room| &atlas.room(*room).exits);
        let next: Vec<RoomIx> = exits.map(|exit| exit.to).collect();
        rooms.extend(next);
    }
    let of = |room: &RoomIx| u32::try_from(atlas.room(*room).sub_zone).unwrap_or(u32::MAX);
    let near: BTreeSet<u32> = rooms.iter().map(of).collect();
    let near: Arc<[u32]> = near.into_iter().collect();
    if maps.near.len() >= KNOWN_MAX {
        maps.near.clear();
    }
    maps.near.insert(room, Arc::clone(&near));
    near
}
