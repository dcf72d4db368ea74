//! The composition root: the only place where two crates of the house meet. It decides nothing.

pub mod accounts;
pub mod check;
pub mod cli;
pub mod config;
mod gate;
mod readiness;
mod rolls;
pub mod server;
pub mod telemetry;
mod world_files;
