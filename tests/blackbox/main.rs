//! The server from outside: the real binary, over its own interfaces, beside real neighbours.
//!
//! What a test here asserts, a player, a designer or an operator could see. Rules of the game are
//! told as transcripts, files of lines that the stage plays.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends by panicking; clippy knows test functions, but not their helpers"
)]

mod accounts;
mod anybody;
mod bench;
mod check;
mod checkpoints;
mod effects;
mod figures;
mod first_room;
mod gestures;
mod golden;
mod harness;
mod interop;
mod invariants;
mod journey;
mod logs;
mod new;
mod operators;
mod packaging;
mod people;
mod plugins;
mod recordings;
mod refusals;
mod replay;
mod resumes;
mod revisions;
mod rfc;
mod schema;
mod scripting;
mod sdk;
mod staff;
mod startup;
mod survival;
mod telnet;
mod ten_tourists;
mod tidy;
mod tls;
mod transcripts;
