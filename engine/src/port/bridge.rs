//! What the world exchanges with other nodes and services: plain data, no wire format.
//!
//! The bus is a copy, not a path: whatever is said here has been heard by this node's own players
//! already. What must arrive ([`Parcel::mark`] is set) is kept by the world until the bridge says
//! [`BridgeIn::Confirmed`], and what came in is only acknowledged once a tick has answered
//! [`Parcels::processed`] and that tick is durable.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{AccountId, Correlation, Note, StableId, Tick, WorldTime};

/// Where a parcel goes; becomes its subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Topic {
    /// What is said in a room.
    Say(Arc<str>),
    /// What is called out in a sub-zone.
    Local(Arc<str>),
    /// What is said to everybody.
    Global,
    /// A whisper to this character.
    Whisper(StableId),
    /// The server's own announcements.
    System,
    /// What admins say among themselves.
    Admin,
    /// A gesture in a room.
    Emote(Arc<str>),
    /// A pose in a room.
    Pose(Arc<str>),
    /// Whether this character may speak, on every node.
    Mute(StableId),
    /// Whether this character's account may sign in, on every node.
    Ban(StableId),
    /// Letters to this character were told.
    LettersTold(StableId),
    /// An order from an admin to the node of this name.
    Order(Arc<str>),
    /// An event of this world, of this name, for the players of other worlds.
    Crossing(Arc<str>),
    /// Something that happened in a room, for other services: `player_entered` and the like.
    Event {
        /// The event's name, of letters, digits, `_` and `-`.
        name: Arc<str>,
        /// The room.
        room: Arc<str>,
    },
    /// The world's pulse, for other services.
    GameTick,
    /// Something that happened in a fight, for other services.
    Combat {
        /// The event's name, of letters, digits, `_` and `-`.
        name: Arc<str>,
        /// The room, or for `dp_update` the character.
        place: Arc<str>,
    },
}

/// What nodes tell each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data", rename_all = "snake_case")]
pub enum Content {
    /// A line of talk.
    Chat(ChatLine),
    /// A mute or a ban, or the end of one.
    Sanction(Sanction),
    /// Letters that were told, and need not be kept by others.
    LettersTold(LettersTold),
    /// An order from an admin elsewhere.
    Order(NodeOrder),
    /// An event of one world, for the players of others.
    Crossing(Crossing),
    /// A public event, as clients see it.
    Event(PublicEvent),
}

/// A line of talk, as other nodes hear it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatLine {
    /// The channel's name: `global`, `whisper`, `system`, `admin`, `say`, …
    pub channel: String,
    /// The line's own id.
    pub message_id: String,
    /// Who said it.
    pub sender_id: StableId,
    /// Their name.
    pub sender_name: String,
    /// The bare words.
    pub text: String,
    /// The room it was said in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_id: Option<String>,
    /// To whom, where to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_id: Option<StableId>,
    /// Their name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_name: Option<String>,
}

/// A mute or a ban that holds on every node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sanction {
    /// What is done.
    pub act: SanctionAct,
    /// To which character.
    pub target_id: StableId,
    /// The account that owns it, where that is known: nodes that share a database know accounts by
    /// the same ids, and a ban is about all characters of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// Its name.
    pub target_name: String,
    /// By whom.
    pub by: String,
    /// Why, in at most 200 characters.
    #[serde(default)]
    pub reason: String,
    /// Until when, by the wall clock; `None`: until it is lifted.
    #[serde(default)]
    pub until: Option<WorldTime>,
    /// When it was spoken, by the clock of its node: of two about one character, the later holds.
    /// Filled in when it is posted.
    #[serde(default)]
    pub at: WorldTime,
}

/// What a sanction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SanctionAct {
    /// Nobody hears them.
    Mute,
    /// They are heard again.
    Unmute,
    /// Their account can't sign in.
    Ban,
    /// It can again.
    Unban,
}

/// Letters that were told on one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LettersTold {
    /// Whose letters.
    pub target_id: StableId,
    /// The ids of the lines in them.
    pub ids: Vec<String>,
}

/// An order from an admin on another node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeOrder {
    /// The admin's name.
    pub by: String,
    /// What is to be done there.
    pub act: OrderAct,
    /// From then on it is too late, and nothing is done: a node that was away for long is not
    /// stopped by what was meant for another day.
    pub until: WorldTime,
}

