//! Scripts as content: read, run once at their top, and every function of them called once against
//! a sample world, so that what does not exist is found when a world is checked.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::content::{Claim, ContentReader, Problem, Reading, Source, ValuePlace};
use engine::prelude::*;

use super::declare::{DeclaredVerb, ScriptEvent};
use super::frame::WishedEffect;
use super::machine::{Machine, ScriptCode, ScriptFault};
use super::rehearse::{record, rehearse, sample, top};
use super::tests_of::ScriptTest;
use super::view::{RoomTable, WorldView};
use crate::world::Atlas;

/// The folder of scripts.
const FOLDER: &str = "scripts/";
/// The end of their names.
const ENDING: &str = ".rhai";
/// Scripts of one world.
const SCRIPTS_MAX: usize = 1_024;

/// Every script of a world, ready to be called. Derived from content.
#[derive(Resource, Clone)]
pub struct ScriptSet(Arc<Scripts>);

struct Scripts {
    machine: Machine,
    all: Vec<ScriptCode>,
    rooms: Arc<RoomTable>,
    tests: Vec<ScriptTest>,
}

impl Default for ScriptSet {
    fn default() -> Self {
        let (all, rooms, tests) = (Vec::new(), Arc::default(), Vec::new());
        let machine = Machine::new();
        Self(Arc::new(Scripts {
            machine,
            all,
            rooms,
            tests,
        }))
    }
}

impl ScriptSet {
    pub(super) fn machine(&self) -> &Machine {
        &self.0.machine
    }

    /// By name.
    pub(super) fn all(&self) -> &[ScriptCode] {
        &self.0.all
    }

    pub(super) fn rooms(&self) -> Arc<RoomTable> {
        Arc::clone(&self.0.rooms)
    }

    /// What is called for a word that players type.
    pub(super) fn verb(&self, word: &str) -> Option<(&ScriptCode, &DeclaredVerb)> {
        let mut all = self.0.all.iter();
        all.find_map(|code| Some((code, code.made.verbs.iter().find(|verb| verb.word == word)?)))
    }

    /// Every word that scripts have.
    pub(super) fn verbs(&self) -> impl Iterator<Item = &DeclaredVerb> {
        self.0.all.iter().flat_map(|code| &code.made.verbs)
    }

    /// Whether some script is called for an event.
    pub(super) fn listens(&self, event: ScriptEvent) -> bool {
        let mut hooks = self.0.all.iter().flat_map(|code| &code.made.hooks);
        hooks.any(|(on, _)| *on == event)
    }

    /// The tests that the scripts have of themselves.
    #[must_use]
    pub fn tests(&self) -> &[ScriptTest] {
        &self.0.tests
    }
}

/// What there is to call in scripts, as a definition file for editors.
#[must_use]
pub fn definitions() -> String {
    Machine::new().definitions()
}

/// Reads `scripts/*.rhai`.
pub(super) struct ScriptReader {
    /// Words that are verbs of the server.
    pub(super) words: Vec<String>,
}

impl ContentReader for ScriptReader {
    fn claims(&self) -> Vec<Claim> {
        vec![
            Claim::Folder(FOLDER.to_owned()),
            Claim::Ending(".scene.txt"),
        ]
    }

    fn read(&self, reading: &mut Reading<'_>) {
        let rooms = reading
            .get::<Atlas>()
            .map(|atlas| Arc::new(RoomTable::of(atlas)));
        let sample = reading
            .get::<Atlas>()
            .zip(rooms.clone())
            .map(|(atlas, rooms)| sample(atlas, rooms));
        let machine = Machine::new();
        let mut scripts = BTreeMap::new();
        let mut problems = Vec::new();
        for source in reading
            .sources()
            .iter()
            .filter(|one| one.path.starts_with(FOLDER))
        {
            match self.script(&machine, source, sample.as_ref()) {
                Ok(Some(one)) => _ = scripts.insert(one.code.name.to_string(), one),
                Ok(None) => {}
                Err(faults) => {
                    problems.extend(faults.into_iter().map(|fault| problem(source, fault)))
                }
            }
        }
        self.check_words(&scripts, &mut problems);
        if scripts.len() > SCRIPTS_MAX {
            let message = format!("a world has at most {SCRIPTS_MAX} scripts");
            problems.extend(
                reading
                    .sources()
                    .first()
                    .map(|one| one.problem(&(0..0), message)),
            );
        }
        for problem in problems {
            reading.problem(problem);
        }
        for one in scripts.values() {
            check_effects(one, reading);
        }
        let mut all = Vec::with_capacity(scripts.len());
        let mut tests = Vec::new();
        for one in scripts.into_values() {
            all.push(one.code);
            tests.extend(one.tests);
        }
        let rooms = rooms.unwrap_or_default();
        reading.put(ScriptSet(Arc::new(Scripts {
            machine,
            all,
            rooms,
            tests,
        })));
    }
}

