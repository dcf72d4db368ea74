//! Things whose holder is not here: it could not be loaded, went back to another node with only what
//! it held itself, or is somebody who is not saved.

use engine::prelude::*;
use engine::{Owned, Reverted};

use super::{Thing, Worn};
use crate::place::Spot;
use crate::world::Atlas;

type Astray = (
    Entity,
    &'static StableId,
    &'static Holder,
    Option<&'static Owned>,
    Option<&'static Spot>,
    &'static Thing,
);

/// Gives them to whoever they belong to, or lays them down where one wakes. What came with somebody
/// who is not saved goes with them.
pub(super) fn gather(
    came: Query<Entity, Added<Thing>>,
    things: Query<Astray>,
    mut reverted: MessageReader<Reverted>,
    index: Res<Index>,
    atlas: Res<Atlas>,
    clock: Res<Clock>,
    mut gone: MessageWriter<Destroy>,
    mut commands: Commands<'_, '_>,
) {
    let suspects: Vec<Entity> = match reverted.read().count() {
        0 => came.iter().collect(),
        _ => things.iter().map(|(thing, ..)| thing).collect(),
    };
    let mut astray: Vec<_> = things.iter_many(suspects).matched().collect();
    astray.retain(|(_, _, Holder(holder), _, spot, _)| match holder {
        Some(holder) => index.get(*holder).is_none(),
        None => spot.is_none(),
    });
    astray.sort_unstable_by_key(|(_, id, ..)| **id);
    let since = clock.now;
    for (entity, id, _, owned, _, thing) in astray {
        let owner = owned.and_then(|owned| owned.character());
        let owner = owner.filter(|owner| index.get(*owner).is_some());
        if thing.issued && owner.is_none() {
            gone.write(Destroy(entity));
            continue;
        }
        tracing::warn!(%id, "thing whose holder is not here is given to its owner");
        let mut thing = commands.entity(entity);
        thing.try_remove::<Worn>();
        if owner.is_none() {
            let room = atlas.room(atlas.default_room()).id.clone();
            thing.try_insert(Spot { room, since });
        }
        thing.try_insert(Holder(owner));
    }
}
