//! From words to something said: who may say it, how often, and to whom.

use std::collections::BTreeMap;

use engine::Violation;
use engine::port::{ChatLine, Content, Correlation, Topic};
use engine::prelude::*;

use super::habit::Habit;
use super::pace::Pace;
use super::rate::{ChatLimits, Lately};
use super::remember::LastWhisper;
use super::verbs::{Admins, Chat, Global, Local, Reply, Say, System, Whisper};
use super::{Channel, Rules};
use crate::bus::{Afar, Post};
use crate::command::{Missed, means_self};
use crate::faces::Faces;
use crate::hearing::Hearing;
use crate::letters::{self, Leave, Mailboxes};
use crate::lucidity::{self, Minds};
use crate::presence::Roster;

/// Something was said and is to be heard by those who want to.
#[derive(Message, Debug, Clone)]
pub(crate) struct Said {
    /// The connection by which it was said.
    pub(super) correlation: Correlation,
    pub(super) speaker: Entity,
    pub(super) channel: Channel,
    pub(super) words: Words,
    pub(super) to: Option<Entity>,
}

impl Said {
    /// Who said something to the room, and what; `None`: it was to others, or no words.
    pub(crate) fn to_room(&self) -> Option<(Entity, &str)> {
        match &self.words {
            Words::Plain(text) if self.channel == Channel::Say => Some((self.speaker, text)),
            _ => None,
        }
    }

    /// Who made a gesture, and which.
    pub(crate) fn gesture(&self) -> Option<(Entity, &str)> {
        match &self.words {
            Words::Gesture { word, .. } => Some((self.speaker, word)),
            Words::Plain(_) => None,
        }
    }
}

/// What was said, in everybody's words.
#[derive(Debug, Clone)]
pub(super) enum Words {
    /// The same for all.
    Plain(String),
    /// A gesture that looks different to whoever makes it and whoever it is meant for.
    Gesture {
        word: String,
        actor: String,
        target: String,
        room: String,
    },
}

impl Words {
    fn bytes(&self) -> usize {
        match self {
            Self::Plain(text) => text.len(),
            Self::Gesture { word, room, .. } => word.len() + room.len(),
        }
    }
}

/// The mouth: checks a line against its channel's figures and counts it.
#[derive(SystemParam)]
pub(super) struct Mouth<'w, 's> {
    lately: ResMut<'w, Lately>,
    pace: ResMut<'w, Pace>,
    violations: MessageWriter<'w, Violation>,
    people: Query<'w, 's, (&'static StableId, &'static Character)>,
    hearing: Hearing<'w, 's>,
    minds: Minds<'w, 's>,
    limits: Res<'w, ChatLimits>,
    rules: Res<'w, Rules>,
    clock: Res<'w, Clock>,
    said: MessageWriter<'w, Said>,
    answers: MessageWriter<'w, Answer>,
}

impl Mouth<'_, '_> {
    /// Says something, and answers with `echo` where what is said does not come back; answers
    /// whether it was said.
    pub(super) fn say(
        &mut self,
        order: Order,
        channel: Channel,
        words: Words,
        to: Option<Entity>,
        echo: Option<String>,
    ) -> bool {
        let hearer = to.and_then(|to| self.people.get(to).ok());
        let hearer = hearer.map(|(_, character)| character.role);
        let answer = match self.check(order.actor, channel, &words, hearer) {
            Err(refusal) => Answer::refusal(order, refusal),
            Ok(()) => {
                self.said.write(Said {
                    correlation: order.correlation,
                    speaker: order.actor,
                    channel,
                    words,
                    to,
                });
                echo.map_or(Answer::done(order), |echo| Answer::with(order, echo))
            }
        };
        let said = answer.is_done();
        self.answers.write(answer);
        said
    }

    /// Says plain words.
    fn speak(&mut self, order: Order, channel: Channel, text: &str) {
        let echo = (channel == Channel::Global).then(|| format!("You (global): {text}"));
        self.say(order, channel, Words::Plain(text.to_owned()), None, echo);
    }

    /// Answers with a refusal.
    pub(super) fn refuse(&mut self, order: Order, refusal: Refusal) {
        self.answers.write(Answer::refusal(order, refusal));
    }

