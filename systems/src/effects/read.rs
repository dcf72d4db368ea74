//! From what is written to effects, with everything that is wrong with it.

mod living;

use std::sync::Arc;

use serde_json::{Map, Value};

use super::EffectList;
use super::act::{Difficulty, Effect, EffectAct, FlagPlace, StatCheck, Texts, Whither};
use super::fields::TableKeys;
use super::findings::{Findings, IdKind};
use super::predicate::predicate;
use super::read_things::thing_deed;
use super::words;
use crate::world::Direction;

/// Reads a list that stands so deep within others, counted from 1.
pub(super) fn list(value: &Value, depth: usize, findings: &mut Findings) -> Arc<[Effect]> {
    let Some(list) = value.as_array() else {
        findings.mistake("effects are a list: [{ do = \"tell\", actor = \"...\" }]");
        return Arc::default();
    };
    if depth > words::NESTING_MAX {
        findings.mistake(words::TOO_DEEP);
        return Arc::default();
    }
    if list.len() > words::LIST_MAX {
        let (count, most) = (list.len(), words::LIST_MAX);
        findings.mistake(format!("this list has {count} effects, more than {most}"));
    }
    let each = list.iter().enumerate();
    each.filter_map(|(n, one)| findings.in_item(n, |at| effect(one, depth, at)))
        .collect()
}

fn effect(value: &Value, depth: usize, findings: &mut Findings) -> Option<Effect> {
    let Some(table) = value.as_object() else {
        findings.mistake("an effect is a table: { do = \"tell\", actor = \"...\" }");
        return None;
    };
    let Some(word) = table.get("do").and_then(Value::as_str) else {
        findings.mistake("an effect says what it does: `do`");
        return None;
    };
    if !words::EFFECTS.iter().any(|known| known.word == word) {
        let message = format!("`{word}` is no effect: see docs/effects.md");
        findings.in_key("do", |at| at.mistake(message));
        return None;
    }
    let mut fields = TableKeys::of(table, findings);
    fields.get("do");
    let act = branch(word, &mut fields, depth)
        .or_else(|| living::deed(word, &mut fields))
        .or_else(|| thing_deed(word, &mut fields))
        .or_else(|| deed(word, &mut fields));
    let whom = if ["move", "flee"].contains(&word) {
        "who"
    } else {
        "to"
    };
    let to = match takes_whom(word) {
        true => fields.one_of(whom, &words::WHO),
        false => None,
    };
    let (must, told) = (fields.switch("must", false), fields.switch("told", false));
    fields.finish(&format!("`{word}`"));
    Some(Effect {
        act: act?,
        to,
        must,
        told,
    })
}

/// Whether it is done to somebody.
fn takes_whom(word: &str) -> bool {
    matches!(
        word,
        "condition"
            | "cure"
            | "threat"
            | "attack"
            | "flee"
            | "damage"
            | "heal"
            | "magic"
            | "posture"
            | "lucidity"
            | "confront"
            | "move"
            | "xp"
            | "check"
            | "create"
            | "destroy"
            | "light"
    )
}

/// Reads what is done to the world.
fn deed(word: &str, fields: &mut TableKeys<'_, '_>) -> Option<EffectAct> {
    Some(match word {
        "damage" => {
            fields.word("kind");
            EffectAct::Damage {
                amount: fields.amount("amount", 0..=200),
                lethal: fields.switch("lethal", true),
                drain: fields.whole("drain", 0..=100).unwrap_or(0) as i32,
            }
        }
        "heal" => EffectAct::Heal {
            amount: fields.amount("amount", 0..=200),
            down: fields.switch("down", true),
        },
        "magic" => EffectAct::Magic(fields.amount("amount", -200..=200)),
        "posture" => EffectAct::Posture(fields.must_one_of("is", &words::POSTURES)?),
        "lucidity" => EffectAct::Lucidity {
            amount: fields.amount("amount", -200..=200),
            cause: fields.word("cause"),
        },
        "confront" => EffectAct::Confront {
            archetype: fields.archetype("archetype").into(),
            horror: fields.must_one_of("category", &words::HORRORS)?,
            text: fields.text("text").map(Into::into),
        },
        "move" => EffectAct::Move {
            to: whither(fields),
            walk: fields.switch("walk", false),
        },
        "xp" => EffectAct::Xp(fields.amount("amount", 0..=1_000_000)),
        "say" | "emote" => EffectAct::Say {
            text: fields.must_text("text", &NAMES),
            name: fields.text("name"),
            emote: word == "emote",
        },
        "tell" => EffectAct::Tell(texts(fields)),
        "flag" => EffectAct::Flag {
            key: fields.must_word("key"),
            value: fields.switch("value", true),
            on: fields
                .one_of("on", &words::FLAG_PLACES)
                .unwrap_or(FlagPlace::Actor),
            seconds: seconds(fields),
        },
        "count" => EffectAct::Count {
            key: fields.must_word("key"),
            by: fields
                .whole("by", -words::COUNT_MAX..=words::COUNT_MAX)
                .unwrap_or(1),
            on: fields
                .one_of("on", &words::FLAG_PLACES)
                .unwrap_or(FlagPlace::Actor),
            seconds: seconds(fields),
        },
        _ => return None,
    })
}

