//! A transcript, read.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::harness::SmallWorld;

/// What is wrong, and in which line.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) message: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.line, self.message)
    }
}

/// A scene, as it is written.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) stage: StageSet,
    /// Each with its line's number.
    pub(super) steps: Vec<(usize, Step)>,
}

/// What stands before the dashes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StageSet {
    pub(super) world: Option<SmallWorld>,
    #[serde(default)]
    pub(super) hour: f64,
    /// Ticks a second, the usual 20 unless a scene lasts for hours.
    pub(super) hz: Option<u32>,
    #[serde(default)]
    pub(super) saved: BTreeMap<String, SavedPlayer>,
    pub(super) commands_per_second: Option<u32>,
}

/// A player as saved before.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedPlayer {
    pub(super) room: Option<String>,
    pub(super) lucidity: Option<i16>,
    /// With points of a body, all stats are 50: 20 points of determination, 10 of magic.
    pub(super) dp: Option<i16>,
    pub(super) mp: Option<i16>,
    pub(super) posture: Option<String>,
    pub(super) psyche: Option<Value>,
}

/// One line of a scene.
#[derive(Debug)]
pub(super) enum Step {
    /// Makes something happen.
    Do(Deed),
    /// Somebody's part of what came of it.
    See(String, Sight),
}

#[derive(Debug)]
pub(super) enum Deed {
    Enter {
        who: String,
        admin: bool,
    },
    Leave(String),
    Cut(String),
    Back(String),
    Type {
        who: String,
        line: String,
        times: u32,
    },
    Wait(Duration),
}

#[derive(Debug)]
pub(super) enum Sight {
    Reads(String),
    Refused { code: String, words: String },
    Event { event_type: String, data: Value },
    ReadsNot(String),
    ReadsNothing,
    Is { what: String, value: String },
}

impl Script {
    pub(super) fn read(text: &str) -> Result<Self, Fault> {
        let (head, body) = text.split_once("\n---\n").ok_or_else(|| Fault {
            line: 1,
            message: "no line of dashes".to_owned(),
        })?;
        let stage = toml::from_str(head).map_err(|fault| Fault {
            line: fault
                .span()
                .map_or(1, |span| engine::content::line_of(head, span.start)),
            message: fault.message().to_owned(),
        })?;
        let first = head.lines().count() + 2;
        let mut steps = Vec::new();
        for (line, words) in (first..).zip(body.lines()) {
            if words.trim().is_empty() || words.starts_with('#') {
                continue;
            }
            let step = step(words).ok_or_else(|| Fault {
                line,
                message: format!("not understood: {words}"),
            })?;
            steps.push((line, step));
        }
        Ok(Self { stage, steps })
    }
}

fn step(line: &str) -> Option<Step> {
    let (sign, rest) = line.split_once(' ')?;
    let rest = rest.trim();
    let (who, words) = match rest.split_once(": ") {
        Some((who, words)) => (who.to_owned(), words.trim()),
        None => (rest.to_owned(), ""),
    };
    let see = |sight| Some(Step::See(who.clone(), sight));
    match sign {
        "+" => {
            let admin = rest.ends_with(" (admin)");
            let who = rest.trim_end_matches(" (admin)").to_owned();
            Some(Step::Do(Deed::Enter { who, admin }))
        }
        "-" => Some(Step::Do(Deed::Leave(rest.to_owned()))),
        "cut" => Some(Step::Do(Deed::Cut(rest.to_owned()))),
        "back" => Some(Step::Do(Deed::Back(rest.to_owned()))),
        "wait" => {
            let seconds: f64 = rest.strip_suffix('s')?.parse().ok()?;
            Some(Step::Do(Deed::Wait(Duration::from_secs_f64(seconds))))
        }
        "<" => see(Sight::Reads(words.to_owned())),
        "!" => {
            let (code, words) = words.split_once(": ").unwrap_or((words, ""));
            see(Sight::Refused {
                code: code.to_owned(),
                words: words.to_owned(),
            })
        }
        "*" => {
            let (event_type, data) = words.split_once(' ').unwrap_or((words, "{}"));
            see(Sight::Event {
                event_type: event_type.to_owned(),
                data: serde_json::from_str(data).ok()?,
            })
        }
        "~" if words.is_empty() => see(Sight::ReadsNothing),
        "~" => see(Sight::ReadsNot(words.to_owned())),
        "=" => {
            let (what, value) = words.split_once(' ')?;
            see(Sight::Is {
                what: what.to_owned(),
                value: value.to_owned(),
            })
        }
        _ => {
            let times = sign.strip_suffix('>')?;
            let times = if times.is_empty() {
                1
            } else {
                times.parse().ok()?
            };
            Some(Step::Do(Deed::Type {
                who,
                line: words.to_owned(),
                times,
            }))
        }
    }
}
