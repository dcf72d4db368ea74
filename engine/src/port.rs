//! What crosses the world's border: plain data, and the bounded lanes that carry it.
//!
//! This is the only part of the engine that `net` and `storage` may import. Nothing here knows a
//! game rule, a socket or a database; nothing here waits.

mod account;
mod bridge;
mod code;
mod command_result;
mod draft;
mod ids;
mod inbound;
mod lane;
mod metrics;
mod note;
mod outbound;
mod planted;
mod prose;
mod published;
mod save;
mod tasks;
mod visible;

pub use account::{AccountAct, AccountOrder, Banned, Standings, Unheeded};
pub use bridge::{
    Awake, Body, BridgeIn, ChatLine, Content, Crossing, DeliveryId, LettersTold, Mark, NodeOrder,
    OrderAct, Parcel, Parcels, PublicEvent, Sanction, SanctionAct, Topic,
};
pub use code::Code;
pub use command_result::{CommandData, CommandResult};
pub use draft::{DraftAct, DraftWish};
pub use ids::{AccountId, Correlation, RunId, SessionId, StableId, Tick, WorldTime};
pub use inbound::{Arrival, Inbound, Leaving, Line, LineFault, Question, Role};
pub use lane::{
    BridgePorts, EnginePorts, Full, Lane, LaneLimits, Lanes, NetPorts, SaveGauge, StorePorts, lanes,
};
pub use metrics::MetricsFault;
pub use note::{Gmcp, Note, Serializable};
pub use outbound::{Admission, Audience, Emission, Outbound, Outcome, Refusal, Reply};
#[cfg(feature = "simulation")]
pub use planted::plant;
pub use planted::{Planted, is_planted};
pub use prose::{Ink, Prose};
pub use published::{Publication, Published};
pub use save::{
    Column, CommandMark, Fact, Owner, Row, RowRef, SaveBatch, StorageState, StoreAsk, StoreReply,
    Tombstone, Transfer,
};
pub use tasks::{Stop, Tasks};
pub use visible::is_hidden;

/// The registry into which every crate puts its metrics; `/metrics` prints it.
pub use prometheus::Registry;
