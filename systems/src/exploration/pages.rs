//! The map that newcomers are given: in pages, what is near first.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use engine::port::Tick;
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::notes::{ExploredMap, MapRoom};
use super::{Discovered, Explored};
use crate::place::{HiddenWays, InRoom};
use crate::world::{Atlas, RoomIx, RoomMap};

/// What a page holds, in bytes of JSON: with its head a frame of 16 KiB.
const PAGE_BYTES: usize = 16 * 1_024 - 512;
/// So many pages are told, one a tick, before the client has to have read them.
const PAGES_UNREAD: u32 = 4;

/// Who has not been given all of their map. Transient: a new session begins with the first page.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
pub(super) struct Unfolding(BTreeMap<StableId, MapRest>);

/// The rest of a map.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct MapRest {
    rooms: VecDeque<RoomIx>,
    /// Pages told.
    page: u32,
    /// The tick whose page has to be read first.
    awaits: Option<Tick>,
}

/// Takes every page for read: that it was is not said again.
pub(super) fn go_on(mut unfolding: ResMut<Unfolding>) {
    for rest in unfolding.0.values_mut() {
        rest.awaits = None;
    }
}

/// Gives those who came their map, and the others each room that they have found.
pub(super) fn tell(
    mut newcomers: Newcomers<'_, '_>,
    mut received: MessageReader<Received>,
    mut discovered: MessageReader<Discovered>,
    explorers: Query<(&StableId, &Explored, Option<&InRoom>, &Online)>,
    people: Query<&StableId>,
    index: Res<Index>,
    atlas: Res<Atlas>,
    hidden: Res<HiddenWays>,
    clock: Res<Clock>,
    mut unfolding: ResMut<Unfolding>,
    mut outbox: ResMut<Outbox>,
) {
    for Received { actor, through } in received.read() {
        if let Ok(id) = people.get(*actor)
            && let Some(rest) = unfolding.0.get_mut(id)
        {
            rest.awaits.take_if(|tick| *tick <= *through);
        }
    }
    let came = newcomers.read();
    for (id, actor) in &came {
        let Ok((_, explored, here, _)) = explorers.get(*actor) else {
            continue;
        };
        let rest = MapRest {
            rooms: near_first(&atlas, explored, here.map(|here| here.0)),
            page: 0,
            awaits: None,
        };
        unfolding.0.insert(*id, rest);
    }
    if !unfolding.0.is_empty() {
        unfolding.0.retain(|id, rest| {
            let reader = index.get(*id).and_then(|actor| explorers.get(actor).ok());
            reader.is_some_and(|(.., online)| {
                rest.awaits.is_some()
                    || rest.turn((&atlas, &hidden), clock.tick, *online, &mut outbox)
            })
        });
    }
    for Discovered { actor, room } in discovered.read() {
        // The map that was just begun has the room.
        if came.iter().any(|(_, one)| one == actor) {
            continue;
        }
        if let Ok((.., online)) = explorers.get(*actor) {
            outbox.tell_one(online.session, MapRoom::of(&atlas, &hidden, *room));
        }
    }
}

impl Unfolding {
    /// The same over another atlas.
    pub(super) fn carry(&mut self, map: &RoomMap) {
        for rest in self.0.values_mut() {
            let was = std::mem::take(&mut rest.rooms).into_iter();
            rest.rooms = was.filter_map(|room| map.get(room)).collect();
        }
    }
}

impl MapRest {
    /// Tells the next page; answers whether there are more.
    fn turn(
        &mut self,
        (atlas, hidden): (&Atlas, &HiddenWays),
        tick: Tick,
        to: Online,
        outbox: &mut Outbox,
    ) -> bool {
        let (mut rooms, mut bytes) = (Vec::new(), 0);
        while let Some(next) = self.rooms.front() {
            let room = MapRoom::of(atlas, hidden, *next);
            bytes += room.bytes();
            if bytes > PAGE_BYTES && !rooms.is_empty() {
                break;
            }
            rooms.push(room);
            self.rooms.pop_front();
        }
        self.page += 1;
        let more = !self.rooms.is_empty();
        let page = self.page;
        outbox.tell_one(to.session, ExploredMap { rooms, page, more });
        if more && page.is_multiple_of(PAGES_UNREAD) {
            outbox.ask_receipt(to.session);
            self.awaits = Some(tick);
        }
        more
    }
}

/// The explored rooms, those first that are fewest ways from `here`; then those that no way leads
/// to, or only a very long one, by their place in the atlas.
fn near_first(atlas: &Atlas, explored: &Explored, here: Option<RoomIx>) -> VecDeque<RoomIx> {
    let mut left: BTreeSet<RoomIx> = explored.rooms(atlas).collect();
    let mut order = VecDeque::with_capacity(left.len());
    let mut seen: HashSet<RoomIx> = here.into_iter().collect();
    let mut next: VecDeque<RoomIx> = here.into_iter().collect();
    // Whoever has been far from here must not have the whole world searched.
    let most = 4 * left.len() + 1_000;
    while let Some(room) = next.pop_front() {
        if left.remove(&room) {
            order.push_back(room);
        }
        if left.is_empty() || seen.len() > most {
            break;
        }
        for exit in &atlas.room(room).exits {
            if seen.insert(exit.to) {
                next.push_back(exit.to);
            }
        }
    }
    order.extend(left);
    order
}
