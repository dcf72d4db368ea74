//! Texts. Places and lengths are in characters.

use rhai::{Array, Dynamic, Engine, INT, ImmutableString};

use super::{TEXT_MAX, length, place, room_for, wrong};
use crate::script::gauge::{Checked, charge_each, charge_text};

pub(super) fn register(engine: &mut Engine) {
    engine
        .register_fn("len", |text: &str| -> Checked<INT> {
            charge_text(text.len())?;
            Ok(length(text.chars().count()))
        })
        .register_fn("is_empty", |text: &str| text.is_empty())
        .register_fn("to_upper", |text: &str| changed(text, str::to_uppercase))
        .register_fn("to_lower", |text: &str| changed(text, str::to_lowercase))
        .register_fn("trim", |text: &str| {
            changed(text, |text| text.trim().to_owned())
        })
        .register_fn("contains", |text: &str, part: &str| -> Checked<bool> {
            searched(text, part)?;
            Ok(text.contains(part))
        })
        .register_fn("starts_with", |text: &str, part: &str| -> Checked<bool> {
            charge_text(part.len())?;
            Ok(text.starts_with(part))
        })
        .register_fn("ends_with", |text: &str, part: &str| -> Checked<bool> {
            charge_text(part.len())?;
            Ok(text.ends_with(part))
        })
        .register_fn("index_of", |text: &str, part: &str| -> Checked<INT> {
            searched(text, part)?;
            let found = text.find(part);
            Ok(found.map_or(-1, |at| length(text[..at].chars().count())))
        })
        .register_fn("sub_string", |text: &str, start: INT, count: INT| {
            sub_string(text, start, count)
        })
        .register_fn("replace", replace)
        .register_fn("split", split)
        .register_fn("words", |text: &str| -> Checked<Array> {
            charge_text(text.len())?;
            list(text.split_whitespace())
        });
}

fn changed(text: &str, change: impl Fn(&str) -> String) -> Checked<String> {
    charge_each(1 + text.len() / 16)?;
    let changed = change(text);
    // Some letters are longer in the other case.
    bounded(changed.len())?;
    Ok(changed)
}

fn searched(text: &str, part: &str) -> Checked<()> {
    charge_each(1 + (text.len() + part.len()) / 64)
}

fn bounded(bytes: usize) -> Checked<()> {
    match bytes > TEXT_MAX {
        true => wrong(format!("a text has at most {TEXT_MAX} bytes")),
        false => Ok(()),
    }
}

fn sub_string(text: &str, start: INT, count: INT) -> Checked<String> {
    charge_each(1 + text.len() / 64)?;
    let start = place(start, text.chars().count());
    let count = usize::try_from(count).unwrap_or(0);
    Ok(text.chars().skip(start).take(count).collect())
}

/// The text with each `part` put by `by`.
fn replace(text: &str, part: &str, by: &str) -> Checked<String> {
    searched(text, part)?;
    if part.is_empty() {
        return Ok(text.to_owned());
    }
    let found = text.matches(part).count();
    charge_each(found)?;
    bounded(text.len() - found * part.len() + found * by.len())?;
    Ok(text.replace(part, by))
}

fn split(text: &str, by: &str) -> Checked<Array> {
    searched(text, by)?;
    match by.is_empty() {
        true => wrong("split by nothing"),
        false => list(text.split(by)),
    }
}

fn list<'a>(parts: impl Iterator<Item = &'a str>) -> Checked<Array> {
    let mut list = Array::new();
    for part in parts {
        charge_each(1)?;
        room_for(list.len() + 1)?;
        list.push(Dynamic::from(ImmutableString::from(part)));
    }
    Ok(list)
}
