//! The gateway: everything between a socket and the world's lanes.
//!
//! HTTP, websockets, wire formats, sessions, sign-in. The gateway knows no game rule and no
//! table: it speaks to the world through [`engine::port`] and to the account store through the
//! [`Gatekeeper`] it is given.
//!
//! Invariant: nothing here can make the world wait. Lines go in by `try_send`, notes come out
//! through one router task that only encodes and queues, and every queue has a bound.

#![forbid(unsafe_code)]

// So that unit tests can use what the integration tests have made.
#[cfg(test)]
extern crate self as net;

mod address;
mod bans;
pub mod bridge;
mod clock;
mod config;
mod edge;
mod fault;
mod format;
mod gatekeeper;
mod gateway;
mod http;
mod hub;
mod limit;
mod metrics;
mod payload;
mod readiness;
mod records;
mod router;
mod serve;
mod session;
mod stall;
mod tls;
mod world;

/// The gateway without a listener, for `tests/simulation`.
#[cfg(feature = "simulation")]
pub mod simulation {
    pub use crate::edge::memory::{SessionMemory, SimulatedGateway};
}

pub use address::Addresses;
pub use config::{NetConfig, NetLimits, SessionBounds, Timeouts};
pub use fault::NetFault;
pub use format::{ClientMessage, FrameShape, Message, encoded, understands};
pub use gatekeeper::{
    Admitted, CharacterSummary, Denied, Gatekeeper, ProfessionChoice, Registration, Rolled, Secret,
    SignedIn,
};
pub use http::{HTTP_CALLS, HttpCall, refusal_shape};
pub use payload::{CommandResponse, Durable, ErrorNote, Pong, Welcome, publications};
pub use readiness::{Checks, Readiness, ReadinessCheck};
pub use serve::{Doors, serve};
pub use tls::Tls;
pub use world::WorldInfo;
