//! `who` and `quit`.

use std::fmt;

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Afk, Roster};
use crate::bus::Afar;
use crate::cast::{ANN, BOB};
use crate::character::{self, Experience};
use crate::command::{Needs, Usage, Verb, Words};
use crate::place::{InRoom, LISTED_MAX, Rooms};

/// `who`, `who an`, `who after Ann`, `who here`, `who here after Ann`
#[derive(Message, Debug)]
pub(super) struct Who {
    order: Order,
    here: bool,
    filter: String,
    after: String,
}

impl Verb for Who {
    const WORDS: &'static [&'static str] = &["who"];
    const USAGE: &'static str = "who [here] [part of a name] [after <name>]";
    const HELP: &'static str = "Lists who is awake in the world, of which level, and in which part of it. Fifty people are listed at a time, by name; a part of a name lists those who have it in theirs. \"who here\" lists everybody in the room; \"who after Ann\" and \"who here after Ann\" go on behind Ann.";
    const NEEDS: Needs = Needs::NOTHING;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let rest = words.rest().to_lowercase();
        let (here, rest) = match rest.strip_prefix("here") {
            Some(more) if more.is_empty() || more.starts_with(' ') => (true, more.trim_start()),
            _ => (false, rest.as_str()),
        };
        let (filter, after) = match rest.strip_prefix("after ") {
            Some(after) => ("", after),
            None => rest.split_once(" after ").unwrap_or((rest, "")),
        };
        if here && !filter.is_empty() {
            return Err(Usage::Show);
        }
        Ok(Self {
            order,
            here,
            filter: filter.to_owned(),
            after: after.trim().to_owned(),
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
        Has<Afk>,
    )>,
    rules: Res<character::Rules>,
    rooms: Rooms<'_, '_>,
    afar: Res<Afar>,
    mut answers: MessageWriter<Answer>,
) {
    for Who {
        order,
        here,
        filter,
        after,
    } in asked.read()
    {
        if *here {
            let place = people
                .get(order.actor)
                .ok()
                .and_then(|(_, place, ..)| place);
            answers.write(who_here(*order, after, place, &rooms));
            continue;
        }
        let here = people.iter_many(roster.everybody()).matched();
        let here = here.map(|(character, place, linkdead, experience, afk)| {
            let place = place.map(|place| rooms.atlas.sub_zone(place.0).name.as_str());
            let level = rules.levels.level(experience.copied().unwrap_or_default());
            Soul {
                name: character.name.as_str(),
                is_admin: character.role == Role::Admin,
                level: Some(level),
                place: place.unwrap_or("nowhere"),
                linkdead,
                afk,
                elsewhere: false,
            }
        });
        let elsewhere = afar.everybody().map(|one| Soul {
            name: one.name.as_str(),
            is_admin: one.admin,
            level: None,
            place: one.place.as_str(),
            linkdead: false,
            afk: false,
            elsewhere: true,
        });
        let souls = here.chain(elsewhere);
        let mut souls: Vec<(String, Soul<&str>)> = souls
            .map(|soul| (soul.name.to_lowercase(), soul))
            .filter(|(name, _)| name.contains(filter))
            .collect();
        souls.sort_by(|(one, _), (other, _)| one.cmp(other));
        let rest = &souls[souls.partition_point(|(name, _)| name <= after)..];
        let shown = &rest[..rest.len().min(LISTED_MAX)];
        let last = shown.last().filter(|_| shown.len() < rest.len());
        let last = last.map(|(_, soul)| soul.name);
        let text = told(filter, souls.len(), shown, last);
        let data = Awake {
            count: souls.len(),
            players: shown.iter().map(|(_, soul)| soul.owned()).collect(),
            next: last.map(str::to_owned),
        };
        answers.write(Answer::with_data(*order, text, data));
    }
}

/// A page of those who are awake, to read.
fn told(filter: &str, count: usize, shown: &[(String, Soul<&str>)], last: Option<&str>) -> String {
    let mut text = match count {
        0 => format!("Nobody called \"{filter}\" is awake."),
        1 => "One soul is awake:".to_owned(),
        count => format!("{count} souls are awake:"),
    };
    for (_, soul) in shown {
        text.push_str(&format!("\n  {soul}"));
    }
    if let Some(last) = last {
        let blank = if filter.is_empty() { "" } else { " " };
        text.push_str(&format!("\nMore: \"who {filter}{blank}after {last}\"."));
    }
    text
}

