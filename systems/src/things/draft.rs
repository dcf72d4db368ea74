//! Things as they will be when this run of `settle` is over. Others see what is written only after it,
//! so everything that comes later in the run is decided by the drafts.

use std::collections::HashMap;

use engine::prelude::*;

use super::place::{ThingPlace, ThingView, ThingWorld};
use super::prototype::{Prototype, ThingFlag};
use super::{Burning, Placed, Placement, Rot, Thing, Worn};
use crate::place::{Label, Quantity, Sort, Spot, Unlisted};
use crate::world::RoomIx;

/// A thing as it will be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draft {
    pub(super) id: StableId,
    pub(super) name: String,
    pub(super) sort: String,
    pub(super) quantity: u32,
    pub(super) thing: Thing,
    /// `None`: it is no more.
    pub(super) place: Option<ThingPlace>,
    pub(super) rot: Option<WorldTime>,
    /// Until when it burns, if it does.
    pub(super) burning: Option<WorldTime>,
    pub(super) placed: Option<StableId>,
    pub(super) unlisted: Option<Unlisted>,
}

impl Draft {
    fn of(view: &ThingView<'_>) -> Self {
        Self {
            id: view.id,
            name: view.name.to_owned(),
            sort: view.sort.to_owned(),
            quantity: view.quantity,
            thing: view.thing.clone(),
            place: view.place,
            rot: view.rot,
            burning: view.burning,
            placed: view.placed,
            unlisted: view.unlisted,
        }
    }
}

/// Where things are listed: in a room, or with whoever or whatever holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum ListKey {
    Room(RoomIx),
    Held(StableId),
}

impl ListKey {
    const fn of(place: ThingPlace) -> Self {
        match place {
            ThingPlace::Floor(room) => Self::Room(room),
            ThingPlace::Carried(by) | ThingPlace::Worn(by, _) | ThingPlace::Inside(by) => {
                Self::Held(by)
            }
        }
    }
}

/// The drafts of one run.
pub(super) struct Drafts<'a, 'w, 's> {
    pub(super) world: &'a ThingWorld<'w, 's>,
    /// With what it was; `None`: it is made in this run.
    drafts: HashMap<Entity, (Draft, Option<Draft>)>,
    /// In which order they were touched first.
    order: Vec<Entity>,
    lists: HashMap<ListKey, Vec<Entity>>,
    /// Of what the world has placed, that something is gone.
    taken: Vec<(StableId, String)>,
    made: u32,
    /// What is made in this run, by its id.
    fresh: HashMap<StableId, Entity>,
}

impl<'a, 'w, 's> Drafts<'a, 'w, 's> {
    pub(super) fn of(world: &'a ThingWorld<'w, 's>) -> Self {
        Self {
            world,
            drafts: HashMap::new(),
            order: Vec::new(),
            lists: HashMap::new(),
            taken: Vec::new(),
            made: 0,
            fresh: HashMap::new(),
        }
    }

    /// A thing as it is by now; `None`: it is no more.
    pub(super) fn get(&mut self, thing: Entity) -> Option<&Draft> {
        if !self.drafts.contains_key(&thing) {
            let draft = Draft::of(&self.world.view(thing)?);
            self.drafts.insert(thing, (draft.clone(), Some(draft)));
            self.order.push(thing);
        }
        let (draft, _) = self.drafts.get(&thing)?;
        draft.place.is_some().then_some(draft)
    }

    /// Changes a thing in place.
    pub(super) fn change(&mut self, thing: Entity, change: impl FnOnce(&mut Draft)) {
        if self.get(thing).is_some()
            && let Some((draft, _)) = self.drafts.get_mut(&thing)
        {
            change(draft);
        }
    }

