//! `who` and `quit`.

use engine::prelude::*;

use super::Roster;
use crate::bus::Afar;
use crate::character::{self, Experience};
use crate::command::{Needs, Usage, Verb, Words};
use crate::place::InRoom;
use crate::world::Atlas;

/// `who`, `who an`
#[derive(Message, Debug)]
pub(super) struct Who {
    order: Order,
    filter: String,
}

impl Verb for Who {
    const WORDS: &'static [&'static str] = &["who"];
    const USAGE: &'static str = "who [part of a name]";
    const HELP: &'static str =
        "Lists who is awake in the world, of which level, and in which part of it.";
    const NEEDS: Needs = Needs::NOTHING;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        Ok(Self {
            order,
            filter: words.rest().to_lowercase(),
        })
    }
}

pub(super) fn who(
    mut asked: MessageReader<Who>,
    roster: Res<Roster>,
    people: Query<(
        &Character,
        Option<&InRoom>,
        Has<Linkdead>,
        Option<&Experience>,
    )>,
    rules: Res<character::Rules>,
    atlas: Res<Atlas>,
    afar: Res<Afar>,
    mut answers: MessageWriter<Answer>,
) {
    for Who { order, filter } in asked.read() {
        let mut lines = Vec::new();
        for (character, place, linkdead, experience) in
            people.iter_many(roster.everybody()).matched()
        {
            if !character.name.to_lowercase().contains(filter) {
                continue;
            }
            let place = place.map_or("nowhere", |place| atlas.sub_zone(place.0).name.as_str());
            let admin = if character.role == Role::Admin {
                " [keeper]"
            } else {
                ""
            };
            let away = if linkdead { " (mind elsewhere)" } else { "" };
            let level = rules.levels.level(experience.copied().unwrap_or_default());
            let name = &character.name;
            lines.push(format!("  {name}{admin}, level {level}, {place}{away}"));
        }
        for one in afar.everybody() {
            if one.name.to_lowercase().contains(filter) {
                let admin = if one.admin { " [keeper]" } else { "" };
                lines.push(format!("  {}{admin}, {}, elsewhere", one.name, one.place));
            }
        }
        let text = match lines.len() {
            0 => format!("Nobody called \"{filter}\" is awake."),
            1 => format!("One soul is awake:\n{}", lines[0]),
            count => format!("{count} souls are awake:\n{}", lines.join("\n")),
        };
        answers.write(Answer::with(*order, text));
    }
}

/// `quit`
#[derive(Message, Debug)]
pub(super) struct Quit {
    order: Order,
}

impl Verb for Quit {
    const WORDS: &'static [&'static str] = &["quit", "logout"];
    const USAGE: &'static str = "quit";
    const HELP: &'static str = "Leaves the world. You will wake where you fell asleep.";
    const NEEDS: Needs = Needs::NOTHING;

    fn read(order: Order, _: Words<'_>) -> Result<Self, Usage> {
        Ok(Self { order })
    }
}

pub(super) fn quit(
    mut asked: MessageReader<Quit>,
    mut answers: MessageWriter<Answer>,
    mut dismiss: MessageWriter<Dismiss>,
) {
    for Quit { order } in asked.read() {
        answers.write(Answer::with(
            *order,
            "You lie down, and the world lets go of you.",
        ));
        dismiss.write(Dismiss {
            actor: order.actor,
            why: Leaving::Quit,
            told: None,
        });
    }
}
