//! `brief`: whoever wants it walks into rooms without reading their descriptions.

use std::collections::BTreeMap;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::command::{Needs, Usage, Verb, Words};

/// Somebody reads rooms in brief when they walk; who has not this reads them whole. Saved.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
#[serde(transparent)]
pub struct BriefRooms(bool);

/// `brief`, `brief on`, `brief off`
#[derive(Message, Debug)]
pub(super) struct BriefVerb {
    order: Order,
    wish: Option<bool>,
}

impl Verb for BriefVerb {
    const WORDS: &'static [&'static str] = &["brief"];
    const USAGE: &'static str = "brief [on | off]";
    const HELP: &'static str = "Leaves away the descriptions of rooms that you walk into, or shows them again. \"look\" shows all of a room in any case.";
    const NEEDS: Needs = Needs::NOTHING;
    const LASTS: bool = true;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let wish = match words.first().0.to_ascii_lowercase().as_str() {
            "" => None,
            "on" => Some(true),
            "off" => Some(false),
            _ => return Err(Usage::Show),
        };
        Ok(Self { order, wish })
    }
}

/// Keeps how somebody reads rooms.
pub(super) fn prefer(
    mut asked: MessageReader<BriefVerb>,
    people: Query<Has<BriefRooms>, With<Character>>,
    mut answers: MessageWriter<Answer>,
    mut commands: Commands<'_, '_>,
) {
    let mut now: BTreeMap<Entity, bool> = BTreeMap::new();
    for BriefVerb { order, wish } in asked.read() {
        let actor = order.actor;
        let Ok(was) = people.get(actor) else {
            continue;
        };
        let was = now.get(&actor).copied().unwrap_or(was);
        let brief = wish.unwrap_or(!was);
        now.insert(actor, brief);
        let text = match brief {
            true => "You read rooms in brief from now on. \"look\" shows all of one.",
            false => "You read the descriptions of rooms again.",
        };
        answers.write(Answer::with(*order, text));
    }
    for (actor, brief) in now {
        match brief {
            true => _ = commands.entity(actor).try_insert(BriefRooms(true)),
            false => _ = commands.entity(actor).try_remove::<BriefRooms>(),
        }
    }
}
