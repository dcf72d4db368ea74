//! From something said to those who hear it.

use engine::Bridge;
use engine::prelude::*;

use super::ears::{AudienceQuery, Crowd, Hearers, Voice};
use super::history::{History, KeptLine};
use super::pace::{For, Pace, Telling};
use super::speak::{Said, Words};
use crate::bus::{HeardAfar, say_afar};
use crate::lucidity::{self, Dampened, Mind, Minds};
use crate::speech::{Channel, ChatMessage};
use crate::world::RoomIx;

/// A line as somebody hears it.
#[derive(Clone)]
struct HeardLine {
    message: String,
    original: String,
    tags: Vec<&'static str>,
}

/// Who says what, where and to whom.
struct Speech<'a> {
    sender: StableId,
    name: &'a str,
    admin: bool,
    channel: Channel,
    target: Option<(StableId, &'a str)>,
    /// The id of the room, for what was said in one of ours.
    room: Option<&'a str>,
    message_id: String,
}

impl Speech<'_> {
    /// The words as somebody hears them whose mind may have done something to them.
    fn line(&self, text: &str, dampened: Option<Dampened<'_>>) -> HeardLine {
        let (text, tags) = match dampened {
            None => (text.to_owned(), Vec::new()),
            Some(Dampened { text, tags }) => (text.into_owned(), tags),
        };
        HeardLine {
            message: self.channel.format(self.name, &text),
            original: text,
            tags,
        }
    }

    fn note(&self, line: HeardLine) -> ChatMessage {
        ChatMessage {
            sender_id: self.sender,
            player_name: self.name.to_owned(),
            admin: self.admin,
            channel: self.channel,
            message: line.message,
            original_content: line.original,
            tags: line.tags,
            message_id: self.message_id.clone(),
            timestamp: None,
            target_id: self.target.map(|(id, _)| id),
            target_name: self.target.map(|(_, name)| name.to_owned()),
            room: self.room.map(str::to_owned),
        }
    }

    /// As the history keeps it.
    fn kept(&self, message: String, at: WorldTime) -> KeptLine {
        KeptLine {
            sender: self.sender,
            admin: self.admin,
            name: self.name.to_owned(),
            channel: self.channel,
            message,
            at,
        }
    }

    /// Tells those who hear it just as it was uttered, and each of the others what their mind
    /// makes of the words of `mind`.
    fn tell(
        &self,
        telling: &mut Telling<'_>,
        minds: &Minds<'_, '_>,
        (uttered, spoken, mind): (HeardLine, lucidity::SpokenLine<'_>, Option<Mind>),
        Hearers { clearly, apart }: Hearers,
    ) {
        if !clearly.is_empty() {
            telling.tell(Audience::Many(clearly), self.note(uttered));
        }
        for (session, hearer) in apart {
            let heard = mind.and_then(|speaker| minds.heard(spoken, speaker, hearer));
            let line = self.line(spoken.text, heard);
            telling.tell(Audience::One(session), self.note(line));
        }
    }
}

/// A gesture, as those see it who have this view of it.
fn gesture(word: &str, view: &str) -> HeardLine {
    HeardLine {
        message: view.to_owned(),
        original: word.to_owned(),
        tags: Vec::new(),
    }
}

/// Lets everybody hear what was said who can and wants to. A line is in the history whether or
/// not anybody wants to hear it now.
pub(super) fn deliver(
    mut said: MessageReader<Said>,
    ears: AudienceQuery<'_, '_>,
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
    let atlas = &ears.rooms.atlas;
    for (n, one) in (0_u32..).zip(said.read()) {
        let (speaker, channel, to) = (one.speaker, one.channel, one.to);
        let Ok((id, character, place)) = ears.speakers.get(speaker) else {
            continue;
        };
        let voice = Voice {
            who: (*id, character.role),
            channel,
            mind: ears.minds.of(speaker).filter(|_| channel.is_spoken()),
        };
        let room = place.map(|place| place.0);
        let target = to.and_then(|to| ears.speakers.get(to).ok());
        let speech = Speech {
            sender: *id,
            name: &character.name,
            admin: character.role == Role::Admin,
            channel,
            target: target.map(|(id, character, _)| (*id, character.name.as_str())),
            room: room.map(|room| atlas.room(room).id.as_str()),
            message_id: format!("{:016x}", dice.roll(*id, "message", n)),
        };
        let text = match &one.words {
            Words::Plain(text) => text,
            Words::Gesture { word, .. } => word,
        };
        let spoken = lucidity::SpokenLine {
            text,
            whispered: channel == Channel::Whisper,
            n,
        };
        let uttered = match &one.words {
            Words::Plain(_) => {
                let changed = voice.mind.and_then(|mind| ears.minds.uttered(spoken, mind));
                speech.line(text, changed)
            }
            Words::Gesture { word, room, .. } => gesture(word, room),
        };
        let kept = speech.kept(uttered.message.clone(), clock.wall());
        history.keep(atlas, room, kept);
        if bridge.open() {
            let sub_zone = room.map(|room| atlas.sub_zone(room).id.as_str());
            let note = speech.note(uttered.clone());
            say_afar(&mut bridge, &note, sub_zone, one.correlation);
        }
        let place = room.map(|room| (room, atlas.room(room).sub_zone));
        let Some(whom) = For::hearers_of(channel, place, speech.target.map(|(id, _)| id)) else {
            continue;
        };
        let bytes = Pace::bytes_of(uttered.original.len());
        let mut telling = pace.line(whom, bytes, &mut outbox);
        let apart = tell_concerned(&mut telling, &ears, one, &speech, voice);
        let Some(heard) = hearers(&ears, &mut crowd, one, (room, voice), &apart) else {
            continue;
        };
        speech.tell(
            &mut telling,
            &ears.minds,
            (uttered, spoken, voice.mind),
            heard,
        );
        telling.done();
    }
}

