//! The `kadath` binary.

use std::process::ExitCode;

/// Frames are made on one thread and freed on another, and memory that players leave behind goes
/// back to the system while the server idles.
#[global_allocator]
static MEMORY: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    kadath::main(|_| {})
}
