//! The bus: real brokers, real servers, real faults.
//!
//! Each proof starts its own `nats-server` on a free port. Those that are long run at a tenth of
//! their size, or whole with `KADATH_PROOF=full`, and print their figures.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends by panicking, and a proof shows its figures"
)]

mod boundaries;
mod broker;
mod creds;
mod effects;
mod faults;
mod flood;
mod forged;
mod harness;
mod keepers;
mod keys;
mod never_waits;
mod nodes;
mod once;
mod order;
mod proxy;
mod replay;
mod schema;
mod shared;
mod sniffer;
mod tls;
mod trades;
mod worlds;
