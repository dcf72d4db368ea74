//! How much somebody wants to read of fights, and when they run by themselves.

use engine::prelude::*;

use super::{FightDetail, Prefers};
use crate::command::{Needs, Usage, Verb, Words};

/// `combat brief`
#[derive(Message, Debug)]
pub(super) struct CombatVerb {
    order: Order,
    detail: Option<FightDetail>,
}

impl Verb for CombatVerb {
    const WORDS: &'static [&'static str] = &["combat"];
    const USAGE: &'static str = "combat [full | brief | summary]";
    const HELP: &'static str = "How much you are told of fights: every blow, only those that concern you, or one line a round.";
    const NEEDS: Needs = Needs::NOTHING;
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let detail = match words.rest().to_ascii_lowercase().as_str() {
            "" => None,
            word => Some(FightDetail::from_word(word).ok_or(Usage::Show)?),
        };
        Ok(Self { order, detail })
    }
}

/// `wimpy 30`
#[derive(Message, Debug)]
pub(super) struct Wimpy {
    order: Order,
    percent: u8,
}

impl Verb for Wimpy {
    const WORDS: &'static [&'static str] = &["wimpy"];
    const USAGE: &'static str = "wimpy <0 to 50>";
    const HELP: &'static str =
        "With fewer than so many percent of your determination left you run by yourself; 0: never.";
    const NEEDS: Needs = Needs::NOTHING;
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let percent = words.rest().trim_end_matches('%').parse().ok();
        let percent = percent
            .filter(|percent| *percent <= 50)
            .ok_or(Usage::Show)?;
        Ok(Self { order, percent })
    }
}

/// Keeps how somebody wants it.
pub(super) fn prefer(
    mut details: MessageReader<CombatVerb>,
    mut flights: MessageReader<Wimpy>,
    mut prefers: Query<&mut Prefers>,
    mut answers: MessageWriter<Answer>,
) {
    for CombatVerb { order, detail } in details.read() {
        let Ok(mut own) = prefers.get_mut(order.actor) else {
            continue;
        };
        if let Some(detail) = detail {
            own.detail = *detail;
        }
        let text = format!("You are told of fights: {}.", own.detail.word());
        answers.write(Answer::with(*order, text));
    }
    for Wimpy { order, percent } in flights.read() {
        let Ok(mut own) = prefers.get_mut(order.actor) else {
            continue;
        };
        own.wimpy = *percent;
        let text = match percent {
            0 => "You never run by yourself.".to_owned(),
            percent => format!("You run when you have less than {percent} percent left."),
        };
        answers.write(Answer::with(*order, text));
    }
}
