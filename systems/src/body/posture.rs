//! Sitting, standing and lying.

use engine::prelude::*;

use super::{Condition, Vitals};
use crate::command::{Usage, Verb, Words};
use crate::place::{InRoom, Posture, PostureTaken};

/// Make somebody sit, stand or lie. Whoever has no determination left goes on lying.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakePosture {
    /// Who.
    pub body: Entity,
    /// How.
    pub posture: Posture,
}

pub(super) fn take(
    mut wanted: MessageReader<TakePosture>,
    mut bodies: Query<(&mut Posture, Option<&Vitals>, Option<&InRoom>)>,
    mut taken: MessageWriter<PostureTaken>,
) {
    for TakePosture { body, posture } in wanted.read() {
        let Ok((mut now, vitals, place)) = bodies.get_mut(*body) else {
            continue;
        };
        let able = vitals.is_none_or(|vitals| vitals.condition() == Condition::Able);
        if able && now.set_if_neq(*posture) {
            taken.write(PostureTaken {
                body: *body,
                room: place.map(|place| place.0),
                forced: false,
            });
        }
    }
}

/// Keeps those who sit or lie from walking.
pub(super) fn held(posture: &Posture) -> Option<Refusal> {
    (*posture != Posture::Standing).then(|| {
        let words = format!("You are {}. Stand up first.", posture.word());
        Refusal::new(Code::InvalidMovement, words)
    })
}

/// `sit`
#[derive(Message, Debug)]
pub(super) struct Sit(Order);

/// `stand`
#[derive(Message, Debug)]
pub(super) struct Stand(Order);

/// `lie`
#[derive(Message, Debug)]
pub(super) struct Lie(Order);

impl Verb for Sit {
    const WORDS: &'static [&'static str] = &["sit"];
    const USAGE: &'static str = "sit [down]";
    const HELP: &'static str =
        "Sits down. Magic comes back faster to those who sit; nobody walks sitting.";
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        _ = words.after("down");
        Ok(Self(order))
    }
}

impl Verb for Stand {
    const WORDS: &'static [&'static str] = &["stand"];
    const USAGE: &'static str = "stand [up]";
    const HELP: &'static str = "Stands up. Only those who stand can walk.";
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        _ = words.after("up");
        Ok(Self(order))
    }
}

impl Verb for Lie {
    const WORDS: &'static [&'static str] = &["lie"];
    const USAGE: &'static str = "lie [down]";
    const HELP: &'static str =
        "Lies down. Magic comes back faster still than to those who sit; nobody walks lying.";
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        _ = words.after("down");
        Ok(Self(order))
    }
}

/// Somebody asked to sit, stand or lie, and is answered when their body is as it will be.
#[derive(Message, Clone, Copy, Debug)]
pub(super) struct Settles {
    order: Order,
    posture: Posture,
}

pub(super) fn obey(
    mut sits: MessageReader<Sit>,
    mut stands: MessageReader<Stand>,
    mut lies: MessageReader<Lie>,
    bodies: Query<&Posture>,
    mut take: MessageWriter<TakePosture>,
    mut settles: MessageWriter<Settles>,
    mut answers: MessageWriter<Answer>,
) {
    let sits = sits.read().map(|Sit(order)| (*order, Posture::Sitting));
    let stands = stands
        .read()
        .map(|Stand(order)| (*order, Posture::Standing));
    let lies = lies.read().map(|Lie(order)| (*order, Posture::Lying));
    for (order, posture) in sits.chain(stands).chain(lies) {
        let body = order.actor;
        if bodies.get(body).is_ok_and(|now| *now == posture) {
            let already = format!("You are {} already.", posture.word());
            answers.write(Answer::refused(order, Code::GameLogicError, already));
            continue;
        }
        take.write(TakePosture { body, posture });
        settles.write(Settles { order, posture });
    }
}

/// Answers those who sit, stand or lie now, or do not. After all that changes bodies.
pub(super) fn settled(
    mut settles: MessageReader<Settles>,
    bodies: Query<(&Posture, Option<&Vitals>)>,
    mut answers: MessageWriter<Answer>,
) {
    for Settles { order, posture } in settles.read() {
        let done = match posture {
            Posture::Sitting => "You sit down.",
            Posture::Standing => "You stand up.",
            Posture::Lying => "You lie down.",
        };
        answers.write(match bodies.get(order.actor) {
            Ok((now, _)) if now == posture => Answer::with(*order, done),
            Ok((_, vitals)) => {
                let otherwise = || Refusal::new(Code::GameLogicError, "You can't just now.");
                Answer::refusal(
                    *order,
                    vitals.and_then(super::held).unwrap_or_else(otherwise),
                )
            }
            Err(_) => Answer::refusal(*order, Refusal::of(Code::InternalError)),
        });
    }
}
