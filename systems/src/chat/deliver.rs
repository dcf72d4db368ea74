//! From something said to those who hear it.

use engine::Bridge;
use engine::prelude::*;

use super::ears::{Crowd, Ears, Heard, Voice};
use super::history::{History, Kept};
use super::pace::{For, Pace};
use super::speak::{Said, Words};
use crate::bus::{HeardAfar, say_afar};
use crate::lucidity::{self, Dampened, Mind};
use crate::speech::{Channel, ChatMessage};

/// A line as somebody hears it.
#[derive(Clone)]
struct Line {
    message: String,
    original: String,
    tags: Vec<&'static str>,
}

/// Lets everybody hear what was said who can and wants to. A line is in the history whether or
/// not anybody wants to hear it now.
pub(super) fn deliver(
    mut said: MessageReader<Said>,
    ears: Ears<'_, '_>,
    dice: Res<Dice>,
    clock: Res<Clock>,
    mut crowd: Local<Crowd>,
    mut history: ResMut<History>,
    mut pace: ResMut<Pace>,
    mut bridge: ResMut<Bridge>,
    mut outbox: ResMut<Outbox>,
) {
    pace.begin(clock.dt, &mut outbox);
    if said.is_empty() {
        return;
    }
    crowd.clear();
    for (n, one) in (0_u32..).zip(said.read()) {
        let Said {
            correlation,
            speaker,
            channel,
            words,
            to,
        } = one;
        let Ok((id, character, place)) = ears.speakers.get(*speaker) else {
            continue;
        };
        let who = (*id, character.role);
        let voice = Voice {
            who,
            channel: *channel,
            mind: ears.minds.of(*speaker).filter(|_| channel.is_spoken()),
        };
        let room = place.map(|place| place.0);
        let target = to.and_then(|to| ears.speakers.get(to).ok());
        let line = |text: &str, tags| Line {
            message: channel.format(&character.name, text),
            original: text.to_owned(),
            tags,
        };
        let gesture = |word: &str, view: &str| Line {
            message: view.to_owned(),
            original: word.to_owned(),
            tags: Vec::new(),
        };
        let bare = match words {
            Words::Plain(text) => text,
            Words::Gesture { word, .. } => word,
        };
        let spoken = lucidity::Said {
            text: bare,
            whispered: *channel == Channel::Whisper,
            n,
        };
        let uttered = match words {
            Words::Plain(_) => match voice.mind.and_then(|mind| ears.minds.uttered(spoken, mind)) {
                None => line(bare, Vec::new()),
                Some(Dampened { text, tags }) => line(&text, tags),
            },
            Words::Gesture { word, room, .. } => gesture(word, room),
        };
        let note = |line: Line| ChatMessage {
            sender_id: *id,
            player_name: character.name.clone(),
            admin: character.role == Role::Admin,
            channel: *channel,
            message: line.message,
            original_content: line.original,
            tags: line.tags,
            message_id: format!("{:016x}", dice.roll(*id, "message", n)),
            timestamp: None,
            target_id: target.map(|(id, ..)| *id),
            target_name: target.map(|(_, character, _)| character.name.clone()),
            room: room.map(|room| ears.rooms.atlas.room(room).id.clone()),
        };
        let kept = Kept {
            sender: *id,
            admin: character.role == Role::Admin,
            name: character.name.clone(),
            channel: *channel,
            message: uttered.message.clone(),
            at: clock.wall(),
        };
        history.keep(&ears.rooms.atlas, room, kept);
        if bridge.open() {
            let sub_zone = room.map(|room| ears.rooms.atlas.sub_zone(room).id.as_str());
            say_afar(&mut bridge, &note(uttered.clone()), sub_zone, *correlation);
        }
        let place = room.map(|room| (room, ears.rooms.atlas.room(room).sub_zone));
        let Some(whom) = For::hearers_of(*channel, place, target.map(|(id, ..)| *id)) else {
            continue;
        };
        let bytes = Pace::bytes_of(uttered.original.len());
        let mut telling = pace.line(whom, bytes, &mut outbox);
        let heard = match (channel, room) {
            (Channel::Emote, Some(room)) => {
                let mut apart = Vec::new();
                if let Words::Gesture {
                    word,
                    actor,
                    target,
                    ..
                } = words
                {
                    for (hearer, view) in [(Some(*speaker), actor), (*to, target)] {
                        let Some(hearer) = hearer.filter(|one| !apart.contains(one)) else {
                            continue;
                        };
                        apart.push(hearer);
                        if ears.hearing.hears(hearer, who, *channel)
                            && let Some(session) = ears.rooms.session(hearer)
                        {
                            telling.tell(Audience::One(session), note(gesture(word, view)));
                        }
                    }
                }
                ears.near(&mut crowd, &[room], voice, &apart)
            }
            (Channel::Say | Channel::Pose, Some(room)) => {
                ears.near(&mut crowd, &[room], voice, &[])
            }
            (Channel::Local, Some(room)) => {
                let sub_zone = ears.rooms.atlas.room(room).sub_zone;
                let rooms = ears.neighbourhoods.of_sub_zone(sub_zone);
                ears.near(&mut crowd, rooms, voice, &[])
            }
            (Channel::Global | Channel::System | Channel::Admin, _) => {
                ears.far(&mut crowd, *speaker, voice)
            }
            (Channel::Whisper, _) => ears.alone(*to, voice),
            _ => continue,
        };
        let Heard { clearly, apart } = heard;
        if !clearly.is_empty() {
            telling.tell(Audience::Many(clearly), note(uttered));
        }
        for (session, mind) in apart {
            let heard = voice
                .mind
                .and_then(|speaker| ears.minds.heard(spoken, speaker, mind));
            let heard = match heard {
                None => line(bare, Vec::new()),
                Some(Dampened { text, tags }) => line(&text, tags),
            };
            telling.tell(Audience::One(session), note(heard));
        }
        telling.done();
    }
}

