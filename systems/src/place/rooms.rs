//! Rooms, who is in them, and how to reach those.

mod finding;

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use bevy_ecs::change_detection::Tick;
use bevy_ecs::system::SystemChangeTick;
use engine::port::SessionId;
use engine::prelude::*;

use super::RoomView;
use super::listing::{LISTED_MAX, Listing, Occupant, by_name};
use super::lying::Drops;
use super::{
    Creature, CreatureLooks, Details, DoorViews, Label, LastSpoke, Likeness, Npc, Occupancy, Pose,
    Posture, Quantity, SeenWays, Sort, SortWords, Spot, Unlisted,
};
use crate::describe::{Marks, RoomLines};
use crate::hearing::Hearing;
use crate::speech::Channel;
use crate::world::{Atlas, Direction, RoomIx};

/// Rooms, who is in them, and how to reach those. What is computed of a room is computed once in
/// a run of a system, however often it is asked for.
#[derive(SystemParam)]
pub struct Rooms<'w, 's> {
    /// Every room.
    pub atlas: Res<'w, Atlas>,
    pub(super) occupancy: Res<'w, Occupancy>,
    pub(super) creatures: Query<'w, 's, (&'static StableId, Entity, &'static Creature)>,
    pub(super) looks: Res<'w, CreatureLooks>,
    pub(super) people: Query<
        'w,
        's,
        (
            &'static StableId,
            &'static Character,
            &'static Online,
            Has<Linkdead>,
            Entity,
            Option<&'static Posture>,
            Option<&'static LastSpoke>,
        ),
    >,
    poses: Query<'w, 's, &'static Pose>,
    likenesses: Query<'w, 's, &'static Likeness>,
    marks: Query<'w, 's, &'static Marks>,
    lines: Res<'w, RoomLines>,
    pub(super) labels: Query<
        'w,
        's,
        (
            &'static StableId,
            &'static Label,
            Option<&'static Spot>,
            Entity,
            Option<&'static Quantity>,
            Option<&'static Sort>,
            Option<&'static Unlisted>,
        ),
    >,
    pub(super) sorts: Res<'w, SortWords>,
    pub(super) doors: Res<'w, DoorViews>,
    details: Res<'w, Details>,
    ways: SeenWays<'w, 's>,
    pub(super) holdings: Res<'w, Holdings>,
    pub(super) index: Res<'w, Index>,
    hearing: Hearing<'w, 's>,
    run: SystemChangeTick,
    /// Scratch.
    known: Local<'s, RefCell<RunCache>>,
}

/// What was computed in one run of a system.
#[derive(Default)]
pub(super) struct RunCache {
    pub(super) npcs: BTreeMap<RoomIx, Arc<[Npc]>>,
    run: Option<Tick>,
    audiences: BTreeMap<RoomIx, Arc<[SessionId]>>,
    lists: BTreeMap<RoomIx, List>,
    names: BTreeMap<RoomIx, Arc<[Entity]>>,
    views: BTreeMap<(RoomIx, bool), Arc<RoomView>>,
    pub(super) drops: BTreeMap<RoomIx, Drops>,
}

/// The people that everybody in a room is told of.
#[derive(Clone)]
pub(super) struct List {
    pub(super) people: Arc<[Occupant]>,
    /// Those of them whose pose somebody may not want to see.
    pub(super) posing: Arc<[(StableId, Role)]>,
}

impl Rooms<'_, '_> {
    /// Everybody in a room, in the order they came.
    #[must_use]
    pub fn occupants(&self, room: RoomIx) -> &[Entity] {
        self.occupancy.of(room)
    }

    /// Whether there are more people in a room than a list names.
    #[must_use]
    pub fn is_crowd(&self, room: RoomIx) -> bool {
        self.occupants(room).len() > LISTED_MAX
    }

    /// The sessions of everybody in a room.
    #[must_use]
    pub fn audience(&self, room: RoomIx) -> Arc<[SessionId]> {
        if let Some(known) = self.known(|known| known.audiences.get(&room).cloned()) {
            return known;
        }
        let occupants = self.people.iter_many(self.occupants(room)).matched();
        let all: Arc<[SessionId]> = occupants.map(|(_, _, online, ..)| online.session).collect();
        self.known(|known| known.audiences.insert(room, Arc::clone(&all)));
        all
    }

