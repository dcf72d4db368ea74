//! What the bus costs.
//!
//! - `handover`: what the world's thread pays for a message, by the whole game with a bus and
//!   without one in the same run: lines, comings and goings, who is awake, and offers of what must
//!   arrive;
//! - `throughput`: how fast the bridge publishes through a real broker, against a bare loop over
//!   the broker's own client with the same payloads.
//!
//! `cargo bench --bench bus`, or with one of these words for one of them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench that can't be set up has failed, and shows its figures"
)]

#[path = "game/arrival.rs"]
mod arrival;
#[path = "bus/handover.rs"]
mod handover;
#[path = "game/processor.rs"]
mod processor;
#[path = "bus/throughput.rs"]
mod throughput;
#[path = "game/town.rs"]
mod town;

use std::process::ExitCode;

/// As the server has it.
#[global_allocator]
static MEMORY: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let wants = |word: &str| wanted.is_empty() || wanted.iter().any(|one| one == word);
    let mut held = true;
    if wants("handover") {
        held &= handover::run();
    }
    if wants("throughput") {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        held &= runtime.block_on(throughput::run());
    }
    if held {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The one in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Says how a figure came out; answers whether it holds.
fn judge(what: &str, holds: bool) -> bool {
    println!("{what}: {}", if holds { "holds" } else { "MISSED" });
    holds
}