impl ScriptReader {
    /// Reads a script and calls all of it once.
    fn script(
        &self,
        machine: &Machine,
        source: &Source,
        sample: Option<&Arc<WorldView>>,
    ) -> Result<Option<ReadScript>, Vec<ScriptFault>> {
        let name = source.path.strip_prefix(FOLDER).unwrap_or(&source.path);
        let Some(name) = name.strip_suffix(ENDING) else {
            // A scene is read by whoever plays it.
            let is_scene = name.ends_with(".scene.txt");
            let message = "in scripts/ there are scripts, NAME.rhai, and scenes, NAME.scene.txt";
            return if is_scene {
                Ok(None)
            } else {
                Err(vec![ScriptFault::at((1, 1), message)])
            };
        };
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !(1..=64).contains(&name.len()) || !name.chars().all(plain) {
            let message = format!("the name `{name}` is not 1 to 64 of a-z, 0-9 and _");
            return Err(vec![ScriptFault::at((1, 1), message)]);
        }
        let empty = Arc::default();
        let view = sample.unwrap_or(&empty);
        let mut code = machine.read(name, &source.text, top(name, view))?;
        code.file.clone_from(&source.path);
        let mut faults = arity(&code);
        let mut effects = Vec::new();
        // Without a world, whatever it reads would seem to be missing.
        if faults.is_empty() && sample.is_some() {
            (faults, effects) = rehearse(machine, &code, view);
        }
        let tests = record(machine, &code, view, &mut faults);
        match faults.is_empty() {
            true => Ok(Some(ReadScript {
                code,
                tests,
                effects,
            })),
            false => Err(faults),
        }
    }

    /// Words that two scripts have, or a script and the server.
    fn check_words(&self, scripts: &BTreeMap<String, ReadScript>, problems: &mut Vec<Problem>) {
        let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
        for ReadScript { code, .. } in scripts.values() {
            for verb in &code.made.verbs {
                let place = code.place_of(&verb.function);
                let mut told = |message: String| {
                    problems.push(Problem {
                        file: code.file.clone(),
                        line: place.0,
                        column: place.1,
                        message,
                    });
                };
                let word = verb.word.as_str();
                if let Some(other) = taken.insert(word, &code.file) {
                    told(format!("`{word}` is a verb of {other} already"));
                }
                let of_server = self.words.iter().any(|known| known == word);
                if of_server && !verb.replaces {
                    told(format!(
                        "`{word}` is a verb already: write `replaces: true` to take its place"
                    ));
                }
                if !of_server && verb.replaces {
                    told(format!("`{word}` replaces nothing: no verb is called so"));
                }
            }
        }
    }
}

/// A script without a mistake of its own.
struct ReadScript {
    code: ScriptCode,
    tests: Vec<ScriptTest>,
    /// What it asked of the sample world.
    effects: Vec<WishedEffect>,
}

/// Tells of effects that no list in a file could have, where the script asks for them.
fn check_effects(script: &ReadScript, reading: &Reading<'_>) {
    let Some(source) = reading.source(&script.code.file) else {
        return;
    };
    for effect in &script.effects {
        let (line, column) = effect.at;
        let before = source
            .text
            .split_inclusive('\n')
            .take(line.saturating_sub(1));
        let start: usize = before.map(str::len).sum();
        let rest = source.text.get(start..).unwrap_or_default();
        let column = rest.char_indices().nth(column.saturating_sub(1));
        let at = start + column.map_or(0, |(at, _)| at);
        super::acts::check(effect, &reading.at(source, ValuePlace::within(at..at)));
    }
}

fn problem(source: &Source, fault: ScriptFault) -> Problem {
    let ScriptFault {
        line,
        column,
        message,
        ..
    } = fault;
    Problem {
        file: source.path.clone(),
        line,
        column,
        message,
    }
}

/// Functions that take what nobody gives them.
fn arity(code: &ScriptCode) -> Vec<ScriptFault> {
    let made = &code.made;
    let timers = made.timers.iter().map(|one| (&one.function, 0));
    let hooks = made.hooks.iter().map(|(_, function)| (function, 1));
    let verbs = made.verbs.iter().map(|verb| (&verb.function, 1));
    let tests = made.tests.iter().map(|(_, function)| (function, 1));
    let migrates = made.declared.migrate.iter().map(|function| (function, 2));
    let all = timers
        .chain(hooks)
        .chain(verbs)
        .chain(tests)
        .chain(migrates);
    let wrong = all.filter_map(|(function, most)| {
        let takes = code.takes(function);
        let fits = if most == 2 { takes == 2 } else { takes <= most };
        let message = format!("this function is called with {most} arguments and takes {takes}");
        (!fits).then(|| ScriptFault::at(code.place_of(function), message))
    });
    wrong.collect()
}
