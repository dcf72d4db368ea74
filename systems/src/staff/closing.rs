//! `shutdown`: the world ends, and says so before.

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::Rules;
use crate::audit::Audit;
use crate::command::{Needs, Usage, Verb, Words, leading_span};
use crate::presence::Say;

/// `shutdown`, `shutdown 60`, `shutdown cancel`. Works also while nothing can be saved.
#[derive(Message, Debug)]
pub(super) struct Shutdown {
    order: Order,
    pub(super) wish: Wish,
}

/// What is wanted of the countdown.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wish {
    /// After the usual countdown.
    Soon,
    /// After so many seconds.
    After(u64),
    /// Not after all.
    Cancel,
}

impl Verb for Shutdown {
    const WORDS: &'static [&'static str] = &["shutdown"];
    const USAGE: &'static str = "shutdown [seconds|cancel]";
    const HELP: &'static str = "Ends the world after so many seconds, a short while unless told otherwise, and tells everybody how long is left. What was done is saved. \"shutdown cancel\" lets it go on.";
    const NEEDS: Needs = Needs::NOTHING;
    const ADMIN: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let wish = match words.peek() {
            "" => Wish::Soon,
            "cancel" => Wish::Cancel,
            // What no number can hold is too long in any world.
            number if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                Wish::After(number.parse().unwrap_or(u64::MAX))
            }
            other => match leading_span(words.rest()) {
                Some((span, "")) => Wish::After(span.as_secs()),
                Some((_, left)) => return Err(Usage::Unread(left.to_owned())),
                None => return Err(Usage::Unread(other.to_owned())),
            },
        };
        _ = words.first();
        Ok(Self { order, wish })
    }
}

impl Wish {
    /// The seconds it comes to; `None`: not after all.
    pub(super) fn seconds(self, rules: &Rules) -> Result<Option<u64>, Refusal> {
        let seconds = match self {
            Self::Soon => rules.shutdown.seconds,
            Self::After(seconds) => seconds,
            Self::Cancel => return Ok(None),
        };
        if (1..=rules.shutdown.seconds_max).contains(&seconds) {
            return Ok(Some(seconds));
        }
        let message = format!("From 1 to {} seconds, please.", rules.shutdown.seconds_max);
        Err(Refusal::new(Code::InvalidInput, message))
    }
}

/// When the world ends, if that was decided.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
pub struct Closing {
    at: Option<WorldTime>,
    /// The seconds that were told last.
    told: Option<u64>,
}

impl Closing {
    /// Begins to count down.
    pub(super) fn begin(&mut self, seconds: u64, now: WorldTime) {
        self.at = Some(now.plus(Duration::from_secs(seconds)));
        self.told = None;
    }

    /// Ends the countdown; answers whether there was one.
    pub(super) fn cancel(&mut self, tell: &mut MessageWriter<'_, Say>) -> bool {
        let was = self.at.take().is_some();
        if was {
            tell.write(Say {
                to: None,
                text: "The world does not end after all.".to_owned(),
            });
        }
        was
    }
}

/// Begins and ends countdowns.
pub(super) fn decide(
    mut asked: MessageReader<Shutdown>,
    rules: Res<Rules>,
    clock: Res<Clock>,
    mut closing: ResMut<Closing>,
    mut audit: Audit<'_, '_>,
    mut tell: MessageWriter<Say>,
    mut answers: MessageWriter<Answer>,
) {
    for Shutdown { order, wish } in asked.read() {
        let seconds = match wish.seconds(&rules) {
            Ok(seconds) => seconds,
            Err(refusal) => {
                answers.write(Answer::refused(*order, refusal.code, refusal.message));
                continue;
            }
        };
        match seconds {
            Some(seconds) => {
                audit.record(*order, "shutdown", None, &format!("in {seconds} s"));
                closing.begin(seconds, clock.now);
                let text = format!("The world ends in {seconds} s.");
                answers.write(Answer::with(*order, text));
            }
            None if closing.cancel(&mut tell) => {
                audit.record(*order, "shutdown", None, "cancelled");
                answers.write(Answer::with(*order, "Nothing ends."));
            }
            None => {
                let message = "The world was not about to end.";
                answers.write(Answer::refused(*order, Code::GameLogicError, message));
            }
        }
    }
}

/// Counts down, aloud, and ends the world.
pub(super) fn count_down(
    rules: Res<Rules>,
    clock: Res<Clock>,
    mut closing: ResMut<Closing>,
    mut tell: MessageWriter<Say>,
    mut halt: MessageWriter<Halt>,
) {
    let Some(at) = closing.at else { return };
    let left = at.since(clock.now);
    if left.is_zero() {
        closing.at = None;
        halt.write(Halt);
        return;
    }
    // Whole seconds, so that "10" is said when ten are left and not when nearly eleven are.
    let seconds = u64::try_from(left.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX);
    let aloud = closing.told.is_none()
        || seconds <= rules.shutdown.told_last
        || seconds.is_multiple_of(rules.shutdown.told_every);
    if aloud && closing.told != Some(seconds) {
        closing.told = Some(seconds);
        let unit = if seconds == 1 { "second" } else { "seconds" };
        tell.write(Say {
            to: None,
            text: format!("The world ends in {seconds} {unit}."),
        });
    }
}
