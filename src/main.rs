//! The `kadath` binary.

use std::process::ExitCode;

/// Frames are made on one thread and freed on another, and idle players' memory should go back.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kadath::cli::run()
}
