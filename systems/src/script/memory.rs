//! The words by which functions remember and recall what their script declares.

use rhai::{Dynamic, Engine, Map};

use super::frame::{self, Memory};
use super::gauge::{Checked, charge_copy, charge_each, elements};
use super::library::wrong;
use super::state::{Declared, RememberedState, SavedValue};
use super::view::PersonHandle;

/// Registers them.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_fn("recall", |key: &str| recall(Memory::Own, key))
        .register_fn("recall", |who: PersonHandle, key: &str| {
            recall(Memory::Character(who.0), key)
        })
        .register_fn("recall", |room: &str, key: &str| {
            recall(room_of(room)?, key)
        })
        .register_fn("remember", |key: &str, value: Dynamic| {
            remember(Memory::Own, key, &value)
        })
        .register_fn(
            "remember",
            |who: PersonHandle, key: &str, value: Dynamic| {
                remember(Memory::Character(who.0), key, &value)
            },
        )
        .register_fn("remember", |room: &str, key: &str, value: Dynamic| {
            remember(room_of(room)?, key, &value)
        });
}

fn room_of(room: &str) -> Checked<Memory> {
    frame::with(|frame| frame.view.rooms.find(room).map(Memory::Room))
}

const fn kind(memory: Memory) -> &'static str {
    match memory {
        Memory::Own => "script",
        Memory::Room(_) => "room",
        Memory::Character(_) => "character",
    }
}

fn undeclared<T>(memory: Memory, key: &str) -> Checked<T> {
    let of = kind(memory);
    wrong(format!("`{key:.64}` is no declared state of a {of}"))
}

fn recall(memory: Memory, key: &str) -> Checked<Dynamic> {
    let value = frame::with(|frame| {
        let first = frame
            .declared
            .keys(kind(memory))
            .and_then(|keys| keys.get(key));
        let Some(first) = first else {
            return undeclared(memory, key);
        };
        if let Some(new) = frame.wishes.remembered.get(&memory) {
            return Ok(new.values.get(key).unwrap_or(first).value());
        }
        let (on, under) = frame.place(memory);
        let known = on.get(&under).and_then(|known| known.values.get(key));
        Ok(known.unwrap_or(first).value())
    })?;
    charge_copy(&value)?;
    Ok(value)
}

fn remember(memory: Memory, key: &str, value: &Dynamic) -> Checked<()> {
    charge_each(elements(value))?;
    let Some(saved) = SavedValue::of(value) else {
        return wrong("only numbers, texts, true and false, lists and maps are remembered");
    };
    frame::with(|frame| {
        let keys = frame.declared.keys(kind(memory));
        if !keys.is_some_and(|keys| keys.contains_key(key)) {
            return undeclared(memory, key);
        }
        let new = frame.wishes.remembered.remove(&memory);
        let mut values = new.unwrap_or_else(|| {
            let (on, under) = frame.place(memory);
            on.get(&under).cloned().unwrap_or_default()
        });
        values.version = frame.declared.version;
        values.values.insert(key.to_owned(), saved);
        frame.wishes.remembered.insert(memory, values);
        Ok(())
    })
}

/// What a script remembers, made anew by its own function.
pub(super) fn migrated(
    version: u32,
    map: &Map,
    declared: &Declared,
    of: &str,
) -> Checked<RememberedState> {
    let mut values = RememberedState {
        version,
        ..RememberedState::default()
    };
    for (key, value) in map {
        if !declared
            .keys(of)
            .is_some_and(|keys| keys.contains_key(key.as_str()))
        {
            continue;
        }
        let Some(saved) = SavedValue::of(value) else {
            return wrong(format!("what `{key}` became can't be saved"));
        };
        values.values.insert(key.to_string(), saved);
    }
    Ok(values)
}