/// What can be ordered on another node; there is nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case", deny_unknown_fields)]
pub enum OrderAct {
    /// End the session of whoever is called so.
    Kick {
        /// Their whole name, in any case.
        name: String,
        /// Why; may be empty.
        #[serde(default)]
        reason: String,
    },
    /// An account of a database that the nodes share is no admin's any more.
    Revoke {
        /// Whose, by a character.
        character_id: StableId,
        /// Its name.
        name: String,
        /// The account.
        account_id: AccountId,
    },
    /// End the world there.
    Shutdown {
        /// After so many seconds, 1 to 3,600.
        seconds: u64,
    },
    /// Don't end it after all.
    CancelShutdown,
}

/// An event of one world, for the players of others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crossing {
    /// What it is: `herald` for what an admin has told in other worlds. A world that does not know
    /// an event lets it pass.
    pub event: String,
    /// The world it comes from.
    pub world: String,
    /// The admin's name.
    pub by: String,
    /// The words.
    pub text: String,
}

/// A public event, as clients see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicEvent {
    /// The event's name on the client protocol.
    pub event_type: String,
    /// Its data there.
    pub data: serde_json::Value,
}

/// Who numbered a message that must arrive, and its number there: one message for ever.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// The node, and which of its starts. It goes with the message into the save, so that the
    /// message keeps its name whatever was lost or restored meanwhile.
    pub origin: Arc<str>,
    /// The number there, rising by one.
    pub seq: u64,
}

/// What a parcel holds.
#[derive(Clone, Debug)]
pub enum Body {
    /// Something for other nodes.
    Content(Content),
    /// A note that players heard, too; it is turned into a [`PublicEvent`] on the bridge's thread.
    Note(Arc<dyn Note>),
}

/// One thing for the bus.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Where it goes.
    pub topic: Topic,
    /// `None`: whoever listens hears it. `Some`: it must arrive; the world has saved it under this
    /// mark and keeps it until it is confirmed.
    pub mark: Option<Mark>,
    /// The connection whose command caused it.
    pub correlation: Correlation,
    /// What it is.
    pub body: Body,
}

/// What one tick hands to the bridge.
#[derive(Clone, Debug, Default)]
pub struct Parcels {
    /// The tick. Parcels with a number leave, and deliveries are acknowledged, once it is durable.
    pub tick: Tick,
    /// World time of the tick, by the wall clock.
    pub wall: WorldTime,
    /// What is sent, in order.
    pub sent: Vec<Parcel>,
    /// Deliveries whose effect is in this tick, or was in an earlier one.
    pub processed: Vec<DeliveryId>,
    /// Who is awake here, where that has changed.
    pub awake: Option<Vec<Arc<Awake>>>,
    /// Lines without a promise that this tick did not let anybody hear: there were too many.
    pub unheard: u64,
}

impl Parcels {
    /// Whether there is nothing to do.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.sent.is_empty()
            && self.processed.is_empty()
            && self.awake.is_none()
            && self.unheard == 0
    }
}

/// One delivery of a message that must be acknowledged; a message delivered again has a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeliveryId(pub u64);

/// What the bridge tells the world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum BridgeIn {
    /// Another node said something that need not arrive.
    Heard {
        /// The node's name.
        node: String,
        /// The connection there whose command caused it.
        correlation: Correlation,
        /// What it said.
        content: Content,
    },
    /// Another node sent something that must take effect once. It may come several times.
    Delivered {
        /// To be given back in [`Parcels::processed`].
        delivery: DeliveryId,
        /// The stream it was taken from. Who may publish there, and nobody else, can say that
        /// something has come by it.
        stream: Arc<str>,
        /// Who numbers these messages: a node and its journal.
        origin: String,
        /// The number there.
        seq: u64,
        /// The connection there whose command caused it.
        correlation: Correlation,
        /// What was sent.
        content: Content,
    },
    /// The parcel of this mark is done with: the broker has stored it for good, or it can never be
    /// sent.
    Confirmed(Mark),
    /// Whether the broker answers; until this is said, it does.
    Link {
        /// Whether it does.
        up: bool,
    },
    /// Another node is there, and who is awake on it now; it replaces what was known of it.
    Awake {
        /// The node's name.
        node: String,
        /// Who is awake there; may be nobody.
        players: Vec<Awake>,
    },
    /// Another node is gone, and all who were awake there with it.
    Gone {
        /// The node's name.
        node: String,
    },
}

/// Somebody awake on some node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Awake {
    /// The character.
    pub id: StableId,
    /// Its name.
    pub name: String,
    /// The part of the world it is in, in words.
    pub place: String,
    /// Whether it is an admin's.
    pub admin: bool,
}
