//! Waking elsewhere: what a delirious mind may ask for.

use engine::prelude::*;

use super::rules::Rules;
use super::{Cause, Episode, Lapse, Lucidity, SetLucidity};
use crate::body::{Condition, Posture, TakePosture, Vitals};
use crate::command::{Needs, Usage, Verb, Words};
use crate::place::{InRoom, Relocate};
use crate::world::Atlas;

/// `awaken`
#[derive(Message, Debug)]
pub(super) struct Awaken(Order);

impl Verb for Awaken {
    const WORDS: &'static [&'static str] = &["awaken"];
    const USAGE: &'static str = "awaken";
    const HELP: &'static str = "Ends a delirium: you wake in the sanitarium, shaken but there.";
    const LASTS: bool = true;
    const FACTS: u32 = 1;
    // The player's way out when the character has none.
    const NEEDS: Needs = Needs::NOTHING;

    fn read(order: Order, _: Words<'_>) -> Result<Self, Usage> {
        Ok(Self(order))
    }
}

/// Wakes those who ask and are far enough gone.
pub(super) fn awaken(
    mut asked: MessageReader<Awaken>,
    minds: Query<(&Lucidity, Option<&Vitals>, Option<&InRoom>)>,
    rules: Res<Rules>,
    atlas: Res<Atlas>,
    mut set: MessageWriter<SetLucidity>,
    mut relocate: MessageWriter<Relocate>,
    mut stand: MessageWriter<TakePosture>,
    mut episodes: MessageWriter<Episode>,
    mut answers: MessageWriter<Answer>,
) {
    // Who asked twice in one tick wakes once.
    let mut woken: Vec<Entity> = Vec::new();
    for Awaken(order) in asked.read() {
        let mind = order.actor;
        // Another way leads back from there.
        let dead = |vitals: &Vitals| vitals.condition() == Condition::Dead;
        let delirious = minds.get(mind).ok().filter(|(points, vitals, _)| {
            points.points() <= rules.fall.delirium && !vitals.is_some_and(dead)
        });
        let Some((before, _, place)) = delirious.filter(|_| !woken.contains(&mind)) else {
            let message = "You are awake, as far as that goes.";
            answers.write(Answer::refused(*order, Code::GameLogicError, message));
            continue;
        };
        woken.push(mind);
        set.write(SetLucidity {
            mind,
            to: rules.fall.delirium_wakes_with,
            cause: Cause::DELIRIUM_RESPAWN,
        });
        relocate.write(Relocate {
            actor: mind,
            to: atlas.default_room(),
            way: None,
        });
        stand.write(TakePosture {
            body: mind,
            posture: Posture::Standing,
        });
        episodes.write(Episode {
            mind,
            lapse: Lapse::Awakened {
                points: before.points(),
                room: place.map(|place| place.0),
            },
            cause: Cause::DELIRIUM_RESPAWN,
        });
        answers.write(Answer::done(*order));
    }
}
