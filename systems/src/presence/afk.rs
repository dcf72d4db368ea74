//! `afk`: whoever is away from the keyboard says so, until they do something again.

use bevy_ecs::entity::EntityHashSet;
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::command::{Acted, Needs, Usage, Verb, Words};

/// Somebody is away from the keyboard. Transient: whoever comes into the world is there.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Afk(bool);

/// `afk`
#[derive(Message, Debug)]
pub(super) struct AfkVerb(Order);

impl Verb for AfkVerb {
    const WORDS: &'static [&'static str] = &["afk"];
    const USAGE: &'static str = "afk";
    const HELP: &'static str = "Shows in \"who\" and to those who look that you are away from the keyboard, until you do or say something again.";
    const NEEDS: Needs = Needs::NOTHING;

    fn read(order: Order, _: Words<'_>) -> Result<Self, Usage> {
        Ok(Self(order))
    }
}

/// Notes who goes away, and who does something again. What a player only asks is no deed.
pub(super) fn follow(
    mut going: MessageReader<AfkVerb>,
    mut acted: MessageReader<Acted>,
    away: Query<(), With<Afk>>,
    left: Query<Entity, (With<Afk>, Without<Online>)>,
    mut answers: MessageWriter<Answer>,
    mut commands: Commands<'_, '_>,
) {
    for actor in &left {
        commands.entity(actor).try_remove::<Afk>();
    }
    let mut leaving = EntityHashSet::default();
    for AfkVerb(order) in going.read() {
        leaving.insert(order.actor);
        commands.entity(order.actor).try_insert(Afk(true));
        let text = "You are away from the keyboard until you do something again.";
        answers.write(Answer::with(*order, text));
    }
    for one in acted.read() {
        let actor = one.order.actor;
        let does = one.needs.include(Needs::MIND) || one.needs.include(Needs::BODY);
        if does && away.contains(actor) && !leaving.contains(&actor) {
            commands.entity(actor).try_remove::<Afk>();
        }
    }
}
