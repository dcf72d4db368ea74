//! The world that never waits and never forgets, and the gateway before it: real servers under real
//! faults and among rude clients.
//!
//! Each proof runs at a tenth of its size, or whole with `KADATH_PROOF=full`, and prints its
//! figures. What is drawn by lot grows from a seed that is printed; `KADATH_SEED` gives it back.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends by panicking, and a proof shows its figures"
)]

mod backups;
mod crowds;
mod disks;
mod figures;
mod floods;
mod harness;
mod hearing;
mod hostile;
mod never_forgets;
mod never_waits;
mod no_leak;
mod offline;
mod pacing;
mod recordings;
mod removals;
mod slow_clients;
mod starting;
mod stopping;
mod streams;
mod talk;
mod trades;
mod vandals;
