//! A scene, read.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

/// What is wrong, and in which line.
#[derive(Debug)]
pub struct SceneFault {
    /// The line, counted from 1.
    pub line: usize,
    /// What went otherwise, or is not understood.
    pub message: String,
}

impl std::fmt::Display for SceneFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.line, self.message)
    }
}

/// A scene, as it is written.
#[derive(Debug)]
pub struct SceneFile {
    /// What it begins with.
    pub stage: SceneStage,
    /// Each with its line's number.
    pub steps: Vec<(usize, SceneStep)>,
}

/// What stands before the dashes.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SceneStage {
    /// A world made for the scene alone, as the repository's own scenes have them.
    pub world: Option<toml::Value>,
    /// The hour of the Mythos clock.
    #[serde(default)]
    pub hour: f64,
    /// Ticks a second, the usual 20 unless a scene lasts for hours.
    pub hz: Option<u32>,
    /// Who has been there before.
    #[serde(default)]
    pub saved: BTreeMap<String, SavedBefore>,
    /// The limit of that name.
    pub commands_per_second: Option<u32>,
}

/// A player as saved before.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedBefore {
    /// The room's id.
    pub room: Option<String>,
    /// In points.
    pub lucidity: Option<i16>,
    /// With points of a body, all stats are 50: 20 points of determination, 10 of magic.
    pub dp: Option<i16>,
    /// Points of magic.
    pub mp: Option<i16>,
    /// `sitting`, for example.
    pub posture: Option<String>,
    /// As it is saved.
    pub psyche: Option<Value>,
}

/// One line of a scene.
#[derive(Debug)]
pub enum SceneStep {
    /// Makes something happen.
    Do(SceneDeed),
    /// Somebody's part of what came of it.
    See(String, SceneSight),
}

/// Something that happens.
#[derive(Debug)]
pub enum SceneDeed {
    /// Somebody comes into the world.
    Enter {
        /// Their name.
        who: String,
        /// As an admin.
        admin: bool,
    },
    /// Somebody leaves it.
    Leave(String),
    /// Somebody's connection is lost.
    Cut(String),
    /// Somebody has a connection again.
    Back(String),
    /// Somebody types a line.
    Type {
        /// Their name.
        who: String,
        /// What they type.
        line: String,
        /// How often, a tick each.
        times: u32,
    },
    /// Time passes.
    Wait(Duration),
}

/// What is expected of somebody.
#[derive(Debug)]
pub enum SceneSight {
    /// They read a line with these words in it.
    Reads(String),
    /// They are refused.
    Refused {
        /// With this code; any where it is empty.
        code: String,
        /// With these words.
        words: String,
    },
    /// They are sent an event.
    Event {
        /// Its type.
        event_type: String,
        /// What it has.
        data: Value,
    },
    /// They read no line with these words in it.
    ReadsNot(String),
    /// They read nothing.
    ReadsNothing,
    /// So it is.
    Is {
        /// What of them.
        what: String,
        /// How it is.
        value: String,
    },
}

impl SceneFile {
    /// Reads a scene.
    ///
    /// # Errors
    /// The first line that is not understood.
    pub fn read(text: &str) -> Result<Self, SceneFault> {
        let (head, body) = text.split_once("\n---\n").ok_or_else(|| SceneFault {
            line: 1,
            message: "no line of dashes".to_owned(),
        })?;
        let stage = toml::from_str(head).map_err(|fault| SceneFault {
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
            let step = step(words).ok_or_else(|| SceneFault {
                line,
                message: format!("not understood: {words}"),
            })?;
            steps.push((line, step));
        }
        Ok(Self { stage, steps })
    }
}

fn step(line: &str) -> Option<SceneStep> {
    let (sign, rest) = line.split_once(' ')?;
    let rest = rest.trim();
    let (who, words) = match rest.split_once(": ") {
        Some((who, words)) => (who.to_owned(), words.trim()),
        None => (rest.to_owned(), ""),
    };
    let see = |sight| Some(SceneStep::See(who.clone(), sight));
    match sign {
        "+" => {
            let admin = rest.ends_with(" (admin)");
            let who = rest.trim_end_matches(" (admin)").to_owned();
            Some(SceneStep::Do(SceneDeed::Enter { who, admin }))
        }
        "-" => Some(SceneStep::Do(SceneDeed::Leave(rest.to_owned()))),
        "cut" => Some(SceneStep::Do(SceneDeed::Cut(rest.to_owned()))),
        "back" => Some(SceneStep::Do(SceneDeed::Back(rest.to_owned()))),
        "wait" => {
            let seconds: f64 = rest.strip_suffix('s')?.parse().ok()?;
            Some(SceneStep::Do(SceneDeed::Wait(Duration::from_secs_f64(
                seconds,
            ))))
        }
        "<" => see(SceneSight::Reads(words.to_owned())),
        "!" => {
            let (code, words) = words.split_once(": ").unwrap_or((words, ""));
            see(SceneSight::Refused {
                code: code.to_owned(),
                words: words.to_owned(),
            })
        }
        "*" => {
            let (event_type, data) = words.split_once(' ').unwrap_or((words, "{}"));
            see(SceneSight::Event {
                event_type: event_type.to_owned(),
                data: serde_json::from_str(data).ok()?,
            })
        }
        "~" if words.is_empty() => see(SceneSight::ReadsNothing),
        "~" => see(SceneSight::ReadsNot(words.to_owned())),
        "=" => {
            let (what, value) = words.split_once(' ')?;
            see(SceneSight::Is {
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
            Some(SceneStep::Do(SceneDeed::Type {
                who,
                line: words.to_owned(),
                times,
            }))
        }
    }
}
