//! The composition root: the only place where two crates of the house meet. It decides nothing.

pub mod accounts;
pub mod bench;
mod bus;
pub mod check;
pub mod cli;
pub mod config;
pub mod dead_letters;
mod gate;
mod readiness;
mod rolls;
pub mod schema;
pub mod server;
pub mod telemetry;
mod world_files;
