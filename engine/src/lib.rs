//! The world and its pace.
//!
//! `engine` knows no game rule, no socket and no SQL. [`port`] is what the other crates may see.

pub mod port;
