//! What is said without words: gestures and poses.

use engine::prelude::*;

use super::emotes::Emotes;
use super::speak::{Mouth, Words as Said};
use crate::command::{Needs, Usage, Verb, Words};
use crate::place::{InRoom, Moved, Pose, Posed, Rooms};
use crate::speech::{Channel, Emote};

/// Makes gestures, those of the world's files and one's own.
pub(super) fn emote(
    mut asked: MessageReader<Emote>,
    places: Query<&InRoom>,
    rooms: Rooms<'_, '_>,
    emotes: Res<Emotes>,
    mut mouth: Mouth<'_, '_>,
) {
    for Emote { order, text, bare } in asked.read() {
        if !bare && text.eq_ignore_ascii_case("list") {
            let words = emotes.words();
            mouth.answer(*order, format!("Gestures: {}", words.join(", ")));
            continue;
        }
        let (word, whom) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let whom = whom.trim_start();
        let whom = ["at ", "to "]
            .iter()
            .find_map(|particle| whom.strip_prefix(particle))
            .unwrap_or(whom);
        let name = mouth.name(order.actor).to_owned();
        let plain = || Said::Plain(text.clone());
        let Some(gesture) = emotes.find(word) else {
            if *bare {
                let message = format!("There is no gesture \"{word}\" here.");
                mouth.refuse(*order, Refusal::new(Code::InvalidCommand, message));
                continue;
            }
            mouth.say(*order, Channel::Emote, plain(), None, None);
            continue;
        };
        if whom.is_empty() {
            let (actor, room) = gesture.alone(&name);
            let words = Said::Gesture {
                word: word.to_ascii_lowercase(),
                actor,
                target: room.clone(),
                room,
            };
            mouth.say(*order, Channel::Emote, words, None, None);
            continue;
        }
        let found = places
            .get(order.actor)
            .ok()
            .map(|place| rooms.find_in(place.0, whom));
        let made = match found {
            Some(Ok(target)) if target != order.actor => gesture
                .at(&name, mouth.name(target))
                .map(|texts| (target, texts)),
            Some(Ok(_)) | None => None,
            Some(Err(missed)) if *bare => {
                let nobody = format!("You see no \"{whom}\" here.");
                mouth.refuse(*order, missed.refusal(nobody));
                continue;
            }
            // "emote wave of nausea": words of one's own that begin like a gesture.
            Some(Err(_)) => None,
        };
        match made {
            Some((target, (actor, to, room))) => {
                let words = Said::Gesture {
                    word: word.to_ascii_lowercase(),
                    actor,
                    target: to,
                    room,
                };
                mouth.say(*order, Channel::Emote, words, Some(target), None);
            }
            None if *bare => {
                let message = format!("One can't {word} like that.");
                mouth.refuse(*order, Refusal::new(Code::InvalidInput, message));
            }
            None => {
                mouth.say(*order, Channel::Emote, plain(), None, None);
            }
        }
    }
}

/// `pose leans on the bar`, `pose`
#[derive(Message, Debug)]
pub(super) struct Strike {
    order: Order,
    text: String,
}

impl Verb for Strike {
    const WORDS: &'static [&'static str] = &["pose"];
    const USAGE: &'static str = "pose [how you stand there]";
    const HELP: &'static str = "Shows everybody who looks how you stand there, until you leave the room: \"pose leans on the bar\". Without words you stand there like anybody else.";
    const NEEDS: Needs = Needs::SPEECH;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        Ok(Self {
            order,
            text: words.rest().to_owned(),
        })
    }
}

/// Strikes poses, and drops those of people who go elsewhere.
pub(super) fn pose(
    mut asked: MessageReader<Strike>,
    mut mouth: Mouth<'_, '_>,
    mut posed: MessageWriter<Posed>,
) {
    for Strike { order, text } in asked.read() {
        let actor = order.actor;
        if text.is_empty() {
            posed.write(Posed {
                actor,
                pose: String::new(),
            });
            mouth.answer(*order, "You stand there like anybody else.");
        } else if mouth.say(*order, Channel::Pose, Said::Plain(text.clone()), None, None) {
            posed.write(Posed {
                actor,
                pose: text.clone(),
            });
        }
    }
}

/// Keeps the poses.
pub(super) fn settle_pose(
    mut posed: MessageReader<Posed>,
    mut moves: MessageReader<Moved>,
    mut poses: Query<(&mut Pose, Option<&InRoom>)>,
) {
    for Posed { actor, pose } in posed.read() {
        if let Ok((mut held, place)) = poses.get_mut(*actor) {
            let (text, room) = (pose.clone(), place.map(|place| place.0));
            held.set_if_neq(Pose::new(text, room));
        }
    }
    for Moved { actor, .. } in moves.read() {
        if let Ok((mut held, _)) = poses.get_mut(*actor) {
            held.set_if_neq(Pose::default());
        }
    }
}

/// Drops the poses of those who are elsewhere by now.
pub(super) fn drop_poses(mut poses: Query<(&mut Pose, Option<&InRoom>)>) {
    for (mut held, place) in &mut poses {
        if place.map(|place| place.0) != held.room() {
            held.set_if_neq(Pose::default());
        }
    }
}
