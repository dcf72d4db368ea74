//! The world's content as numbered revisions: a draft in a folder is checked whole, kept in the
//! database, and put into the world that lives between two of its ticks.
//!
//! One [`Publisher`] does all of it, one thing at a time: for the server's own watch over its draft,
//! for its control socket, for designers in the game, and for `kadath world` where no server runs.

mod acts;
mod begin;
mod desk;
mod draft;
mod live;
mod looks;
mod publisher;
mod reach;
mod stamp;
mod text;
mod watch;

pub(crate) use acts::{WorldAct, WorldAnswer, WorldRequest};
pub(crate) use begin::{Begun, begin};
pub(crate) use desk::serve_wishes;
pub(crate) use draft::{CheckedDraft, read};
pub(crate) use live::LiveWorld;
pub(crate) use publisher::Publisher;
pub(crate) use watch::{follow, watch_draft};
