//! `herald`: what a keeper has told in other worlds.

use engine::port::{Content, Crossing, Topic};
use engine::prelude::*;

use super::door::answered;
use crate::audit::Audit;
use crate::bus::{Afar, Crossed, Post, Took};
use crate::command::{Needs, Usage, Verb, Words};
use crate::presence::Say;

/// The event's name on its way.
const EVENT: &str = "herald";

/// `herald The stars are right.`
#[derive(Message, Debug)]
pub(super) struct Herald {
    order: Order,
    text: String,
}

impl Verb for Herald {
    const WORDS: &'static [&'static str] = &["herald"];
    const USAGE: &'static str = "herald <words>";
    const HELP: &'static str =
        "Has something told to everybody in those other worlds that listen to this one.";
    const NEEDS: Needs = Needs::NOTHING;
    const LASTS: bool = true;
    const FACTS: u32 = 1;
    const ADMIN: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let text = words.some()?;
        Ok(Self { order, text })
    }
}

/// Sends words to other worlds.
pub(super) fn send(
    mut asked: MessageReader<Herald>,
    afar: Res<Afar>,
    mut audit: Audit<'_, '_>,
    mut posts: MessageWriter<Post>,
    mut answers: MessageWriter<Answer>,
) {
    for Herald { order, text } in asked.read() {
        let done = if afar.is_open() {
            afar.room_for_sanction()
        } else {
            let message = "No other world can hear of this one.";
            Err(Refusal::new(Code::GameLogicError, message))
        };
        let done = done.map(|()| {
            audit.record(*order, EVENT, None, text);
            posts.write(Post {
                topic: Topic::Crossing(EVENT.into()),
                content: Content::Crossing(Crossing {
                    event: EVENT.to_owned(),
                    world: afar.world().to_owned(),
                    by: audit.name(*order),
                    text: text.clone(),
                }),
                correlation: order.correlation,
            });
            format!("The worlds that listen are told: {text}")
        });
        answers.write(answered(*order, done));
    }
}

/// Tells everybody here what was heralded in another world.
pub(super) fn tell(
    mut crossed: MessageReader<Crossed>,
    mut tell: MessageWriter<Say>,
    mut took: MessageWriter<Took>,
) {
    for Crossed(one, ticket) in crossed.read() {
        // What a later version knows is nothing to tell here.
        if one.event == EVENT {
            let Crossing {
                world, by, text, ..
            } = one;
            tell.write(Say {
                to: None,
                text: format!("{by} of {world} lets you know: {text}"),
            });
        }
        took.write(Took(*ticket));
    }
}
