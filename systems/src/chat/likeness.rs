//! `describe`: what whoever looks at a character reads of it, in its player's words.

use engine::prelude::*;

use super::speak::Mouth;
use crate::command::{Needs, Usage, Verb, Words};
use crate::place::Likeness;

/// What takes the words away again.
const NOTHING: &str = "nothing";

/// `describe A tall man with ink on his cuffs.`, `describe`, `describe nothing`
#[derive(Message, Debug)]
pub(super) struct Describe {
    order: Order,
    text: String,
}

impl Verb for Describe {
    const WORDS: &'static [&'static str] = &["describe"];
    const USAGE: &'static str = "describe [how you look | nothing]";
    const HELP: &'static str = "Says what those read who look at you: \"describe A tall man with ink on his cuffs.\" Without words it shows what you have said, and \"describe nothing\" takes it back. What keeps you from speaking keeps you from this.";
    const NEEDS: Needs = Needs::MIND;
    const LASTS: bool = true;

    fn asks(words: Words<'_>) -> bool {
        words.is_empty()
    }

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let text = words.rest().to_owned();
        Ok(Self { order, text })
    }
}

/// A character looks otherwise from now on; `None`: like anybody else.
#[derive(Message, Debug, Clone)]
pub(super) struct SetLikeness {
    actor: Entity,
    words: Option<String>,
}

/// Checks the words as people's words are checked.
pub(super) fn describe(
    mut asked: MessageReader<Describe>,
    known: Query<&Likeness>,
    mut mouth: Mouth<'_, '_>,
    mut set: MessageWriter<SetLikeness>,
) {
    for Describe { order, text } in asked.read() {
        let actor = order.actor;
        if text.is_empty() {
            let words = known.get(actor).ok().map(Likeness::words);
            mouth.answer(
                *order,
                words.unwrap_or("You have not said how you look. \"describe\" and some words do."),
            );
        } else if text.eq_ignore_ascii_case(NOTHING) {
            set.write(SetLikeness { actor, words: None });
            mouth.answer(*order, "You look like anybody else.");
        } else {
            match mouth.may_describe(actor, text) {
                Ok(()) => {
                    let words = Some(text.clone());
                    set.write(SetLikeness { actor, words });
                    mouth.answer(*order, format!("Whoever looks at you reads:\n{text}"));
                }
                Err(refusal) => mouth.refuse(*order, refusal),
            }
        }
    }
}

/// Keeps what people say of themselves.
pub(super) fn settle(
    mut wanted: MessageReader<SetLikeness>,
    mut known: Query<&mut Likeness>,
    mut commands: Commands<'_, '_>,
) {
    for SetLikeness { actor, words } in wanted.read() {
        match (known.get_mut(*actor), words) {
            (Ok(mut likeness), Some(words)) => {
                likeness.set_if_neq(Likeness::new(words.clone()));
            }
            (Ok(_), None) => _ = commands.entity(*actor).try_remove::<Likeness>(),
            (Err(_), Some(words)) => {
                let likeness = Likeness::new(words.clone());
                commands.entity(*actor).try_insert(likeness);
            }
            (Err(_), None) => {}
        }
    }
}
