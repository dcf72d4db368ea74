//! `brief`: whoever wants it walks into rooms without reading their descriptions.

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::command::{Needs, OwnSwitch, Usage, Verb, Words, switch};

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
        let wish = switch(words)?;
        Ok(Self { order, wish })
    }
}

impl OwnSwitch for BriefVerb {
    type State = BriefRooms;
    const ON: BriefRooms = BriefRooms(true);

    fn wish(&self) -> (Order, Option<bool>) {
        (self.order, self.wish)
    }

    fn told(on: bool) -> &'static str {
        match on {
            true => "You read rooms in brief from now on. \"look\" shows all of one.",
            false => "You read the descriptions of rooms again.",
        }
    }
}
