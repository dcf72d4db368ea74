//! What saving costs, each figure against a raw baseline of the same run.
//!
//! - `hand-over`: what the world's thread pays to hand over 10,000 changed rows;
//! - `apply`: how fast rows reach PostgreSQL and SQLite, against a bare `sqlx` loop that writes
//!   the same rows with the same statement;
//! - `durable`: how long 100 clients wait from a command to the `durable` that covers it, against
//!   the fsync of the same disk.
//!
//! `cargo bench --bench saving`, or with one of these words for one of them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench that can't be set up has failed, and shows its figures"
)]

#[path = "saving/apply.rs"]
mod apply;
#[path = "saving/durable.rs"]
mod durable;
#[path = "saving/handover.rs"]
mod handover;
#[path = "../storage/tests/storage/harness/postgres.rs"]
#[expect(dead_code, reason = "shared with tests that ask for more")]
mod postgres;

use std::time::Duration;

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let wants = |word: &str| wanted.is_empty() || wanted.iter().any(|one| one == word);
    let mut held = Vec::new();
    if wants("hand-over") {
        held.push(handover::run());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    if wants("apply") {
        held.push(runtime.block_on(apply::run()));
    }
    if wants("durable") {
        held.push(runtime.block_on(durable::run()));
    }
    assert!(held.iter().all(|held| *held), "a figure missed its goal");
}

/// The value below which `part` of them lie.
fn quantile(durations: &mut [Duration], part: f64) -> Duration {
    durations.sort_unstable();
    let last = durations.len() - 1;
    durations[((last as f64) * part).round() as usize]
}

/// Says how a figure came out; answers whether it holds.
fn judge(what: &str, holds: bool) -> bool {
    println!("{what}: {}", if holds { "holds" } else { "MISSED" });
    holds
}
