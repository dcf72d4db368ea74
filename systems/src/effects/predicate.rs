//! Predicates: what is asked of the world before something happens (game.md §V).

mod requirement;

pub use requirement::Requirement;

use serde_json::Value;

use super::act::{FlagPlace, ThingAsked};
use super::fields::TableKeys;
use super::findings::{Findings, IdKind};
use super::read_things::{crowd, has};
use super::words;
use crate::calendar::{Daypart, Season};
use crate::character::Stat;
use crate::lucidity::Tier;
use crate::place::Posture;

/// Points from `from` up, and below `below`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PointRange {
    from: Option<i64>,
    below: Option<i64>,
}

impl PointRange {
    pub(super) fn holds(self, points: i64) -> bool {
        self.from.is_none_or(|from| points >= from) && self.below.is_none_or(|end| points < end)
    }
}

/// One thing that is asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Predicate {
    All(Vec<Predicate>),
    Any(Vec<Predicate>),
    Not(Box<Predicate>),
    /// In percent of the most.
    Dp(PointRange),
    Lucidity(PointRange),
    Level(PointRange),
    Stat(Stat, PointRange),
    Tier(Vec<Tier>),
    Condition(Vec<String>),
    Flag(FlagPlace, String, bool),
    Count(FlagPlace, String, PointRange),
    Posture(Vec<Posture>),
    Profession(Vec<String>),
    Room(Vec<String>),
    SubZone(Vec<String>),
    Zone(Vec<String>),
    Environment(Vec<String>),
    Night(bool),
    Hours(u8, u8),
    Daypart(Vec<Daypart>),
    Season(Vec<Season>),
    Holiday(Vec<String>),
    Schedule(Vec<String>),
    /// Players in the room, from and to.
    Crowd(u32, u32),
    /// Whether it is a player.
    Player(bool),
    Creature(Vec<String>),
    InFight(bool),
    Chance(f64),
    /// How bright the room is.
    Light(PointRange),
    /// Whether they wear it; whether it is a tag; how many.
    Has {
        worn: bool,
        what: ThingAsked,
        count: u32,
    },
}

impl Predicate {
    /// Whether a chance is drawn in it.
    fn draws(&self) -> bool {
        match self {
            Self::All(all) | Self::Any(all) => all.iter().any(Self::draws),
            Self::Not(one) => one.draws(),
            Self::Chance(_) => true,
            _ => false,
        }
    }

    /// Whether it asks of a person.
    fn is_personal(&self) -> bool {
        match self {
            Self::All(all) | Self::Any(all) => all.iter().any(Self::is_personal),
            Self::Not(one) => one.is_personal(),
            Self::Flag(of, ..) | Self::Count(of, ..) => *of == FlagPlace::Actor,
            Self::Dp(_)
            | Self::Lucidity(_)
            | Self::Level(_)
            | Self::Stat(..)
            | Self::Tier(_)
            | Self::Posture(_)
            | Self::Profession(_)
            | Self::Player(_)
            | Self::Condition(_)
            | Self::InFight(_)
            | Self::Creature(_)
            | Self::Has { .. } => true,
            _ => false,
        }
    }
}

/// Reads a predicate: a table, of which all keys must hold.
pub(super) fn predicate(value: &Value, depth: usize, findings: &mut Findings) -> Option<Predicate> {
    if depth > words::NESTING_MAX {
        findings.mistake(words::TOO_DEEP);
        return None;
    }
    let Some(table) = value.as_object() else {
        findings.mistake("a predicate is a table, such as { time = \"night\" }");
        return None;
    };
    if table.is_empty() {
        findings.mistake("a predicate asks for something");
        return None;
    }
    let mut all = Vec::new();
    for (word, value) in table {
        let read = findings.in_key(word, |at| one(word, value, depth, at));
        all.extend(read);
    }
    match all.len() {
        1 => all.pop(),
        _ => Some(Predicate::All(all)),
    }
}