pub(super) fn seconds(fields: &mut TableKeys<'_, '_>) -> Option<u32> {
    let read = fields.whole("seconds", 1..=31_536_000)?;
    u32::try_from(read).ok()
}

fn whither(fields: &mut TableKeys<'_, '_>) -> Whither {
    let to = match fields.get("to").and_then(Value::as_str) {
        Some(to) => to,
        None => {
            fields
                .findings
                .mistake("`to` is missing: a room, a way or a word");
            return Whither::Origin;
        }
    };
    let way = Direction::ALL.into_iter().find(|way| way.word() == to);
    match (to, way) {
        (_, Some(way)) => Whither::Way(way),
        ("home", _) => Whither::Home,
        ("respawn", _) => Whither::Respawn,
        ("flee", _) => Whither::Flee,
        ("origin", _) => Whither::Origin,
        (room, None) => {
            fields.findings.in_key("to", |at| at.id(IdKind::Room, room));
            Whither::Room(room.to_owned())
        }
    }
}

/// What is put into the texts of `tell`, `say` and `emote`.
const NAMES: [&str; 4] = ["actor", "target", "thing", "amount"];

fn texts(fields: &mut TableKeys<'_, '_>) -> Texts {
    let texts = Texts {
        actor: fields.text_with("actor", &NAMES),
        target: fields.text_with("target", &NAMES),
        room: fields.text_with("room", &NAMES),
    };
    if texts == Texts::default() {
        fields
            .findings
            .mistake("`tell` tells nobody: write `actor`, `target` or `room`");
    }
    texts
}

/// Reads what chooses between lists.
fn branch(word: &str, fields: &mut TableKeys<'_, '_>, depth: usize) -> Option<EffectAct> {
    Some(match word {
        "check" => {
            let stat = fields.must_one_of("stat", &words::STATS);
            let difficulty = fields.one_of("difficulty", &words::DIFFICULTIES);
            let modifier = fields.whole("modifier", -99..=99).unwrap_or(0) as i32;
            let pass = inner("pass", fields, depth).unwrap_or_default();
            let fail = inner("fail", fields, depth).unwrap_or_default();
            let critical = inner("critical", fields, depth);
            let fumble = inner("fumble", fields, depth);
            EffectAct::Check(Box::new(StatCheck {
                stat: stat?,
                difficulty: difficulty.unwrap_or(Difficulty::Regular),
                modifier,
                pass,
                fail,
                critical,
                fumble,
            }))
        }
        "chance" => EffectAct::Chance {
            of: fields.chance("of"),
            then: inner("then", fields, depth).unwrap_or_default(),
            otherwise: inner("else", fields, depth).unwrap_or_default(),
        },
        "when" => {
            let asked = match fields.get("if") {
                Some(asked) => fields
                    .findings
                    .in_key("if", |at| predicate(asked, depth, at)),
                None => {
                    fields.findings.mistake("`if` is missing");
                    None
                }
            };
            let then = inner("then", fields, depth).unwrap_or_default();
            let otherwise = inner("else", fields, depth).unwrap_or_default();
            EffectAct::When {
                asked: asked?,
                then,
                otherwise,
            }
        }
        "one_of" => EffectAct::OneOf(choices(fields, depth)),
        "after" => {
            let seconds = fields.must_whole("seconds", 1..=words::AFTER_MAX);
            let written = fields.get("then").cloned().unwrap_or(Value::Null);
            fields
                .findings
                .in_key("then", |at| _ = list(&written, depth + 1, at));
            EffectAct::After {
                seconds: u32::try_from(seconds).unwrap_or(1),
                list: EffectList::of(written),
            }
        }
        "stop" => EffectAct::Stop,
        _ => return None,
    })
}

/// A list within an effect, where it is written.
fn inner(key: &'static str, fields: &mut TableKeys<'_, '_>, depth: usize) -> Option<Arc<[Effect]>> {
    let value = fields.get(key)?;
    let read = |at: &mut Findings| list(value, depth + 1, at);
    Some(fields.findings.in_key(key, read))
}

fn choices(fields: &mut TableKeys<'_, '_>, depth: usize) -> Vec<(u64, Arc<[Effect]>)> {
    let all = fields.get("of").and_then(Value::as_array);
    let all = all.filter(|all| (1..=words::LIST_MAX).contains(&all.len()));
    let Some(all) = all else {
        let message = format!("`of` is no list of 1 to {} choices", words::LIST_MAX);
        fields.findings.mistake(message);
        return Vec::new();
    };
    let choice = |(n, one): (usize, &Value)| {
        let read = |at: &mut Findings| choice(one, depth, at);
        fields.findings.in_key("of", |at| at.in_item(n, read))
    };
    all.iter().enumerate().filter_map(choice).collect()
}

fn choice(value: &Value, depth: usize, at: &mut Findings) -> Option<(u64, Arc<[Effect]>)> {
    let empty = Map::new();
    let table = value.as_object().unwrap_or(&empty);
    let mut fields = TableKeys::of(table, at);
    let weight = fields.whole("weight", 1..=1_000).unwrap_or(1);
    let chosen = inner("do", &mut fields, depth);
    if chosen.is_none() {
        fields
            .findings
            .mistake("a choice is a table with `do`, a list of effects");
    }
    fields.finish("a choice");
    Some((u64::try_from(weight).unwrap_or(1), chosen?))
}
