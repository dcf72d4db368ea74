//! A scene, played on the stage.

use std::collections::{BTreeSet, HashMap};
use std::mem::Discriminant;
use std::time::Duration;

use engine::port::{Correlation, Inbound, Line, Owner, Refusal, Role, Row, StableId};
use engine::stage::{STAGE_START, SavedRows, Stage};
use engine::{Plugin, Seed};
use serde_json::Value;
use systems::Settings;
use systems::body::Vitals;
use systems::character::{Experience, Stats};
use systems::lucidity::{Drift, Lucidity, Psyche, Rules};
use systems::place::{Posture, Whereabouts};

use super::file::{SavedBefore, SceneDeed, SceneFault, SceneSight, SceneStage, SceneStep};

/// Real time of a Mythos hour.
const MYTHOS_HOUR: f64 = 375.0;

/// What is wrong with an event that somebody is sent, if anything is.
pub type NoteCheck = fn(&str, &Value) -> Option<String>;

/// A stage, and what everybody on it has heard since something happened last.
struct ScenePlay {
    stage: Stage,
    heard: HashMap<String, HeardSoFar>,
    here: BTreeSet<String>,
    check: NoteCheck,
    /// What is heard adds up until somebody looks, whatever happens.
    adds_up: bool,
    /// The kind of what happened last, until somebody looks: more of it adds to what is heard,
    /// anything else begins anew.
    going_on: Option<Discriminant<SceneDeed>>,
}

#[derive(Default)]
struct HeardSoFar {
    lines: Vec<String>,
    refusals: Vec<Refusal>,
    events: Vec<(&'static str, Value)>,
    /// How much of each was expected already.
    read: (usize, usize, usize),
}

/// Plays the steps of a scene to their end, or to the first that goes otherwise. Where `adds_up`,
/// what is heard adds up until somebody looks.
///
/// # Errors
/// What went otherwise, with its line.
pub fn play(
    stage: Stage,
    steps: &[(usize, SceneStep)],
    adds_up: bool,
    check: NoteCheck,
) -> Result<(), SceneFault> {
    let mut scene = ScenePlay {
        stage,
        heard: HashMap::new(),
        here: BTreeSet::new(),
        check,
        adds_up,
        going_on: None,
    };
    let mut last = 1;
    for (line, step) in steps {
        last = *line;
        let went = match step {
            SceneStep::Do(deed) => scene.act(deed),
            SceneStep::See(who, sight) => scene.look(who, sight),
        };
        went.map_err(|message| SceneFault {
            line: *line,
            message,
        })?;
    }
    match scene.stage.faults() {
        [] => Ok(()),
        faults => Err(SceneFault {
            line: last,
            message: format!("plugins failed: {faults:?}"),
        }),
    }
}

impl ScenePlay {
    fn act(&mut self, deed: &SceneDeed) -> Result<(), String> {
        let kind = std::mem::discriminant(deed);
        let before = self.going_on.replace(kind);
        if before.is_none() || (before != Some(kind) && !self.adds_up) {
            for (who, heard) in &mut self.heard {
                self.stage.ears(who);
                *heard = HeardSoFar::default();
            }
        }
        match deed {
            SceneDeed::Enter { who, admin } => {
                let role = if *admin { Role::Admin } else { Role::Player };
                self.heard.entry(who.clone()).or_default();
                self.here.insert(who.clone());
                self.stage.enter_as(who, role);
            }
            SceneDeed::Leave(who) => {
                self.known(who)?;
                self.here.remove(who);
                self.stage.leaves(who);
                self.stage.tick();
            }
            SceneDeed::Cut(who) => {
                self.known(who)?;
                let session = self.stage.session(who);
                self.stage.inbound(Inbound::Lost { session });
                self.stage.tick();
            }
            SceneDeed::Back(who) => {
                self.known(who)?;
                let session = self.stage.session(who);
                self.stage.inbound(Inbound::Return {
                    session,
                    correlation: Correlation(session.0),
                });
                self.stage.tick();
            }
            SceneDeed::Type { who, line, times } => {
                self.known(who)?;
                Line::new(line).map_err(|fault| format!("{fault}: {line:?}"))?;
                for _ in 0..*times {
                    self.stage.says(who, line);
                    self.stage.tick();
                }
            }
            SceneDeed::Wait(span) => self.stage.pass(*span),
        }
        Ok(())
    }

