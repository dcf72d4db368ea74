//! A world in a box: engine, journal, applier, loader, leases and gateway as they are, on one thread
//! and virtual time, with disks, a database, links and clocks that go wrong by lot. See
//! [docs/architecture.md](../../../docs/architecture.md#a-world-in-a-box).
//!
//! A seed is a night. One that breaks a law is shrunk, and told with the command that plays it again:
//!
//! ```sh
//! kadath simulate --seed 7 --plan "night=60000 clients=2 nodes=1 millis=9000 faults=1,3" --explain
//! ```
//!
//! or, without a build that has the feature `simulation`, by `KADATH_SEED=7 KADATH_PLAN="…" cargo
//! test -p simulation seed_plays_again`. `KADATH_TRACE=1` prints everything that happens in it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what the box is built of can't fail, and a proof shows what it did"
)]

mod book;
mod client;
mod game;
mod gate;
mod laws;
mod night;
mod notes;
mod place;
mod plan;
mod process;
mod shrink;
mod sweep;
#[cfg(test)]
mod tests;
mod truth;

pub use sweep::{Nights, Sweep, explain};
