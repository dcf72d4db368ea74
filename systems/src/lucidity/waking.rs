//! Waking elsewhere: what a delirious mind may ask for at once, and any lost one after a while.

use bevy_ecs::entity::EntityHashSet;
use engine::prelude::*;

use super::rescue::millis;
use super::rules::{Rules, span};
use super::{Cause, Episode, Lapse, Lucidity, Psyche, SetLucidity, Tier};
use crate::body::{self, Condition, TakePosture, Vitals};
use crate::command::{Needs, Usage, Verb, Words};
use crate::place::{InRoom, Posture, Relocate};
use crate::world::Atlas;

/// `awaken`
#[derive(Message, Debug)]
pub(super) struct Awaken(Order);

impl Verb for Awaken {
    const WORDS: &'static [&'static str] = &["awaken"];
    const WHOLE: bool = true;
    const USAGE: &'static str = "awaken";
    const HELP: &'static str = "Ends a delirium, or a stupor in which nobody has found you for a while: you wake in the sanitarium, shaken but there.";
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
    minds: Query<(&Lucidity, &Psyche, Option<&Vitals>, Option<&InRoom>)>,
    rules: Res<Rules>,
    clock: Res<Clock>,
    atlas: Res<Atlas>,
    mut set: MessageWriter<SetLucidity>,
    mut relocate: MessageWriter<Relocate>,
    mut stand: MessageWriter<TakePosture>,
    mut episodes: MessageWriter<Episode>,
    mut wakes: MessageWriter<Wakes>,
    mut answers: MessageWriter<Answer>,
) {
    // Who asked twice in one tick wakes once.
    let mut woken = EntityHashSet::default();
    for Awaken(order) in asked.read() {
        let mind = order.actor;
        let Ok((before, psyche, vitals, place)) = minds.get(mind) else {
            continue;
        };
        // Another way leads back from there.
        let dead = vitals.filter(|vitals| vitals.condition() == Condition::Dead);
        let refused = match dead.and_then(body::held) {
            None if woken.contains(&mind) => Some(awake()),
            None => too_early(*before, psyche, &rules, clock.now),
            dead => dead,
        };
        if let Some(refusal) = refused {
            answers.write(Answer::refusal(*order, refusal));
            continue;
        }
        woken.insert(mind);
        set.write(SetLucidity {
            mind,
            to: rules.fall.delirium_wakes_with,
            cause: Cause::DELIRIUM_RESPAWN,
        });
        relocate.write(Relocate::to(mind, atlas.default_room()));
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
        wakes.write(Wakes(*order));
    }
}

/// Somebody asked to wake elsewhere, and is answered when their mind is what it will be.
#[derive(Message, Clone, Copy, Debug)]
pub(super) struct Wakes(Order);

/// Answers those who woke, or did not. After all that changes minds.
pub(super) fn woken(
    mut wakes: MessageReader<Wakes>,
    minds: Query<&Lucidity>,
    rules: Res<Rules>,
    mut answers: MessageWriter<Answer>,
) {
    for Wakes(order) in wakes.read() {
        let mind = minds.get(order.actor);
        let awake = mind.is_ok_and(|mind| mind.points() >= rules.fall.delirium_wakes_with);
        answers.write(match awake {
            true => Answer::done(*order),
            false => {
                let message = "You do not find your way out of it.";
                Answer::refused(*order, Code::GameLogicError, message)
            }
        });
    }
}

/// Why a mind can't wake elsewhere yet, if it can't.
fn too_early(mind: Lucidity, psyche: &Psyche, rules: &Rules, now: WorldTime) -> Option<Refusal> {
    if mind.points() <= rules.fall.delirium {
        return None;
    }
    if rules.tier(mind) != Tier::Catatonic {
        return Some(awake());
    }
    let held = now.since(psyche.catatonic_since?);
    let wait = span(rules.fall.awaken_after_seconds).saturating_sub(held);
    (!wait.is_zero()).then(|| {
        let seconds = wait.as_secs_f64().ceil();
        let message = format!(
            "You are not far enough gone to wake elsewhere. \"awaken\" in {seconds} s; until then, \"cry\" can be heard."
        );
        Refusal::new(Code::GameLogicError, message).after_ms(millis(wait))
    })
}

fn awake() -> Refusal {
    Refusal::new(Code::GameLogicError, "You are awake, as far as that goes.")
}