    /// Refuses to speak of somebody who never came.
    fn known(&self, who: &str) -> Result<(), String> {
        match self.heard.contains_key(who) {
            true => Ok(()),
            false => Err(format!("nobody called {who} has come into the world")),
        }
    }

    fn look(&mut self, who: &str, sight: &SceneSight) -> Result<(), String> {
        self.known(who)?;
        self.going_on = None;
        let heard = self.heard.entry(who.to_owned()).or_default();
        heard.listen(&mut self.stage, who, self.check)?;
        match sight {
            SceneSight::Reads(words) => heard.reads(who, words),
            SceneSight::Refused { code, words } => heard.refused(who, code, words),
            SceneSight::Event { event_type, data } => heard.event(who, event_type, data),
            SceneSight::ReadsNot(words) => {
                match heard.lines.iter().find(|line| line.contains(words)) {
                    Some(line) => Err(format!("{who} reads: {line}")),
                    None => Ok(()),
                }
            }
            SceneSight::ReadsNothing if heard.lines.is_empty() => Ok(()),
            SceneSight::ReadsNothing => Err(format!("{who} reads{}", listed(&heard.lines))),
            SceneSight::Is { what, value } => self.is(who, what, value),
        }
    }

    fn is(&mut self, who: &str, what: &str, value: &str) -> Result<(), String> {
        if !self.here.contains(who) {
            return Err(format!("{who} is not in the world"));
        }
        let stage = &mut self.stage;
        let now = match what {
            "lucidity" => stage.component::<Lucidity>(who).points().to_string(),
            "room" => stage.component::<Whereabouts>(who).room,
            "tier" => {
                let mind = stage.component::<Lucidity>(who);
                let rules = stage.engine().world().resource::<Rules>();
                rules.tier(mind).word().to_owned()
            }
            "liabilities" => match stage.component::<Psyche>(who).liabilities().listed() {
                none if none.is_empty() => "none".to_owned(),
                some => some.join(", "),
            },
            "minutes" => stage.component::<Drift>(who).minutes().to_string(),
            "residual" => {
                let residual = stage.component::<Drift>(who).residual();
                // Written without a sign of zero and without digits that say nothing.
                ((residual * 1e6).round() / 1e6 + 0.0).to_string()
            }
            "dp" => stage.component::<Vitals>(who).dp().to_string(),
            "mp" => stage.component::<Vitals>(who).mp().to_string(),
            "magic" => {
                let residual = stage.component::<Vitals>(who).residual();
                ((residual * 1e6).round() / 1e6 + 0.0).to_string()
            }
            "posture" => stage.component::<Posture>(who).word().to_owned(),
            "experience" => stage.component::<Experience>(who).points().to_string(),
            other => return Err(format!("nobody has a {other}")),
        };
        if now == value {
            Ok(())
        } else {
            Err(format!("{who}'s {what} is {now}, not {value}"))
        }
    }
}

impl HeardSoFar {
    /// Takes in what the stage has told since.
    fn listen(&mut self, stage: &mut Stage, who: &str, check: NoteCheck) -> Result<(), String> {
        let ears = stage.ears(who);
        for note in &ears.notes {
            if let Some(prose) = note.prose() {
                self.lines.extend(prose.plain().lines().map(str::to_owned));
            }
            let data = serde_json::to_value(note.data()).map_err(|fault| fault.to_string())?;
            if let Some(fault) = check(note.event_type(), &data) {
                return Err(fault);
            }
            self.events.push((note.event_type(), data));
        }
        let last_word = ears.told.iter().flat_map(|told| told.lines());
        self.lines.extend(last_word.map(str::to_owned));
        for outcome in ears.outcomes {
            match outcome.result {
                Ok(result) => self.lines.extend(
                    result
                        .iter()
                        .flat_map(|text| text.lines())
                        .map(str::to_owned),
                ),
                Err(refusal) => self.refusals.push(refusal),
            }
        }
        Ok(())
    }

    fn reads(&mut self, who: &str, words: &str) -> Result<(), String> {
        let rest = &self.lines[self.read.0..];
        match rest.iter().position(|line| line.contains(words)) {
            Some(at) => {
                self.read.0 += at + 1;
                Ok(())
            }
            None => Err(format!(
                "{who} should read\n      {words}\n    but reads{}{}",
                listed(rest),
                self.refusals.last().map_or(String::new(), |refusal| {
                    format!("\n    and is refused\n      {refusal:?}")
                })
            )),
        }
    }

