//! From what is written to effects on what lives.

use super::seconds;
use crate::afflictions::WhichCondition;
use crate::character::Stat;
use crate::effects::act::EffectAct;
use crate::effects::fields::TableKeys;
use crate::effects::findings::IdKind;
use crate::effects::words;
use crate::fight::Hatred;

/// Reads what is done to what lives.
pub(super) fn deed(word: &str, fields: &mut TableKeys<'_, '_>) -> Option<EffectAct> {
    Some(match word {
        "condition" => EffectAct::Condition {
            id: condition(fields),
            seconds: fields
                .whole("seconds", 1..=604_800)
                .and_then(|seconds| u32::try_from(seconds).ok()),
            intensity: fields.whole("intensity", 1..=10).unwrap_or(1) as u8,
            chance: match fields.map.contains_key("chance") {
                true => fields.chance("chance"),
                false => 1.0,
            },
            resist: resist(fields),
        },
        "threat" => EffectAct::Threat(match fields.one_of("is", &words::HATRED) {
            Some(how) => how,
            None => Hatred::By(100 * fields.must_whole("amount", -200..=200)),
        }),
        "attack" => EffectAct::Attack,
        "flee" => EffectAct::Flee,
        "cure" => {
            let tag = fields.word("tag");
            let which = match tag {
                Some(tag) => WhichCondition::Tag(tag),
                None => WhichCondition::Id(condition(fields)),
            };
            EffectAct::Cure {
                which,
                count: fields.whole("count", 1..=24).unwrap_or(24) as usize,
                intensity_max: fields.whole("intensity_max", 1..=10).unwrap_or(10) as u8,
            }
        }
        "spawn" => EffectAct::Spawn {
            kind: creature(fields),
            count: fields
                .whole("count", 1..=10)
                .map_or(1, |count| count as u32),
            seconds: seconds(fields),
        },
        "despawn" => {
            let kind = creature(fields);
            EffectAct::Despawn {
                kind: Some(kind).filter(|kind| kind != "self"),
                text: fields.text("text"),
            }
        }
        _ => return None,
    })
}

/// The id of a condition.
fn condition(fields: &mut TableKeys<'_, '_>) -> String {
    let id = fields.must_word("id");
    fields
        .findings
        .in_key("id", |at| at.id(IdKind::Condition, &id));
    id
}

/// The stat of a check that keeps something off.
fn resist(fields: &mut TableKeys<'_, '_>) -> Option<Stat> {
    let value = fields.get("resist")?;
    let table = value.as_object();
    fields.findings.in_key("resist", |at| {
        let Some(table) = table else {
            at.mistake("this is a table: { stat = \"power\" }");
            return None;
        };
        let mut fields = TableKeys::of(table, at);
        let stat = fields.must_one_of("stat", &words::STATS);
        fields.finish("`resist`");
        stat
    })
}

/// The id of a kind of creature, or `self`.
fn creature(fields: &mut TableKeys<'_, '_>) -> String {
    let kind = fields.must_word("creature");
    if kind != "self" {
        fields
            .findings
            .in_key("creature", |at| at.id(IdKind::Creature, &kind));
    }
    kind
}
