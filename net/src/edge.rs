//! Where connections become sessions: who gets in, who they are, and what is said both ways.
//!
//! A door speaks one protocol with its clients and hands on a [`pipe`]. What comes behind it knows
//! no door: [`admission`] says who gets in at all, [`sign_in`] who it is, [`conversation`] brings
//! frames and lines across, [`close`] says why it ends. A door is a module of its own here ([`ws`],
//! [`telnet`]) and the only one that names what its protocol is made of.

use std::sync::Arc;

use crate::gatekeeper::Gatekeeper;
use conversation::Conversation;
use link::Link;
use sign_in::Newcomer;

pub(crate) mod admission;
pub(crate) mod telnet;
pub(crate) mod transport;
pub(crate) mod ws;

#[cfg(feature = "simulation")]
pub(crate) mod memory;

mod close;
mod conversation;
mod link;
mod pipe;
mod sign_in;

/// Serves one connection from the moment its door is open: the sign-in, the session, the end.
async fn serve<G: Gatekeeper>(newcomer: Newcomer<G>, mut link: Box<Link>) {
    let hub = Arc::clone(&newcomer.gateway.hub);
    // Boxed, so that thousands who have signed in don't carry its state around.
    match Box::pin(newcomer.enter_in_time(&mut link)).await {
        Ok(entry) => Conversation::new(hub, link, entry).run().await,
        Err(exit) => Box::pin(link.leave(exit)).await,
    }
}
