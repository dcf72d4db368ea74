//! `finger`: who somebody is, and where they are or how long they have been away.

use engine::prelude::*;

use super::People;
use crate::character::{self, Experience};
use crate::command::{Needs, Usage, Verb, Words};
use crate::place::{InRoom, Rooms};

/// `finger Ann`
#[derive(Message, Debug)]
pub(super) struct Finger {
    order: Order,
    who: String,
}

impl Verb for Finger {
    const WORDS: &'static [&'static str] = &["finger", "whois"];
    const USAGE: &'static str = "finger <name>";
    const HELP: &'static str =
        "Tells who somebody is, and in which part of the world, or how long they have been away.";
    const NEEDS: Needs = Needs::NOTHING;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        match words.first() {
            ("", _) => Err(Usage::Show),
            (who, _) => Ok(Self {
                order,
                who: who.to_owned(),
            }),
        }
    }
}

/// What is told of somebody who is awake.
type Fingered = (
    &'static Character,
    Option<&'static Experience>,
    Option<&'static InRoom>,
    Has<Linkdead>,
);

pub(super) fn finger(
    mut asked: MessageReader<Finger>,
    people: People<'_, '_>,
    awake: Query<Fingered>,
    rooms: Rooms<'_, '_>,
    rules: Res<character::Rules>,
    clock: Res<Clock>,
    mut answers: MessageWriter<Answer>,
) {
    for Finger { order, who } in asked.read() {
        let (target, face) = match people.known(&people.named_by(order.actor, who)) {
            Ok(known) => known,
            Err(refusal) => {
                answers.write(Answer::refusal(*order, refusal));
                continue;
            }
        };
        let there = target.and_then(|target| Some((target, awake.get(target).ok()?)));
        let text = match there {
            None => {
                let seen = people.last_seen(face.id);
                let ago = seen.map(|seen| ago(clock.wall().since(seen)));
                let ago = ago.map_or_else(String::new, |ago| format!(", last seen {ago} ago"));
                format!("{} is away{ago}.", face.name)
            }
            Some((target, (character, experience, place, linkdead))) => {
                let learnt = experience.copied().unwrap_or_default();
                let who = match &character.profession {
                    Some(profession) => format!("{}, {profession}", character.name),
                    None if character.guest => {
                        format!("{}, a stranger to the town", character.name)
                    }
                    None => character.name.clone(),
                };
                let level = rules.levels.level(learnt);
                let place = place.map_or("nowhere", |place| {
                    rooms.atlas.sub_zone(place.0).name.as_str()
                });
                let link = if linkdead { ", link lost" } else { "" };
                let marks: String = rooms.marks(target).map(|one| format!(", {one}")).collect();
                let likeness = rooms.likeness(target, order.actor);
                let likeness = likeness.map_or_else(String::new, |words| format!("\n{words}"));
                let title = rules.title(level);
                let title = title.map_or_else(String::new, |title| format!(", {title}"));
                format!("{who}, of level {level}{title}\nAwake in {place}{link}{marks}.{likeness}")
            }
        };
        answers.write(Answer::with(*order, text));
    }
}

/// How long that is, in its largest unit.
fn ago(span: Duration) -> String {
    let minutes = span.as_secs() / 60;
    let (count, unit) = match minutes {
        0..60 => (minutes.max(1), "minute"),
        60..1_440 => (minutes / 60, "hour"),
        _ => (minutes / 1_440, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absence_is_told_in_largest_unit() {
        let of = |seconds| ago(Duration::from_secs(seconds));
        let told = [of(0), of(119), of(7_300), of(86_400 * 3)];
        assert_eq!(told, ["1 minute", "1 minute", "2 hours", "3 days"]);
    }
}