    fn refused(&mut self, who: &str, code: &str, words: &str) -> Result<(), String> {
        let rest = &self.refusals[self.read.1..];
        let meant = |refusal: &Refusal| {
            (code.is_empty() || refusal.code.word() == code) && refusal.message.contains(words)
        };
        match rest.iter().position(meant) {
            Some(at) => {
                self.read.1 += at + 1;
                Ok(())
            }
            None => Err(format!(
                "{who} should be refused\n      {code}: {words}\n    but is{}\n    and reads{}",
                listed(rest),
                listed(&self.lines)
            )),
        }
    }

    fn event(&mut self, who: &str, event_type: &str, data: &Value) -> Result<(), String> {
        let rest = &self.events[self.read.2..];
        match rest
            .iter()
            .position(|(known, sent)| *known == event_type && holds(sent, data))
        {
            Some(at) => {
                self.read.2 += at + 1;
                Ok(())
            }
            None => Err(format!(
                "{who} should be sent\n      {event_type} {data}\n    but is sent{}",
                listed(rest)
            )),
        }
    }
}

/// Whether `value` has everything that `part` has.
fn holds(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::Object(value), Value::Object(part)) => part
            .iter()
            .all(|(key, part)| value.get(key).is_some_and(|value| holds(value, part))),
        (Value::Array(value), Value::Array(part)) => {
            value.len() == part.len()
                && value
                    .iter()
                    .zip(part)
                    .all(|(value, part)| holds(value, part))
        }
        _ => value == part,
    }
}

fn listed<T: std::fmt::Debug>(lines: &[T]) -> String {
    if lines.is_empty() {
        return "\n      (nothing)".to_owned();
    }
    lines
        .iter()
        .map(|line| format!("\n      {line:?}"))
        .collect()
}

/// The saved rows of a body.
fn body_of(before: &SavedBefore) -> Vec<(&'static str, Value)> {
    let mut rows = Vec::new();
    if before.dp.is_some() || before.mp.is_some() {
        let stats = Stats::of(|_| 50);
        let (dp, mp) = (before.dp.unwrap_or(20), before.mp.unwrap_or(10));
        rows.push(("stats", serde_json::json!(stats)));
        rows.push(("vitals", serde_json::json!({ "dp": dp, "mp": mp })));
    }
    let posture = before.posture.iter();
    rows.extend(posture.map(|posture| ("posture", serde_json::json!(posture))));
    rows
}

/// The stage of a scene: the game that `game` makes of these settings, as the scene has them.
///
/// # Errors
/// When the plugins don't fit together, or the pace is none.
pub fn set<P: Plugin>(
    stage: &SceneStage,
    seed: Seed,
    mut settings: Settings,
    game: impl FnOnce(Settings) -> P,
) -> Result<Stage, String> {
    if let Some(limit) = stage.commands_per_second {
        settings.commands.commands_per_second = limit;
    }
    if stage
        .hz
        .is_some_and(|hz| engine::runner::Rate::hz(hz).is_none())
    {
        return Err("`hz` is not within 1 to 120".to_owned());
    }
    if !(0.0..=1e6).contains(&stage.hour) {
        return Err("`hour` is not within 0 to 1000000".to_owned());
    }
    let now = STAGE_START.plus(Duration::from_secs_f64(stage.hour * MYTHOS_HOUR));
    let mut saved = SavedRows::new();
    for (who, before) in &stage.saved {
        let room = before.room.as_ref().map(|room| {
            let body = serde_json::json!({ "room": room });
            ("whereabouts", body)
        });
        let lucidity = before.lucidity.map(|points| {
            let body = serde_json::json!({ "points": points });
            ("lucidity", body)
        });
        let psyche = before.psyche.clone().map(|body| ("psyche", body));
        let rows = room
            .into_iter()
            .chain(lucidity)
            .chain(psyche)
            .chain(body_of(before));
        for (component, body) in rows {
            let id = StableId::named(who);
            let row = Row {
                id,
                component: component.to_owned(),
                version: 1,
                owner: Owner::Character(id),
                body: body.to_string(),
            };
            saved.insert((id, component.to_owned()), row);
        }
    }
    let restored = Stage::restored(game(settings), seed, saved, now);
    let restored = restored.map_err(|fault| fault.to_string())?;
    Ok(match stage.hz {
        Some(hz) => restored.at_hz(hz),
        None => restored,
    })
}
