//! What plugins see of characters and sessions.

use bevy_ecs::component::Component;
use bevy_ecs::entity::Entity;
use bevy_ecs::message::Message;
use serde::{Deserialize, Serialize};

use crate::port::{
    AccountId, AccountOrder, Banned, DraftWish, Leaving, Question, Role, SessionId, StableId,
    Standings, Tick, Unheeded, WorldTime,
};

/// The character is played: a session holds it, though its socket may be away for a moment.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Online {
    /// Where to tell it things.
    pub session: SessionId,
}

/// The socket is away since then; it may come back.
// Sparse: a crowd whose links are lost, or found again, is not moved in memory.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(storage = "SparseSet")]
pub struct Linkdead {
    /// World time of the cut.
    pub since: WorldTime,
}

/// Nobody plays it; it stays until its last state is durable.
// Sparse, as `Linkdead`.
#[derive(Component, Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[component(storage = "SparseSet")]
pub(crate) struct Departing {
    /// The batch that holds its last state.
    pub(crate) saved_by: Option<Tick>,
    /// Another node waits for it, or has it already.
    pub(crate) yields: bool,
}

/// A character came into the world.
#[derive(Message, Clone, Copy, Debug)]
pub struct Arrived {
    /// Who.
    pub actor: Entity,
    /// How.
    pub how: Arrives,
}

/// How a character came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrives {
    /// Out of the store, or back before it was unloaded.
    Fresh,
    /// It was here; another session holds it now.
    TakenOver,
    /// It was here; its own session has a socket again and missed nothing.
    Returned,
}

/// Somebody asks something that no frame answers. Whoever knows writes the one answer with
/// [`Outbox::reply`](crate::Outbox::reply), in the same tick.
#[derive(Message, Clone, Debug)]
pub struct Asked {
    /// By which the answer is told from others.
    pub ask: u64,
    /// The characters in the world of whoever asks.
    pub askers: Vec<Entity>,
    /// An admin's account asks.
    pub admin: bool,
    /// What.
    pub question: Question,
}

/// A character's socket is gone; [`Linkdead`] says since when.
#[derive(Message, Clone, Copy, Debug)]
pub struct LinkLost {
    /// Who.
    pub actor: Entity,
}

/// Everything said to a character's session up to a tick that [asked](crate::Outbox::ask_receipt)
/// was read by its client.
#[derive(Message, Clone, Copy, Debug)]
pub struct Received {
    /// Who.
    pub actor: Entity,
    /// The tick that asked, and every earlier one.
    pub through: Tick,
}

/// A character left the world. It is no longer [`Online`], but still there to be asked who it is;
/// unless it was destroyed, or despawned against the rules: whoever keeps lists of entities must
/// strike out one that is no more, too.
#[derive(Message, Clone, Copy, Debug)]
pub struct Departed {
    /// Who.
    pub actor: Entity,
    /// Why.
    pub why: Leaving,
}

/// Make a character leave: its session is closed after this tick's notes.
#[derive(Message, Clone, Debug)]
pub struct Dismiss {
    /// Who.
    pub actor: Entity,
    /// Why.
    pub why: Leaving,
    /// What they are told, where the usual words for `why` don't do.
    pub told: Option<String>,
}

/// From the end of this tick on, an account may do this: with all its characters here, and with those
/// that come in before the account store knows.
#[derive(Message, Clone, Copy, Debug)]
pub struct Grant {
    /// Which account.
    pub account: AccountId,
    /// What they may do.
    pub role: Role,
}

/// The account store says otherwise than the world what an account may do; the character has that
/// role already.
#[derive(Message, Clone, Copy, Debug)]
pub struct RoleChanged {
    /// Who.
    pub actor: Entity,
    /// What they may do.
    pub role: Role,
}

/// The account store says that somebody who plays may not sign in.
#[derive(Message, Clone, Debug)]
pub struct Excluded {
    /// Who.
    pub actor: Entity,
    /// Until when and why.
    pub ban: Banned,
}

/// What the account store has said.
#[derive(Message, Clone, Debug)]
pub struct SetApart(pub Standings);

/// An order about an account changed nothing in the account store.
#[derive(Message, Clone, Debug)]
pub struct OrderUnheeded {
    /// The order.
    pub order: AccountOrder,
    /// Why.
    pub why: Unheeded,
}

/// The gateway lets nobody of an account act from this tick on, or again, whatever the account store
/// still says.
#[derive(Message, Clone, Debug)]
pub struct SetBan {
    /// Which account.
    pub account: AccountId,
    /// Until when and why; `None`: the ban is lifted.
    pub ban: Option<Banned>,
}

/// End the process, cleanly, after this tick.
#[derive(Message, Clone, Copy, Debug)]
pub struct Halt;

/// Somebody wants something of the world's draft, which lies outside of the world.
#[derive(Message, Clone, Debug)]
pub struct DraftWished(pub DraftWish);

/// Those who keep the draft tell something.
#[derive(Message, Clone, Debug)]
pub struct DraftTold {
    /// Whom; `None`: everybody who may change the world.
    pub to: Option<StableId>,
    /// What, in lines.
    pub text: String,
    /// A thing done, for the record of who did what: the verb, and its words.
    pub done: Option<(String, String)>,
}