/// Reads one key of a predicate.
fn one(word: &str, value: &Value, depth: usize, at: &mut Findings) -> Option<Predicate> {
    Some(match word {
        "all" => Predicate::All(many(value, depth, at)),
        "any" => Predicate::Any(many(value, depth, at)),
        "not" => Predicate::Not(Box::new(predicate(value, depth + 1, at)?)),
        "dp" => Predicate::Dp(span(value, 0, 100, at)?),
        "lucidity" => Predicate::Lucidity(span(value, -100, 100, at)?),
        "level" => Predicate::Level(span(value, 1, 1000, at)?),
        "stat" => stat(value, at)?,
        "tier" => Predicate::Tier(known(value, &words::TIERS, at)),
        "flag" => flag(value, at)?,
        "count" => count(value, at)?,
        "posture" => Predicate::Posture(known(value, &words::POSTURES, at)),
        "profession" => Predicate::Profession(ids(value, IdKind::Profession, at)),
        "room" => Predicate::Room(ids(value, IdKind::Room, at)),
        "sub_zone" => Predicate::SubZone(ids(value, IdKind::SubZone, at)),
        "zone" => Predicate::Zone(ids(value, IdKind::Zone, at)),
        "environment" => Predicate::Environment(ids(value, IdKind::Environment, at)),
        "time" => time(value, at)?,
        "daypart" => Predicate::Daypart(known(value, &words::DAYPARTS, at)),
        "season" => Predicate::Season(known(value, &words::SEASONS, at)),
        "holiday" => Predicate::Holiday(ids(value, IdKind::Holiday, at)),
        "schedule" => Predicate::Schedule(ids(value, IdKind::Schedule, at)),
        "crowd" => crowd(value, at)?,
        "kind" => Predicate::Player(*known(value, &words::KINDS, at).first()?),
        "creature" => Predicate::Creature(ids(value, IdKind::Creature, at)),
        "in_fight" => match value {
            Value::Bool(is) => Predicate::InFight(*is),
            _ => {
                at.mistake("this is true or false");
                return None;
            }
        },
        "condition" => Predicate::Condition(ids(value, IdKind::Condition, at)),
        "light" => Predicate::Light(span(value, 0, 3, at)?),
        "has" => has(value, false, at)?,
        "wears" => has(value, true, at)?,
        "chance" => Predicate::Chance(chance(value, at)?),
        other => {
            at.mistake(format!("`{other}` is no predicate: see docs/effects.md"));
            return None;
        }
    })
}

fn many(value: &Value, depth: usize, at: &mut Findings) -> Vec<Predicate> {
    let list = value
        .as_array()
        .filter(|all| (1..=words::LIST_MAX).contains(&all.len()));
    let Some(list) = list else {
        at.mistake(format!(
            "this is no list of 1 to {} predicates",
            words::LIST_MAX
        ));
        return Vec::new();
    };
    let each = list.iter().enumerate();
    each.filter_map(|(n, one)| at.in_item(n, |at| predicate(one, depth + 1, at)))
        .collect()
}

fn span(value: &Value, least: i64, most: i64, at: &mut Findings) -> Option<PointRange> {
    let Some(table) = value.as_object() else {
        at.mistake("this is a table: { from = 50 }, { below = 50 } or both");
        return None;
    };
    let mut fields = TableKeys::of(table, at);
    let read = span_of(&mut fields, least, most);
    fields.finish("a span");
    Some(read)
}

fn span_of(fields: &mut TableKeys<'_, '_>, least: i64, most: i64) -> PointRange {
    let read = PointRange {
        from: fields.whole("from", least..=most),
        below: fields.whole("below", least..=most + 1),
    };
    if read == PointRange::default() {
        fields
            .findings
            .mistake("neither `from` nor `below` is written");
    }
    read
}

fn stat(value: &Value, at: &mut Findings) -> Option<Predicate> {
    let Some(table) = value.as_object() else {
        at.mistake("this is a table: { id = \"power\", from = 60 }");
        return None;
    };
    let mut fields = TableKeys::of(table, at);
    let stat = fields.must_one_of("id", &words::STATS);
    let span = span_of(&mut fields, 1, 99);
    fields.finish("`stat`");
    Some(Predicate::Stat(stat?, span))
}

