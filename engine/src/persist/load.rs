//! From saved rows back to an entity.

use bevy_ecs::world::EntityWorldMut;

use super::collect::Collector;
use super::types::SavedTypes;
use crate::port::Row;

/// A saved value that can't be read. The row stays as it is; nothing is overwritten.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("saved component `{component}` version {version} of {id}: {why}")]
pub(crate) struct LoadFault {
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
) -> Result<(), LoadFault> {
    let collected = types.collected();
    for row in rows {
        if let Some(name) = types.retired(&row.component) {
            entity.world_scope(|world| world.resource_mut::<Collector>().removed(row.id, name));
            continue;
        }
        let Some(saved) = types.by_name.get(row.component.as_str()) else {
            tracing::debug!(component = %row.component, id = %row.id, "saved component of no plugin left alone");
            continue;
        };
        let fault = |why: String| LoadFault {
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
    Ok(())
}
