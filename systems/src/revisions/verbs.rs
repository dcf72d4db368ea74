//! `world`: what designers and admins do with the draft. It lies outside of the world, so they are
//! told what came of it when those say so who keep it.

use engine::port::{DraftAct, DraftWish};
use engine::prelude::*;
use engine::{DraftTold, DraftWished};

use crate::audit::Audit;
use crate::command::{Needs, Usage, Verb, Words};
use crate::presence::{Roster, Say};

/// The longest message of a revision, in characters.
const MESSAGE_MAX: usize = 200;

/// `world status`, `world publish a new wing`, `world revert 7`
#[derive(Message, Debug)]
pub(super) struct WorldVerb {
    order: Order,
    act: DraftAct,
}

impl Verb for WorldVerb {
    const WORDS: &'static [&'static str] = &["world"];
    const USAGE: &'static str =
        "world status | diff | publish [message] | history | revert <number> | blame <room id>";
    const HELP: &'static str = "Shows how the draft of the world stands against what runs, makes it what runs, and takes that back. Nobody has to leave for it.";
    const NEEDS: Needs = Needs::NOTHING;
    const LASTS: bool = true;
    const FACTS: u32 = 1;
    const ADMIN: bool = true;
    const DESIGNER: bool = true;

    fn asks(words: Words<'_>) -> bool {
        !matches!(words.first().0, "publish" | "revert")
    }

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let (word, rest) = words.first();
        let act = match (word, rest.rest()) {
            ("status", "") => DraftAct::Status,
            ("diff", "") => DraftAct::Diff,
            ("history", "") => DraftAct::History,
            ("publish", message) if message.chars().count() > MESSAGE_MAX => {
                let most = format!("In at most {MESSAGE_MAX} characters, please.");
                return Err(Usage::Say(most));
            }
            ("publish", message) => DraftAct::Publish {
                message: message.to_owned(),
            },
            ("revert", number) => match number.parse() {
                Ok(number) => DraftAct::Revert { number },
                Err(_) => return Err(Usage::Show),
            },
            ("blame", room) if !room.is_empty() => DraftAct::Blame {
                room: room.to_owned(),
            },
            _ => return Err(Usage::Show),
        };
        Ok(Self { order, act })
    }
}

/// Passes on what is wished.
pub(super) fn wish(
    mut asked: MessageReader<WorldVerb>,
    people: Query<&StableId>,
    mut audit: Audit<'_, '_>,
    mut wished: MessageWriter<DraftWished>,
    mut answers: MessageWriter<Answer>,
) {
    for WorldVerb { order, act } in asked.read() {
        let Ok(by) = people.get(order.actor) else {
            continue;
        };
        let told = match act {
            DraftAct::Publish { message } => {
                audit.record(*order, "world publish", None, message);
                "The draft is read."
            }
            DraftAct::Revert { number } => {
                audit.record(*order, "world revert", None, &number.to_string());
                "It is looked for."
            }
            _ => "It is looked up.",
        };
        wished.write(DraftWished(DraftWish {
            by: *by,
            name: audit.name(*order),
            act: act.clone(),
        }));
        answers.write(Answer::with(*order, told));
    }
}

/// Tells what those say who keep the draft: whoever asked, or everybody who may change the world.
pub(super) fn tell(
    mut told: MessageReader<DraftTold>,
    index: Res<Index>,
    roster: Res<Roster>,
    people: Query<&Character>,
    mut audit: Audit<'_, '_>,
    mut say: MessageWriter<Say>,
) {
    for DraftTold { to, text, done } in told.read() {
        if let Some((verb, detail)) = done {
            let verb = match verb.as_str() {
                "revert" => "world reverted",
                _ => "world published",
            };
            audit.heard(verb, (StableId::named("world"), "world"), detail);
        }
        let may = |who: &Entity| people.get(*who).is_ok_and(|one| one.role >= Role::Designer);
        let hearers: Vec<Entity> = match to {
            Some(id) => index.get(*id).into_iter().filter(may).collect(),
            None => roster.everybody().filter(may).collect(),
        };
        for to in hearers {
            let (to, text) = (Some(to), text.clone());
            say.write(Say { to, text });
        }
    }
}
