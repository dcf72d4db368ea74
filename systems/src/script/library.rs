//! The library of scripts: what works on numbers, texts, lists and maps.
//!
//! All of it is exact and the same on any machine. What looks at many elements charges for them
//! ([`gauge`](super::gauge)), and nothing here calls back into a script.

mod lists;
mod maps;
mod numbers;
mod texts;

use rhai::{Dynamic, Engine, EvalAltResult, Position};

use super::gauge::{Checked, charge_each};

/// The most values a list or map may hold, those within it included.
pub(super) const VALUES_MAX: usize = 256;
/// The longest text, in bytes.
pub(super) const TEXT_MAX: usize = 4_096;

/// Registers all of it.
pub(super) fn register(engine: &mut Engine) {
    numbers::register(engine);
    texts::register(engine);
    lists::register(engine);
    maps::register(engine);
    engine.register_iterator::<std::ops::Range<rhai::INT>>();
    engine.register_iterator::<std::ops::RangeInclusive<rhai::INT>>();
    engine.register_iterator::<rhai::Array>();
}

/// What a script did wrong, where it did.
pub(super) fn wrong<T>(why: impl Into<String>) -> Checked<T> {
    Err(EvalAltResult::ErrorRuntime(why.into().into(), Position::NONE).into())
}

/// Refuses a list or map of more than it may hold.
fn room_for(values: usize) -> Checked<()> {
    match values > VALUES_MAX {
        true => wrong(format!("a list or map holds at most {VALUES_MAX} values")),
        false => Ok(()),
    }
}

/// A place in a list or text, from its end where it is negative.
fn place(at: rhai::INT, length: usize) -> usize {
    let length_signed = rhai::INT::try_from(length).unwrap_or(rhai::INT::MAX);
    let at = if at < 0 {
        at.saturating_add(length_signed)
    } else {
        at
    };
    usize::try_from(at.max(0)).unwrap_or(0).min(length)
}

fn length(of: usize) -> rhai::INT {
    rhai::INT::try_from(of).unwrap_or(rhai::INT::MAX)
}

/// Whether two values are equal, lists and maps by what is in them.
fn equal(one: &Dynamic, other: &Dynamic) -> Checked<bool> {
    charge_each(1)?;
    if let (Some(one), Some(other)) = (
        one.read_lock::<rhai::Array>(),
        other.read_lock::<rhai::Array>(),
    ) {
        return equal_lists(&one, &other);
    }
    if let (Some(one), Some(other)) = (one.read_lock::<rhai::Map>(), other.read_lock::<rhai::Map>())
    {
        return equal_maps(&one, &other);
    }
    if let (Some(one), Some(other)) = (
        one.read_lock::<rhai::ImmutableString>(),
        other.read_lock::<rhai::ImmutableString>(),
    ) {
        super::gauge::charge_text(one.len().min(other.len()))?;
        return Ok(*one == *other);
    }
    if let (Some(one), Some(other)) = (
        one.read_lock::<super::view::PersonHandle>(),
        other.read_lock::<super::view::PersonHandle>(),
    ) {
        return Ok(*one == *other);
    }
    Ok(match (one.as_int(), other.as_int()) {
        (Ok(one), Ok(other)) => one == other,
        _ => match (one.as_float(), other.as_float()) {
            (Ok(one), Ok(other)) => one == other,
            _ => {
                let bools = one.as_bool().ok().zip(other.as_bool().ok());
                let chars = one.as_char().ok().zip(other.as_char().ok());
                bools.is_some_and(|(one, other)| one == other)
                    || chars.is_some_and(|(one, other)| one == other)
                    || (one.is_unit() && other.is_unit())
            }
        },
    })
}

fn equal_lists(one: &rhai::Array, other: &rhai::Array) -> Checked<bool> {
    if one.len() != other.len() {
        return Ok(false);
    }
    for (one, other) in one.iter().zip(other) {
        if !equal(one, other)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_maps(one: &rhai::Map, other: &rhai::Map) -> Checked<bool> {
    if one.len() != other.len() {
        return Ok(false);
    }
    for ((key, one), (other_key, other)) in one.iter().zip(other) {
        if key != other_key || !equal(one, other)? {
            return Ok(false);
        }
    }
    Ok(true)
}
