//! The world that never waits and never forgets: real servers under real faults.
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
mod harness;
mod never_forgets;
mod never_waits;
mod no_leak;
mod offline;
mod removals;
mod starting;
mod trades;