fn flag(value: &Value, at: &mut Findings) -> Option<Predicate> {
    let Some(table) = value.as_object() else {
        at.mistake("this is a table: { key = \"bell.rung\" }");
        return None;
    };
    let mut fields = TableKeys::of(table, at);
    let key = fields.must_word("key");
    let on = fields
        .one_of("on", &words::FLAG_PLACES)
        .unwrap_or(FlagPlace::Actor);
    let is = fields.switch("is", true);
    fields.finish("`flag`");
    Some(Predicate::Flag(on, key, is))
}

fn count(value: &Value, at: &mut Findings) -> Option<Predicate> {
    let Some(table) = value.as_object() else {
        at.mistake("this is a table: { key = \"bell.rung\", from = 3 }");
        return None;
    };
    let mut fields = TableKeys::of(table, at);
    let key = fields.must_word("key");
    let on = fields
        .one_of("on", &words::FLAG_PLACES)
        .unwrap_or(FlagPlace::Actor);
    let span = span_of(&mut fields, -words::COUNT_MAX, words::COUNT_MAX);
    fields.finish("`count`");
    Some(Predicate::Count(on, key, span))
}

/// A word, or a list of words, each of these.
fn known<T: Copy>(value: &Value, of: &[(&str, T)], at: &mut Findings) -> Vec<T> {
    let mut read = Vec::new();
    let mut word = |value: &Value, at: &mut Findings| {
        let found = of.iter().find(|(one, _)| value.as_str() == Some(one));
        match found {
            Some((_, found)) => read.push(*found),
            None => {
                let words: Vec<&str> = of.iter().map(|(word, _)| *word).collect();
                at.mistake(format!("{value} is none of {}", words.join(", ")));
            }
        }
    };
    match value {
        Value::Array(all) if !all.is_empty() && all.len() <= words::LIST_MAX => {
            for (n, one) in all.iter().enumerate() {
                at.in_item(n, |at| word(one, at));
            }
        }
        one => word(one, at),
    }
    read
}

/// An id, or a list of ids.
fn ids(value: &Value, of: IdKind, at: &mut Findings) -> Vec<String> {
    let mut read = Vec::new();
    let mut id = |value: &Value, at: &mut Findings| match value.as_str() {
        Some(id) => {
            at.id(of, id);
            read.push(id.to_owned());
        }
        None => at.mistake(format!("{value} is no id")),
    };
    match value {
        Value::Array(all) if !all.is_empty() && all.len() <= words::LIST_MAX => {
            for (n, one) in all.iter().enumerate() {
                at.in_item(n, |at| id(one, at));
            }
        }
        one => id(one, at),
    }
    read
}

fn time(value: &Value, at: &mut Findings) -> Option<Predicate> {
    let hour = |value: Option<&Value>, most: u64| {
        let hour = value.and_then(Value::as_u64).filter(|hour| *hour <= most)?;
        u8::try_from(hour).ok()
    };
    match (value.as_str(), value.as_array()) {
        (Some("day"), _) => Some(Predicate::Night(false)),
        (Some("night"), _) => Some(Predicate::Night(true)),
        (_, Some(hours)) if hours.len() == 2 => {
            let read = hour(hours.first(), 23).zip(hour(hours.get(1), 24));
            let read = read.filter(|(from, to)| from != to);
            if read.is_none() {
                at.mistake("the hours are not 0 to 23 and another up to 24");
            }
            read.map(|(from, to)| Predicate::Hours(from, to))
        }
        _ => {
            at.mistake("this is \"day\", \"night\" or two hours: [22, 4]");
            None
        }
    }
}

fn chance(value: &Value, at: &mut Findings) -> Option<f64> {
    let read = value.as_f64().filter(|one| (0.0..=1.0).contains(one));
    if read.is_none() {
        at.mistake(format!("{value} is not within 0 to 1"));
    }
    read
}
