//! What is shown in every list and to whoever comes in: said by plugins when it changes, kept by
//! `place`.
//!
//! Levels, not edges: a plugin that was left out finds what has changed meanwhile, and when `place`
//! has missed something it asks for all of it again ([`Retell`]).

use std::collections::BTreeMap;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::world::{Atlas, Room, RoomIx};

/// Whose line it is: its order, then its number among all that were registered.
type Rank = (i16, usize);

/// How many lines and marks are registered.
#[derive(Resource, Default)]
struct Ranks(usize);

fn rank(reg: &mut Registrar<'_>, order: i16) -> Rank {
    let mut number = 0;
    reg.fill(|ranks: &mut Ranks| {
        ranks.0 += 1;
        number = ranks.0;
    });
    (order, number)
}

/// Everything is to be said again. Written by `place`.
#[derive(Resource, Default, Debug)]
pub(crate) struct Retell;

/// A mark of somebody is another now, or none.
#[derive(Message, Clone, Debug)]
pub(crate) struct Marked {
    pub(crate) who: Entity,
    rank: Rank,
    words: Option<String>,
}

/// The marks of somebody; who has none has not this. Transient, written by `place`.
#[derive(Component, Default, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Marks(Vec<(Rank, String)>);

impl Marks {
    /// The words, in their order.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, words)| words.as_str())
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts one mark in the place of its former self.
    pub(crate) fn put(&mut self, marked: &Marked) {
        let at = self.0.binary_search_by_key(&marked.rank, |(rank, _)| *rank);
        match (at, marked.words.clone()) {
            (Ok(at), Some(words)) => self.0[at].1 = words,
            (Ok(at), None) => _ = self.0.remove(at),
            (Err(at), Some(words)) => self.0.insert(at, (marked.rank, words)),
            (Err(_), None) => {}
        }
    }

    fn has(&self, rank: Rank) -> bool {
        self.0.iter().any(|(one, _)| *one == rank)
    }
}

/// The lines of one plugin about rooms, all of them.
#[derive(Message, Clone, Debug)]
pub(crate) struct RoomLinesTold {
    rank: Rank,
    lines: BTreeMap<RoomIx, String>,
}

/// What plugins say of rooms. Transient, written by `place`.
#[derive(Resource, Default, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RoomLines(BTreeMap<Rank, BTreeMap<RoomIx, String>>);

impl RoomLines {
    /// The lines of a room, in their order.
    pub(crate) fn of(&self, room: RoomIx) -> Vec<String> {
        let lines = self.0.values().filter_map(|lines| lines.get(&room));
        lines.cloned().collect()
    }

    /// The same lines, each under the room's place in another atlas.
    pub(crate) fn carry(&mut self, place: impl Fn(RoomIx) -> Option<RoomIx>) {
        for lines in self.0.values_mut() {
            let was = std::mem::take(lines).into_iter();
            *lines = was
                .filter_map(|(ix, line)| Some((place(ix)?, line)))
                .collect();
        }
    }

    pub(crate) fn put(&mut self, told: &RoomLinesTold) {
        self.0.insert(told.rank, told.lines.clone());
    }
}

/// Adds a mark to people: a few words that follow their name in every list and under `look`. It
/// hangs on one component, and is asked again when that changes.
pub fn mark<C: Component>(
    reg: &mut Registrar<'_>,
    order: i16,
    words: impl Fn(&C) -> Option<String> + Send + Sync + 'static,
) {
    let rank = rank(reg, order);
    let tell = move |people: Query<(Entity, Ref<C>, Ref<Online>)>,
                     lost: Query<(Entity, &Marks), (With<Online>, Without<C>)>,
                     retell: Res<Retell>,
                     mut marked: MessageWriter<Marked>| {
        for (who, held, online) in &people {
            if held.is_changed() || online.is_added() || retell.is_changed() {
                let words = words(&held);
                marked.write(Marked { who, rank, words });
            }
        }
        for (who, marks) in &lost {
            if marks.has(rank) {
                let words = None;
                marked.write(Marked { who, rank, words });
            }
        }
    };
    reg.system(Phase::Simulate, tell);
}

/// Adds a line to what is seen of rooms: after the description, for whoever looks or comes in. It
/// hangs on one resource, `RoomData` of a room's own section or the state of a weather, and is asked
/// again of all rooms when that changes. Who is there already is told nothing by it.
pub fn room<R: Resource>(
    reg: &mut Registrar<'_>,
    order: i16,
    words: impl Fn(&R, RoomIx, &Room) -> Option<String> + Send + Sync + 'static,
) {
    let rank = rank(reg, order);
    let tell = move |source: Res<R>,
                     atlas: Res<Atlas>,
                     retell: Res<Retell>,
                     mut told: MessageWriter<RoomLinesTold>| {
        if source.is_changed() || atlas.is_changed() || retell.is_changed() {
            let rooms = atlas.rooms();
            let lines = rooms.filter_map(|(ix, room)| Some((ix, words(&source, ix, room)?)));
            let lines = lines.collect();
            told.write(RoomLinesTold { rank, lines });
        }
    };
    reg.system(Phase::Simulate, tell);
}
