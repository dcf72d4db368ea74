//! Roles: who plays, step by step.

use std::time::Duration;

use toml::de::DeValue;

use super::reader::{ScenarioTable, number};
use super::{Arrivals, BotAction, BotRole, ChatChannel, RoleStep};
use crate::dice::Think;
use crate::duration::duration;

/// Words where the scenario says nothing of their number.
const WORDS: usize = 6;

/// Who plays where nobody is named: somebody who talks.
fn talker(arrivals: Arrivals) -> BotRole {
    BotRole {
        name: "talker".to_owned(),
        weight: 1.0,
        start: 0,
        steps: vec![RoleStep {
            name: "say".to_owned(),
            deed: BotAction::Say(ChatChannel::Say, WORDS),
            think: pause(arrivals),
            next: vec![(0, 1.0)],
        }],
    }
}

/// Between two steps where nothing is said of it: a bot that waits for answers needs no other pause.
fn pause(arrivals: Arrivals) -> Think {
    Think::Fixed(match arrivals {
        Arrivals::Open => Duration::from_secs(1),
        Arrivals::Closed => Duration::ZERO,
    })
}

pub(super) fn roles(root: &ScenarioTable<'_>, arrivals: Arrivals) -> Vec<BotRole> {
    if !root.has("roles") {
        return vec![talker(arrivals)];
    }
    let mut roles = Vec::new();
    for (name, section) in root.named("roles") {
        let steps = section.named("steps");
        if steps.is_empty() {
            section.fault("steps", "has no step");
        }
        let names: Vec<String> = steps.iter().map(|(name, _)| name.clone()).collect();
        let find = |name: &str| names.iter().position(|known| known == name);
        let start = match section.text("start") {
            None => 0,
            Some(start) => find(&start).unwrap_or_else(|| {
                section.fault("start", format!("names no step: {start:?}"));
                0
            }),
        };
        let mut read = Vec::new();
        for (index, (name, step)) in steps.into_iter().enumerate() {
            let deed = deed(&step);
            let none = match deed {
                BotAction::Home => Think::Fixed(Duration::ZERO),
                _ => pause(arrivals),
            };
            read.push(RoleStep {
                deed,
                think: think(&step, none),
                next: next(&step, index, &find),
                name,
            });
            step.finish();
        }
        roles.push(BotRole {
            name,
            weight: section.weight("weight").unwrap_or(1.0),
            start,
            steps: read,
        });
        section.finish();
    }
    roles
}

fn next(
    step: &ScenarioTable<'_>,
    own: usize,
    find: &dyn Fn(&str) -> Option<usize>,
) -> Vec<(usize, f64)> {
    let Some(value) = step.value("next") else {
        return vec![(own, 1.0)];
    };
    let mut ways = Vec::new();
    let mut add = |name: &str, weight: Option<f64>| match (find(name), weight) {
        (Some(step), Some(weight)) if weight > 0.0 => ways.push((step, weight)),
        (None, _) => step.fault("next", format!("names no step: {name:?}")),
        _ => step.fault("next", format!("{name:?} has a weight that is not above 0")),
    };
    match value.get_ref() {
        DeValue::String(name) => add(name, Some(1.0)),
        DeValue::Table(table) => {
            for (name, weight) in table {
                add(name.get_ref(), number(weight.get_ref()));
            }
        }
        _ => step.fault(
            "next",
            "is neither a step nor a table of steps with weights",
        ),
    }
    // A table has no order of its own, and a seed must give the same run.
    ways.sort_by_key(|(step, _)| *step);
    if ways.is_empty() {
        ways.push((own, 1.0));
    }
    ways
}

fn think(step: &ScenarioTable<'_>, none: Think) -> Think {
    let Some(value) = step.value("think") else {
        return none;
    };
    let time = |value: Option<&DeValue<'_>>| value.and_then(DeValue::as_str).and_then(duration);
    let read = match value.get_ref() {
        DeValue::String(text) => duration(text).map(Think::Fixed),
        DeValue::Table(table) => {
            let of = |key: &str| {
                let found = table.iter().find(|(known, _)| known.get_ref() == key);
                found.map(|(_, value)| value.get_ref())
            };
            if let Some(mean) = of("exponential") {
                time(Some(mean)).map(Think::Exponential)
            } else if let Some(range) = of("uniform").and_then(DeValue::as_array) {
                let at = |index: usize| time(range.get(index).map(toml::Spanned::get_ref));
                let pair = at(0).zip(at(1)).filter(|(from, to)| from <= to);
                pair.map(|(from, to)| Think::Uniform(from, to))
            } else {
                let sigma = of("sigma").and_then(number).unwrap_or(0.5);
                let median = time(of("median")).filter(|_| (0.0..=3.0).contains(&sigma));
                median.map(|median| Think::LogNormal { median, sigma })
            }
        }
        _ => None,
    };
    read.unwrap_or_else(|| {
        step.fault(
            "think",
            "is none of \"2s\", {exponential = \"2s\"}, {uniform = [\"1s\", \"3s\"]}, \
             {median = \"2s\", sigma = 0.5}",
        );
        none
    })
}

fn deed(step: &ScenarioTable<'_>) -> BotAction {
    let words = step.count("words").unwrap_or(WORDS);
    let Some(word) = step.text("do") else {
        step.fault("do", "is missing");
        return BotAction::Idle;
    };
    let deed = match word.as_str() {
        "home" => BotAction::Home,
        "walk" => match step.text("way") {
            Some(way) => BotAction::Go(way),
            None => BotAction::ExpectedWalk,
        },
        "say" => BotAction::Say(ChatChannel::Say, words),
        "emote" => BotAction::Say(ChatChannel::Emote, words),
        "local" => BotAction::Say(ChatChannel::Local, words),
        "global" => BotAction::Say(ChatChannel::Global, words),
        "whisper" => BotAction::Say(ChatChannel::Whisper, words),
        "look" => BotAction::Line("look".to_owned()),
        "idle" => BotAction::Idle,
        "reconnect" => BotAction::Reconnect,
        "line" => match step.text("line") {
            Some(line) => BotAction::Line(line),
            None => {
                step.fault("line", "is missing");
                BotAction::Idle
            }
        },
        "slow" => match step.duration("for") {
            Some(time) => BotAction::SlowReading(time),
            None => {
                step.fault("for", "is missing");
                BotAction::Idle
            }
        },
        "flood" => BotAction::Flood(step.count("lines").unwrap_or(100)),
        _ => {
            step.fault(
                "do",
                "is none of: home, walk, say, emote, local, global, whisper, look, line, idle, \
                 reconnect, slow, flood",
            );
            BotAction::Idle
        }
    };
    if words > 60 {
        step.fault("words", "is more than 60");
    }
    deed
}