/// Tells those whom a gesture in a room concerns, each in a view of their own; answers who they
/// are.
fn tell_concerned(
    telling: &mut Telling<'_>,
    ears: &AudienceQuery<'_, '_>,
    said: &Said,
    speech: &Speech<'_>,
    voice: Voice,
) -> Vec<Entity> {
    let mut apart = Vec::new();
    let Words::Gesture {
        word,
        actor,
        target,
        ..
    } = &said.words
    else {
        return apart;
    };
    if said.channel != Channel::Emote || speech.room.is_none() {
        return apart;
    }
    for (hearer, view) in [(Some(said.speaker), actor), (said.to, target)] {
        let Some(hearer) = hearer.filter(|one| !apart.contains(one)) else {
            continue;
        };
        apart.push(hearer);
        if ears.hearing.hears(hearer, voice.who, voice.channel)
            && let Some(session) = ears.rooms.session(hearer)
        {
            let note = speech.note(gesture(word, view));
            telling.tell(Audience::One(session), note);
        }
    }
    apart
}

/// Everybody else who hears a line; `None`: it is said in a room, and nobody is in one.
fn hearers(
    ears: &AudienceQuery<'_, '_>,
    crowd: &mut Crowd,
    said: &Said,
    (room, voice): (Option<RoomIx>, Voice),
    apart: &[Entity],
) -> Option<Hearers> {
    Some(match (said.channel, room) {
        (Channel::Say | Channel::Pose | Channel::Emote, Some(room)) => {
            ears.near(crowd, &[room], voice, apart)
        }
        (Channel::Local, Some(room)) => {
            let sub_zone = ears.rooms.atlas.room(room).sub_zone;
            let rooms = ears.neighbourhoods.of_sub_zone(sub_zone);
            ears.near(crowd, rooms, voice, &[])
        }
        (Channel::Global | Channel::System | Channel::Admin, _) => {
            ears.far(crowd, said.speaker, voice)
        }
        (Channel::Whisper, _) => ears.alone(said.to, voice),
        _ => return None,
    })
}

/// Lets everybody here hear what was said on other nodes who can and wants to.
pub(super) fn deliver_afar(
    mut heard: MessageReader<HeardAfar>,
    ears: AudienceQuery<'_, '_>,
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
        // Only admins speak on their channels, on whatever node.
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
        let target_of = target.and_then(|target| ears.speakers.get(target).ok());
        // Their own node may not have learnt yet that they may not speak.
        let pleads = channel == Channel::Whisper
            && target_of.is_some_and(|(_, character, _)| character.role == Role::Admin);
        if role != Role::Admin && !pleads && ears.hearing.is_silenced(line.sender_id) {
            continue;
        }
        let speech = Speech {
            sender: line.sender_id,
            name: &line.sender_name,
            admin: role == Role::Admin,
            channel,
            target: target_of.map(|(id, character, _)| (*id, character.name.as_str())),
            room: None,
            message_id: line.message_id.clone(),
        };
        let uttered = speech.line(&line.text, None);
        // What is said in no room of ours is kept on the channels that need none.
        let kept = speech.kept(uttered.message.clone(), clock.wall());
        history.keep(&ears.rooms.atlas, None, kept);
        let hearers = match channel {
            Channel::Global | Channel::System | Channel::Admin => {
                ears.far(&mut crowd, Entity::PLACEHOLDER, voice)
            }
            Channel::Whisper => ears.alone(target, voice),
            // What is said in a room is heard in that room, which is another one here.
            _ => continue,
        };
        let Some(whom) = For::hearers_of(channel, None, line.target_id) else {
            continue;
        };
        let mut telling = pace.line(whom, Pace::bytes_of(line.text.len()), &mut outbox);
        let spoken = lucidity::SpokenLine {
            text: &line.text,
            whispered: channel == Channel::Whisper,
            n,
        };
        let uttered = (uttered, spoken, Some(speaker));
        speech.tell(&mut telling, &ears.minds, uttered, hearers);
        telling.done();
    }
}