    /// A room by day or night.
    #[must_use]
    pub fn view(&self, room: RoomIx, night: bool) -> Arc<RoomView> {
        let view = |known: &mut RunCache| {
            let view = known.views.entry((room, night));
            let lines = || self.lines.of(room);
            Arc::clone(view.or_insert_with(|| {
                let beside = (&*self.doors, &*self.details);
                Arc::new(RoomView::of(&self.atlas, room, night, lines(), beside))
            }))
        };
        self.known(view)
    }

    /// The same as somebody sees it: without the ways that they have not found.
    #[must_use]
    pub fn view_for(&self, room: RoomIx, night: bool, viewer: Entity) -> Arc<RoomView> {
        let view = self.view(room, night);
        let unseen = self.ways.unseen(viewer, room);
        if unseen.is_empty() {
            return view;
        }
        let mut own = RoomView::clone(&view);
        own.exits.retain(|way, _| !unseen.contains(way));
        Arc::new(own)
    }

    /// Whether a room has ways that not everybody sees.
    #[must_use]
    pub fn has_hidden_ways(&self, room: RoomIx) -> bool {
        self.ways.has_hidden(room)
    }

    /// Whether somebody sees a way.
    #[must_use]
    pub fn sees_way(&self, viewer: Entity, room: RoomIx, way: Direction) -> bool {
        self.ways.sees(viewer, room, way)
    }

    /// Somebody's session, if they are played.
    #[must_use]
    pub fn session(&self, actor: Entity) -> Option<SessionId> {
        self.people
            .get(actor)
            .ok()
            .map(|(_, _, online, ..)| online.session)
    }

    /// The people in a room as all are told who have muted nobody there.
    #[must_use]
    pub fn listing(&self, room: RoomIx) -> Listing {
        let listing = Listing::new(self.list(room).people, self.occupants(room).len());
        listing.among(self.npcs(room))
    }

    /// The people in a room as `viewer`, who is one of them, is told: without the poses of those
    /// whom they have muted.
    #[must_use]
    pub fn listing_for(&self, room: RoomIx, viewer: Entity) -> Listing {
        let list = self.list(room);
        let hidden = self.hidden(viewer, &list.posing);
        let count = self.occupants(room).len();
        let people = if hidden.is_empty() {
            list.people
        } else {
            list.people.iter().map(|one| one.seen(&hidden)).collect()
        };
        let listing = Listing::new(people, count).among(self.npcs(room));
        let is_listed = |me: StableId| listing.people().any(|one| one.id == me);
        if self.people.get(viewer).is_ok_and(|(me, ..)| is_listed(*me)) {
            return listing;
        }
        match self.occupant(viewer) {
            Some(own) => listing.with(own),
            None => listing,
        }
    }

    /// Somebody as they are listed.
    pub(super) fn occupant(&self, entity: Entity) -> Option<Occupant> {
        let (id, character, _, linkdead, _, posture, _) = self.people.get(entity).ok()?;
        Some(Occupant {
            id: *id,
            name: character.name.clone(),
            linkdead,
            position: posture.copied().unwrap_or_default(),
            pose: self.pose_of(entity).map(str::to_owned),
            marks: self.marks(entity).map(str::to_owned).collect(),
        })
    }

    /// The people that everybody in a room is told of.
    pub(super) fn list(&self, room: RoomIx) -> List {
        if let Some(known) = self.known(|known| known.lists.get(&room).cloned()) {
            return known;
        }
        let list = self.list_of(room, self.occupants(room).to_vec());
        self.known(|known| known.lists.insert(room, list.clone()));
        list
    }

    /// As many of these as a list holds, as they are listed in a room: all of them in their order,
    /// or those who matter most.
    pub(super) fn list_of(&self, room: RoomIx, mut who: Vec<Entity>) -> List {
        if who.len() > LISTED_MAX {
            self.keep_foremost(room, &mut who);
        }
        List {
            people: who.iter().filter_map(|one| self.occupant(*one)).collect(),
            posing: who.iter().filter_map(|one| self.poser(*one)).collect(),
        }
    }

