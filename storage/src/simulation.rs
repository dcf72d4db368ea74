//! The journal, the applier and the loader as they are, between a disk and a database that do what
//! they are told: for `tests/simulation`, on one thread and a clock that is held.

mod database;
mod disk;
mod fence;
mod leases;
mod node;
mod tables;

pub use database::{DatabaseMood, SimulatedDatabase};
pub use disk::SimulatedDisk;
pub use node::{SimulatedNode, SimulatedStorage};
pub use tables::SimulatedAccount;
