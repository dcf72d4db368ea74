//! Lists.

use std::cmp::Ordering;

use rhai::{Array, Dynamic, Engine, INT, ImmutableString};

use super::{TEXT_MAX, equal, equal_lists, length, place, room_for, wrong};
use crate::script::gauge::{Checked, charge_copy, charge_each, charge_pass, elements};

pub(super) fn register(engine: &mut Engine) {
    engine
        .register_fn("len", |list: &mut Array| length(list.len()))
        .register_fn("is_empty", |list: &mut Array| list.is_empty())
        .register_fn("clear", |list: &mut Array| list.clear())
        .register_fn("push", |list: &mut Array, value: Dynamic| -> Checked<()> {
            let held: usize = list.iter().map(elements).sum();
            charge_pass(held)?;
            room_for(held + elements(&value))?;
            list.push(value);
            Ok(())
        })
        .register_fn(
            "insert",
            |list: &mut Array, at: INT, value: Dynamic| -> Checked<()> {
                let held: usize = list.iter().map(elements).sum();
                charge_pass(held)?;
                room_for(held + elements(&value))?;
                list.insert(place(at, list.len()), value);
                Ok(())
            },
        )
        .register_fn("pop", |list: &mut Array| list.pop().unwrap_or_default())
        .register_fn("shift", |list: &mut Array| remove(list, 0))
        .register_fn("remove", remove)
        .register_fn("first", |list: &mut Array| copied(list.first()))
        .register_fn("last", |list: &mut Array| copied(list.last()))
        .register_fn(
            "contains",
            |list: &mut Array, value: Dynamic| -> Checked<bool> {
                Ok(index_of(list, &value)?.is_some())
            },
        )
        .register_fn(
            "index_of",
            |list: &mut Array, value: Dynamic| -> Checked<INT> {
                Ok(index_of(list, &value)?.map_or(-1, length))
            },
        )
        .register_fn("slice", slice)
        .register_fn("reverse", |list: &mut Array| -> Checked<()> {
            charge_pass(list.len())?;
            list.reverse();
            Ok(())
        })
        .register_fn("sort", sort)
        .register_fn("join", join)
        .register_fn("==", |one: &mut Array, other: Array| {
            equal_lists(one, &other)
        })
        .register_fn("!=", |one: &mut Array, other: Array| -> Checked<bool> {
            Ok(!equal_lists(one, &other)?)
        });
}

fn copied(value: Option<&Dynamic>) -> Checked<Dynamic> {
    let Some(value) = value else {
        return Ok(Dynamic::UNIT);
    };
    charge_copy(value)?;
    Ok(value.clone())
}

fn remove(list: &mut Array, at: INT) -> Checked<Dynamic> {
    charge_pass(list.len())?;
    let at = place(at, list.len());
    Ok(match at < list.len() {
        true => list.remove(at),
        false => Dynamic::UNIT,
    })
}

fn index_of(list: &Array, value: &Dynamic) -> Checked<Option<usize>> {
    for (at, one) in list.iter().enumerate() {
        if equal(one, value)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn slice(list: &mut Array, start: INT, count: INT) -> Checked<Array> {
    let start = place(start, list.len());
    let count = usize::try_from(count).unwrap_or(0).min(list.len() - start);
    let taken = &list[start..start + count];
    charge_each(taken.iter().map(elements).sum())?;
    Ok(taken.to_vec())
}

/// Sorts whole numbers, or texts. What compares by a function of the script's own would not be
/// counted.
fn sort(list: &mut Array) -> Checked<()> {
    let rounds = usize::try_from(list.len().max(2).ilog2()).unwrap_or(1) + 1;
    charge_each(list.len() * rounds)?;
    if list.iter().all(Dynamic::is_int) {
        list.sort_by_key(|one| one.as_int().unwrap_or_default());
        return Ok(());
    }
    if list.iter().all(Dynamic::is_float) {
        let number = |one: &Dynamic| one.as_float().unwrap_or_default();
        list.sort_by(|one, other| number(one).total_cmp(&number(other)));
        return Ok(());
    }
    if list.iter().all(Dynamic::is_string) {
        list.sort_by(by_letters);
        return Ok(());
    }
    wrong("only numbers or texts are sorted, each with their like")
}

fn by_letters(one: &Dynamic, other: &Dynamic) -> Ordering {
    let one = one.read_lock::<ImmutableString>();
    let other = other.read_lock::<ImmutableString>();
    one.as_deref().cmp(&other.as_deref())
}

fn join(list: &mut Array, by: &str) -> Checked<String> {
    let mut joined = String::new();
    for (at, one) in list.iter().enumerate() {
        charge_each(1)?;
        if at > 0 {
            joined.push_str(by);
        }
        match one.read_lock::<ImmutableString>() {
            Some(text) => joined.push_str(&text),
            None if one.is_array() || one.is_map() => return wrong("only plain values are joined"),
            None => joined.push_str(&one.to_string()),
        }
        if joined.len() > TEXT_MAX {
            return wrong(format!("a text has at most {TEXT_MAX} bytes"));
        }
    }
    Ok(joined)
}
