//! The shipped game, and fog.
//!
//! `kadath::main` does all that `kadath` does: `own-game --world world`, `own-game check --world
//! world`, `own-game schema server-frames`. Each knows the plugins that are added here.

mod fog;

/// Frames are made on one thread and freed on another, and memory that players leave behind goes
/// back to the system while the server idles.
#[global_allocator]
static MEMORY: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    kadath::main(|game| {
        game.add(fog::plugin);
    })
}
