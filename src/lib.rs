//! The composition root: the only place where two crates of the house meet. It decides nothing.

pub mod accounts;
pub mod bench;
mod build;
mod bus;
pub mod check;
pub mod cli;
pub mod config;
mod control;
pub mod dead_letters;
pub mod doctor;
mod game;
mod gatekeeper;
mod log_targets;
pub mod new;
mod plugins;
mod preview;
mod process;
mod readiness;
mod recorder;
pub mod replay;
mod revisions;
mod rolls;
pub mod scenes;
pub mod schema;
pub mod server;
pub mod settings;
#[cfg(feature = "simulation")]
mod simulate;
pub mod status;
pub mod telemetry;
pub mod test;
pub mod usage;
mod world_files;

pub use game::Game;

/// A game of one's own, as a program: adds plugins to the shipped ones, and does what the command
/// line asks for. The exit code is the contract's.
#[must_use]
pub fn main(add: impl FnOnce(&mut Game)) -> std::process::ExitCode {
    let mut game = Game::default();
    add(&mut game);
    cli::run(&game)
}
