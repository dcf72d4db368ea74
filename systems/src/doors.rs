//! DoorMap: ways that can be closed, locked and hidden (game.md §1.6), and locks of whatever else has one.
//!
//! Reads `door`, `closed`, `locked`, `pick`, `hidden`, `search` and `relock_seconds` of exits. Owns
//! [`ExitState`], one for both sides of a door and only while it is otherwise than its file says,
//! [`FoundWays`] of each character, and [`DoorViews`]; writes them in Settle. Whether somebody passes is
//! asked by whoever lets them walk ([`DoorGate`]).

mod content;
mod gate;
mod pick;
mod search;
mod settle;
mod verbs;

pub use content::{DoorMap, DoorWay};
pub use gate::{DoorGate, Passage};
pub use settle::{DoorDeed, ExitState};

use engine::content::Content;
use engine::prelude::*;

use crate::command::verb;
use crate::place::{DoorViews, FoundWays, HiddenWays};

/// The doors plugin. Runs after `things`, whose keys open them.
pub fn plugin(reg: &mut Registrar<'_>) {
    let off = reg.is_off();
    content::sections(reg);
    reg.after("things", "a key is a thing")
        .derived(move |content: &Content| match off {
            true => DoorMap::default(),
            false => DoorMap::of(content),
        })
        .derived(move |content: &Content| match off {
            true => HiddenWays::default(),
            false => DoorMap::of(content).hidden(),
        })
        .persist::<ExitState>("exit_state")
        .persist::<FoundWays>("found_ways")
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
        .system(Phase::Simulate, (pick::go_on, pick::begin).chain())
        .system(Phase::Simulate, search::search)
        .system(Phase::Settle, (settle::settle, settle::show).chain())
        .system(Phase::Emit, settle::tell);
}