    pub(super) fn prototype(&mut self, thing: Entity) -> Option<&'a Prototype> {
        let world = self.world;
        let sort = &self.get(thing)?.sort;
        world.prototype(sort)
    }

    pub(super) fn is(&mut self, thing: Entity, flag: ThingFlag) -> bool {
        self.prototype(thing).is_some_and(|one| one.is(flag))
    }

    /// What is in a place, in the order of age: of somebody, what they carry and wear.
    pub(super) fn list(&mut self, at: ThingPlace) -> Vec<Entity> {
        self.load(ListKey::of(at));
        self.lists[&ListKey::of(at)].clone()
    }

    fn load(&mut self, key: ListKey) {
        if self.lists.contains_key(&key) {
            return;
        }
        let mut found: Vec<(WorldTime, StableId, Entity)> = match key {
            ListKey::Room(room) => self.world.lying(room).map(age).collect(),
            ListKey::Held(holder) => self.world.held(holder).map(age).collect(),
        };
        found.sort_unstable();
        let found = found.into_iter().map(|(.., entity)| entity);
        self.lists.insert(key, found.collect());
    }

    /// Writes where a thing is from now on; `None`: it is no more.
    pub(super) fn put(&mut self, thing: Entity, to: Option<ThingPlace>) {
        let Some(from) = self.get(thing).and_then(|draft| draft.place) else {
            return;
        };
        self.load(ListKey::of(from));
        if let Some(list) = self.lists.get_mut(&ListKey::of(from)) {
            list.retain(|one| *one != thing);
        }
        if let Some(to) = to {
            self.load(ListKey::of(to));
            if let Some(list) = self.lists.get_mut(&ListKey::of(to)) {
                list.push(thing);
            }
        }
        let now = self.world.clock.now;
        let mut taken = None;
        self.change(thing, |draft| {
            draft.place = to;
            draft.rot = None;
            if to.and_then(ThingPlace::holder) != from.holder() {
                draft.thing.issued = false;
            }
            if let Some(placed) = draft.placed.take() {
                taken = Some((placed, draft.sort.clone()));
            }
            let same_hands = matches!(
                (from, to),
                (ThingPlace::Carried(a) | ThingPlace::Worn(a, _), Some(ThingPlace::Carried(b) | ThingPlace::Worn(b, _))) if a == b
            );
            if !same_hands || matches!(to, Some(ThingPlace::Carried(_))) {
                draft.thing.since = now;
            }
        });
        self.taken.extend(taken);
    }

    /// Something of what the world has placed is gone, though its stack is still there.
    pub(super) fn note_taken(&mut self, thing: Entity) {
        let placed = self.get(thing);
        let placed = placed.and_then(|draft| Some((draft.placed?, draft.sort.clone())));
        self.taken.extend(placed);
    }

    /// Makes a thing.
    pub(super) fn make(&mut self, draft: Draft, commands: &mut Commands<'_, '_>) -> Entity {
        let thing = commands.spawn_empty().id();
        if let Some(place) = draft.place {
            self.load(ListKey::of(place));
            if let Some(list) = self.lists.get_mut(&ListKey::of(place)) {
                list.push(thing);
            }
        }
        self.fresh.insert(draft.id, thing);
        self.drafts.insert(thing, (draft, None));
        self.order.push(thing);
        thing
    }

    /// Who or what has an id by now.
    pub(super) fn entity(&self, id: StableId) -> Option<Entity> {
        let fresh = self.fresh.get(&id).copied();
        fresh.or_else(|| self.world.index.get(id))
    }

    /// An id that nothing has.
    pub(super) fn new_id(&mut self, of: StableId) -> StableId {
        loop {
            self.made += 1;
            let id = self.world.dice.new_id(of, "thing", self.made);
            if self.entity(id).is_none() {
                return id;
            }
        }
    }

    /// Whose holdings are others than before: people and whatever else holds things; of what lies
    /// somewhere, that itself.
    pub(super) fn touched(&self) -> Vec<StableId> {
        let changed = self.order.iter().filter_map(|thing| {
            let (now, was) = self.drafts.get(thing)?;
            let was_at = was.as_ref().and_then(|one| one.place);
            (Some(now) != was.as_ref()).then_some((now.id, now.place, was_at))
        });
        let holders = changed.flat_map(|(id, now, was)| {
            let of = move |place: ThingPlace| place.holder().unwrap_or(id);
            now.map(of).into_iter().chain(was.map(of))
        });
        let mut holders: Vec<_> = holders.collect();
        holders.sort_unstable();
        holders.dedup();
        holders
    }

    /// Writes everything that is otherwise than before.
    pub(super) fn write(
        self,
        commands: &mut Commands<'_, '_>,
        gone: &mut MessageWriter<'_, Destroy>,
    ) {
        for thing in self.order {
            match self.drafts.get(&thing) {
                // Made in this run, and used up in it.
                Some((now, None)) if now.place.is_none() => commands.entity(thing).despawn(),
                Some((now, was)) if Some(now) != was.as_ref() => {
                    write(thing, now, was.as_ref(), self.world, commands);
                    if now.place.is_none() {
                        gone.write(Destroy(thing));
                    }
                }
                _ => {}
            }
        }
        let now = self.world.clock.now;
        for (placement, sort) in self.taken {
            if let Some((entity, again)) = self.world.placement(placement, &sort) {
                let due = again.map(|again| now.plus(again));
                commands.entity(entity).try_insert(Placement { due });
            }
        }
    }
}

