//! `cry`: what a lost mind can still do, wherever it is and whoever is there.
//!
//! That somebody cries out is heard in this part of the town; the words only by admins, so that
//! no moderation of talk is got round. Always answered with success: a player whose character can
//! do nothing else must never be told that it can't do this either.

use engine::prelude::*;

use super::notes::Catatonia;
use super::rules::{Rules, span};
use super::{Lucidity, Psyche, Tier};
use crate::body::{self, Vitals};
use crate::command::{Needs, Usage, Verb, Words};
use crate::hearing::Hearing;
use crate::place::InRoom;
use crate::speech::Emote;
use crate::world::Atlas;

/// The name of the waiting time until a cry is heard again.
const COOLDOWN: &str = "cry";

/// `cry`, `cry I am stuck`
#[derive(Message, Debug)]
pub(super) struct Cry {
    order: Order,
    words: String,
}

impl Verb for Cry {
    const WORDS: &'static [&'static str] = &["cry"];
    const USAGE: &'static str = "cry [words]";
    const HELP: &'static str = "Cries out when your mind is gone: everybody in this part of the town hears that you do, and the keepers of the world hear your words, wherever they are. While your mind answers you it is a gesture: \"cry\", or \"cry Ann\".";
    const NEEDS: Needs = Needs::NOTHING;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        Ok(Self {
            order,
            words: words.rest().to_owned(),
        })
    }
}

/// A lost mind cries out and is to be heard.
#[derive(Message, Debug)]
pub(super) struct Cried {
    mind: Entity,
    words: String,
}

/// Lets the lost cry out; for all others `cry` is the gesture of the world's files.
pub(super) fn cry(
    mut asked: MessageReader<Cry>,
    mut minds: Query<(&Lucidity, &mut Psyche, Option<&Vitals>)>,
    rules: Res<Rules>,
    clock: Res<Clock>,
    mut cried: MessageWriter<Cried>,
    mut gestures: MessageWriter<Emote>,
    mut answers: MessageWriter<Answer>,
) {
    for Cry { order, words } in asked.read() {
        let Ok((mind, mut psyche, vitals)) = minds.get_mut(order.actor) else {
            continue;
        };
        if rules.tier(*mind) != Tier::Catatonic {
            match vitals.and_then(body::held) {
                Some(refusal) => {
                    answers.write(Answer::refusal(*order, refusal));
                }
                None => {
                    gestures.write(Emote::word(*order, "cry", words));
                }
            }
            continue;
        }
        if let Some(wait) = psyche.waits_for(COOLDOWN, clock.now) {
            let seconds = wait.as_secs() + 1;
            let text = match words.as_str() {
                "" => "You cry out again. They have heard you.".to_owned(),
                _ => format!(
                    "You cry out again. They have heard you; words carry again in {seconds} s."
                ),
            };
            answers.write(Answer::with(*order, text));
            continue;
        }
        let pause = span(rules.fall.cry_again_after_seconds);
        psyche.cool_down(COOLDOWN, clock.now, pause);
        cried.write(Cried {
            mind: order.actor,
            words: words.clone(),
        });
        let text = match words.as_str() {
            "" => "You cry out. Whoever is near can hear it, and so can the keepers.",
            _ => "You cry out. Whoever is near can hear it; only the keepers catch the words.",
        };
        answers.write(Answer::with(*order, text));
    }
}

/// Tells each who hears a cry, once.
pub(super) fn tell(
    mut cried: MessageReader<Cried>,
    minds: Query<(&StableId, &Character, &Lucidity, Option<&InRoom>)>,
    people: Query<(Entity, &Character, &Online, Option<&InRoom>)>,
    atlas: Res<Atlas>,
    hearing: Hearing<'_, '_>,
    mut outbox: ResMut<Outbox>,
) {
    for Cried { mind, words } in cried.read() {
        let Ok((id, character, lucidity, place)) = minds.get(*mind) else {
            continue;
        };
        let name = &character.name;
        let room_of = |place: Option<&InRoom>| place.map(|place| atlas.room(place.0));
        let room = room_of(place);
        let at = room.map_or("nowhere", |room| room.name.as_str());
        let (mut near, mut admins) = (Vec::new(), Vec::new());
        for (who, hearer, online, place) in &people {
            let beside = room_of(place)
                .is_some_and(|there| room.is_some_and(|room| there.sub_zone == room.sub_zone));
            if who == *mind {
                continue;
            } else if hearer.role == Role::Admin {
                admins.push(online.session);
            } else if beside && !hearing.hides(who, (*id, character.role)) {
                near.push(online.session);
            }
        }
        let known = match words.as_str() {
            "" => format!("{name}, whose mind is gone, cries out in {at}."),
            words => format!("{name}, whose mind is gone, cries out in {at}: {words}"),
        };
        let heard = format!(
            "{name} cries out in {at}, without a word. Whoever goes there may \"ground\" them."
        );
        for (mut to, message) in [(near, heard), (admins, known)] {
            if to.is_empty() {
                continue;
            }
            // Not in the order in which they lie in memory.
            to.sort_unstable();
            let note = Catatonia::cry(*id, name, lucidity.points(), message);
            outbox.tell(Audience::Many(to.into()), note);
        }
    }
}
