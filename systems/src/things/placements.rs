//! What the world puts somewhere: `[[rooms.things]]`. It comes back so long after it was taken, and
//! never rots.

use std::collections::BTreeMap;

use engine::content::{At, Content, Section, Sections};
use engine::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::containers::RoomContainers;
use super::deadlines::ThingDeadlines;
use super::deeds::{CreateThings, ThingDeed};
use super::place::{ThingPlace, ThingWorld};
use super::prototype::check_id;
use super::{Placed, Placement};
use crate::place::Quantity;
use crate::world::{Atlas, RoomIx};

const fn one() -> u32 {
    1
}

/// A thing that the world puts somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PlacedThing {
    /// the id of its prototype
    #[schemars(extend("x-bounds" = "an id of `things/`"))]
    pub thing: String,
    /// how many
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100))]
    pub count: u32,
    /// what was taken comes back so long afterwards
    #[serde(default)]
    #[schemars(range(min = 1, max = 31_536_000), extend("x-usual" = "never"))]
    pub again_seconds: Option<u32>,
}

impl PlacedThing {
    pub(super) fn check(&self, at: &At<'_>) {
        check_id(&self.thing, &at.key("thing"));
    }
}

/// What lies in a room: `[[rooms.things]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct PlacedThings(pub Vec<PlacedThing>);

impl Section for PlacedThings {
    fn check(&mut self, _room: &str, at: &At<'_>) {
        at.unless(
            self.0.len() <= 40,
            "at most 40 kinds of things lie in a room",
        );
        for (index, one) in self.0.iter().enumerate() {
            let at = at.item(index);
            one.check(&at);
            let twice = self.0[..index].iter().any(|other| other.thing == one.thing);
            at.unless(
                !twice,
                format!("`{}` lies here twice: write `count`", one.thing),
            );
        }
    }
}

/// A placement with where it is.
#[derive(Clone, Debug)]
struct PlacementRule {
    at: ThingPlace,
    thing: String,
    count: u32,
    again: Option<u32>,
}

/// Everything that the world puts somewhere, by the placement's id. Derived.
#[derive(Resource, Clone, Debug, Default)]
pub struct Placements {
    /// Which of several nodes on one database this is: what the world puts somewhere is each node's
    /// own, as its rooms are, and has an id of its own.
    node: NodeName,
    rules: BTreeMap<StableId, PlacementRule>,
    /// What stands in rooms, by its id: its kind, and where.
    containers: BTreeMap<StableId, (String, RoomIx)>,
}

impl Placements {
    pub(super) fn of(content: &Content, node: NodeName) -> Self {
        let mut all = Self {
            node,
            ..Self::default()
        };
        let Some(atlas) = content.get::<Atlas>() else {
            return all;
        };
        let floors = content.get::<Sections<PlacedThings>>();
        for (room, PlacedThings(things)) in floors.into_iter().flat_map(Sections::iter) {
            if let Some(ix) = atlas.find(room) {
                all.add(things, ThingPlace::Floor(ix), room);
            }
        }
        let standing = content.get::<Sections<RoomContainers>>();
        for (room, RoomContainers(standing)) in standing.into_iter().flat_map(Sections::iter) {
            let Some(ix) = atlas.find(room) else {
                continue;
            };
            for one in standing {
                let id = all.container(&one.id);
                all.containers.insert(id, (one.sort(), ix));
                all.add(&one.things, ThingPlace::Inside(id), &one.sort());
            }
        }
        all
    }

    fn add(&mut self, things: &[PlacedThing], at: ThingPlace, of: &str) {
        let node = self.node.clone();
        self.rules.extend(things.iter().map(|one| {
            let rule = PlacementRule {
                at,
                thing: one.thing.clone(),
                count: one.count,
                again: one.again_seconds,
            };
            let name = format!("{} placed in {of}", one.thing);
            (node.own(StableId::named(&name)), rule)
        }));
    }

    /// The id of what stands in a room under an id.
    #[must_use]
    pub fn container(&self, id: &str) -> StableId {
        self.node.own(StableId::named(&format!("container {id}")))
    }
}

impl ThingWorld<'_, '_> {
    /// A placement, and after how long what is taken of it comes back.
    pub(super) fn placement(
        &self,
        placement: StableId,
        sort: &str,
    ) -> Option<(Entity, Option<Duration>)> {
        let entity = self.index.get(placement)?;
        let rule = self.placements.rules.get(&placement);
        let rule = rule.filter(|rule| rule.thing == sort);
        let again = rule.and_then(|rule| rule.again);
        Some((entity, again.map(|again| Duration::from_secs(again.into()))))
    }
}

/// Puts what is not there yet, and what is to come back by now.
pub(super) fn restock(
    rules: Res<Placements>,
    known: Query<(Entity, &StableId, &Placement)>,
    there: Query<(&Placed, Option<&Quantity>)>,
    index: Res<Index>,
    clock: Res<Clock>,
    mut deadlines: ResMut<ThingDeadlines>,
    mut deeds: MessageWriter<ThingDeed>,
    mut gone: MessageWriter<Destroy>,
    mut commands: Commands<'_, '_>,
) {
    // At the start, and whenever the content has become another.
    let anew = rules.is_changed();
    let due = ThingDeadlines::placements_due(&mut deadlines, clock.now);
    if due.is_empty() && !anew {
        return;
    }
    let place = |id: StableId, rule: &PlacementRule, deeds: &mut MessageWriter<'_, ThingDeed>| {
        let lies = there.iter().filter(|(placed, _)| placed.0 == id);
        let lies = lies.map(|(_, quantity)| quantity.map_or(1, |one| one.0));
        let lacks = rule.count.saturating_sub(lies.fold(0, u32::saturating_add));
        if lacks > 0 {
            let mut wish = CreateThings::new(&rule.thing, lacks, rule.at);
            wish.placed = Some(id);
            deeds.write(ThingDeed::Create(wish));
        }
    };
    if anew {
        for (id, (sort, room)) in &rules.containers {
            if index.get(*id).is_none() {
                let mut wish = CreateThings::new(sort, 1, ThingPlace::Floor(*room));
                wish.id = Some(*id);
                deeds.write(ThingDeed::Create(wish));
            }
        }
        for (id, rule) in &rules.rules {
            if index.get(*id).is_none() {
                commands.spawn((*id, Placement { due: None }));
                place(*id, rule, &mut deeds);
            }
        }
        let unknown = known
            .iter()
            .filter(|(_, id, _)| !rules.rules.contains_key(id));
        let mut unknown: Vec<_> = unknown.map(|(entity, id, _)| (*id, entity)).collect();
        unknown.sort_unstable();
        for (id, entity) in unknown {
            tracing::info!(%id, "placement is gone from the files");
            gone.write(Destroy(entity));
        }
    }
    for id in due {
        let entity = index.get(id);
        let still = entity.and_then(|entity| known.get(entity).ok());
        let still = still.filter(|(.., one)| one.due.is_some_and(|due| due <= clock.now));
        if let (Some((entity, ..)), Some(rule)) = (still, rules.rules.get(&id)) {
            commands.entity(entity).try_insert(Placement { due: None });
            place(id, rule, &mut deeds);
        }
    }
}
