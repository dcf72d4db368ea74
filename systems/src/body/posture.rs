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

pub(super) fn sit(
    mut asked: MessageReader<Sit>,
    bodies: Query<&Posture>,
    mut take: MessageWriter<TakePosture>,
    mut answers: MessageWriter<Answer>,
) {
    for Sit(order) in asked.read() {
        let said = ("You sit down.", "You are sitting already.");
        obey(
            *order,
            Posture::Sitting,
            said,
            &bodies,
            &mut take,
            &mut answers,
        );
    }
}

pub(super) fn stand(
    mut asked: MessageReader<Stand>,
    bodies: Query<&Posture>,
    mut take: MessageWriter<TakePosture>,
    mut answers: MessageWriter<Answer>,
) {
    for Stand(order) in asked.read() {
        let said = ("You stand up.", "You are standing already.");
        obey(
            *order,
            Posture::Standing,
            said,
            &bodies,
            &mut take,
            &mut answers,
        );
    }
}

pub(super) fn lie(
    mut asked: MessageReader<Lie>,
    bodies: Query<&Posture>,
    mut take: MessageWriter<TakePosture>,
    mut answers: MessageWriter<Answer>,
) {
    for Lie(order) in asked.read() {
        let said = ("You lie down.", "You are lying already.");
        obey(
            *order,
            Posture::Lying,
            said,
            &bodies,
            &mut take,
            &mut answers,
        );
    }
}

fn obey(
    order: Order,
    posture: Posture,
    (done, already): (&'static str, &'static str),
    bodies: &Query<&Posture>,
    take: &mut MessageWriter<TakePosture>,
    answers: &mut MessageWriter<Answer>,
) {
    let body = order.actor;
    answers.write(match bodies.get(body) {
        Ok(now) if *now == posture => Answer::refused(order, Code::GameLogicError, already),
        _ => {
            take.write(TakePosture { body, posture });
            Answer::with(order, done)
        }
    });
}
