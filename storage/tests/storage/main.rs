//! Storage from the outside: a world that saves, a database that may fail, people who sign in.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends by panicking; clippy knows test functions, but not their helpers"
)]

mod abandoned;
mod accounts;
mod characters;
mod conformance;
mod design;
mod disks;
mod files;
mod harness;
mod loads;
mod logs;
mod outage;
mod owners;
mod refresh;
mod refusals;
mod refused;
mod releases;
mod replaced;
mod revisions;
mod roles;
mod shared;
mod shared_things;
mod sign_in;
mod tokens;
mod unfit;