    /// Keeps those who matter most to anybody in the room, in that order: who spoke there lately,
    /// then by name. Who matters to one reader alone (a party) would come before them, in
    /// [`listing_for`](Self::listing_for), as the reader's own entry does.
    fn keep_foremost(&self, room: RoomIx, who: &mut Vec<Entity>) {
        let rank = |entity: &Entity| {
            let (_, character, .., spoke) = self.people.get(*entity).ok()?;
            let spoke = spoke.and_then(|spoke| spoke.in_room(room));
            Some((Reverse(spoke), character.name.as_str(), *entity))
        };
        let mut ranked: Vec<_> = who.iter().filter_map(rank).collect();
        let order = |one: &(Reverse<Option<WorldTime>>, &str, Entity), other: &_| {
            let (spoke, name, _): &(Reverse<Option<WorldTime>>, &str, Entity) = other;
            one.0.cmp(spoke).then_with(|| by_name(one.1, name))
        };
        if ranked.len() > LISTED_MAX {
            ranked.select_nth_unstable_by(LISTED_MAX - 1, order);
            ranked.truncate(LISTED_MAX);
        }
        ranked.sort_unstable_by(order);
        *who = ranked.into_iter().map(|(_, _, entity)| entity).collect();
    }

    /// Everybody in a room by name.
    pub(super) fn by_name(&self, room: RoomIx) -> Arc<[Entity]> {
        if let Some(known) = self.known(|known| known.names.get(&room).cloned()) {
            return known;
        }
        let here = self.people.iter_many(self.occupants(room)).matched();
        let mut named: Vec<(&str, Entity)> = here
            .map(|(_, character, _, _, entity, ..)| (character.name.as_str(), entity))
            .collect();
        named.sort_unstable_by(|one, other| by_name(one.0, other.0));
        let named: Arc<[Entity]> = named.into_iter().map(|(_, entity)| entity).collect();
        self.known(|known| known.names.insert(room, Arc::clone(&named)));
        named
    }

    /// How somebody stands there, if that is anything to tell `viewer`.
    #[must_use]
    pub fn pose(&self, actor: Entity, viewer: Entity) -> Option<&str> {
        let pose = self.pose_of(actor)?;
        let who = self.poser(actor)?;
        self.hearing
            .hears(viewer, who, Channel::Pose)
            .then_some(pose)
    }

    /// How somebody has described themselves, if that is anything to tell `viewer`.
    #[must_use]
    pub fn likeness(&self, actor: Entity, viewer: Entity) -> Option<&str> {
        let (id, character, ..) = self.people.get(actor).ok()?;
        let words = self.likenesses.get(actor).ok()?.words();
        let who = (*id, character.role);
        self.hearing
            .hears(viewer, who, Channel::Pose)
            .then_some(words)
    }

    /// What else is seen of somebody at once.
    pub(crate) fn marks(&self, who: Entity) -> impl Iterator<Item = &str> {
        let marks = self.marks.get(who).ok();
        marks.into_iter().flat_map(Marks::words)
    }

    fn pose_of(&self, actor: Entity) -> Option<&str> {
        self.poses.get(actor).ok()?.text()
    }

    /// Somebody who has a pose.
    fn poser(&self, entity: Entity) -> Option<(StableId, Role)> {
        self.pose_of(entity)?;
        let (id, character, ..) = self.people.get(entity).ok()?;
        Some((*id, character.role))
    }

    /// Those of `posing` whose pose `viewer` does not want to see.
    pub(super) fn hidden(&self, viewer: Entity, posing: &[(StableId, Role)]) -> Vec<StableId> {
        let unheard = |who: &&(StableId, Role)| !self.hearing.hears(viewer, **who, Channel::Pose);
        posing.iter().filter(unheard).map(|(id, _)| *id).collect()
    }

    /// Somebody's name, if they are played.
    #[must_use]
    pub fn name(&self, entity: Entity) -> Option<&str> {
        let (_, character, ..) = self.people.get(entity).ok()?;
        Some(&character.name)
    }

    /// Looks into what is known of this run, or begins it anew.
    pub(super) fn known<T>(&self, look: impl FnOnce(&mut RunCache) -> T) -> T {
        let mut known = self.known.borrow_mut();
        let run = Some(self.run.this_run());
        if known.run != run {
            *known = RunCache {
                run,
                ..RunCache::default()
            };
        }
        look(&mut known)
    }
}
