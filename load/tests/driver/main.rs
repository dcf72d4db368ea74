//! What the driver says of a server whose behaviour is known to the millisecond.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that can't go on has failed"
)]

mod ears;
mod fake;
mod latency;
mod mistakes;
mod omission;
mod regression;

use std::path::Path;

use load::Scenario;

/// A scenario from its text.
fn scenario(text: &str) -> Scenario {
    Scenario::parse(Path::new("scenario.toml"), text).unwrap_or_else(|fault| panic!("{fault}"))
}
