//! Maps: keys are texts, in their order.

use rhai::{Array, Dynamic, Engine, Map};

use super::{equal_maps, length};
use crate::script::gauge::{Checked, charge_copy, charge_each};

pub(super) fn register(engine: &mut Engine) {
    engine
        .register_fn("len", |map: &mut Map| length(map.len()))
        .register_fn("is_empty", |map: &mut Map| map.is_empty())
        .register_fn("clear", |map: &mut Map| map.clear())
        .register_fn("contains", |map: &mut Map, key: &str| map.contains_key(key))
        .register_fn("get", |map: &mut Map, key: &str, otherwise: Dynamic| {
            value(map, key, otherwise)
        })
        .register_fn("remove", |map: &mut Map, key: &str| {
            map.remove(key).unwrap_or_default()
        })
        .register_fn("keys", |map: &mut Map| -> Checked<Array> {
            charge_each(map.len())?;
            let keys = map.keys().map(|key| key.to_string());
            Ok(keys.map(Dynamic::from).collect())
        })
        .register_fn("values", |map: &mut Map| -> Checked<Array> {
            charge_each(map.len())?;
            map.values().try_for_each(charge_copy)?;
            Ok(map.values().cloned().collect())
        })
        .register_fn("==", |one: &mut Map, other: Map| equal_maps(one, &other))
        .register_fn("!=", |one: &mut Map, other: Map| -> Checked<bool> {
            Ok(!equal_maps(one, &other)?)
        });
}

/// What stands under a key, or else something other.
fn value(map: &mut Map, key: &str, otherwise: Dynamic) -> Checked<Dynamic> {
    let Some(found) = map.get(key) else {
        return Ok(otherwise);
    };
    charge_copy(found)?;
    Ok(found.clone())
}
