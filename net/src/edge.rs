//! Where connections become sessions: who gets in, who they are, and what is said both ways.

pub(crate) mod transport;
pub(crate) mod ws;

mod conversation;
mod link;
mod sign_in;