    /// Answers without saying anything.
    pub(super) fn answer(&mut self, order: Order, text: impl Into<String>) {
        self.answers.write(Answer::with(order, text));
    }

    /// Somebody's name.
    pub(super) fn name(&self, actor: Entity) -> &str {
        self.people
            .get(actor)
            .map_or("", |(_, character)| &character.name)
    }

    /// A whisper as it leaves somebody.
    fn whispered(&self, actor: Entity, text: &str) -> String {
        let said = lucidity::SpokenLine {
            text,
            whispered: true,
            n: 0,
        };
        let mind = self.minds.of(actor);
        let uttered = mind.and_then(|mind| self.minds.uttered(said, mind));
        uttered.map_or_else(|| text.to_owned(), |words| words.text.into_owned())
    }

    fn check(
        &mut self,
        actor: Entity,
        channel: Channel,
        words: &Words,
        to: Option<Role>,
    ) -> Result<(), Refusal> {
        if let Words::Plain(text) = words {
            fits(text, self.rules.chars_max(channel))?;
        }
        self.may_speak(actor, channel, words.bytes(), to)
    }

    /// Whether somebody may describe themselves in these words: as if they struck a pose.
    pub(super) fn may_describe(&mut self, actor: Entity, text: &str) -> Result<(), Refusal> {
        fits(text, self.rules.lengths.likeness)?;
        self.may_speak(actor, Channel::Pose, text.len(), None)
    }

    fn may_speak(
        &mut self,
        actor: Entity,
        channel: Channel,
        bytes: usize,
        to: Option<Role>,
    ) -> Result<(), Refusal> {
        let (id, character) = self
            .people
            .get(actor)
            .map_err(|_| Refusal::of(Code::InternalError))?;
        if !channel.is_open_to(character.role) {
            return Err(Refusal::of(Code::AuthorizationDenied));
        }
        let who = (*id, character.role);
        if let Some(refusal) = self.hearing.refusal(actor, who, channel, to) {
            return Err(refusal);
        }
        if !self.pace.promise(Pace::bytes_of(bytes)) {
            let message = "Too many speak at once. Say it again in a moment.";
            return Err(Refusal::new(Code::ServerBusy, message).after_ms(1_000));
        }
        self.lately
            .count(*id, channel, *self.limits, self.clock.now)
            .inspect_err(|_| {
                self.violations.write(Violation(channel.word()));
            })
    }
}

/// Whether words are no longer than that, in characters.
fn fits(text: &str, most: usize) -> Result<(), Refusal> {
    if text.chars().count() <= most {
        return Ok(());
    }
    let message = format!("At most {most} characters, please.");
    Err(Refusal::new(Code::ValidationError, message))
}

/// Talk to many.
pub(super) fn speak(
    mut says: MessageReader<Say>,
    mut locals: MessageReader<Local>,
    mut globals: MessageReader<Global>,
    mut chats: MessageReader<Chat>,
    mut systems: MessageReader<System>,
    mut admins: MessageReader<Admins>,
    habits: Query<&Habit>,
    mut mouth: Mouth<'_, '_>,
) {
    for Say { order, text } in says.read() {
        mouth.speak(*order, Channel::Say, text);
    }
    for Local { order, text } in locals.read() {
        mouth.speak(*order, Channel::Local, text);
    }
    for Global { order, text } in globals.read() {
        mouth.speak(*order, Channel::Global, text);
    }
    for Chat { order, text } in chats.read() {
        let channel = habits
            .get(order.actor)
            .map_or(Channel::Say, |one| one.channel);
        mouth.speak(*order, channel, text);
    }
    for System { order, text } in systems.read() {
        mouth.speak(*order, Channel::System, text);
    }
    for Admins { order, text } in admins.read() {
        mouth.speak(*order, Channel::Admin, text);
    }
}

