//! `shutdown`: the world ends, and says so before.

use engine::prelude::*;

use super::Audit;
use super::tell::Tell;
use crate::command::{Needs, Usage, Verb, Words};

/// The countdown unless told otherwise, in seconds.
const SECONDS: u64 = 10;
/// The longest countdown: an hour.
pub(super) const SECONDS_MAX: u64 = 3_600;

/// `shutdown`, `shutdown 60`, `shutdown cancel`. Works also while nothing can be saved.
#[derive(Message, Debug)]
pub(super) struct Shutdown {
    order: Order,
    /// `None`: not after all.
    pub(super) seconds: Option<u64>,
}

impl Verb for Shutdown {
    const WORDS: &'static [&'static str] = &["shutdown"];
    const USAGE: &'static str = "shutdown [seconds|cancel]";
    const HELP: &'static str = "Ends the world after so many seconds (10 unless told otherwise, at most 3600), and tells everybody at every ten and at each of the last ten. What was done is saved.";
    const NEEDS: Needs = Needs::NOTHING;
    const ADMIN: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let seconds = match words.first().0 {
            "" => Some(SECONDS),
            "cancel" => None,
            number => Some(
                number
                    .parse()
                    .ok()
                    .filter(|seconds| (1..=SECONDS_MAX).contains(seconds))
                    .ok_or_else(|| {
                        Usage::Say(format!("From 1 to {SECONDS_MAX} seconds, please."))
                    })?,
            ),
        };
        Ok(Self { order, seconds })
    }
}

/// When the world ends, if that was decided.
#[derive(Resource, Default, Debug)]
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
    pub(super) fn cancel(&mut self, tell: &mut MessageWriter<'_, Tell>) -> bool {
        let was = self.at.take().is_some();
        if was {
            tell.write(Tell {
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
    clock: Res<Clock>,
    mut closing: ResMut<Closing>,
    mut audit: Audit<'_, '_>,
    mut tell: MessageWriter<Tell>,
    mut answers: MessageWriter<Answer>,
) {
    for Shutdown { order, seconds } in asked.read() {
        match seconds {
            Some(seconds) => {
                audit.record(*order, "shutdown", None, &format!("in {seconds} s"));
                closing.begin(*seconds, clock.now);
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
    clock: Res<Clock>,
    mut closing: ResMut<Closing>,
    mut tell: MessageWriter<Tell>,
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
    let aloud = closing.told.is_none() || seconds <= 10 || seconds.is_multiple_of(10);
    if aloud && closing.told != Some(seconds) {
        closing.told = Some(seconds);
        let unit = if seconds == 1 { "second" } else { "seconds" };
        tell.write(Tell {
            to: None,
            text: format!("The world ends in {seconds} {unit}."),
        });
    }
}