/// Lets everybody here hear what was said on other nodes who can and wants to.
pub(super) fn deliver_afar(
    mut heard: MessageReader<HeardAfar>,
    ears: Ears<'_, '_>,
    index: Res<Index>,
    clock: Res<Clock>,
    mut crowd: Local<Crowd>,
    mut history: ResMut<History>,
    mut pace: ResMut<Pace>,
    mut outbox: ResMut<Outbox>,
) {
    crowd.clear();
    // No line of this node's has these numbers.
    for (n, HeardAfar { line, .. }) in (1_u32 << 24..).zip(heard.read()) {
        let Some(channel) = Channel::from_word(&line.channel) else {
            continue;
        };
        // Only keepers speak on their channels, on whatever node.
        let role = match channel {
            Channel::System | Channel::Admin => Role::Admin,
            _ => Role::Player,
        };
        // What the speaker's mind did to the words was done where they were spoken.
        let speaker = Mind::clear(line.sender_id);
        let voice = Voice {
            who: (line.sender_id, role),
            channel,
            mind: Some(speaker).filter(|_| channel.is_spoken()),
        };
        let target = line.target_id.and_then(|id| index.get(id));
        // Their own node may not have learnt yet that they may not speak.
        let pleads = channel == Channel::Whisper
            && target
                .and_then(|target| ears.speakers.get(target).ok())
                .is_some_and(|(_, character, _)| character.role == Role::Admin);
        if role != Role::Admin && !pleads && ears.hearing.is_silenced(line.sender_id) {
            continue;
        }
        let kept = Kept {
            sender: line.sender_id,
            admin: role == Role::Admin,
            name: line.sender_name.clone(),
            channel,
            message: channel.format(&line.sender_name, &line.text),
            at: clock.wall(),
        };
        // What is said in no room of ours is kept on the channels that need none.
        history.keep(&ears.rooms.atlas, None, kept);
        let Heard { clearly, apart } = match channel {
            Channel::Global | Channel::System | Channel::Admin => {
                ears.far(&mut crowd, Entity::PLACEHOLDER, voice)
            }
            Channel::Whisper => ears.alone(target, voice),
            // What is said in a room is heard in that room, which is another one here.
            _ => continue,
        };
        let target = target.and_then(|target| ears.speakers.get(target).ok());
        let note = |text: &str, tags| ChatMessage {
            sender_id: line.sender_id,
            player_name: line.sender_name.clone(),
            admin: role == Role::Admin,
            channel,
            message: channel.format(&line.sender_name, text),
            original_content: text.to_owned(),
            tags,
            message_id: line.message_id.clone(),
            timestamp: None,
            target_id: target.map(|(id, ..)| *id),
            target_name: target.map(|(_, character, _)| character.name.clone()),
            room: None,
        };
        let Some(whom) = For::hearers_of(channel, None, line.target_id) else {
            continue;
        };
        let mut telling = pace.line(whom, Pace::bytes_of(line.text.len()), &mut outbox);
        if !clearly.is_empty() {
            telling.tell(Audience::Many(clearly), note(&line.text, Vec::new()));
        }
        let spoken = lucidity::Said {
            text: &line.text,
            whispered: channel == Channel::Whisper,
            n,
        };
        for (session, mind) in apart {
            let heard = match ears.minds.heard(spoken, speaker, mind) {
                None => note(&line.text, Vec::new()),
                Some(Dampened { text, tags }) => note(&text, tags),
            };
            telling.tell(Audience::One(session), heard);
        }
        telling.done();
    }
}