/// Who is awake, as far as the text shows them.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Awake {
    /// How many there are, of those who were asked for.
    count: usize,
    /// The first of them by name.
    players: Vec<Soul<String>>,
    /// The name after which the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl CommandResult for Awake {
    const KIND: &'static str = "who";

    fn examples() -> Vec<Self> {
        let here = Soul {
            name: ANN.to_owned(),
            is_admin: true,
            level: Some(3),
            place: "Arkham Sanitarium".to_owned(),
            linkdead: false,
            afk: true,
            elsewhere: false,
        };
        let elsewhere = Soul {
            name: BOB.to_owned(),
            is_admin: false,
            level: None,
            afk: false,
            elsewhere: true,
            ..here.clone()
        };
        vec![Self {
            count: 3,
            players: vec![here, elsewhere],
            next: Some(BOB.to_owned()),
        }]
    }
}

/// Somebody awake.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "AwakePlayer")]
struct Soul<T> {
    name: T,
    is_admin: bool,
    /// Known of those on this node.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<usize>,
    /// The name of the sub-zone.
    place: T,
    /// Their connection is away.
    linkdead: bool,
    /// They have said that they are away from the keyboard.
    afk: bool,
    /// They are on another node.
    elsewhere: bool,
}

impl Soul<&str> {
    fn owned(&self) -> Soul<String> {
        Soul {
            name: self.name.to_owned(),
            is_admin: self.is_admin,
            level: self.level,
            place: self.place.to_owned(),
            linkdead: self.linkdead,
            afk: self.afk,
            elsewhere: self.elsewhere,
        }
    }
}

impl fmt::Display for Soul<&str> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        if self.is_admin {
            f.write_str(" [keeper]")?;
        }
        if let Some(level) = self.level {
            write!(f, ", level {level}")?;
        }
        let note = match (self.linkdead, self.afk, self.elsewhere) {
            (_, _, true) => ", elsewhere",
            (true, ..) => " (mind elsewhere)",
            (_, true, _) => " (away from the keyboard)",
            _ => "",
        };
        write!(f, ", {}{note}", self.place)
    }
}

/// A page of those in the room of whoever asks.
fn who_here(order: Order, after: &str, place: Option<&InRoom>, rooms: &Rooms<'_, '_>) -> Answer {
    let Some(InRoom(room)) = place else {
        return Answer::refused(order, Code::GameLogicError, "You are nowhere.");
    };
    let page = rooms.page(*room, Some(order.actor), after, LISTED_MAX);
    if page.players.is_empty() {
        let words = format!("Nobody here comes after \"{after}\".");
        return Answer::refused(order, Code::ResourceNotFound, words);
    }
    let mut text = match page.count {
        1 => "One person is here:".to_owned(),
        count => format!("{count} people are here:"),
    };
    for one in &page.players {
        text.push_str(&format!("\n  {}", one.words()));
    }
    if let Some(next) = &page.next {
        text.push_str(&format!("\nMore: \"who here after {next}\"."));
    }
    Answer::with_data(order, text, page)
}

/// `quit`
#[derive(Message, Debug)]
pub(super) struct Quit {
    order: Order,
}

impl Verb for Quit {
    const WORDS: &'static [&'static str] = &["quit", "logout"];
    const WHOLE: bool = true;
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

/// `password`
#[derive(Message, Debug)]
pub(super) struct Password {
    order: Order,
    /// Something was typed behind it.
    told: bool,
}

impl Verb for Password {
    const WORDS: &'static [&'static str] = &["password"];
    const WHOLE: bool = true;
    const USAGE: &'static str = "password";
    const HELP: &'static str = "Says where you change your password. Never type one in the game.";
    const NEEDS: Needs = Needs::NOTHING;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let told = !words.rest().is_empty();
        Ok(Self { order, told })
    }
}

/// Says where passwords are changed. What is typed in the game is recorded, so it is not done there.
pub(super) fn password(mut asked: MessageReader<Password>, mut answers: MessageWriter<Answer>) {
    for Password { order, told } in asked.read() {
        let place = "Passwords are not changed in the game, where lines are recorded, but outside of it: by POST /auth/password, or by the operator with \"kadath account password\".";
        answers.write(match told {
            false => Answer::with(*order, place),
            true => {
                let message =
                    format!("{place} Choose another one than what you have typed just now.");
                Answer::refused(*order, Code::InvalidInput, message)
            }
        });
    }
}
