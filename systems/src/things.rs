//! Things: what can be held, worn, lie about, and change hands.
//!
//! Owns [`Thing`], [`Worn`], [`Burning`], [`Rot`], [`Placed`] and [`Placement`], and the [`Holder`], [`Spot`],
//! [`Label`], [`Quantity`] and [`Sort`] of everything that is no person; writes them in Settle, in
//! one place ([`settle`]). Whoever wants something done with things writes a [`ThingDeed`]. What
//! kinds there are is data: [`Prototype`], by the id in [`Sort`].
//!
//! **Invariants:** a thing is held by one holder or lies in one room; of a stack there is at least
//! one and at most as many as its prototype says; on each slot of somebody is at most one thing.

mod arms;
mod astray;
mod belonging;
mod containers;
mod corpse;
mod deadlines;
mod deeds;
mod draft;
mod handle;
mod inventory;
mod kinds;
mod light;
mod near;
mod notes;
mod parts;
mod place;
mod placements;
mod prototype;
mod reach;
mod settle;
mod shift;
mod shown;
mod stack;
mod staff;
mod verbs;
mod wear;

pub use arms::Arms;
pub use belonging::Belonging;
pub(crate) use containers::is_container;
pub use corpse::Corpse;
pub use deeds::{CreateThings, Handle, Latch, LeaveCorpse, TakenFrom, ThingDeed, To};
pub use handle::{Handled, HandledThing};
pub use kinds::ThingKinds;
pub use near::Near;
pub use parts::{Armor, BookText, DamageKind, Holds, LightSource, Weapon};
pub use place::ThingPlace;
pub use prototype::{Prototype, Slot, ThingFlag, ThingKind};
pub use stack::ThingStack;
pub use verbs::Offer;

use engine::content::Content;
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::command::verb;
use crate::place::{Label, Quantity, Sort, SortWords, Spot, Unlisted};
use crate::world::room_data;

/// The most stacks somebody carries (game.md §1.2).
pub const CARRIED_MAX: usize = 20;

/// The most stacks that lie in a room (game.md §1.5).
pub const FLOOR_MAX: usize = 60;

/// Something that can be held. Comes with a [`Label`], a [`Sort`], a [`Quantity`] and a [`Holder`].
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct Thing {
    /// Since when its holder has it, or it lies where it does.
    pub since: WorldTime,
    /// How worn it is; as much as its prototype bears: broken.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub wear: u16,
    /// How often it can still be used; `None`: as often as when it was new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charges: Option<u16>,
    /// How long it still burns, in seconds, while it is out; `None`: as when it was new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u32>,
    /// To whom it belongs for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<StableId>,
    /// Whether it is open; `None`: as it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latch: Option<Latch>,
    /// It came with somebody who is not saved, and goes where its holder is not here any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub issued: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_zero(wear: &u16) -> bool {
    *wear == 0
}

/// On whom a thing is worn is its [`Holder`]; this is where.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct Worn(pub Slot);

/// It gives light, until then.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct Burning(pub WorldTime);

/// When it is gone, if it still lies there.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct Rot(pub WorldTime);

/// The world has put it there: by which [`Placement`].
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct Placed(pub StableId);

/// What the world puts somewhere. Its entity's id is named after room and thing.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct Placement {
    /// When what was taken of it comes back; `None`: nothing was.
    pub due: Option<WorldTime>,
}

/// The things plugin. Runs after those whose files its own refer to.
pub fn plugin(reg: &mut Registrar<'_>) {
    let (off, node) = (reg.is_off(), reg.node_name());
    reg.after("place", "things lie in rooms")
        .listed::<Prototype>("things", "thing")
        .derived(move |content: &Content| sort_words(content, !off));
    room_data::<placements::PlacedThings>(reg, "things");
    room_data::<containers::RoomContainers>(reg, "containers");
    reg.derived(ThingKinds::of)
        .derived(move |content: &Content| placements::Placements::of(content, node.clone()))
        .holders()
        .persist::<Thing>("thing")
        .persist::<Label>("label")
        .persist::<Quantity>("quantity")
        .persist::<Sort>("sort")
        .persist::<Spot>("spot")
        .persist::<Unlisted>("unlisted")
        .persist::<Worn>("worn")
        .persist::<Rot>("rot")
        .persist::<Burning>("burning")
        .persist::<Placed>("placed")
        .persist_own::<Placement>("placement")
        .persist::<Corpse>("corpse")
        .resource(deadlines::ThingDeadlines::default())
        .transient::<deadlines::ThingDeadlines>("thing_deadlines")
        .observer(deadlines::note_rot)
        .observer(deadlines::note_burning)
        .observer(deadlines::note_placement)
        .fact::<Offer>()
        .message::<ThingDeed>()
        .fact::<Handled>()
        .message::<inventory::HoldingsChanged>()
        .message::<staff::Summoned>()
        .message::<settle::FloorChanged>()
        .transient::<inventory::Belongings>("belongings")
        .note::<notes::Handed>()
        .note::<notes::Given>()
        .note::<notes::Equipped>()
        .note::<notes::AdminSummoned>()
        .note::<inventory::InventoryUpdate>()
        .command_result::<inventory::Carried>();
    verb::<inventory::InventoryVerb>(reg);
    verb::<verbs::Get>(reg);
    verb::<verbs::Drop>(reg);
    verb::<verbs::Give>(reg);
    verb::<containers::Put>(reg);
    verb::<containers::Loot>(reg);
    verb::<wear::RemoveVerb>(reg);
    verb::<staff::Summon>(reg);
    reg.system(Phase::Simulate, placements::restock)
        .system(Phase::Simulate, (deadlines::rot, deadlines::gutter).chain())
        .system(Phase::Simulate, inventory::list)
        .system(Phase::Simulate, verbs::get)
        .system(Phase::Simulate, verbs::drop)
        .system(Phase::Simulate, verbs::give)
        .system(Phase::Simulate, (containers::put, containers::loot).chain())
        .system(Phase::Simulate, wear::remove)
        .system(Phase::Simulate, staff::summon)
        .system(Phase::Settle, (settle::settle, inventory::keep).chain())
        .system(Phase::Settle, astray::gather)
        .system(Phase::Settle, (shown::look, shown::look_in).chain())
        .system(
            Phase::Emit,
            (
                notes::tell,
                notes::show_floors,
                notes::lament,
                inventory::tell,
            )
                .chain(),
        );
    inventory::describe(reg);
}

/// By which words each kind is known besides its name.
fn sort_words(content: &Content, shown: bool) -> SortWords {
    let kinds = ThingKinds::of(content);
    let words = kinds.iter().map(|(id, one)| {
        let last = id.rsplit('.').next().unwrap_or(id);
        let words = format!("{} {last} {}", one.words.join(" "), one.plural);
        (id.to_owned(), words)
    });
    SortWords::new(words.collect(), shown)
}
