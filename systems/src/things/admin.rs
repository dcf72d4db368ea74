//! Things out of nothing, which only admins have.

use engine::prelude::*;

use super::handle::Handled;
use super::{Thing, To};
use crate::command::{Needs, Usage, Verb, Words};
use crate::place::{InRoom, Label, Spot};
use crate::world::Atlas;

/// The longest name of a thing (game.md §1.1).
const NAME_MAX: usize = 120;

/// `summon hurricane lamp`
#[derive(Message, Debug)]
pub(super) struct Summon {
    order: Order,
    name: String,
}

impl Verb for Summon {
    const WORDS: &'static [&'static str] = &["summon"];
    const USAGE: &'static str = "summon <name of a thing>";
    const HELP: &'static str = "Makes a thing of that name, which lies at your feet then.";
    const NEEDS: Needs = Needs::NOTHING;
    const LASTS: bool = true;
    const ADMIN: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let name = words
            .rest()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        match name.chars().count() {
            0 => Err(Usage::Show),
            1..=NAME_MAX => Ok(Self { order, name }),
            _ => Err(Usage::Say(format!(
                "A thing's name has at most {NAME_MAX} letters."
            ))),
        }
    }
}

/// Makes things.
pub(super) fn summon(
    mut asked: MessageReader<Summon>,
    people: Query<(&StableId, &InRoom)>,
    atlas: Res<Atlas>,
    dice: Res<Dice>,
    clock: Res<Clock>,
    mut commands: Commands<'_, '_>,
    mut handled: MessageWriter<Handled>,
    mut answers: MessageWriter<Answer>,
) {
    for (n, Summon { order, name }) in (0..).zip(asked.read()) {
        let Ok((who, InRoom(room))) = people.get(order.actor) else {
            answers.write(Answer::refused(
                *order,
                Code::GameLogicError,
                "You are nowhere.",
            ));
            continue;
        };
        let id = dice.new_id(*who, "summon", n);
        let since = clock.now;
        let spot = Spot {
            room: atlas.room(*room).id.clone(),
            since,
        };
        commands.spawn((id, Thing { since }, Label(name.clone()), spot, Holder(None)));
        answers.write(Answer::with(*order, format!("Here is: {name}.")));
        handled.write(Handled {
            actor: order.actor,
            room: Some(*room),
            names: vec![name.clone()],
            ids: vec![id],
            to: To::Floor(*room),
        });
    }
}
