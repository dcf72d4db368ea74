//! From saved rows back to entities.

use bevy_ecs::world::{EntityWorldMut, World};

use super::collect::{Collector, unload};
use super::owners::{Holder, Holdings, Owned};
use super::types::SavedTypes;
use crate::Index;
use crate::port::{Row, StableId};

/// A saved value that can't be read. The row stays as it is; nothing is overwritten.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("saved component `{component}` version {version} of {id}: {why}")]
pub(crate) struct RowFault {
    id: crate::port::StableId,
    component: String,
    version: u32,
    why: String,
}

/// Inserts what the rows hold, as saved already; what a migration changed is dirty. A component
/// that no plugin knows is left in the database, untouched; a retired one is removed.
pub(crate) fn load_entity(
    types: &SavedTypes,
    entity: &mut EntityWorldMut<'_>,
    rows: &[Row],
) -> Result<(), RowFault> {
    let collected = types.collected();
    if let Some(id) = entity.get::<StableId>().copied() {
        entity.world_scope(|world| world.resource_mut::<Collector>().came(id));
    }
    for row in rows {
        if let Some(name) = types.retired(&row.component) {
            entity.world_scope(|world| world.resource_mut::<Collector>().removed(row.id, name));
            continue;
        }
        let Some(saved) = types.by_name.get(row.component.as_str()) else {
            tracing::debug!(component = %row.component, id = %row.id, "saved component of no plugin left alone");
            continue;
        };
        let fault = |why: String| RowFault {
            id: row.id,
            component: row.component.clone(),
            version: row.version,
            why,
        };
        if row.version > saved.name.version {
            return Err(fault(format!(
                "this server knows it only up to version {}",
                saved.name.version
            )));
        }
        let mut body = serde_json::from_str(&row.body).map_err(|error| fault(error.to_string()))?;
        let mut clean_since = collected;
        if row.version < saved.name.version {
            body = (saved.migrate)(row.version, body).map_err(fault)?;
            clean_since = None;
        }
        (saved.insert)(entity, body, clean_since).map_err(fault)?;
    }
    if let Some(row) = rows.first()
        && entity.contains::<Holder>()
    {
        entity.insert(Owned(row.owner));
        entity.world_scope(|world| world.resource_mut::<Holdings>().is_saved(row.id));
    }
    Ok(())
}

/// Brings in the things that rows are of, but for `except`, whoever holds them. One that can't be read
/// stays out, its rows untouched: nobody is kept from playing by it.
pub(crate) fn load_things(
    world: &mut World,
    types: &SavedTypes,
    rows: &[Row],
    except: Option<StableId>,
) {
    let things = rows.chunk_by(|a, b| a.id == b.id);
    for rows in things.filter(|rows| Some(rows[0].id) != except) {
        let id = rows[0].id;
        if world.resource::<Index>().get(id).is_some() {
            tracing::error!(%id, "loaded thing is here already and stays as it is");
            continue;
        }
        let mut entity = world.spawn(id);
        if let Err(fault) = load_entity(types, &mut entity, rows) {
            tracing::error!(%fault, "thing could not be loaded");
            let entity = entity.id();
            unload(world, [entity]);
        }
    }
}