fn age(view: ThingView<'_>) -> (WorldTime, StableId, Entity) {
    (view.thing.since, view.id, view.entity)
}

/// Writes a thing as it is from now on.
fn write(
    thing: Entity,
    now: &Draft,
    was: Option<&Draft>,
    world: &ThingWorld<'_, '_>,
    commands: &mut Commands<'_, '_>,
) {
    let mut entity = commands.entity(thing);
    if was.is_none() {
        entity.try_insert((now.id, Label(now.name.clone()), Sort(now.sort.clone())));
    }
    let differs = |of: fn(&Draft, &Draft) -> bool| was.is_none_or(|was| !of(now, was));
    if differs(|a, b| a.thing == b.thing) {
        entity.try_insert(now.thing.clone());
    }
    if differs(|a, b| a.quantity == b.quantity) {
        entity.try_insert(Quantity(now.quantity));
    }
    if differs(|a, b| a.unlisted == b.unlisted) {
        match now.unlisted {
            Some(unlisted) => entity.try_insert(unlisted),
            None => entity.try_remove::<Unlisted>(),
        };
    }
    if differs(|a, b| a.rot == b.rot) {
        match now.rot {
            Some(at) => entity.try_insert(Rot(at)),
            None => entity.try_remove::<Rot>(),
        };
    }
    if differs(|a, b| a.burning == b.burning) {
        match now.burning {
            Some(until) => entity.try_insert(Burning(until)),
            None => entity.try_remove::<Burning>(),
        };
    }
    if differs(|a, b| a.placed == b.placed) {
        match now.placed {
            Some(by) => entity.try_insert(Placed(by)),
            None => entity.try_remove::<Placed>(),
        };
    }
    if !differs(|a, b| a.place == b.place && a.thing.since == b.thing.since) {
        return;
    }
    match now.place {
        Some(ThingPlace::Worn(_, slot)) => entity.try_insert(Worn(slot)),
        _ => entity.try_remove::<Worn>(),
    };
    match now.place {
        Some(ThingPlace::Floor(room)) => {
            let (room, since) = (world.atlas.room(room).id.clone(), now.thing.since);
            entity.try_insert((Holder(None), Spot { room, since }));
        }
        Some(place) => {
            entity.try_remove::<Spot>();
            if differs(|a, b| {
                a.place.and_then(ThingPlace::holder) == b.place.and_then(ThingPlace::holder)
            }) {
                entity.try_insert(Holder(place.holder()));
            }
        }
        // It goes with the tick, and is nowhere until then.
        None => {
            entity.try_remove::<Spot>().try_insert(Holder(None));
        }
    }
}
