//! The words by which a script declares what it is, at its top.

use std::time::Duration;

use rhai::{Engine, FLOAT, FnPtr, INT, Map, NativeCallContext};

use super::frame;
use super::gauge::Checked;
use super::library::wrong;
use super::state::{Declared, SavedValue};

/// The shortest and the longest time between two calls of a timer, in seconds.
const PERIODS: std::ops::RangeInclusive<FLOAT> = 0.1..=604_800.0;

/// What a script may listen to.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub(super) enum ScriptEvent {
    Arrived,
    Enter,
    Leave,
    Said,
    Looked,
    Touched,
    Read,
    Rung,
    Died,
    Hour,
    Published,
}

impl ScriptEvent {
    pub(super) const ALL: [(&'static str, Self); 11] = [
        ("arrived", Self::Arrived),
        ("enter", Self::Enter),
        ("leave", Self::Leave),
        ("said", Self::Said),
        ("looked", Self::Looked),
        ("touched", Self::Touched),
        ("read", Self::Read),
        ("rung", Self::Rung),
        ("died", Self::Died),
        ("hour", Self::Hour),
        ("published", Self::Published),
    ];
}

/// A function that is called again and again.
#[derive(Clone, Debug)]
pub(super) struct ScriptTimer {
    pub(super) period: Duration,
    pub(super) function: String,
}

/// A word that players type, and the function that it calls.
#[derive(Clone, Debug)]
pub(super) struct DeclaredVerb {
    pub(super) word: String,
    pub(super) usage: String,
    pub(super) help: String,
    /// It takes the place of a verb of the server's own.
    pub(super) replaces: bool,
    pub(super) function: String,
}

/// What a script is made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Declarations {
    pub(super) timers: Vec<ScriptTimer>,
    pub(super) hooks: Vec<(ScriptEvent, String)>,
    pub(super) verbs: Vec<DeclaredVerb>,
    pub(super) tests: Vec<(String, String)>,
    pub(super) declared: Declared,
    /// Where each function was declared.
    pub(super) places: Vec<(String, (usize, usize))>,
    /// The steps of a test that is recorded.
    pub(super) tape: Vec<(usize, super::tests_of::TestStep)>,
}

/// Registers them.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_fn(
            "every",
            |at: NativeCallContext, seconds: INT, call: FnPtr| every(&at, seconds as FLOAT, &call),
        )
        .register_fn(
            "every",
            |at: NativeCallContext, seconds: FLOAT, call: FnPtr| every(&at, seconds, &call),
        )
        .register_fn("on", |at: NativeCallContext, event: &str, call: FnPtr| {
            let known = ScriptEvent::ALL.iter().find(|(word, _)| *word == event);
            let Some((_, known)) = known else {
                let all = ScriptEvent::ALL.map(|(word, _)| word).join(", ");
                return wrong(format!("there is no event `{event:.32}`; there are {all}"));
            };
            declare(&at, &call, |all, name| {
                all.hooks.push((*known, name));
                Ok(())
            })
        })
        .register_fn("verb", |at: NativeCallContext, word: &str, call: FnPtr| {
            verb(&at, word, &Map::new(), &call)
        })
        .register_fn(
            "verb",
            |at: NativeCallContext, word: &str, told: Map, call: FnPtr| {
                verb(&at, word, &told, &call)
            },
        )
        .register_fn("test", |at: NativeCallContext, name: &str, call: FnPtr| {
            declare(&at, &call, |all, function| {
                all.tests.push((name.to_owned(), function));
                Ok(())
            })
        })
        .register_fn("state", |keys: Map| state("script", &keys))
        .register_fn("state", |of: &str, keys: Map| state(of, &keys))
        .register_fn(
            "migrate",
            |at: NativeCallContext, version: INT, call: FnPtr| {
                let Some(version) = u32::try_from(version).ok().filter(|version| *version > 1)
                else {
                    return wrong("the version is a whole number from 2 on");
                };
                declare(&at, &call, |all, name| {
                    all.declared.version = version;
                    all.declared.migrate = Some(name);
                    Ok(())
                })
            },
        );
}

/// Takes down a declaration with the function that it names.
fn declare(
    at: &NativeCallContext<'_>,
    call: &FnPtr,
    add: impl FnOnce(&mut Declarations, String) -> Checked<()>,
) -> Checked<()> {
    if call.is_curried() {
        return wrong("a function that is declared has no arguments bound to it");
    }
    let place = at.call_position();
    let place = (place.line().unwrap_or(1), place.position().unwrap_or(1));
    frame::with(|frame| match &mut frame.declares {
        Some(all) => {
            let name = call.fn_name().to_owned();
            all.places.push((name.clone(), place));
            add(all, name)
        }
        None => wrong("this is declared at the top of a script, in no function"),
    })
}

fn every(at: &NativeCallContext<'_>, seconds: FLOAT, call: &FnPtr) -> Checked<()> {
    if !PERIODS.contains(&seconds) {
        let (least, most) = (PERIODS.start(), PERIODS.end());
        return wrong(format!("the seconds of a timer are {least} to {most}"));
    }
    declare(at, call, |all, function| {
        let period = Duration::from_micros((seconds * 1e6) as u64);
        all.timers.push(ScriptTimer { period, function });
        Ok(())
    })
}

fn verb(at: &NativeCallContext<'_>, word: &str, told: &Map, call: &FnPtr) -> Checked<()> {
    let plain = |c: char| c.is_ascii_lowercase() || c == '_';
    if !(1..=20).contains(&word.len()) || !word.chars().all(plain) {
        return wrong("the word of a verb is 1 to 20 of a-z and _");
    }
    for key in told.keys() {
        if !["usage", "help", "replaces"].contains(&key.as_str()) {
            return wrong(format!(
                "a verb has no `{key}`; it has usage, help and replaces"
            ));
        }
    }
    let text = |key: &str| told.get(key).map(|text| text.to_string());
    declare(at, call, |all, function| {
        all.verbs.push(DeclaredVerb {
            word: word.to_owned(),
            usage: text("usage").unwrap_or_else(|| word.to_owned()),
            help: text("help")
                .unwrap_or_else(|| "Does what this world has made it for.".to_owned()),
            replaces: told
                .get("replaces")
                .is_some_and(|one| one.as_bool() == Ok(true)),
            function,
        });
        Ok(())
    })
}

fn state(of: &str, keys: &Map) -> Checked<()> {
    frame::with(|frame| {
        let Some(all) = &mut frame.declares else {
            return wrong("this is declared at the top of a script, in no function");
        };
        let declared = &mut all.declared;
        declared.version = declared.version.max(1);
        let Some(known) = declared.keys_mut(of) else {
            return wrong("state is that of the script, of a \"room\" or of a \"character\"");
        };
        for (key, first) in keys {
            let Some(first) = SavedValue::of(first) else {
                return wrong(format!("what `{key}` begins with can't be saved"));
            };
            known.insert(key.to_string(), first);
        }
        match known.len() > Declared::KEYS_MAX {
            true => wrong(format!(
                "at most {} keys are remembered",
                Declared::KEYS_MAX
            )),
            false => Ok(()),
        }
    })
}
