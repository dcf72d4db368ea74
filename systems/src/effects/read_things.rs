//! From what is written to effects on things and ways, and to what is asked of things and of
//! how many are there.

use serde_json::Value;

use super::act::{CreatedAt, EffectAct, ThingAsked, UsedThing};
use super::fields::TableKeys;
use super::findings::{Findings, IdKind};
use super::predicate::Predicate;
use super::read::seconds;
use super::thing_words;
use crate::world::Direction;

/// Reads what is done to things and ways.
pub(super) fn thing_deed(word: &str, fields: &mut TableKeys<'_, '_>) -> Option<EffectAct> {
    Some(match word {
        "create" => EffectAct::Create {
            thing: thing(fields),
            count: count(fields, 1..=1_000),
            at: fields
                .one_of("in", &thing_words::CREATED_AT)
                .unwrap_or(CreatedAt::Carried),
            bound: fields.switch("bound", false),
        },
        "destroy" => EffectAct::Destroy {
            thing: match fields.map.get("thing").and_then(Value::as_str) {
                Some("self") => {
                    fields.get("thing");
                    UsedThing::Carrier
                }
                _ => UsedThing::Of(thing(fields)),
            },
            count: count(fields, 1..=1_000),
        },
        "light" => {
            let lit = fields.one_of("is", &thing_words::LIT);
            let fuel = fields.whole("fuel", 1..=604_800);
            if lit.is_none() && fuel.is_none() {
                fields
                    .findings
                    .mistake("neither `is` nor `fuel` is written");
            }
            EffectAct::Light {
                lit,
                fuel: fuel.and_then(|one| u32::try_from(one).ok()).unwrap_or(0),
            }
        }
        "exit" => EffectAct::Exit {
            room: room(fields),
            way: way(fields),
            is: fields.must_one_of("is", &thing_words::WAY_STATES)?,
            seconds: seconds(fields),
        },
        "lock" => {
            let container = fields.word("container");
            if let Some(id) = &container {
                let id = |at: &mut Findings| at.id(IdKind::Container, id);
                fields.findings.in_key("container", id);
            }
            EffectAct::Lock {
                container,
                latch: fields.must_one_of("is", &thing_words::LOCK_STATES)?,
            }
        }
        "wear_out" => {
            let amount = fields.whole("amount", 1..=1_000).unwrap_or(1);
            EffectAct::WearOut(u16::try_from(amount).unwrap_or(1))
        }
        _ => return None,
    })
}

/// The room in which a way is; without it, here.
fn room(fields: &mut TableKeys<'_, '_>) -> Option<String> {
    let id = fields.word("room")?;
    fields
        .findings
        .in_key("room", |at| at.id(IdKind::Room, &id));
    Some(id)
}

/// A direction; without one, all ways are meant.
fn way(fields: &mut TableKeys<'_, '_>) -> Option<Direction> {
    let word = fields.must_word("way");
    let way = Direction::ALL.into_iter().find(|way| way.word() == word);
    if way.is_none() && word != "all" {
        fields.wrong(
            "way",
            format!("`way` is \"{word}\", no direction and not \"all\""),
        );
    }
    way
}

/// The id of a prototype.
fn thing(fields: &mut TableKeys<'_, '_>) -> String {
    let id = fields.must_word("thing");
    fields
        .findings
        .in_key("thing", |at| at.id(IdKind::Thing, &id));
    id
}

fn count(fields: &mut TableKeys<'_, '_>, range: std::ops::RangeInclusive<i64>) -> u32 {
    let read = fields.whole("count", range);
    read.and_then(|one| u32::try_from(one).ok()).unwrap_or(1)
}

/// Reads what is asked of the things that somebody has.
pub(super) fn has(value: &Value, worn: bool, at: &mut Findings) -> Option<Predicate> {
    let Some(table) = value.as_object() else {
        at.mistake(
            "this is a table: { thing = \"candle.tallow\", count = 3 } or { tag = \"lamp\" }",
        );
        return None;
    };
    let mut fields = TableKeys::of(table, at);
    let (thing, tag) = (fields.word("thing"), fields.word("tag"));
    let count = fields.whole("count", 1..=10_000).unwrap_or(1);
    let what = match (thing, tag) {
        (Some(thing), None) => {
            let id = |at: &mut Findings| at.id(IdKind::Thing, &thing);
            fields.findings.in_key("thing", id);
            Some(ThingAsked::Prototype(thing))
        }
        (None, Some(tag)) => Some(ThingAsked::Tag(tag)),
        _ => {
            fields
                .findings
                .mistake("either `thing` or `tag` is written");
            None
        }
    };
    fields.finish("a thing that is asked for");
    let count = u32::try_from(count).unwrap_or(1);
    Some(Predicate::Has {
        worn,
        what: what?,
        count,
    })
}

/// Reads how many players are asked for.
pub(super) fn crowd(value: &Value, at: &mut Findings) -> Option<Predicate> {
    let Some(table) = value.as_object() else {
        at.mistake("this is a table: { from = 2 }, { to = 5 } or both");
        return None;
    };
    let mut fields = TableKeys::of(table, at);
    let from = fields.whole("from", 0..=10_000);
    let to = fields.whole("to", 0..=10_000);
    if from.is_none() && to.is_none() {
        fields
            .findings
            .mistake("neither `from` nor `to` is written");
    }
    fields.finish("`crowd`");
    let players = |read: Option<i64>| read.and_then(|one| u32::try_from(one).ok());
    Some(Predicate::Crowd(
        players(from).unwrap_or(0),
        players(to).unwrap_or(u32::MAX),
    ))
}
