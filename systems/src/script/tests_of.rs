//! Tests that a script has of itself: recorded when it is read, played by whoever tests a world.

use std::time::Duration;

use rhai::{Engine, FLOAT, INT, NativeCallContext};

use super::frame;
use super::gauge::{Checked, charge_each};
use super::library::wrong;

/// A step of a test.
#[derive(Clone, Debug, PartialEq)]
pub enum TestStep {
    /// Somebody comes into the world.
    Enter {
        /// Their name.
        who: String,
        /// As an admin.
        admin: bool,
    },
    /// Somebody leaves it.
    Leaves(String),
    /// Somebody types a line.
    Says {
        /// Their name.
        who: String,
        /// What they type.
        line: String,
    },
    /// Time passes.
    Run(Duration),
    /// Somebody has read a line with these words in it since the last thing that happened.
    Hears {
        /// Their name.
        who: String,
        /// The words.
        words: String,
    },
    /// Somebody has read no such line.
    HearsNot {
        /// Their name.
        who: String,
        /// The words.
        words: String,
    },
    /// Somebody was refused what they typed, with these words.
    Refused {
        /// Their name.
        who: String,
        /// The words.
        words: String,
    },
}

/// A test of a script.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptTest {
    /// The script's file.
    pub file: String,
    /// What it shows.
    pub name: String,
    /// What happens and is expected, with the line of each.
    pub steps: Vec<(usize, TestStep)>,
}

/// Where a test writes down its steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tape;

/// The longest that a test waits at once, in seconds.
const WAIT_MAX: FLOAT = 3_600.0;

/// Registers what tests are written in.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<Tape>("Test")
        .register_fn("enter", |at: NativeCallContext, _: Tape, who: &str| {
            step(
                &at,
                TestStep::Enter {
                    who: who.to_owned(),
                    admin: false,
                },
            )
        })
        .register_fn(
            "enter_as_admin",
            |at: NativeCallContext, _: Tape, who: &str| {
                step(
                    &at,
                    TestStep::Enter {
                        who: who.to_owned(),
                        admin: true,
                    },
                )
            },
        )
        .register_fn("leaves", |at: NativeCallContext, _: Tape, who: &str| {
            step(&at, TestStep::Leaves(who.to_owned()))
        })
        .register_fn("run", |at: NativeCallContext, _: Tape, seconds: INT| {
            run(&at, seconds as FLOAT)
        })
        .register_fn("run", |at: NativeCallContext, _: Tape, seconds: FLOAT| {
            run(&at, seconds)
        });
    with_words(engine, "says", |who, line| TestStep::Says { who, line });
    with_words(engine, "hears", |who, words| TestStep::Hears { who, words });
    with_words(engine, "hears_not", |who, words| TestStep::HearsNot {
        who,
        words,
    });
    with_words(engine, "refused", |who, words| TestStep::Refused {
        who,
        words,
    });
}

fn with_words(engine: &mut Engine, name: &str, make: fn(String, String) -> TestStep) {
    engine.register_fn(
        name,
        move |at: NativeCallContext, _: Tape, who: &str, words: &str| {
            step(&at, make(who.to_owned(), words.to_owned()))
        },
    );
}

fn run(at: &NativeCallContext<'_>, seconds: FLOAT) -> Checked<()> {
    if !(0.0..=WAIT_MAX).contains(&seconds) {
        return wrong(format!("a test waits at most {WAIT_MAX} seconds at once"));
    }
    step(at, TestStep::Run(Duration::from_secs_f64(seconds)))
}

fn step(at: &NativeCallContext<'_>, step: TestStep) -> Checked<()> {
    charge_each(10)?;
    let line = at.call_position().line().unwrap_or(1);
    frame::with(|frame| match &mut frame.declares {
        Some(all) => {
            all.tape.push((line, step));
            Ok(())
        }
        None => wrong("only a test does this"),
    })
}
