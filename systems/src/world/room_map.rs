//! Which room of one atlas is which of another: the one place that says so.

use std::collections::HashMap;

use engine::content::{Between, Content};

use super::{Atlas, RoomIx};

/// From the places of one atlas to those of the next.
#[derive(Debug, Default)]
pub struct RoomMap {
    /// By room: where it is now, or where those are who were there.
    rooms: Vec<(Option<RoomIx>, RoomIx)>,
    /// By sub-zone.
    sub_zones: Vec<Option<usize>>,
    /// How many there are now.
    count: (usize, usize),
}

impl Between for RoomMap {
    fn between(from: &Content, to: &Content) -> Self {
        match (from.get::<Atlas>(), to.get::<Atlas>()) {
            (Some(from), Some(to)) => Self::of(from, to),
            _ => Self::default(),
        }
    }
}

impl RoomMap {
    fn of(from: &Atlas, to: &Atlas) -> Self {
        let new: HashMap<(&str, &str), usize> = to.sub_zones().zip(0..).collect();
        let sub_zones: Vec<Option<usize>> =
            from.sub_zones().map(|id| new.get(&id).copied()).collect();
        let mut first = vec![None; new.len()];
        for (ix, room) in to.rooms() {
            first[room.sub_zone].get_or_insert(ix);
        }
        let rooms = from.rooms().map(|(_, room)| {
            let kept = to.find(&room.id);
            let near = sub_zones[room.sub_zone].and_then(|sub_zone| first[sub_zone]);
            (kept, kept.or(near).unwrap_or(to.default_room()))
        });
        Self {
            rooms: rooms.collect(),
            count: (to.rooms().len(), new.len()),
            sub_zones,
        }
    }

    /// Where a room is now; `None`: it is gone.
    #[must_use]
    pub fn get(&self, room: RoomIx) -> Option<RoomIx> {
        self.rooms.get(room.index())?.0
    }

    /// Where those are now who were in a room: there, or else in the first room of its sub-zone, or
    /// else in the default room.
    #[must_use]
    pub fn refuge(&self, room: RoomIx) -> RoomIx {
        let known = self.rooms.get(room.index());
        known.map_or_else(RoomIx::default, |(_, refuge)| *refuge)
    }

    /// Where a sub-zone is now.
    #[must_use]
    pub fn sub_zone(&self, sub_zone: usize) -> Option<usize> {
        *self.sub_zones.get(sub_zone)?
    }

    /// What there was of each room, of each that there is now.
    pub fn rooms<T: Default>(&self, was: Vec<T>) -> Vec<T> {
        let now = (0..).zip(was).map(|(ix, one)| (self.get(RoomIx(ix)), one));
        spread(
            self.count.0,
            now.filter_map(|(ix, one)| Some((ix?.index(), one))),
        )
    }

    /// The same of sub-zones.
    pub fn sub_zones<T: Default>(&self, was: Vec<T>) -> Vec<T> {
        let now = (0..).zip(was).map(|(ix, one)| (self.sub_zone(ix), one));
        spread(self.count.1, now.filter_map(|(ix, one)| Some((ix?, one))))
    }
}

fn spread<T: Default>(count: usize, all: impl Iterator<Item = (usize, T)>) -> Vec<T> {
    let mut now: Vec<T> = std::iter::repeat_with(T::default).take(count).collect();
    for (ix, one) in all {
        now[ix] = one;
    }
    now
}
