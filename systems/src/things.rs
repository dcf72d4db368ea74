//! Things: what can be held, lie about, and change hands.
//!
//! Owns [`Holder`], [`Spot`] and [`Label`] of everything that is no person, and writes them in Settle,
//! in one place: `handle`. **Invariant:** a thing is held by one holder or lies in one room.

mod admin;
mod astray;
mod handle;
mod notes;
mod verbs;

pub use handle::{Handle, To};

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::command::verb;
use crate::place::{Label, Spot};

/// The most things somebody carries (game.md §1.2).
pub const CARRIED_MAX: usize = 20;

/// The most things that lie in a room (game.md §1.5).
pub const FLOOR_MAX: usize = 60;

/// Something that can be held. Comes with a [`Label`], and a [`Holder`].
#[derive(Component, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct Thing {
    /// Since when its holder has it, or it lies where it does.
    pub since: WorldTime,
}

/// The things plugin.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.holders()
        .persist::<Thing>("thing")
        .persist::<Label>("label")
        .persist::<Spot>("spot")
        .message::<Handle>()
        .message::<handle::Handled>()
        .note::<notes::Handed>()
        .note::<notes::Given>()
        .command_result::<verbs::Carried>();
    verb::<verbs::Inventory>(reg);
    verb::<verbs::Get>(reg);
    verb::<verbs::Drop>(reg);
    verb::<verbs::Give>(reg);
    verb::<admin::Summon>(reg);
    reg.system(Phase::Simulate, verbs::inventory)
        .system(Phase::Simulate, verbs::get)
        .system(Phase::Simulate, verbs::drop)
        .system(Phase::Simulate, verbs::give)
        .system(Phase::Settle, (admin::summon, handle::handle).chain())
        .system(Phase::Settle, astray::gather)
        .system(Phase::Emit, (notes::tell, notes::lament).chain());
}
