//! Doors: ways that can be closed, locked and hidden (game.md §1.6), and locks of whatever else has one.
//!
//! Reads `door`, `closed`, `locked`, `pick`, `hidden`, `search` and `relock_seconds` of exits. Owns
//! [`ExitState`], one for both sides of a door and only while it is otherwise than its file says,
//! [`Found`] of each character, and [`DoorViews`]; writes them in Settle. Whether somebody passes is
//! asked by whoever lets them walk ([`DoorGate`]).

mod content;
mod gate;
mod pick;
mod search;
mod settle;
mod verbs;

pub use content::{Door, Doors};
pub use gate::{DoorGate, Passage};
pub use settle::{DoorDeed, ExitState};

use engine::content::Content;
use engine::prelude::*;

use crate::command::verb;
use crate::place::{DoorViews, Found, HiddenWays};

/// The doors plugin. Runs after `things`, whose keys open them.
pub fn plugin(reg: &mut Registrar<'_>) {
    let off = reg.is_off();
    content::sections(reg);
    reg.after("things", "a key is a thing")
        .derived(move |content: &Content| match off {
            true => Doors::default(),
            false => Doors::of(content),
        })
        .derived(move |content: &Content| match off {
            true => HiddenWays::default(),
            false => Doors::of(content).hidden(),
        })
        .persist::<ExitState>("exit_state")
        .persist::<Found>("found_ways")
        .resource(DoorViews::default())
        .transient::<DoorViews>("door_views")
        .carried(|views: &mut DoorViews, _| {
            *views = DoorViews::default();
            true
        })
        .transient::<pick::Picking>("picking")
        .transient::<search::LastSearch>("last_search")
        .carried(|last: &mut search::LastSearch, to| last.carry(&to.map()))
        .message::<DoorDeed>()
        .message::<settle::DoorMoved>();
    verb::<verbs::Open>(reg);
    verb::<verbs::Close>(reg);
    verb::<verbs::Lock>(reg);
    verb::<verbs::Unlock>(reg);
    verb::<pick::PickVerb>(reg);
    verb::<search::Search>(reg);
    reg.system(Phase::Simulate, settle::relock)
        .system(
            Phase::Simulate,
            (verbs::open, verbs::close, verbs::lock, verbs::unlock).chain(),
        )
        .system(Phase::Simulate, (pick::begin, pick::go_on).chain())
        .system(Phase::Simulate, search::search)
        .system(Phase::Settle, (settle::settle, settle::show).chain())
        .system(Phase::Emit, settle::tell);
}