/// Talk to one.
pub(super) fn whisper(
    mut whispers: MessageReader<Whisper>,
    mut replies: MessageReader<Reply>,
    last: Query<&LastWhisper>,
    roster: Res<Roster>,
    afar: Res<Afar>,
    faces: Res<Faces>,
    boxes: Res<Mailboxes>,
    dice: Res<Dice>,
    mut leave: MessageWriter<Leave>,
    mut posts: MessageWriter<Post>,
    mut mouth: Mouth<'_, '_>,
) {
    let told = whispers.read().map(|Whisper { order, to, text }| {
        // A whole name, here, elsewhere or of somebody away, comes before the beginning of one.
        let elsewhere = || afar.find(to).is_some() || faces.find(to).is_some();
        let found = match roster.find(to) {
            _ if means_self(to) => Ok(order.actor),
            Some(here) => Ok(here),
            None if elsewhere() => Err(Missed::nobody(to)),
            None => roster.meant(to),
        };
        (*order, Some(to.clone()), text, found)
    });
    let replied = replies.read().map(|Reply { order, text }| {
        let to = last.get(order.actor).ok().and_then(LastWhisper::name);
        // Only that very one: an answer must not reach somebody whose name begins alike.
        let found = to.as_deref().and_then(|to| roster.find(to));
        let found = found.ok_or_else(|| Missed::nobody(to.as_deref().unwrap_or_default()));
        (*order, to, text, found)
    });
    // Promised to speakers in this tick, and not in the mailboxes yet.
    let mut promised: BTreeMap<StableId, usize> = BTreeMap::new();
    for (n, (order, to, text, found)) in (0..).zip(told.chain(replied)) {
        let Some(to) = to else {
            let message = "Nobody has whispered to you yet.";
            mouth.refuse(order, Refusal::new(Code::InvalidInput, message));
            continue;
        };
        match found {
            Ok(target) if target == order.actor => {
                let message = "You mutter to yourself. Nobody answers.";
                mouth.refuse(order, Refusal::new(Code::InvalidInput, message));
            }
            Ok(target) => {
                // Whoever muted the speaker hears nothing, and the speaker learns nothing of it.
                let echo = format!("You whisper to {}: {text}", mouth.name(target));
                let words = Words::Plain(text.clone());
                mouth.say(order, Channel::Whisper, words, Some(target), Some(echo));
            }
            Err(missed) => {
                // Awake on another node, or known and away: then it waits, wherever they come.
                let awake = afar.find(&to).map(|one| {
                    let role = if one.admin { Role::Admin } else { Role::Player };
                    (one.id, one.name.clone(), role)
                });
                let away = || {
                    let face = faces.find(&to)?;
                    Some((face.id, face.name.clone(), face.role))
                };
                let elsewhere = awake.is_some();
                let Some((id, name, role)) = awake.or_else(away) else {
                    let nobody = format!("Nobody called \"{to}\" is awake.");
                    mouth.refuse(order, missed.refusal(nobody));
                    continue;
                };
                let words = Words::Plain(text.clone());
                if afar.is_open() && !afar.has_room() {
                    let message = "Too much is on its way to other nodes just now.";
                    mouth.refuse(order, Refusal::new(Code::ServerBusy, message));
                } else if !elsewhere && boxes.room(id) <= promised.get(&id).copied().unwrap_or(0) {
                    mouth.refuse(order, letters::no_room(&name));
                } else if let Err(refusal) =
                    mouth.check(order.actor, Channel::Whisper, &words, Some(role))
                {
                    mouth.refuse(order, refusal);
                } else if let Ok((sender_id, me)) = mouth.people.get(order.actor) {
                    let line = ChatLine {
                        channel: Channel::Whisper.word().to_owned(),
                        message_id: format!("{:016x}", dice.roll(*sender_id, "whisper afar", n)),
                        sender_id: *sender_id,
                        sender_name: me.name.clone(),
                        text: mouth.whispered(order.actor, text),
                        room_id: None,
                        target_id: Some(id),
                        target_name: Some(name.clone()),
                    };
                    if afar.is_open() {
                        posts.write(Post {
                            topic: Topic::Whisper(id),
                            content: Content::Chat(line.clone()),
                            correlation: order.correlation,
                        });
                    }
                    // They may be gone when it comes there, and come back here.
                    *promised.entry(id).or_default() += 1;
                    let promised = if elsewhere {
                        mouth.answer(order, format!("You whisper to {name}: {text}"));
                        None
                    } else {
                        Some((
                            order,
                            format!("{name} is away. Your words will wait: {text}"),
                        ))
                    };
                    leave.write(Leave { line, promised });
                }
            }
        }
    }
}
